#pragma once
#include <cstdint>
#include <string>
#include <vector>

namespace mma {

/// Whole numbers as people write them: "7-12", "1,3,5-6"; in the order given. UserError where one
/// is not within `least` to `most`, a range runs backwards, or there are more than 10,000.
std::vector<int64_t> parse_number_list(const std::string& text, int64_t least, int64_t most);

}  // namespace mma
