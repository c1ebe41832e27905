#include "data/row_file.h"

#include <catch2/catch_test_macros.hpp>
#include <cmath>
#include <fstream>
#include <numeric>
#include <thread>

#include "base/error.h"
#include "base/random.h"
#include "data/batch.h"
#include "data/pack.h"
#include "data/pack_identity.h"
#include "support/hostile.h"
#include "support/io_faults.h"
#include "support/paths.h"

using namespace mma;

namespace {

constexpr int64_t kSamples = 900;

PackInfo info_of_two() {
  PackInfo info;
  info.name = "rows";
  info.labels = {"a", "b"};
  info.modalities = {{"video", 33, 1, "v"}, {"audio", 5, 2, "a"}};
  info.tokenizer_kind = "wordpiece-cased";
  info.tokenizer_hash = "abc";
  info.vocabulary_size = 30000;
  info.max_length = 300;
  return info;
}

// Samples of 1 to 300 tokens, more than HDF5 puts into one chunk; every third lacks the video.
void write_rows(const fs::path& file, const std::function<void(int64_t, Sample&)>& change = {},
                bool half = false) {
  auto info = info_of_two();
  info.modalities[0].half = half;
  PackWriter writer(file, info);
  writer.begin_split("train", kSamples);
  RandomStream random(3);
  for (int64_t i = 0; i < kSamples; ++i) {
    Sample sample;
    sample.id = fmt::format("id{}", i);
    sample.labels = {static_cast<uint8_t>(i % 2), 1};
    for (int64_t t = 0; t <= i % 300; ++t)
      sample.tokens.push_back(static_cast<int32_t>(random.below(30000)));
    sample.features.resize(2);
    for (size_t m = 0; m < 2; ++m)
      for (int64_t k = 0; k < (m ? 10 : 33) && (m || i % 3); ++k)
        sample.features[m].push_back(static_cast<float>(random.uniform()));
    if (change) change(i, sample);
    writer.add(sample);
  }
  writer.finish();
}

Split read_with(const fs::path& file, RowBudget budget) {
  return Pack(file).read("train", {"video", "audio"}, budget);
}

void check_same_batch(const Split& held, const Split& other, const std::vector<int64_t>& samples) {
  const auto a = assemble(held, samples), b = assemble(other, samples);
  REQUIRE(a.tokens == b.tokens);
  REQUIRE(a.lengths == b.lengths);
  REQUIRE(a.labels == b.labels);
  for (auto& [name, table] : a.modalities) {
    REQUIRE(table.values == b.modalities.at(name).values);
    REQUIRE(table.present == b.modalities.at(name).present);
  }
}

// The message of the MachineError of reading a sample after `change` of the open file.
std::string failure_after(const std::function<void(const fs::path&)>& change) {
  test::ScratchDir dir;
  write_rows(dir / "x.h5");
  const auto split = read_with(dir / "x.h5", RowBudget(0));
  assemble(split, {0, kSamples - 1});
  change(dir / "x.h5");
  try {
    assemble(split, {0, kSamples - 1});
  } catch (const MachineError& e) {
    const std::string told = e.what(), samples = fmt::format(
                                           " (while {}/text/values was read, of samples id0, id{})",
                                           split.where, kSamples - 1);
    REQUIRE(told.ends_with(samples));
    return told.substr(dir.path.string().size() + 1,
                       told.size() - samples.size() - dir.path.string().size() - 1);
  }
  return "";
}

void write_at(const fs::path& file, size_t place, const void* bytes, size_t size) {
  std::fstream out(file, std::ios::binary | std::ios::in | std::ios::out);
  out.seekp(static_cast<std::streamoff>(place));
  out.write(static_cast<const char*>(bytes), static_cast<std::streamsize>(size));
  REQUIRE(out.good());
}

// Where these numbers stand in the file; they must be there once.
template <class T>
size_t place_of(const fs::path& file, const std::vector<T>& numbers) {
  const auto bytes = read_file(file);
  const std::string_view sought(reinterpret_cast<const char*>(numbers.data()),
                                numbers.size() * sizeof(T));
  const auto at = bytes.find(sought);
  REQUIRE(at != std::string::npos);
  REQUIRE(bytes.find(sought, at + 1) == std::string::npos);
  return at;
}

}  // namespace

