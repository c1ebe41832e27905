#include "data/pack.h"

#include <sys/resource.h>

#include <catch2/catch_test_macros.hpp>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <limits>

#include "base/error.h"
#include "base/files.h"
#include "base/random.h"
#include "data/pack_file.h"
#include "support/paths.h"

using namespace mma;

// HDF5 forgets some of its own memory where it cannot close a file because the disk is full.
extern "C" const char* __lsan_default_suppressions() { return "leak:libhdf5"; }

namespace {

PackInfo example_info() {
  PackInfo info;
  info.name = "example";
  info.labels = {"drama", "war"};
  info.modalities = {{"video", 3, 1, "video/{id}.npy"}, {"frames", 2, 2, "frames/{id}.npy"}};
  info.tokenizer_kind = "wordpiece-uncased";
  info.tokenizer_hash = "abc";
  info.vocabulary_size = 100;
  info.max_length = 8;
  return info;
}

Sample example_sample(const std::string& id, bool with_video) {
  Sample sample;
  sample.id = id;
  sample.labels = {1, 0};
  sample.tokens = {2, 50, 3};
  sample.features = {with_video ? std::vector<float>{0.5f, -1, 2} : std::vector<float>{},
                     {1, 2, 3, 4}};
  return sample;
}

void write_example(const fs::path& file, const std::function<void(Sample&)>& change = {}) {
  PackWriter writer(file, example_info());
  writer.begin_split("train", 2, 1);
  auto sample = example_sample("a", true);
  sample.truncated = true;
  writer.add(sample);
  sample = example_sample("b", false);
  if (change) change(sample);
  writer.add(sample);
  writer.begin_split("test", 1);
  writer.add(example_sample("c", true));
  writer.finish();
}

// Opens and reads everything; the message of the UserError, or "".
std::string fault_of(const fs::path& file) {
  try {
    Pack pack(file);
    for (auto& split : pack.splits()) {
      std::vector<std::string> all;
      for (auto& modality : pack.info().modalities) all.push_back(modality.name);
      pack.read(split, all);
    }
    return "";
  } catch (const UserError& e) {
    return e.what();
  }
}

}  // namespace

TEST_CASE("pack: what is written is read", "[data]") {
  test::ScratchDir dir;
  write_example(dir / "x.h5");
  Pack pack(dir / "x.h5");
  CHECK(pack.splits() == std::vector<std::string>{"train", "test"});
  auto& info = pack.info();
  CHECK(info.name == "example");
  CHECK(info.labels == example_info().labels);
  CHECK(info.label_kind == LabelKind::kMultilabel);
  CHECK(info.tokenizer_hash == "abc");
  CHECK(info.vocabulary_size == 100);
  CHECK(info.max_length == 8);
  REQUIRE(info.modalities.size() == 2);
  CHECK(info.modalities[0].name == "video");
  CHECK(pack.modality("frames").width() == 4);
  CHECK(pack.modality("video").source == "video/{id}.npy");
  auto train = pack.read("train", {"video"});
  CHECK(train.ids == std::vector<std::string>{"a", "b"});
  CHECK(train.labels == std::vector<uint8_t>{1, 0, 1, 0});
  CHECK(train.tokens == std::vector<int32_t>{2, 50, 3, 2, 50, 3});
  CHECK(train.offsets == std::vector<int64_t>{0, 3, 6});
  CHECK(train.truncated == 1);
  CHECK(train.dropped == 1);
  REQUIRE(train.modalities.size() == 1);
  CHECK(train.modalities["video"].values == std::vector<float>{0.5f, -1, 2, 0, 0, 0});
  CHECK(train.modalities["video"].present == std::vector<uint8_t>{1, 0});
  CHECK_THROWS_AS(pack.read("dev", {}), UserError);
  CHECK_THROWS_AS(pack.read("train", {"audio"}), UserError);
}

TEST_CASE("pack: real targets are float32, in a pack of version 2", "[data]") {
  test::ScratchDir dir;
  auto info = example_info();
  info.labels = {"a", "b"};
  info.label_kind = LabelKind::kRegression;
  {
    PackWriter writer(dir / "x.h5", info);
    writer.begin_split("train", 2);
    for (auto* id : {"a", "b"}) {
      auto sample = example_sample(id, false);
      sample.labels.clear();
      sample.targets = {id[0] == 'a' ? 0.1f : -3e38f, -2};
      writer.add(sample);
    }
    writer.finish();
  }
  Pack pack(dir / "x.h5");
  CHECK(pack.info().label_kind == LabelKind::kRegression);
  auto train = pack.read("train", {});
  CHECK(train.labels.empty());
  CHECK(train.targets == std::vector<float>{0.1f, -2, -3e38f, -2});
  CHECK(train.label_count() == 2);
  h5::Reader file(dir / "x.h5");
  CHECK(file.number("", "version") == 2);
  write_example(dir / "y.h5");
  CHECK(h5::Reader(dir / "y.h5").number("", "version") == 1);
}

TEST_CASE("pack: many rows pass the buffers, and the same input gives the same bytes", "[data]") {
  test::ScratchDir dir;
  auto info = example_info();
  info.modalities = {{"video", 1000, 1, "v"}};
  for (auto name : {"a.h5", "b.h5"}) {
    PackWriter writer(dir / name, info);
    writer.begin_split("train", 1500);
    for (int i = 0; i < 1500; ++i) {
      auto sample = example_sample(std::to_string(i), true);
      sample.tokens.assign(static_cast<size_t>(i % 8 + 1), i % 100);
      sample.features = {std::vector<float>(1000, static_cast<float>(i))};
      writer.add(sample);
    }
    writer.finish();
  }
  CHECK(sha256_file(dir / "a.h5") == sha256_file(dir / "b.h5"));
  auto train = Pack(dir / "a.h5").read("train", {"video"});
  for (size_t i = 0; i < 1500; ++i) {
    REQUIRE(train.ids[i] == std::to_string(i));
    REQUIRE(train.modalities["video"].values[i * 1000 + 999] == static_cast<float>(i));
    REQUIRE(train.offsets[i + 1] - train.offsets[i] == static_cast<int64_t>(i % 8 + 1));
    REQUIRE(train.tokens[static_cast<size_t>(train.offsets[i])] == static_cast<int32_t>(i % 100));
  }
}

