#pragma once
#include <bit>
#include <cstdint>
#include <cstring>

#include "base/error.h"
#include "data/feature_file.h"
#include "data/half.h"

namespace mma {

struct Bool {
  uint8_t bits;
  explicit operator double() const { return bits != 0; }
};

/// Reads number `i` of type T at any address as a double.
template <class T, bool swapped>
struct NumberAt {
  static double get(const char* bytes, int64_t i) {
    T value;
    bytes += i * static_cast<int64_t>(sizeof(T));
    if constexpr (swapped) {
      char turned[sizeof(T)];
      for (size_t b = 0; b < sizeof(T); ++b) turned[b] = bytes[sizeof(T) - 1 - b];
      std::memcpy(&value, turned, sizeof(T));
    } else {
      std::memcpy(&value, bytes, sizeof(T));
    }
    return static_cast<double>(value);
  }
};

/// Calls use(NumberAt<T, swapped>()) for the type of the array's numbers.
template <class Use>
auto with_numbers(const Array& array, Use use) {
  bool swapped =
      array.item_size > 1 && array.big_endian != (std::endian::native == std::endian::big);
  auto call = [&]<class T>(T) {
    return swapped ? use(NumberAt<T, true>()) : use(NumberAt<T, false>());
  };
  switch (array.kind * 16 + array.item_size) {
    case 'f' * 16 + 2:
      return call(Half());
    case 'f' * 16 + 4:
      return call(float());
    case 'f' * 16 + 8:
      return call(double());
    case 'i' * 16 + 1:
      return call(int8_t());
    case 'i' * 16 + 2:
      return call(int16_t());
    case 'i' * 16 + 4:
      return call(int32_t());
    case 'i' * 16 + 8:
      return call(int64_t());
    case 'u' * 16 + 1:
      return call(uint8_t());
    case 'u' * 16 + 2:
      return call(uint16_t());
    case 'u' * 16 + 4:
      return call(uint32_t());
    case 'u' * 16 + 8:
      return call(uint64_t());
    case 'b' * 16 + 1:
      return call(Bool());
    default:
      throw Error(fmt::format("numbers: no kind '{}' of {} bytes", array.kind, array.item_size));
  }
}

}  // namespace mma