TEST_CASE("rows: the same batches from memory and from the file, in any order", "[data]") {
  test::ScratchDir dir;
  write_rows(dir / "x.h5");
  const auto held = read_with(dir / "x.h5", RowBudget());
  const auto read = read_with(dir / "x.h5", RowBudget(0));
  REQUIRE(held.tokens.held());
  REQUIRE(held.token_count() > 2 * (1 << 16));  // several chunks
  REQUIRE(!read.tokens.held());
  REQUIRE(!read.modalities.at("video").values.held());
  CHECK(batch_making(held).threads == 1);
  CHECK(batch_making(read).threads > 1);
  std::vector<int64_t> all(kSamples);
  std::iota(all.begin(), all.end(), int64_t{0});
  check_same_batch(held, read, all);
  check_same_batch(held, read, {5, 5, 4, 899, 5, 0, 6});  // the same sample twice
  for (uint64_t seed = 0; seed < 3; ++seed)
    for (auto& batch : epoch_batches(kSamples, 17, true, seed, 0))
      check_same_batch(held, read, batch);
  CHECK_THROWS_AS(assemble(read, {kSamples}), Error);
}

TEST_CASE("rows: several threads read at once", "[data]") {
  test::ScratchDir dir;
  write_rows(dir / "x.h5");
  const auto held = read_with(dir / "x.h5", RowBudget());
  const auto read = read_with(dir / "x.h5", RowBudget(0));
  std::vector<int64_t> differences(4, 0);
  std::vector<std::thread> threads;
  for (size_t t = 0; t < 4; ++t)
    threads.emplace_back([&, t] {
      for (auto& batch : epoch_batches(kSamples, 16, true, t, 0))
        differences[t] += read_tokens(held, batch) != read_tokens(read, batch) ||
                          read_vectors(held, "video", batch) != read_vectors(read, "video", batch);
    });
  for (auto& thread : threads) thread.join();
  CHECK(differences == std::vector<int64_t>(4, 0));
}

TEST_CASE("rows: the budget holds the smallest data sets first", "[data]") {
  test::ScratchDir dir;
  write_rows(dir / "x.h5");
  const auto tokens = static_cast<uint64_t>(read_with(dir / "x.h5", {}).token_count()) * 4;
  const uint64_t audio = kSamples * 10 * 4, video = kSamples * 33 * 4;
  REQUIRE(video < tokens);
  auto held = [&](uint64_t bytes) {
    auto split = read_with(dir / "x.h5", RowBudget(bytes));
    return std::vector<bool>{split.modalities["audio"].values.held(),
                             split.modalities["video"].values.held(), split.tokens.held()};
  };
  CHECK(held(audio - 1) == std::vector<bool>{false, false, false});
  CHECK(held(audio) == std::vector<bool>{true, false, false});
  CHECK(held(audio + video) == std::vector<bool>{true, true, false});
  CHECK(held(audio + video + tokens) == std::vector<bool>{true, true, true});
  // One budget for several reads.
  RowBudget budget(audio + video);
  const Pack pack(dir / "x.h5");
  CHECK(pack.read("train", {"audio"}, budget).modalities["audio"].values.held());
  CHECK(!pack.read("train", {"audio"}, budget).tokens.held());
}

