// Feature files that are averaged as they are read: the same numbers as of an array in memory.
#include <zip.h>

#include <catch2/catch_test_macros.hpp>
#include <cmath>

#include "base/files.h"
#include "data/feature_file.h"
#include "data/matrix_file.h"
#include "support/any_memory.h"
#include "support/hostile.h"
#include "support/paths.h"
#include "support/zip_file.h"

using namespace mma;
using namespace std::string_literals;

namespace {

constexpr int64_t kFrames = 2001, kDim = 300;  // 2.4 MB: some pieces, the last one not full

std::vector<float> numbers() {
  std::vector<float> all(kFrames * kDim);
  for (size_t i = 0; i < all.size(); ++i)
    all[i] = static_cast<float>(i * 2654435761u % 100003) / 1009.0f;
  return all;
}
std::string bytes_of(const std::vector<float>& all) {
  return {reinterpret_cast<const char*>(all.data()), all.size() * 4};
}
std::vector<float> in_columns(const std::vector<float>& rows) {
  std::vector<float> columns(rows.size());
  for (size_t t = 0; t < kFrames; ++t)
    for (size_t j = 0; j < kDim; ++j) columns[j * kFrames + t] = rows[t * kDim + j];
  return columns;
}
std::string npy(const std::string& shape, bool fortran, const std::vector<float>& all) {
  auto header = fmt::format("{{'descr': '<f4', 'fortran_order': {}, 'shape': ({}), }}",
                            fortran ? "True" : "False", shape);
  header.resize(118, ' ');
  return "\x93NUMPY\x01\0\x76\0"s + header + bytes_of(all);
}
std::string little(uint64_t value, int size) {
  std::string bytes;
  for (int i = 0; i < size; ++i) bytes += static_cast<char>(value >> 8 * i);
  return bytes;
}
// numpy 2's protocol 5, with `data` an opcode that pushes bytes.
std::string pickled(const std::string& data, const std::string& after = "") {
  return "\x80\x05\x8c\x13numpy._core.numeric\x8c\x0b_frombuffer\x93("s + data +
         "\x8c\x05numpy\x8c\x05"
         "dtype\x93\x8c\x02"
         "f4\x89\x88\x87R(K\x03\x8c\x01<NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\0tb"s +
         "M" + little(kFrames, 2) + "M" + little(kDim, 2) +
         "\x86\x8c\x01"
         "CtR"s +
         after + ".";
}
// As protocol 2 of Python 3 has it.
std::string latin1_text(const std::string& bytes) {
  std::string text;
  for (unsigned char c : bytes) {
    if (c < 0x80) {
      text += static_cast<char>(c);
    } else {
      text += static_cast<char>(0xc0 | c >> 6);
      text += static_cast<char>(0x80 | (c & 0x3f));
    }
  }
  return "c_codecs\nencode\nX" + little(text.size(), 4) + text + "X\x06\0\0\0latin1\x86R"s;
}

std::vector<float> pool(const Array& array, int64_t segments) {
  return make_pooling(segments)->pool(array, frames_of(array, kDim, "f"), "f");
}

struct Kind {
  std::string name, file;
  bool whole = false;  // must be read as a whole
  int zip = -1;        // libzip's method
};
std::vector<Kind> kinds(const std::vector<float>& all) {
  auto shape = fmt::format("{}, {}", kFrames, kDim);
  auto size = all.size() * 4;
  return {{"npy", npy(shape, false, all)},
          {"npy, Fortran order", npy("1, "s + shape, true, in_columns(all))},
          {"npz, stored", npy(shape, false, all), false, ZIP_CM_STORE},
          {"npz, deflated", npy(shape, true, in_columns(all)), false, ZIP_CM_DEFLATE},
          {"pickle, 8-byte length", pickled("\x96"s + little(size, 8) + bytes_of(all))},
          {"pickle, 4-byte length", pickled("B"s + little(size, 4) + bytes_of(all))},
          {"pickle, text", pickled(latin1_text(bytes_of(all))), true}};
}

fs::path write(const test::ScratchDir& dir, const Kind& kind) {
  auto file = dir / "f";
  if (kind.zip < 0) {
    write_atomically(file, kind.file);
  } else {
    test::make_zip(file, {{"arr_0.npy", kind.file}}, kind.zip);
  }
  return file;
}

}  // namespace

