#include "base/safetensors.h"

#include <catch2/catch_test_macros.hpp>

#include "base/files.h"
#include "support/hostile.h"
#include "support/paths.h"

using namespace mma;

namespace {

std::string with_header(const std::string& header, size_t data_bytes) {
  std::string file;
  for (size_t i = 0; i < 8; ++i) file += static_cast<char>(header.size() >> 8 * i);
  return file + header + std::string(data_bytes, 'd');
}
std::string fault(const std::string& header, size_t data_bytes) {
  return test::refusal([&] { Safetensors(with_header(header, data_bytes), "f"); });
}

}  // namespace

TEST_CASE("safetensors: what is written reads back, whatever the order", "[base]") {
  std::string a(24, 'a'), b(3, 'b'), c(4, 'c');
  std::vector<SafetensorsTensor> tensors = {{"b", "U8", {3}, b},
                                            {"a", "F32", {2, 3}, a},
                                            {"c", "F16", {2, 1}, c},
                                            {"e", "F32", {0, 4}, ""},
                                            {"s", "F32", {}, c}};
  auto bytes = safetensors_bytes(tensors, {{"format", "x\"y"}});
  std::reverse(tensors.begin(), tensors.end());
  CHECK(safetensors_bytes(tensors, {{"format", "x\"y"}}) == bytes);
  CHECK(static_cast<unsigned char>(bytes[0]) % 8 == 0);
  Safetensors file(bytes, "f");
  REQUIRE(file.entries().size() == 5);
  CHECK(file.entries()[0].name == "a");
  CHECK(file.at("a").shape == std::vector<int64_t>{2, 3});
  CHECK(file.bytes(file.at("a")) == a);
  CHECK(file.bytes(file.at("b")) == b);
  CHECK(file.bytes(file.at("e")).empty());
  CHECK(file.bytes(file.at("s")) == c);
  CHECK(file.at("a").begin % 8 == 0);
  CHECK(file.metadata().at("format") == "x\"y");
  CHECK(file.find("x") == nullptr);
  CHECK(test::refusal([&] { file.at("x"); }) == "f: has no tensor 'x'");
  CHECK_THROWS_AS(safetensors_bytes({{"a", "F32", {2}, b}}), Error);
  test::ScratchDir dir;
  write_safetensors(dir / "x.safetensors", tensors);
  CHECK(Safetensors(dir / "x.safetensors").metadata().empty());
}

