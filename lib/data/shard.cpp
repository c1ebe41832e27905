#include "data/shard.h"

#include <charconv>

#include "base/error.h"

namespace mma {

std::pair<size_t, size_t> Shard::share_of(size_t samples) const {
  const auto n = static_cast<size_t>(count), i = static_cast<size_t>(number);
  // samples * i would overflow for none that fit in memory.
  return {samples * (i - 1) / n, samples * i / n};
}

std::string Shard::text() const { return fmt::format("{}/{}", number, count); }

Shard parse_shard(const std::string& text) {
  Shard shard{0, 0};
  auto number = [&](size_t begin, size_t end, int64_t& value) {
    auto parsed = std::from_chars(text.data() + begin, text.data() + end, value);
    return begin < end && parsed.ec == std::errc() && parsed.ptr == text.data() + end;
  };
  const auto slash = text.find('/');
  const bool good = slash != std::string::npos && number(0, slash, shard.number) &&
                    number(slash + 1, text.size(), shard.count) && shard.number >= 1 &&
                    shard.number <= shard.count && shard.count <= Shard::kMost;
  check_input(good,
              "--shard: expected I/N, as 3/16, with I from 1 to N and N at most {}, found '{}'",
              Shard::kMost, printable(text));
  return shard;
}

}  // namespace mma
