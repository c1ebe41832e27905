#include "data/target_cell.h"

#include <charconv>
#include <cmath>
#include <limits>

#include "base/error.h"
#include "data/label_cell.h"

namespace mma {

TargetNumber target_number(const std::string& text, ValueKind kind) {
  TargetNumber number;
  auto words = trimmed(text);
  auto refuse = [&](const char* expected) {
    number.fault = fmt::format("expected {}, found '{}'", expected, printable(text));
    return number;
  };
  if (words.starts_with('+') && !words.starts_with("+-")) words.remove_prefix(1);
  double value = 0;
  auto end = words.data() + words.size();
  auto parsed = std::from_chars(words.data(), end, value);
  const bool plain = kind == ValueKind::kNumber || kind == ValueKind::kText;
  if (!plain || parsed.ptr != end || parsed.ec == std::errc::invalid_argument)
    return refuse("a number");
  if (parsed.ec == std::errc() && !std::isfinite(value)) return refuse("a finite number");
  if (parsed.ec != std::errc() || std::abs(value) > std::numeric_limits<float>::max())
    return refuse("a number that float32 holds");
  number.value = static_cast<float>(value);
  return number;
}

}  // namespace mma
