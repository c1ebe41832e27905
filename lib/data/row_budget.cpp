#include "data/row_budget.h"

#include <cctype>
#include <charconv>
#include <optional>
#include <string_view>

#include "base/error.h"

namespace mma {
namespace {

// A whole number of bytes, or of 2^10, 2^20, ... of them: "512M", "2 GB", "1GiB".
std::optional<uint64_t> bytes_in(std::string_view text) {
  uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc()) return {};
  std::string unit;
  for (const char* c = end; c != text.data() + text.size(); ++c)
    if (*c != ' ') unit += static_cast<char>(std::toupper(static_cast<unsigned char>(*c)));
  constexpr std::string_view kUnits = "KMGT";
  const auto power = unit.empty() ? std::string_view::npos : kUnits.find(unit[0]);
  const auto rest = power == std::string_view::npos ? unit : unit.substr(1);
  if (!rest.empty() && rest != "B" && !(rest == "IB" && power != std::string_view::npos)) return {};
  for (size_t i = 0; power != std::string_view::npos && i <= power; ++i)
    if (__builtin_mul_overflow(number, uint64_t{1024}, &number)) return {};
  return number;
}

}  // namespace

RowBudget::RowBudget(const std::string& setting, int64_t free)
    : left_(setting == "auto" ? static_cast<uint64_t>(free) / 4 : bytes_in(setting).value_or(0)) {}

std::string memory_fault(const std::string& setting) {
  if (setting == "auto" || bytes_in(setting)) return "";
  return fmt::format("expected a number of bytes as 512M or 2G, or auto, found '{}'",
                     printable(setting));
}

}  // namespace mma