TEST_CASE("rows: the budget as recipes have it", "[data]") {
  auto takes = [](const std::string& setting, uint64_t bytes) {
    CHECK(memory_fault(setting) == "");
    RowBudget enough(setting, 4000), short_of(setting, 4000);
    CHECK(enough.take(bytes));
    CHECK(!short_of.take(bytes + 1));
  };
  takes("auto", 1000);
  takes("0", 0);
  takes("17", 17);
  takes("3K", 3 << 10);
  takes("512M", 512 << 20);
  takes("2 GB", uint64_t{2} << 30);
  takes("1gib", uint64_t{1} << 30);
  takes("8B", 8);
  for (auto* wrong : {"", "much", "-1", "1.5G", "5X", "G", "1MM", "99999999999T", "5iB"}) {
    CAPTURE(wrong);
    CHECK(memory_fault(wrong).starts_with("expected a number of bytes as 512M or 2G, or auto"));
  }
}

TEST_CASE("rows: what no pack has is refused where it is read, with the sample's id", "[data]") {
  test::ScratchDir dir;
  auto refused = [&](const std::function<void(int64_t, Sample&)>& change) {
    write_rows(dir / "x.h5", change);
    const auto split = read_with(dir / "x.h5", RowBudget(0));
    CHECK(test::refusal([&] { assemble(split, {1, 3}); }) == "");
    auto message = test::refusal([&] { assemble(split, {1, 2, 3}); });
    // The same where all is read at once.
    CHECK(test::refusal([&] { read_with(dir / "x.h5", RowBudget()); }) == message);
    return message.substr(std::min(message.size(), dir.path.string().size() + 1));
  };
  CHECK(refused([](int64_t i, Sample& s) {
          if (i == 2) s.features[0][7] = NAN;
        }) == "x.h5: /train/video: row 2 (sample id2): expected finite numbers, found nan");
  CHECK(refused([](int64_t i, Sample& s) {
          if (i == 2) s.features[1][9] = INFINITY;
        }) == "x.h5: /train/audio: row 2 (sample id2): expected finite numbers, found inf");
  CHECK(refused([](int64_t i, Sample& s) {
          if (i == 2) s.tokens[1] = 30000;
        }) ==
        "x.h5: /train/text/values: row 2 (sample id2): expected ids below 30000, found 30000");
  CHECK(refused([](int64_t i, Sample& s) {
          if (i == 2) s.tokens[1] = -1;
        }).ends_with("expected ids below 30000, found -1"));
}

TEST_CASE("rows: numbers of a sample that lacks the modality are refused where they are read",
          "[data]") {
  test::ScratchDir dir;
  std::vector<float> before;
  write_rows(dir / "x.h5", [&](int64_t i, Sample& s) {
    if (i == 2) before = s.features[0];
  });
  // Sample 3 has no video: its zeros stand behind sample 2's numbers.
  const float one = 1;
  write_at(dir / "x.h5", place_of(dir / "x.h5", before) + 33 * 4, &one, 4);
  const auto split = read_with(dir / "x.h5", RowBudget(0));
  CHECK(test::refusal([&] { assemble(split, {2, 4}); }) == "");
  CHECK(test::refusal([&] {
          assemble(split, {3});
        }).ends_with("row 3 (sample id3): expected zeros for an absent sample, found 1"));
}

TEST_CASE("rows: a file that changes while it is read, and a disk that fails", "[data]") {
  CHECK(failure_after([](const fs::path&) {}) == "");
  // Cut so that the rows are still there, and that they are not.
  CHECK(failure_after([](const fs::path& file) {
          fs::resize_file(file, fs::file_size(file) - 1);
        }).ends_with("when it was opened: leave the file alone while it is read"));
  CHECK(failure_after([](const fs::path& file) {
          fs::resize_file(file, 4000);
        }).starts_with("x.h5: has 4000 bytes, "));
  CHECK(failure_after([](const fs::path& file) {
          std::this_thread::sleep_for(std::chrono::milliseconds(20));
          write_at(file, fs::file_size(file) - 1, "x", 1);
        }) == "x.h5: was written to since it was opened: leave the file alone while it is read");
  // A new file of that name is another one.
  CHECK(failure_after([](const fs::path& file) { write_atomically(file, "another"); }) == "");
  test::ScratchDir dir;
  write_rows(dir / "x.h5");
  const auto split = read_with(dir / "x.h5", RowBudget(0));
  for (int nth = 1; nth <= 3; ++nth) {
    test::IoFault fault(nth, test::IoFault::kReads);
    CHECK_THROWS_AS(assemble(split, {0, 400, 800}), MachineError);
    CHECK(fault.happened());
  }
  CHECK(assemble(split, {0, 400, 800}).size() == 3);
}

