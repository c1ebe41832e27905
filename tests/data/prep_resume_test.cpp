// mma-prep build --resume: the bytes of a build without it, and what is kept is not read again.
#include <catch2/catch_test_macros.hpp>

#include "base/error.h"
#include "base/files.h"
#include "data/prep.h"
#include "support/hostile.h"
#include "support/io_faults.h"
#include "support/raw_data.h"

using namespace mma;

namespace {

constexpr int kSamples = 12;

// Two modalities of files, of which one is stored as float16, and one of a matrix.
struct Data : test::RawData {
  Data() {
    std::string table = "id,part,text,y\n";
    std::vector<float> matrix;
    for (int i = 0; i < kSamples; ++i) {
      table += fmt::format("s{},{},{},{}\n", i, i % 4 == 3 ? "dev" : "train",
                           i % 3 == 0 ? "a b c" : "war love", i % 2 ? "p" : "q");
      write_video(i);
      write_npy(audio(i), {3, 2}, {0.1f * i, 2, 3, 4, 5, 0.7f});
      matrix.push_back(1.0f * i);
    }
    write("t.csv", table);
    write_npy("m.npy", {kSamples, 1}, matrix);
    write("data.yaml",
          "name: x\nsplits: {train: t.csv, dev: t.csv}\nsplit_field: part\nid: id\ntext: text\n"
          "labels: {field: y}\nmodalities:\n  v: {path: \"v/{id}.npy\", dim: 2}\n"
          "  a: {path: \"a/{id}.npy\", dim: 2, store: float16}\n"
          "  m: {matrix: m.npy, rows: table, dim: 1}\n");
  }
  static std::string video(int i) { return fmt::format("v/s{}.npy", i); }
  static std::string audio(int i) { return fmt::format("a/s{}.npy", i); }
  void write_video(int i) const { write_npy(video(i), {2, 2}, {1.0f * i, 1, 0.5f, 3}); }
  PrepOptions options(bool resume) const {
    auto all = test::prep_options(*this);
    all.resume = resume;
    return all;
  }
  std::string journal() const { return (*this / "x.h5.journal").string(); }
  // The bytes of a build without the flag, which leaves nothing else.
  std::string whole(PrepOptions all) const {
    all.resume = false;
    all.out = *this / "whole.h5";
    build_pack(all);
    auto bytes = read_file(all.out);
    fs::remove(all.out);
    return bytes;
  }
  std::string whole() const { return whole(options(false)); }
  // Ends with these bytes and no journal.
  void finish(const PrepOptions& all, const std::string& bytes) const {
    build_pack(all);
    CHECK((read_file(all.out) == bytes));
    CHECK(!fs::exists(journal()));
  }
  // The message of a build that its data keep from being written.
  std::string refused(const PrepOptions& all) const {
    std::string message;
    try {
      build_pack(all);
    } catch (const UserError& e) {
      message = without_folder(e.what());
    }
    CHECK(!fs::exists(all.out));
    return message;
  }
  void take_features_away() const {
    fs::remove_all(*this / "v");
    fs::remove_all(*this / "a");
  }
};

}  // namespace

TEST_CASE("resume: the same bytes with and without, and no journal at the end", "[data]") {
  Data data;
  const auto bytes = data.whole();
  data.finish(data.options(true), bytes);
  data.finish(data.options(true), bytes);
}

TEST_CASE("resume: of a build with a fault nothing but that is read again", "[data]") {
  Data data;
  const auto bytes = data.whole();
  data.write(data.video(5), "no array");
  CHECK(data.refused(data.options(true)).find(data.video(5)) != std::string::npos);
  REQUIRE(fs::exists(data.journal()));
  const auto kept = read_file(data.journal());
  // As long as it is not mended: refused again, and the journal does not grow.
  data.take_features_away();
  data.write(data.video(5), "no array");
  const auto again_refused = data.refused(data.options(true));
  CHECK(again_refused.find(data.video(5)) == 0);
  CHECK(again_refused.find('\n') == std::string::npos);
  CHECK((read_file(data.journal()) == kept));
  data.write_video(5);
  auto again = data.options(true);
  again.workers = 1;
  again.max_memory = 1 << 20;
  data.finish(again, bytes);
}

TEST_CASE("resume: what was missing is looked for again, and may be allowed", "[data]") {
  Data data;
  const auto bytes = data.whole();
  fs::remove(data / data.video(7));
  auto absent = data.options(true);
  absent.missing_absent = true;
  const auto without = data.whole(absent);
  CHECK(without != bytes);
  CHECK(data.refused(data.options(true)) ==
        data.video(7) + ": no such file; s7's v (--missing absent allows it)");
  const auto journal = read_file(data.journal());
  data.take_features_away();
  data.finish(absent, without);
  // The file came meanwhile.
  fs::remove(data / "x.h5");
  data.write("x.h5.journal", journal);
  data.write_video(7);
  data.finish(absent, bytes);
}

