#include "data/pack_merge.h"

#include <catch2/catch_test_macros.hpp>
#include <cstring>
#include <optional>

#include "base/error.h"
#include "base/files.h"
#include "data/pack.h"
#include "data/prep.h"
#include "support/raw_data.h"

using namespace mma;

namespace {

// A data set whose texts are cut, whose rows are dropped, and whose samples lack modalities.
struct Data : test::RawData {
  explicit Data(int samples = 11,
                const std::string& labels = "labels: {field: y, separator: \"|\"}") {
    std::string table = "id,part,text,y,z\n", ids;
    for (int i = 0; i < samples; ++i) {
      auto text = i == 4 ? " " : i % 3 == 0 ? "a b c a b c a b c" : "war love";
      table += fmt::format("s{},{},{},{},{}\n", i, i % 4 == 3 ? "dev" : "train", text,
                           i % 2 ? "p|q" : "p", 0.5 * i);
      if (i % 5 != 2) write_npy(fmt::format("v/s{}.npy", i), {2, 2}, {1.0f * i, 2, 3, 0.25f});
    }
    table += "e0,test,caf\xc3\xa9,q,1\n";
    write("t.csv", table);
    write(
        "data.yaml",
        "name: parts\nsplits: {train: t.csv, dev: t.csv, test: t.csv}\nsplit_field: part\nid: id\n"
        "text: text\nempty_text: drop\nmax_length: 8\n" +
            labels + "\nmodalities:\n  v: {path: \"v/{id}.npy\", dim: 2}\n");
    write_vocabulary();
  }
  PrepOptions options(const std::string& out, std::optional<Shard> shard = {}) const {
    PrepOptions all;
    all.description = *this / "data.yaml";
    all.root = path();
    all.tokenizer = *this / "vocab.txt";
    all.out = *this / out;
    all.workers = 2;
    all.missing_absent = true;
    all.shard = shard;
    return all;
  }
  // All parts of a pack, the last first.
  std::vector<fs::path> parts(int64_t count) const {
    std::vector<fs::path> files;
    for (int64_t i = count; i >= 1; --i) {
      files.push_back(*this / fmt::format("{}-of-{}.h5", i, count));
      build_pack(options(files.back().filename(), Shard{i, count}));
    }
    return files;
  }
  std::string refused(const std::vector<fs::path>& files, const std::string& out = "x.h5") const {
    try {
      merge_parts(files, *this / out);
    } catch (const UserError& e) {
      return without_folder(e.what());
    }
    return "";
  }
};

}  // namespace

TEST_CASE("merge: parts in any number and order give the bytes of one build", "[data]") {
  for (std::string labels :
       {"labels: {field: y, separator: \"|\"}", "labels: {fields: [z], kind: regression}", ""}) {
    CAPTURE(labels);
    Data data(11, labels);
    if (labels.empty())  // such data are there to be predicted
      for (auto& [from, to] :
           {std::pair{"{train: t.csv, dev", "{new: t.csv, dev"},
            {"split_field: part", "split_field: part\nsplit_names: {new: train}"}}) {
        auto yaml = read_file(data / "data.yaml");
        data.write("data.yaml", yaml.replace(yaml.find(from), std::strlen(from), to));
      }
    build_pack(data.options("one.h5"));
    const auto one = read_file(data / "one.h5");
    for (int64_t count : {1, 2, 3, 7, 16}) {
      CAPTURE(count);
      auto told = merge_parts(data.parts(count), data / "merged.h5");
      CHECK(read_file(data / "merged.h5") == one);
      CHECK(told.find(fmt::format("of {} parts", count)) != std::string::npos);
    }
  }
}

TEST_CASE("merge: data without text", "[data]") {
  Data data;
  auto yaml = read_file(data / "data.yaml");
  data.write("data.yaml", yaml.erase(yaml.find("text: text\n"), 11));
  build_pack(data.options("one.h5"));
  merge_parts(data.parts(3), data / "merged.h5");
  CHECK(read_file(data / "merged.h5") == read_file(data / "one.h5"));
}

