#include "base/number_list.h"

#include <charconv>
#include <optional>
#include <string_view>

#include "base/error.h"

namespace mma {
namespace {

std::optional<int64_t> parse_number(std::string_view text) {
  int64_t value = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

}  // namespace

std::vector<int64_t> parse_number_list(const std::string& text, int64_t least, int64_t most) {
  constexpr size_t kMost = 10000;
  std::vector<int64_t> numbers;
  std::string_view rest = text;
  while (true) {
    auto part = rest.substr(0, rest.find(','));
    auto dash = part.find('-');
    auto first = parse_number(part.substr(0, dash));
    auto last = dash == std::string_view::npos ? first : parse_number(part.substr(dash + 1));
    check_input(first && last && *first >= least && *last >= *first && *last <= most,
                "expected numbers of {} to {} as in 1-3 or 2,4, found '{}'", least, most,
                printable(text));
    for (int64_t number = *first; number <= *last; ++number) {
      check_input(numbers.size() < kMost, "'{}': more than {} numbers", printable(text), kMost);
      numbers.push_back(number);
    }
    if (part.size() == rest.size()) return numbers;
    rest.remove_prefix(part.size() + 1);
  }
}

}  // namespace mma
