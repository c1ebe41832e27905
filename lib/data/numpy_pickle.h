#pragma once
#include <optional>
#include <string>

#include "base/pickle.h"
#include "data/feature_file.h"

namespace mma {

/// What a pickle of numpy 1, numpy 2 or Python 2's numpy may name.
PickleOptions numpy_pickle_options();

/// Whether a value is an array as numpy pickles it.
bool is_numpy_array(const PickleValue& value);
/// That array; its bytes belong to the pickle, or to `file` where the pickle has a gap. UserError
/// where the value is none, where it holds objects, text or records, or where shape, type and bytes
/// do not fit together.
Array numpy_array(const PickleValue& value, const std::string& name,
                  const std::shared_ptr<ByteSource>& file = nullptr);

/// A number as numpy pickles a scalar; none if the value is something else. UserError if damaged.
std::optional<Array> numpy_scalar(const PickleValue& value, const std::string& name);

/// A feature file's array: a pickled numpy array and nothing beside it. `bytes` must live on.
Array read_numpy_pickle(std::string_view bytes, const std::string& name);
/// The same of a large file of `size` bytes. Where it holds the array's bytes as they are (what
/// protocols 2 to 5 do, but not protocol 2 of Python 3) they stay there; else the file is read into
/// memory that `take` gives.
Array read_numpy_pickle(std::shared_ptr<ByteSource> file, uint64_t size, const std::string& name,
                        const TakeMemory& take);

}  // namespace mma