TEST_CASE("large feature files: every kind gives the bytes of an array in memory", "[data]") {
  auto all = numbers();
  Array memory;
  memory.shape = {kFrames, kDim};
  auto bytes = bytes_of(all);
  memory.bytes = bytes;
  test::ScratchDir dir;
  std::string buffer;
  for (auto& kind : kinds(all)) {
    INFO(kind.name);
    auto file = write(dir, kind);
    auto array =
        read_feature_file(file, buffer, "", kind.whole ? test::any_memory : test::no_memory);
    CHECK((array.source == nullptr) == kind.whole);
    CHECK(buffer.size() <= 1024);
    for (int64_t segments : {int64_t{1}, int64_t{7}, kFrames, kFrames + 5})
      CHECK(pool(array, segments) == pool(memory, segments));
    check_rest(array);
    array.shape = memory.shape;
    CHECK(array_row(array, 1234, "f") == array_row(memory, 1234, "f"));
    MatrixFile matrix(file, "", kDim, test::any_memory);
    for (int64_t row : {int64_t{0}, kFrames - 1, int64_t{17}})
      CHECK(matrix.row(row) == array_row(memory, row, "f"));
    if (kind.whole)
      CHECK(test::refusal([&] {
              read_feature_file(file, buffer, "", test::no_memory);
            }).find("f: a pickle that holds an array as text is read as a whole") !=
            std::string::npos);
  }
}

TEST_CASE("large feature files: NaN is told as of an array in memory", "[data]") {
  auto all = numbers();
  all[1222 * kDim + 7] = NAN;
  all[1221 * kDim + 200] = INFINITY;
  all[1999 * kDim] = NAN;
  test::ScratchDir dir;
  std::string buffer;
  for (auto& kind : kinds(all)) {
    INFO(kind.name);
    auto array = read_feature_file(write(dir, kind), buffer, "", test::any_memory);
    for (int64_t segments : {1, 5})
      CHECK(test::refusal([&] { pool(array, segments); }) ==
            "f: expected finite numbers, found inf in row 1221, column 200");
  }
}

TEST_CASE("large feature files: several axes in Fortran order are read as a whole", "[data]") {
  // [2, frames, 1]: frame a * frames + b holds 2 b + a.
  std::vector<float> all(600000);
  for (size_t i = 0; i < all.size(); ++i) all[i] = static_cast<float>(i);
  test::ScratchDir dir;
  std::string buffer;
  write_atomically(dir / "f", npy("2, 300000, 1", true, all));
  uint64_t asked = 0;
  auto array = read_feature_file(dir / "f", buffer, "", [&](uint64_t size, const std::string&) {
    asked = size;
    return nullptr;
  });
  CHECK(asked == 2 * 4 * all.size());
  auto means = make_pooling(2)->pool(array, frames_of(array, 1, "f"), "f");
  CHECK(means == std::vector<float>{299999, 300000});
  CHECK(test::refusal([&] {
          MatrixFile(dir / "f", "", 1, test::any_memory);
        }).find("expected a matrix, found an array [2, 300000, 1] in Fortran order") !=
        std::string::npos);
}

TEST_CASE("large feature files: damaged and truncated ones are refused", "[data]") {
  auto all = numbers();
  test::ScratchDir dir;
  std::string buffer;
  for (auto& kind : kinds(all)) {
    INFO(kind.name);
    auto file = write(dir, kind);
    auto good = read_file(file);
    auto refused = [&](const std::string& bytes) {
      write_atomically(file, bytes);
      return test::refusal([&] {
        auto array = read_feature_file(file, buffer, "", test::any_memory);
        pool(array, 1);
        check_rest(array);
      });
    };
    CHECK(refused(good) == "");
    for (size_t size : {good.size() - 1, good.size() / 2, size_t{1} << 20, size_t{1025}})
      CHECK_FALSE(refused(good.substr(0, size)).empty());
    CHECK_FALSE(refused(good + "x").empty());
    if (kind.zip < 0) continue;
    good[good.size() / 2] = static_cast<char>(good[good.size() / 2] ^ 1);
    CHECK(refused(good).find("damaged") != std::string::npos);
  }
  // Bytes that belong to no array.
  auto more = pickled("\x96"s + little(1 << 22, 8) + std::string(1 << 22, 'x') + "0C\x08" +
                      std::string(8, 'x'));
  write_atomically(dir / "f", more);
  CHECK_FALSE(
      test::refusal([&] { read_feature_file(dir / "f", buffer, "", test::any_memory); }).empty());
}
