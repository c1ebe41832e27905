#include "run/event_log.h"

#include <algorithm>
#include <array>
#include <bit>
#include <chrono>
#include <cmath>

namespace mma {
namespace {

constexpr int kBins = 30;

constexpr std::array<uint32_t, 256> crc_table() {
  std::array<uint32_t, 256> table{};
  for (uint32_t i = 0; i < 256; ++i) {
    uint32_t value = i;
    for (int bit = 0; bit < 8; ++bit) value = value & 1 ? value >> 1 ^ 0x82F63B78u : value >> 1;
    table[i] = value;
  }
  return table;
}

template <class Number>
std::string little_endian(Number number) {
  std::string bytes;
  for (size_t i = 0; i < sizeof(number); ++i) bytes += static_cast<char>(number >> 8 * i & 0xFF);
  return bytes;
}

std::string varint(uint64_t value) {
  std::string bytes;
  for (; value >= 0x80; value >>= 7) bytes += static_cast<char>(value | 0x80);
  return bytes + static_cast<char>(value);
}

// Fields of a protocol buffer: the number and the kind of what follows, and that.
std::string whole_number(int field, int64_t value) {
  return varint(static_cast<uint64_t>(field) << 3) + varint(static_cast<uint64_t>(value));
}
std::string real_number(int field, double value) {
  return varint(static_cast<uint64_t>(field) << 3 | 1) +
         little_endian(std::bit_cast<uint64_t>(value));
}
std::string short_real_number(int field, float value) {
  return varint(static_cast<uint64_t>(field) << 3 | 5) +
         little_endian(std::bit_cast<uint32_t>(value));
}
std::string part(int field, std::string_view bytes) {
  return varint(static_cast<uint64_t>(field) << 3 | 2) + varint(bytes.size()) + std::string(bytes);
}
std::string real_numbers(int field, const std::vector<double>& values) {
  std::string packed;
  for (double value : values) packed += little_endian(std::bit_cast<uint64_t>(value));
  return part(field, packed);
}

uint32_t masked_crc(std::string_view bytes) { return std::rotr(crc32c(bytes), 15) + 0xA282EAD8u; }

std::string record(std::string_view data) {
  auto length = little_endian(static_cast<uint64_t>(data.size()));
  return length + little_endian(masked_crc(length)) + std::string(data) +
         little_endian(masked_crc(data));
}

std::string time_and_step(int64_t step) {
  using namespace std::chrono;
  auto now = duration<double>(system_clock::now().time_since_epoch()).count();
  return real_number(1, now) + whole_number(2, step);
}

}  // namespace

uint32_t crc32c(std::string_view bytes) {
  static constexpr auto kTable = crc_table();
  uint32_t crc = ~0u;
  for (char c : bytes) crc = crc >> 8 ^ kTable[(crc ^ static_cast<unsigned char>(c)) & 0xFF];
  return ~crc;
}

EventLog::EventLog(const std::filesystem::path& file, int64_t bytes) : file_(file, bytes) {
  if (file_.bytes() == 0) file_.add(record(time_and_step(0) + part(3, "brain.Event:2")));
}

void EventLog::event(int64_t step, std::string_view value) {
  file_.add(record(time_and_step(step) + part(5, part(1, value))));
}

void EventLog::scalar(int64_t step, std::string_view tag, double value) {
  if (!std::isnan(value))
    event(step, part(1, tag) + short_real_number(2, static_cast<float>(value)));
}

void EventLog::text(int64_t step, std::string_view tag, std::string_view markdown) {
  constexpr int kString = 7;  // of DataType
  const auto shape = part(2, part(2, whole_number(1, 1)));
  const auto tensor = whole_number(1, kString) + shape + part(8, markdown);
  event(step, part(1, tag) + part(8, tensor) + part(9, part(1, part(1, "text"))));
}

void EventLog::histogram(int64_t step, std::string_view tag, const std::vector<double>& values,
                         double low, double high) {
  std::vector<double> limits, counts(kBins, 0);
  for (int i = 1; i <= kBins; ++i) limits.push_back(low + (high - low) * i / kBins);
  double least = high, most = low, sum = 0, squares = 0, number = 0;
  for (double value : values) {
    if (!std::isfinite(value)) continue;
    const auto at = std::lower_bound(limits.begin(), limits.end(), value) - limits.begin();
    ++counts[static_cast<size_t>(std::min<std::ptrdiff_t>(at, kBins - 1))];
    least = std::min(least, value);
    most = std::max(most, value);
    sum += value;
    squares += value * value;
    ++number;
  }
  if (number == 0) return;
  event(step, part(1, tag) +
                  part(5, real_number(1, least) + real_number(2, most) + real_number(3, number) +
                              real_number(4, sum) + real_number(5, squares) +
                              real_numbers(6, limits) + real_numbers(7, counts)));
}

}  // namespace mma
