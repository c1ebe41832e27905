#include "data/feature_file.h"

#include <zip.h>

#include <catch2/catch_approx.hpp>
#include <catch2/catch_test_macros.hpp>
#include <cmath>
#include <nlohmann/json.hpp>

#include "base/files.h"
#include "data/npy.h"
#include "data/numpy_pickle.h"
#include "support/any_memory.h"
#include "support/hostile.h"
#include "support/paths.h"

using namespace mma;
using namespace std::string_literals;
using nlohmann::json;

namespace {

std::string npy(const std::string& dict, const std::string& data) {
  std::string file = "\x93NUMPY\x01"s + '\0';
  file += static_cast<char>(dict.size());
  file += '\0';
  return file + dict + data;
}
// numpy 2's protocol 5 pickle of float32 [1, 2], in which `dtype` may be replaced.
std::string pickled(const std::string& dtype = "f4") {
  return "\x80\x05\x8c\x13numpy._core.numeric\x8c\x0b_frombuffer\x93(\x96\x08\0\0\0\0\0\0\0"s +
         "\0\0\x80\x3f\0\0\0\x40"s +
         "\x8c\x05numpy\x8c\x05"
         "dtype\x93\x8c"s +
         static_cast<char>(dtype.size()) + dtype +
         "\x89\x88\x87R(K\x03\x8c\x01<NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\0tb"s +
         "K\x01K\x02\x86\x8c\x01"
         "CtR."s;
}
std::string fault_of_npy(const std::string& dict, const std::string& data = std::string(8, '\0')) {
  return test::refusal([&] { read_npy(npy(dict, data), "f.npy"); });
}

}  // namespace

TEST_CASE("feature files: every reference file has the reference's shape and mean",
          "[data][parity]") {
  auto folder = test::shared("fixtures/features");
  std::string buffer;
  for (std::string list : {"expected_np1.json", "expected_np2.json"}) {
    auto expected = json::parse(read_file(folder / list));
    CHECK_FALSE(expected.empty());
    for (auto& [name, want] : expected.items()) {
      INFO(name);
      auto array = read_feature_file(folder / name, buffer, "", test::any_memory);
      CHECK(array.shape == want["shape"].get<std::vector<int64_t>>());
      auto mean = want["mean"].get<std::vector<double>>();
      auto shape = frames_of(array, static_cast<int64_t>(mean.size()), name);
      auto pooled = make_pooling(1)->pool(array, shape, name);
      double worst = 0;
      for (size_t i = 0; i < mean.size(); ++i)
        worst = std::max(worst, std::abs(pooled[i] - mean[i]) / std::max(std::abs(mean[i]), 1e-9));
      CHECK(worst < 1e-6);
    }
  }
}

TEST_CASE("feature files: every bad reference file is refused in one line", "[data][parity]") {
  std::string buffer;
  fs::path executed = "/tmp/mma_pickle_was_executed";
  fs::remove(executed);
  for (auto& item : fs::directory_iterator(test::shared("fixtures/features/bad"))) {
    auto name = item.path().filename().string();
    INFO(name);
    auto message = test::refusal([&] {
      auto array = read_feature_file(item.path(), buffer, "", test::any_memory);
      make_pooling(1)->pool(array, frames_of(array, 24, name), name);
    });
    CHECK(message.find(name) != std::string::npos);
  }
  CHECK_FALSE(fs::exists(executed));
}

TEST_CASE("npy: headers", "[data]") {
  auto read = [](const std::string& dict) {
    return read_npy(npy(dict, std::string(8, '\0')), "f");
  };
  std::string file =
      npy("{'descr': '<f4', 'fortran_order': False, 'shape': (1, 2), }   \n", std::string(8, '\0'));
  auto array = read_npy(file, "f");
  CHECK(array.shape == std::vector<int64_t>{1, 2});
  CHECK(read("{\"shape\":(2L,),'descr':'>f4','fortran_order':True}").big_endian);
  CHECK(read("{'descr': '|b1', 'fortran_order': False, 'shape': (8,)}").kind == 'b');
  CHECK(read("{'descr': '<i8', 'fortran_order': False, 'shape': ()}").shape.empty());
  for (auto* dict : {
           "",
           "{",
           "{}",
           "None",
           "{'descr': '<f4', 'fortran_order': False}",
           "{'descr': '<f4', 'fortran_order': False, 'shape': (1, 2)} x",
           "{'descr': '<f4', 'fortran_order': False, 'shape': (1, 2), 'more': 1}",
           "{'descr': '<f4', 'descr': '<f4', 'fortran_order': False, 'shape': (1, 2)}",
           "{'descr': '<f4', 'fortran_order': 0, 'shape': (1, 2)}",
           "{'descr': '<f4', 'fortran_order': False, 'shape': (1, -2)}",
           "{'descr': '<f4', 'fortran_order': False, 'shape': (1, 3)}",
           "{'descr': '<f4', 'fortran_order': False, 'shape': (1, 1)}",
           "{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999999999999,)}",
           "{'descr': '<f4', 'fortran_order': False, 'shape': (4611686018427387904, 4, 2)}",
           "{'descr': '<f4', 'fortran_order': False, 'shape': [1, 2]}",
           "{'descr': [('a', '<f4'), ('b', '<f4')], 'fortran_order': False, 'shape': (1,)}",
           "{'descr': '|O', 'fortran_order': False, 'shape': (1,)}",
           "{'descr': '<c8', 'fortran_order': False, 'shape': (1,)}",
           "{'descr': '<U2', 'fortran_order': False, 'shape': (1,)}",
           "{'descr': '|S8', 'fortran_order': False, 'shape': (1,)}",
           "{'descr': '<f16', 'fortran_order': False, 'shape': (1,)}",
           "{'descr': '<f3', 'fortran_order': False, 'shape': (1,)}",
           "{'descr': __import__('os').system('x'), 'fortran_order': False, 'shape': (1,)}",
       })
    if (fault_of_npy(dict).empty()) FAIL("accepted " << dict);
}