TEST_CASE("resume: numbers that no pack takes are not kept", "[data]") {
  Data data;
  const auto bytes = data.whole();
  data.write_npy(data.video(2), {1, 2}, {3e38f, 1});
  data.write_npy(data.audio(3), {1, 2}, {1e6f, 1});
  const auto message = data.refused(data.options(true));
  CHECK(message.find("s2's v: numbers as large as") != std::string::npos);
  CHECK(message.find("s3's a") != std::string::npos);
  data.take_features_away();
  data.write_video(2);
  data.write_npy(data.audio(3), {3, 2}, {0.1f * 3, 2, 3, 4, 5, 0.7f});
  data.finish(data.options(true), bytes);
}

TEST_CASE("resume: a damaged record is made again", "[data]") {
  Data data;
  const auto bytes = data.whole();
  data.write(data.video(11), "no array");  // of dev, the last sample
  data.refused(data.options(true));
  auto journal = read_file(data.journal());
  journal[19 + 64 + 1 + 8 + 3 + 32] ^= 1;  // the first number
  data.write("x.h5.journal", journal);
  data.take_features_away();
  CHECK(data.refused(data.options(true)).find(data.video(0) + ": no such file") !=
        std::string::npos);
  data.write_video(0);
  data.write_npy(data.audio(0), {3, 2}, {0, 2, 3, 4, 5, 0.7f});
  data.write_video(11);
  data.finish(data.options(true), bytes);
}

TEST_CASE("resume: a journal of other data, or a file that is none, is left alone", "[data]") {
  Data data;
  data.write(data.video(5), "no array");
  data.refused(data.options(true));
  data.write_video(5);
  const auto kept = read_file(data.journal());
  auto left_alone = [&](const PrepOptions& all, const std::string& why) {
    const auto message = data.refused(all);
    CAPTURE(message);
    CHECK(message.find("x.h5.journal: " + why) == 0);
    CHECK(message.find('\n') == std::string::npos);
  };
  const auto yaml = read_file(data / "data.yaml"), table = read_file(data / "t.csv");
  data.write("data.yaml", yaml + "max_length: 16\n");
  left_alone(data.options(true), "of another build");
  data.write("data.yaml", yaml);
  data.write("t.csv", std::string(table).replace(table.find("war love"), 3, "raw"));
  left_alone(data.options(true), "of another build");
  data.write("t.csv", table);
  auto part = data.options(true);
  part.shard = Shard{1, 2};
  left_alone(part, "of another build");
  CHECK((read_file(data.journal()) == kept));
  // Without the flag it is nobody's.
  build_pack(data.options(false));
  CHECK((read_file(data.journal()) == kept));
  fs::remove(data / "x.h5");
  data.write("x.h5.journal", yaml);
  left_alone(data.options(true), "not a journal of mma-prep");
  CHECK((read_file(data.journal()) == yaml));
}

TEST_CASE("resume: a part of a data set", "[data]") {
  Data data;
  for (int64_t number : {1, 2, 3}) {
    CAPTURE(number);
    auto part = data.options(true);
    part.shard = Shard{number, 3};
    const auto bytes = data.whole(part);
    // In table order of train and dev each, the parts' own samples.
    const int broken = number == 1 ? 0 : number == 2 ? 5 : 11;
    Data damaged;
    auto same = damaged.options(true);
    same.shard = part.shard;
    damaged.write(damaged.video(broken), "no array");
    CHECK(damaged.refused(same) != "");
    auto other = same;
    other.shard->number = number % 3 + 1;
    CHECK(damaged.refused(other).find("x.h5.journal: of another build") == 0);
    damaged.take_features_away();
    damaged.write_video(broken);
    damaged.finish(same, bytes);
  }
}

TEST_CASE("resume: a fault of the tables leaves no journal, which nothing could use", "[data]") {
  Data data;
  data.write("t.csv", read_file(data / "t.csv") + "s0,train,a,p\n");
  CHECK(data.refused(data.options(true)).find("the same id is at") != std::string::npos);
  CHECK(!fs::exists(data.journal()));
}

TEST_CASE("resume: whichever open, write, sync or rename fails, the same command mends it",
          "[data]") {
  Data data;
  const auto bytes = data.whole();
  const auto all = data.options(true);
  int failures = 0;
  for (int nth = 1;; nth += 3) {
    CAPTURE(nth);
    bool happened = false;
    try {
      test::IoFault fault(nth);
      build_pack(all);
      happened = fault.happened();
    } catch (const MachineError&) {
      happened = true;
      ++failures;
    }
    if (!happened) break;
    data.finish(all, bytes);
    fs::remove(data / "x.h5");
  }
  CHECK(failures > kSamples / 2);
}
