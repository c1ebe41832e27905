#include <catch2/catch_test_macros.hpp>
#include <cmath>
#include <cstring>

#include "base/random.h"
#include "data/feature_file.h"
#include "data/numbers.h"
#include "support/hostile.h"

using namespace mma;

namespace {

template <class T>
Array array_of(const std::vector<T>& numbers, std::vector<int64_t> shape, char kind,
               std::string& bytes, bool big = false) {
  bytes.assign(reinterpret_cast<const char*>(numbers.data()), numbers.size() * sizeof(T));
  if (big)
    for (size_t i = 0; i < bytes.size(); i += sizeof(T))
      std::reverse(&bytes[i], &bytes[i] + sizeof(T));
  Array array;
  array.kind = kind;
  array.item_size = sizeof(T);
  array.big_endian = big;
  array.shape = std::move(shape);
  array.bytes = bytes;
  return array;
}
std::vector<float> pool(const Array& array, int64_t dim, int64_t segments = 1) {
  return make_pooling(segments)->pool(array, frames_of(array, dim, "f"), "f");
}
template <class T>
void check_type(char kind) {
  // 7 frames: four at once, then three.
  std::vector<T> numbers;
  std::vector<float> want(3);
  for (int t = 0; t < 7; ++t)
    for (int j = 0; j < 3; ++j) {
      numbers.push_back(static_cast<T>(t * t + j));
      want[static_cast<size_t>(j)] += static_cast<float>(t * t + j);
    }
  for (auto& w : want) w /= 7;
  std::string bytes;
  CHECK(pool(array_of(numbers, {7, 3}, kind, bytes), 3) == want);
  CHECK(pool(array_of(numbers, {1, 7, 3}, kind, bytes, true), 3) == want);
  std::vector<T> columns(21);
  for (size_t t = 0; t < 7; ++t)
    for (size_t j = 0; j < 3; ++j) columns[j * 7 + t] = numbers[t * 3 + j];
  auto fortran = array_of(columns, {7, 3}, kind, bytes);
  fortran.fortran_order = true;
  CHECK(pool(fortran, 3) == want);
  CHECK(array_row(fortran, 2, "f") == std::vector<float>{4, 5, 6});
}

}  // namespace

TEST_CASE("pooling: every type and order of bytes and axes", "[data]") {
  check_type<float>('f');
  check_type<double>('f');
  check_type<int8_t>('i');
  check_type<int16_t>('i');
  check_type<int32_t>('i');
  check_type<int64_t>('i');
  check_type<uint8_t>('u');
  check_type<uint16_t>('u');
  check_type<uint32_t>('u');
  check_type<uint64_t>('u');
  std::string bytes;
  CHECK(pool(array_of<uint8_t>({0, 1, 2, 0}, {4, 1}, 'b', bytes), 1) == std::vector<float>{0.5});
}

TEST_CASE("pooling: half precision", "[data]") {
  auto value = [](int bits) { return static_cast<double>(Half{static_cast<uint16_t>(bits)}); };
  CHECK(value(0x3c00) == 1.0);
  CHECK(value(0xc500) == -5.0);
  CHECK(value(0x0001) == std::ldexp(1.0, -24));
  CHECK(value(0x83ff) == -std::ldexp(1023.0, -24));
  CHECK(value(0x7bff) == 65504.0);
  CHECK(std::signbit(value(0x8000)));
  CHECK(std::isinf(value(0x7c00)));
  CHECK(value(0xfc00) < 0);
  CHECK(std::isnan(value(0x7e00)));
  CHECK(std::isnan(value(0x7c01)));
  for (int bits = 0; bits < 0x7c00; ++bits) {
    int exponent = bits >> 10, fraction = bits & 0x3ff;
    double want = exponent ? std::ldexp(1024 + fraction, exponent - 25) : std::ldexp(fraction, -24);
    if (value(bits) != want) FAIL("half " << bits);
  }
}

