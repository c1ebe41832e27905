#pragma once
#include <functional>

#include "data/line_reader.h"
#include "data/table.h"

namespace mma {

using UseRow = std::function<void(Row&&)>;
using TellFault = std::function<void(const std::string& message)>;

/// The formats behind read_table(); each as described there.
void read_jsonl(const std::filesystem::path& file, const UseRow& use, const TellFault& fault);
void read_csv(const std::filesystem::path& file, char delimiter, const UseRow& use,
              const TellFault& fault);
void read_pickle_table(const std::filesystem::path& file, const UseRow& use,
                       const TellFault& fault);

}  // namespace mma