TEST_CASE("pack identity: of what a pack holds, without reading its vectors", "[data]") {
  test::ScratchDir dir;
  std::vector<float> one;
  write_rows(dir / "x.h5", [&](int64_t i, Sample& s) {
    if (i == 2) one = s.features[0];
  });
  write_rows(dir / "same.h5");
  write_rows(dir / "other.h5", [](int64_t i, Sample& s) {
    if (i == 899) s.features[1][9] += 1;
  });
  const auto identity = pack_identity(dir / "x.h5");
  CHECK(identity.size() == 64);
  CHECK(pack_identity(dir / "same.h5") == identity);
  CHECK(pack_identity(dir / "other.h5") != identity);
  CHECK(is_hash_of_pack(identity, dir / "x.h5", identity));
  CHECK(is_hash_of_pack(sha256_file(dir / "x.h5"), dir / "x.h5", identity));
  CHECK(!is_hash_of_pack(sha256_file(dir / "other.h5"), dir / "x.h5", identity));

  CHECK(verify_pack(dir / "x.h5") ==
        fmt::format("{}: 900 samples, 9 data sets: as they were written; identity {}\n",
                    (dir / "x.h5").string(), identity));
  const float changed = 0.25f;
  write_at(dir / "x.h5", place_of(dir / "x.h5", one) + 8, &changed, 4);
  CHECK(pack_identity(dir / "x.h5") == identity);
  CHECK(test::refusal([&] { verify_pack(dir / "x.h5"); }) ==
        (dir / "x.h5").string() +
            ": /train/video: the bytes are not those that were written (SHA-256 differs)");
}

TEST_CASE("rows: float16 in the file is float32 in memory, held or read", "[data]") {
  test::ScratchDir dir;
  write_rows(dir / "x.h5");
  write_rows(dir / "half.h5", {}, true);
  CHECK(fs::file_size(dir / "x.h5") - fs::file_size(dir / "half.h5") == kSamples * 33 * 2);
  const Pack pack(dir / "half.h5");
  CHECK(pack.modality("video").half);
  CHECK(!pack.modality("audio").half);
  const auto exact = read_with(dir / "x.h5", RowBudget());
  const auto held = read_with(dir / "half.h5", RowBudget());
  const auto read = read_with(dir / "half.h5", RowBudget(0));
  CHECK(held.modalities.at("video").values.held());
  CHECK(!read.modalities.at("video").values.held());
  for (size_t i = 0; i < kSamples * 33; ++i) {
    const auto half = to_half(exact.modalities.at("video").values[i]);
    REQUIRE(held.modalities.at("video").values[i] == static_cast<float>(half));
  }
  for (auto& batch : epoch_batches(kSamples, 16, true, 1, 0)) check_same_batch(held, read, batch);
  CHECK(verify_pack(dir / "half.h5").find("as they were written") != std::string::npos);
  CHECK(pack_identity(dir / "half.h5") != pack_identity(dir / "x.h5"));
  auto beyond = [](int64_t i, Sample& s) {
    if (i == 2) s.features[0][0] = 65520;
  };
  CHECK_THROWS_AS(write_rows(dir / "y.h5", beyond, true), Error);
  CHECK(!fs::exists(dir / "y.h5"));
}