TEST_CASE("merge: parts that are missing, doubled or foreign are refused in one line", "[data]") {
  Data data;
  auto files = data.parts(3);
  CHECK(data.refused({files[0], files[2]}) == "missing parts: 2/3");
  CHECK(data.refused({files[1]}) == "missing parts: 1/3, 3/3");
  fs::copy_file(files[0], data / "copy.h5");
  CHECK(data.refused({files[0], files[1], files[2], data / "copy.h5"}) ==
        "copy.h5: part 3/3, as 3-of-3.h5 is");
  auto other = data.parts(2);
  auto foreign = [](const std::string& file, const std::string& first) {
    return file +
           ": a part of another data set, or of other tables, options or numbers of parts, "
           "than " +
           first;
  };
  CHECK(data.refused({files[0], files[1], other[1]}) == foreign("1-of-2.h5", "3-of-3.h5"));
  build_pack(data.options("whole.h5"));
  CHECK(data.refused({files[0], files[1], data / "whole.h5"}) ==
        "whole.h5: expected a part of a pack (mma-prep build --shard), found a whole one");
  CHECK(data.refused({files[0], files[1], data / "none.h5"}).find("none.h5: no such file") == 0);
  // A changed table makes other parts.
  auto table = read_file(data / "t.csv");
  data.write("t.csv", table + "s99,train,war,p,2\n");
  data.write_npy("v/s99.npy", {1, 2}, {1, 2});
  build_pack(data.options("late.h5", Shard{1, 3}));
  CHECK(data.refused({files[0], files[1], data / "late.h5"}) == foreign("late.h5", "3-of-3.h5"));
  CHECK_FALSE(fs::exists(data / "x.h5"));
  // The pack replaces none of its parts, and nothing that is no pack.
  CHECK(data.refused(files, "3-of-3.h5").find("the build reads this file") != std::string::npos);
  CHECK(data.refused(files, "t.csv").find("is not a pack of mma-prep") != std::string::npos);
}

TEST_CASE("merge: a damaged part is refused, and nothing is written", "[data]") {
  Data data;
  auto files = data.parts(2);
  const auto good = read_file(files[0]);
  for (size_t n : {size_t{0}, good.size() / 2, good.size() - 1}) {
    write_atomically(files[0], good.substr(0, n));
    CHECK(data.refused(files) != "");
  }
  auto bad = good;
  const float number = 6;  // of sample s9, the mean of 9 and 3
  auto at = bad.rfind(std::string(reinterpret_cast<const char*>(&number), 4));
  REQUIRE(at != std::string::npos);
  bad[at] = static_cast<char>(bad[at] ^ 1);
  write_atomically(files[0], bad);
  CHECK(data.refused(files).find("SHA-256 differs") != std::string::npos);
  CHECK_FALSE(fs::exists(data / "x.h5"));
}

TEST_CASE("merge: a modality that no sample of any part has is a fault", "[data]") {
  Data data;
  fs::remove_all(data / "v");
  auto files = data.parts(2);
  CHECK(data.refused(files) == "v: no sample of any split has it");
}

TEST_CASE("merge: a part is no pack, and is made again where it is", "[data]") {
  Data data;
  auto files = data.parts(2);
  auto refusal = [&](auto work) {
    try {
      work();
    } catch (const UserError& e) {
      return data.without_folder(e.what());
    }
    return std::string();
  };
  const std::string part = "2-of-2.h5: part 2/2 of a pack: join the parts with mma-prep merge";
  CHECK(refusal([&] { Pack pack(files[0]); }) == part);
  CHECK(refusal([&] { describe_pack(files[0]); }) == part);
  const auto bytes = read_file(files[0]);
  build_pack(data.options("2-of-2.h5", Shard{2, 2}));
  CHECK(read_file(files[0]) == bytes);
}

TEST_CASE("shard: I/N and nothing else", "[data]") {
  CHECK(parse_shard("3/16").text() == "3/16");
  for (std::string wrong : {"", "3", "0/3", "4/3", "1/0", "-1/3", "1/3 ", "1 /3", "+1/3", "1/65537",
                            "1/99999999999999999999", "/3", "1/"}) {
    CAPTURE(wrong);
    CHECK_THROWS_AS(parse_shard(wrong), UserError);
  }
  // The shares of all parts are the whole, each by one more or less than the others.
  for (size_t samples : {0, 1, 5, 16, 1000})
    for (int64_t count : {1, 2, 3, 16}) {
      size_t next = 0;
      for (int64_t i = 1; i <= count; ++i) {
        auto [begin, end] = Shard{i, count}.share_of(samples);
        CHECK(begin == next);
        CHECK(end - begin <= samples / static_cast<size_t>(count) + 1);
        next = end;
      }
      CHECK(next == samples);
    }
}