TEST_CASE("pack: without finish() nothing is left", "[data]") {
  test::ScratchDir dir;
  {
    PackWriter writer(dir / "x.h5", example_info());
    writer.begin_split("train", 2);
    writer.add(example_sample("a", true));
    CHECK_THROWS_AS(writer.finish(), Error);
  }
  CHECK(fs::is_empty(dir.path));
}

TEST_CASE("pack: a full disk is a failure of the machine and leaves nothing", "[data]") {
  test::ScratchDir dir;
  auto before = std::signal(SIGXFSZ, SIG_IGN);
  rlimit old_limit;
  REQUIRE(getrlimit(RLIMIT_FSIZE, &old_limit) == 0);
  for (rlim_t bytes : {0, 100, 4000, 40000}) {
    rlimit limit{bytes, old_limit.rlim_max};
    REQUIRE(setrlimit(RLIMIT_FSIZE, &limit) == 0);
    std::string message;
    try {
      auto info = example_info();
      info.modalities = {{"video", 100000, 1, "v"}};
      PackWriter writer(dir / "x.h5", info);
      writer.begin_split("train", 1);
      auto sample = example_sample("a", true);
      sample.features = {std::vector<float>(100000, 1.0f)};
      writer.add(sample);
      writer.finish();
    } catch (const MachineError& e) {
      message = e.what();
    }
    setrlimit(RLIMIT_FSIZE, &old_limit);
    CHECK(message == (dir / "x.h5").string() + ": cannot be written: File too large");
    CHECK(fs::is_empty(dir.path));
  }
  std::signal(SIGXFSZ, before);
}

TEST_CASE("pack: contents that no pack has are refused", "[data]") {
  test::ScratchDir dir;
  auto refused = [&](const std::function<void(Sample&)>& change, const std::string& part) {
    write_example(dir / "x.h5", change);
    auto message = fault_of(dir / "x.h5");
    CAPTURE(message);
    CHECK(message.find(part) != std::string::npos);
    CHECK(message.find('\n') == std::string::npos);
  };
  refused([](Sample& s) { s.labels = {2, 0}; }, "/train/labels: expected 0 or 1, found 2 at 2");
  refused([](Sample& s) { s.tokens = {100}; },
          "/train/text/values: row 1 (sample b): expected ids below 100, found 100");
  refused([](Sample& s) { s.tokens = {-1}; }, "row 1 (sample b): expected ids below 100, found -1");
  refused([](Sample& s) { s.tokens = {}; },
          "/train/text/offsets: row 1: expected 1 to 8 tokens, found 3 to 3");
  refused([](Sample& s) { s.tokens.assign(9, 1); }, "found 3 to 12");
  refused([](Sample& s) { s.features[1][0] = std::numeric_limits<float>::quiet_NaN(); },
          "/train/frames: row 1 (sample b): expected finite numbers, found nan");
  refused([](Sample& s) { s.id.assign(1, 'a'); }, "/train/id: expected different ids");
}

TEST_CASE("pack: what is not a pack is refused in one line", "[data]") {
  test::ScratchDir dir;
  CHECK(fault_of(dir / "none.h5").find("no such file") != std::string::npos);
  CHECK(fault_of(dir.path).find("expected a file") != std::string::npos);
  std::ofstream(dir / "text.h5") << "id,text\n";
  CHECK(fault_of(dir / "text.h5").find("expected an HDF5 file") != std::string::npos);
}

TEST_CASE("pack: truncated at any place is refused", "[data]") {
  test::ScratchDir dir;
  write_example(dir / "x.h5");
  auto bytes = read_file(dir / "x.h5");
  for (size_t size = 0; size < bytes.size(); size += 193) {
    std::ofstream(dir / "cut.h5", std::ios::binary) << bytes.substr(0, size);
    auto message = fault_of(dir / "cut.h5");
    CAPTURE(size);
    REQUIRE(message != "");
    REQUIRE(message.find('\n') == std::string::npos);
  }
}

TEST_CASE("pack: a flipped bit is refused, or lies where nothing is read", "[data]") {
  test::ScratchDir dir;
  write_example(dir / "x.h5");
  auto bytes = read_file(dir / "x.h5");
  auto whole = Pack(dir / "x.h5").read("train", {"video", "frames"});
  RandomStream random(7);
  for (int i = 0; i < 300; ++i) {
    auto changed = bytes;
    auto at = random.below(changed.size());
    changed[at] = static_cast<char>(changed[at] ^ (1 << random.below(8)));
    std::ofstream(dir / "flip.h5", std::ios::binary) << changed;
    auto message = fault_of(dir / "flip.h5");
    CAPTURE(at, message);
    REQUIRE(message.find('\n') == std::string::npos);
    if (!message.empty()) continue;
    Pack pack(dir / "flip.h5");
    auto train = pack.read("train", {"video", "frames"});
    REQUIRE(pack.info().labels == example_info().labels);
    REQUIRE(train.ids == whole.ids);
    REQUIRE(train.labels == whole.labels);
    REQUIRE(train.tokens == whole.tokens);
    REQUIRE(train.modalities["video"].values == whole.modalities["video"].values);
    REQUIRE(train.modalities["frames"].values == whole.modalities["frames"].values);
  }
}