TEST_CASE("pooling: sums in double precision, at any address", "[data]") {
  std::vector<float> numbers(60001 * 2);
  RandomStream random(3);
  double want = 0;
  for (size_t t = 0; t < 60001; ++t) {
    numbers[2 * t] = static_cast<float>(1000 + random.normal());
    numbers[2 * t + 1] = static_cast<float>(random.normal());
    want += numbers[2 * t];
  }
  std::string bytes;
  auto array = array_of(numbers, {60001, 2}, 'f', bytes);
  auto mean = pool(array, 2);
  CHECK(mean[0] == static_cast<float>(want / 60001));
  std::string shifted = "x" + bytes;
  array.bytes = std::string_view(shifted).substr(1);
  CHECK(pool(array, 2) == mean);
}

TEST_CASE("pooling: segments", "[data]") {
  std::string bytes;
  auto array = array_of<float>({0, 1, 2, 3, 4, 5, 6}, {7, 1}, 'f', bytes);
  CHECK(pool(array, 1, 7) == std::vector<float>{0, 1, 2, 3, 4, 5, 6});
  CHECK(pool(array, 1, 3) == std::vector<float>{0.5, 2.5, 5});
  CHECK(pool(array, 1, 14) == std::vector<float>{0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6});
  auto one = array_of<float>({3, 4}, {2}, 'f', bytes);
  CHECK(pool(one, 2, 2) == std::vector<float>{3, 4, 3, 4});
  CHECK_THROWS_AS(make_pooling(0), UserError);
}

TEST_CASE("pooling: several axes of frames in Fortran order", "[data]") {
  // [2, 3, 1]: frame 3 a + b holds 10 a + b.
  std::string bytes;
  auto array = array_of<float>({0, 10, 1, 11, 2, 12}, {2, 3, 1}, 'f', bytes);
  array.fortran_order = true;
  CHECK(pool(array, 1, 6) == std::vector<float>{0, 1, 2, 10, 11, 12});
}

TEST_CASE("pooling: NaN, Inf and overflow are told with their place", "[data]") {
  std::string bytes;
  std::vector<float> numbers(12, 1.0f);
  numbers[7] = NAN;
  auto array = array_of(numbers, {4, 3}, 'f', bytes);
  auto fault = [&](int64_t segments) { return test::refusal([&] { pool(array, 3, segments); }); };
  CHECK(fault(1) == "f: expected finite numbers, found nan in row 2, column 1");
  CHECK(fault(4) == fault(1));
  numbers[7] = INFINITY;
  numbers[10] = -INFINITY;
  array = array_of(numbers, {4, 3}, 'f', bytes);
  CHECK(fault(1) == "f: expected finite numbers, found inf in row 2, column 1");
  CHECK(test::refusal([&] { array_row(array, 3, "f"); }) ==
        "f: expected finite numbers, found -inf in row 3, column 1");
  CHECK(array_row(array, 1, "f") == std::vector<float>{1, 1, 1});
  CHECK(test::refusal([&] { array_row(array, 4, "f"); }) == "f: has no row 4, only 4");
  auto large = array_of<double>({1e300, 1, 1}, {1, 3}, 'f', bytes);
  CHECK(test::refusal([&] { pool(large, 3); }).find("range of float32") != std::string::npos);
}

TEST_CASE("frames: shapes", "[data]") {
  auto shape = [](std::vector<int64_t> axes, int64_t dim) {
    Array array;
    array.shape = std::move(axes);
    auto s = frames_of(array, dim, "f");
    return fmt::format("{}x{}", s.frames, s.dim);
  };
  CHECK(shape({1, 1, 20, 24}, 24) == "20x24");
  CHECK(shape({1, 24}, 24) == "1x24");
  CHECK(shape({24}, 24) == "1x24");
  CHECK(shape({1, 1, 24}, 24) == "1x24");
  CHECK(shape({2, 3, 24}, 24) == "6x24");
  for (std::vector<int64_t> bad : {std::vector<int64_t>{},
                                   {2, 3, 23},
                                   {20, 23},
                                   {24, 20},
                                   {0, 24},
                                   {1, 0, 24},
                                   {int64_t{1} << 40, int64_t{1} << 40, 24}})
    CHECK_FALSE(test::refusal([&] { shape(bad, 24); }).empty());
}
