#include "base/zip.h"

#include <catch2/catch_test_macros.hpp>

#include "base/files.h"
#include "support/hostile.h"
#include "support/paths.h"
#include "support/zip_file.h"

using namespace mma;
using test::make_zip;

namespace {

void replace_all(std::string& text, const std::string& from, const std::string& to) {
  for (size_t at = 0; (at = text.find(from, at)) != std::string::npos; at += to.size())
    text.replace(at, from.size(), to);
}

}  // namespace

TEST_CASE("zip: stored and deflated entries", "[base]") {
  test::ScratchDir dir;
  std::string big(100000, 'z');
  for (int method : {ZIP_CM_STORE, ZIP_CM_DEFLATE}) {
    make_zip(dir / "a.zip", {{"x/one", "first"}, {"two", big}, {"empty", ""}}, method);
    ZipArchive zip(dir / "a.zip");
    REQUIRE(zip.entries().size() == 3);
    CHECK(zip.entries()[0].name == "x/one");
    CHECK(zip.entries()[1].size == big.size());
    CHECK(zip.entries()[1].stored == (method == ZIP_CM_STORE));
    CHECK(zip.read("x/one") == "first");
    CHECK(zip.read("two") == big);
    CHECK(zip.read("empty").empty());
    CHECK(zip.find("three") == nullptr);
    CHECK(test::refusal([&] { zip.read("three"); }).find("has no entry 'three'") !=
          std::string::npos);
    CHECK(test::refusal([&] { zip.read("two", 99999); }).find("at most 99999") !=
          std::string::npos);
  }
}

TEST_CASE("zip: what is not trusted", "[base]") {
  test::ScratchDir dir;
  auto file = dir / "a.zip";
  auto refused = [&](const std::string& bytes) {
    write_atomically(file, bytes);
    return test::refusal([&] {
      ZipArchive zip(file);
      for (auto& entry : zip.entries()) zip.read(entry.name);
    });
  };
  CHECK(refused("hello").find("expected a zip archive") != std::string::npos);
  CHECK_FALSE(refused("PK\x03\x04 and nothing more").empty());
  make_zip(file, {{"aa", "first"}, {"bb", "second"}}, ZIP_CM_STORE);
  auto good = read_file(file);
  CHECK(refused(good) == "");
  auto twice = good;
  replace_all(twice, "bb", "aa");
  CHECK(refused(twice).find("the same name") != std::string::npos);
  auto damaged = good;
  replace_all(damaged, "second", "sicond");
  CHECK(refused(damaged).find("damaged") != std::string::npos);
  make_zip(file, {{"aa", "first"}}, ZIP_CM_STORE, true);
  CHECK(test::refusal([&] { ZipArchive zip(file); }).find("encrypted") != std::string::npos);
  CHECK(test::refusal([&] { ZipArchive zip(dir.path); }).find("expected a file") !=
        std::string::npos);
  // A deflated entry that declares a petabyte.
  make_zip(file, {{"aa", std::string(1000, 'a')}}, ZIP_CM_DEFLATE);
  auto bomb = read_file(file);
  replace_all(bomb, std::string("\xe8\x03\0\0", 4), std::string("\xff\xff\xff\x7f", 4));
  CHECK(refused(bomb).find("cannot unpack") != std::string::npos);
}

TEST_CASE("zip: truncations and flips", "[base]") {
  test::ScratchDir dir;
  auto file = dir / "a.zip";
  auto read = [&](const std::string& bytes) {
    {
      auto* f = std::fopen(file.c_str(), "wb");
      std::fwrite(bytes.data(), 1, bytes.size(), f);
      std::fclose(f);
    }
    ZipArchive zip(file);
    for (auto& entry : zip.entries()) zip.read(entry.name, 1 << 20);
  };
  make_zip(file, {{"aa", "first"}, {"bb", std::string(500, 'x')}}, ZIP_CM_DEFLATE);
  auto good = read_file(file);
  test::refuse_truncations(good, read);
  test::flip_bytes(good, 3000, read);
}

TEST_CASE("zip: a torch file", "[base][parity]") {
  ZipArchive zip(test::shared("fixtures/parity/tiny-bert/pytorch_model.bin"));
  CHECK(zip.find("pytorch_model/data.pkl") != nullptr);
  for (auto& entry : zip.entries()) CHECK(zip.read(entry.name).size() == entry.size);
}