TEST_CASE("npy and pickle: truncations and flips", "[data]") {
  auto use = [](const Array& array) {
    auto shape = frames_of(array, 2, "f");
    make_pooling(1)->pool(array, shape, "f");
  };
  auto from_npy = [&](const std::string& bytes) { use(read_npy(bytes, "f")); };
  auto good =
      npy("{'descr': '<f4', 'fortran_order': False, 'shape': (1, 2), }", std::string(8, '\1'));
  test::refuse_truncations(good, from_npy);
  test::flip_bytes(good, 5000, from_npy);
  auto from_pickle = [&](const std::string& bytes) { use(read_numpy_pickle(bytes, "f")); };
  test::refuse_truncations(pickled(), from_pickle);
  test::flip_bytes(pickled(), 5000, from_pickle);
  for (std::string bad : {"O8", "f8", "V4", "c8", "S4", "f2", "<f4", ""})
    CHECK_FALSE(test::refusal([&] { from_pickle(pickled(bad)); }).empty());
}

TEST_CASE("npz: one array, or the one that is named", "[data]") {
  test::ScratchDir dir;
  auto file = dir / "a.npz";
  auto one =
      npy("{'descr': '<f4', 'fortran_order': False, 'shape': (1, 2), }", std::string(8, '\1'));
  int code = 0;
  zip_t* zip = zip_open(file.c_str(), ZIP_CREATE, &code);
  zip_file_add(zip, "arr_0.npy", zip_source_buffer(zip, one.data(), one.size(), 0), 0);
  REQUIRE(zip_close(zip) == 0);
  std::string buffer;
  CHECK(read_feature_file(file, buffer, "", test::any_memory).shape == std::vector<int64_t>{1, 2});
  auto good = read_file(file);
  auto array_of = [&](const std::string& name) {
    return read_feature_file(file, buffer, name, test::any_memory);
  };
  auto read = [&](const std::string& bytes) {
    std::FILE* out = std::fopen(file.c_str(), "wb");
    std::fwrite(bytes.data(), 1, bytes.size(), out);
    std::fclose(out);
    array_of("");
  };
  test::refuse_truncations(good, read);
  test::flip_bytes(good, 2000, read);
  read(good);
  zip = zip_open(file.c_str(), 0, &code);
  zip_file_add(zip, "b.npy", zip_source_buffer(zip, one.data(), one.size(), 0), 0);
  REQUIRE(zip_close(zip) == 0);
  CHECK(test::refusal([&] { array_of(""); }).find("found 2: arr_0.npy, b.npy") !=
        std::string::npos);
  CHECK(array_of("b").shape == std::vector<int64_t>{1, 2});
  CHECK_FALSE(test::refusal([&] { array_of("c"); }).empty());
}

TEST_CASE("matrix index: pickles, JSON and lines", "[data]") {
  test::ScratchDir dir;
  auto read = [&](const std::string& name, const std::string& bytes) {
    write_atomically(dir / name, bytes);
    std::string out;
    for (auto& row : read_matrix_index(dir / name)) out += fmt::format("{}={} ", row.id, row.row);
    return out;
  };
  CHECK(read("a.pickle", "}(X\x01\0\0\0aK\x05X\x01\0\0\0bK\x02u."s) == "a=5 b=2 ");
  CHECK(read("a.p",
             "](U\x01xK\x07"
             "e.") == "x=0 7=1 ");
  CHECK(read("a.json", R"({"a": 5, "b": 2})") == "a=5 b=2 ");
  CHECK(read("a.json", R"(["x", 7])") == "x=0 7=1 ");
  CHECK(read("a.txt", "\xef\xbb\xbfx\r\ny") == "x=0 y=1 ");
  // A numpy int64 as the row.
  CHECK(
      read(
          "a.p",
          "}U\x01xcnumpy.core.multiarray\nscalar\n(cnumpy\ndtype\n(U\x02i8K\0K\x01tR(K\x03U\x01<NNNtbU\x08\x03\0\0\0\0\0\0\0tRs."s) ==
      "x=3 ");
  auto refused = [&](const std::string& name, const std::string& bytes) {
    return !test::refusal([&] { read(name, bytes); }).empty();
  };
  CHECK(refused("a.p", "}(X\x01\0\0\0aK\x05X\x01\0\0\0aK\x02u."s));
  CHECK(refused("a.p", "}X\x01\0\0\0aJ\xff\xff\xff\xffs."s));
  CHECK(refused("a.p", "}X\x01\0\0\0aNs."s));
  CHECK(refused("a.p", "K\x01."));
  CHECK(refused("a.json", "{\"a\": 1.5}"));
  CHECK(refused("a.json", "{\"a\": -1}"));
  CHECK(refused("a.json", "{\"a\": {\"b\": 1}}"));
  CHECK(refused("a.json", std::string(100000, '[')));
  CHECK(refused("a.json", "[1, 2"));
  CHECK(refused("a.json", "7"));
  CHECK(refused("a.txt", "x\nx\n"));
  CHECK(refused("a.txt", "\xff\n"));
  CHECK(refused("a.txt", ""));
}
