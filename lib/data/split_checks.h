#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "data/pack.h"
#include "data/pack_file.h"

namespace mma {

// What a split must be, whatever its file's hashes say. UserError "file: data set: row: ...".

/// Flags: 0 or 1 each.
void check_zero_one(const h5::Reader& file, const std::string& name,
                    const std::vector<uint8_t>& values);
/// Labels: 0 or 1, of classes one a sample; targets: finite.
void check_labels(const h5::Reader& file, const std::string& name, const Split& split,
                  const PackInfo& info);
/// Offsets rise from 0 to `tokens`, each by 1 to max_length.
void check_offsets(const h5::Reader& file, const std::string& name, const Split& split,
                   int64_t tokens, int64_t max_length);
/// Token ids and vectors, as far as they are held (data/split.h); the others are checked as they
/// are read.
void check_held(const Split& split);

}  // namespace mma