TEST_CASE("safetensors: headers that must be refused", "[base]") {
  auto tensor = [](const char* fields) { return std::string("{\"a\":{") + fields + "}}"; };
  std::string good = tensor(R"("dtype":"F32","shape":[2],"data_offsets":[0,8])");
  CHECK(fault(good, 8) == "");
  CHECK(fault(good + "   ", 8) == "");
  CHECK(fault("{}", 0) == "");
  CHECK(fault(R"({"__metadata__":null})", 0) == "");
  CHECK(fault(R"({"__metadata__":{"a":"b"}})", 0) == "");
  CHECK(fault(good, 9) == "f: expected 8 bytes of tensors, found 9");
  CHECK_FALSE(fault(good, 7).empty());
  for (
      auto* fields : {
          R"("dtype":"F32","shape":[2],"data_offsets":[0,4])",
          R"("dtype":"F31","shape":[2],"data_offsets":[0,8])",
          R"("dtype":"F32","shape":[2.0],"data_offsets":[0,8])",
          R"("dtype":"F32","shape":[-2],"data_offsets":[0,8])",
          R"("dtype":"F32","shape":[-0],"data_offsets":[0,8])",
          R"("dtype":"F32","shape":["2"],"data_offsets":[0,8])",
          R"("dtype":"F32","shape":[[2]],"data_offsets":[0,8])",
          R"("dtype":"F32","shape":2,"data_offsets":[0,8])",
          R"("dtype":"F32","shape":[2,4611686018427387904],"data_offsets":[0,8])",
          R"("dtype":"F32","shape":[2,9223372036854775807],"data_offsets":[0,8])",
          R"("dtype":"F32","shape":[2],"data_offsets":[8,0])",
          R"("dtype":"F32","shape":[2],"data_offsets":[0])",
          R"("dtype":"F32","shape":[2],"data_offsets":[0,8,8])",
          R"("dtype":"F32","shape":[2],"data_offsets":[0,18446744073709551616])",
          R"("dtype":"F32","shape":[2],"data_offsets":[18446744073709551608,18446744073709551615])",
          R"("dtype":"F32","shape":[2])",
          R"("dtype":"F32","data_offsets":[0,8])",
          R"("shape":[2],"data_offsets":[0,8])",
          R"("dtype":null,"shape":[2],"data_offsets":[0,8])",
          R"("dtype":"F32","dtype":"F32","shape":[2],"data_offsets":[0,8])",
          R"("dtype":"F32","shape":[2],"shape":[2],"data_offsets":[0,8])",
          R"("dtype":"F32","shape":[2],"data_offsets":[0,8],"more":1)",
          R"("dtype":{"x":"F32"},"shape":[2],"data_offsets":[0,8])",
      })
    if (fault(tensor(fields), 8).empty()) FAIL("accepted " << fields);
  for (std::string header : {
           R"([])",
           R"( {})",
           "\xef\xbb\xbf{}",
           R"({"a":1})",
           R"({"a":[]})",
           R"({"a":"b"})",
           R"({"a":null})",
           R"({"__metadata__":{"a":1}})",
           R"({"__metadata__":{"a":{}}})",
           R"({"__metadata__":{"a":null}})",
           R"({"__metadata__":{"a":"b","a":"c"}})",
           R"({"__metadata__":"x"})",
           R"({"__metadata__":{"a":["b"]}})",
           R"({"__metadata__":{},"__metadata__":{}})",
           R"({} x)",
           R"({)",
           "",
           "{\"\xff\":1}",
       })
    if (fault(header, 0).empty()) FAIL("accepted " << header);
  auto two = [](const char* a, const char* b, const char* name = "b") {
    return fmt::format(
        R"({{"a":{{"dtype":"U8","shape":[4],"data_offsets":[{}]}},"{}":{{"dtype":"U8","shape":[4],"data_offsets":[{}]}}}})",
        a, name, b);
  };
  CHECK(fault(two("4,8", "0,4"), 8) == "");
  CHECK_FALSE(fault(two("0,4", "2,6"), 8).empty());       // overlap
  CHECK_FALSE(fault(two("0,4", "5,9"), 9).empty());       // hole
  CHECK_FALSE(fault(two("0,4", "0,4"), 4).empty());       // the same bytes
  CHECK_FALSE(fault(two("0,4", "4,8", "a"), 8).empty());  // the same name
}

TEST_CASE("safetensors: lengths, truncations, flips", "[base]") {
  auto read = [](const std::string& bytes) { Safetensors(bytes, "f"); };
  CHECK_FALSE(test::refusal([&] { read(std::string(8, '\xff')); }).empty());
  CHECK_FALSE(test::refusal([&] { read("\x09\0\0\0\0\0\0\0{}      "); }).empty());
  std::string data(24, 'x');
  auto good =
      safetensors_bytes({{"weight", "F32", {2, 3}, data}, {"n", "I8", {}, "x"}}, {{"k", "v"}});
  test::refuse_truncations(good, read);
  test::flip_bytes(good, 5000, read);
}

TEST_CASE("safetensors: names are read from the header alone", "[base]") {
  test::ScratchDir dir;
  auto file = dir / "f.safetensors";
  auto named = [&](const std::string& bytes) {
    write_atomically(file, bytes);
    return safetensors_names(file);
  };
  std::string data(24, 'x');
  auto good = safetensors_bytes({{"weight", "F32", {2, 3}, data}, {"n", "I8", {}, "x"}});
  const std::vector<std::string> both{"weight", "n"};
  CHECK(named(good) == both);
  CHECK(named(good.substr(0, good.size() - 20)) == both);  // the numbers are not looked at
  for (size_t size : {size_t{0}, size_t{7}, good.size() - 40}) {
    CAPTURE(size);
    CHECK_FALSE(test::refusal([&] { named(good.substr(0, size)); }).empty());
  }
  CHECK_FALSE(test::refusal([&] { named(std::string(8, '\xff')); }).empty());
}

TEST_CASE("safetensors: the reference's files", "[base][parity]") {
  for (auto& item : fs::directory_iterator(test::shared("fixtures/parity"))) {
    if (item.path().extension() != ".safetensors") continue;
    Safetensors file(item.path());
    CHECK(file.entries().size() > 3);
  }
}
