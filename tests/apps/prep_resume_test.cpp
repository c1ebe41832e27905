// mma-prep build --resume: killed or stopped at any instant, the same command goes on to the bytes
// of a build that nothing disturbed, without reading again what it had read.
#include <fmt/format.h>
#include <signal.h>

#include <catch2/catch_test_macros.hpp>
#include <chrono>
#include <thread>

#include "base/files.h"
#include "base/owner_lock.h"
#include "support/raw_data.h"
#include "support/run_program.h"
#include "support/terminal.h"

using namespace mma;

namespace {

constexpr int kSamples = 400, kDim = 64, kFrames = 60;
// Of a journal: its beginning, and a record of one modality.
constexpr uint64_t kBeginning = 19 + 64 + 1, kRecord = 8 + 1 + 32 + 4 * kDim;

struct Data : test::RawData {
  Data() {
    std::string table = "id,text,y\n";
    for (int i = 0; i < kSamples; ++i) {
      table += fmt::format("s{},love war,{}\n", i, i % 2 ? "p" : "q");
      write_npy(feature(i), {kFrames, kDim},
                std::vector<float>(size_t{kFrames} * kDim, 0.01f * static_cast<float>(i)));
    }
    write("t.csv", table);
    write(
        "data.yaml",
        fmt::format("name: x\nsplits: {{train: t.csv}}\nid: id\ntext: text\nlabels: {{field: y}}\n"
                    "modalities:\n  v: {{path: \"v/{{id}}.npy\", dim: {}}}\n",
                    kDim));
    write_vocabulary();
    auto plain = command();
    plain.pop_back();
    REQUIRE(test::run_program(plain).exit_code == 0);
    whole = read_file(pack());
    fs::remove(pack());
  }
  static std::string feature(int i) { return fmt::format("v/s{}.npy", i); }
  fs::path pack() const { return *this / "x.h5"; }
  fs::path journal() const { return *this / "x.h5.journal"; }
  std::vector<std::string> command() const {
    return {(test::bin_dir() / "mma-prep").string(),
            "build",
            (*this / "data.yaml").string(),
            "--root",
            path().string(),
            "--tokenizer",
            (*this / "vocab.txt").string(),
            "--out",
            pack().string(),
            "--workers",
            "1",
            "--resume"};
  }
  // Until the journal has so many records.
  void wait_for(uint64_t records) const {
    std::error_code none;
    for (int i = 0; i < 300'000; ++i) {
      const auto size = fs::file_size(journal(), none);
      if (!none && size >= kBeginning + records * kRecord) return;
      std::this_thread::sleep_for(std::chrono::microseconds(100));
    }
  }
  test::ProgramResult ended_at(uint64_t records, int signal) const {
    return test::run_program(command(), [&](pid_t child) {
      wait_for(records);
      ::kill(child, signal);
    });
  }
  // The same of a build that begins anew, and surely not at its end: on a busy machine the signal
  // may come too late, and it is done once more.
  test::ProgramResult ended_within(uint64_t records, int signal) const {
    for (int attempt = 0; attempt < 50; ++attempt) {
      auto result = ended_at(records, signal);
      if (result.exit_code == 128 + signal && kept() < kSamples) return result;
      fs::remove(pack());
      fs::remove(journal());
    }
    FAIL("each time it ended before the signal came");
    return {};
  }
  uint64_t kept() const {
    return fs::exists(journal()) ? (fs::file_size(journal()) - kBeginning) / kRecord : 0;
  }
  // Packs under construction, of builds that ended or did not.
  int64_t unfinished() const {
    int64_t count = 0;
    for (auto& file : fs::directory_iterator(path())) count += is_temporary_of(pack(), file.path());
    return count;
  }
  void finish() const {
    auto result = test::run_program(command());
    CAPTURE(result.err);
    CHECK(result.exit_code == 0);
    CHECK((read_file(pack()) == whole));
    CHECK(!fs::exists(journal()));
    CHECK(unfinished() == 0);
  }
  std::string whole;
};

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("resume: killed, it goes on, and what was kept is not read again", "[apps]") {
  Data data;
  data.ended_within(150, SIGKILL);
  CHECK(!fs::exists(data.pack()));
  const auto kept = data.kept();
  REQUIRE(kept >= 150);
  // Of samples whose files are gone the rest alone is missed.
  fs::rename(data / "v", data / "away");
  auto result = test::run_program(data.command());
  CAPTURE(result.err);
  CHECK(result.exit_code == 2);
  CHECK(contains(result.err, fmt::format("x.h5.journal: going on: the features of {} of {} samples "
                                         "are there",
                                         kept, kSamples)));
  CHECK(contains(result.err, fmt::format("{} faults in {} samples", kSamples - kept, kSamples)));
  CHECK(contains(result.err, fmt::format("x.h5.journal keeps the features of {} samples: the same "
                                         "command goes on from there",
                                         kept)));
  fs::create_directory(data / "v");
  for (auto i = static_cast<int>(kept); i < kSamples; ++i)
    fs::rename(data / fmt::format("away/s{}.npy", i), data / data.feature(i));
  data.finish();
}

TEST_CASE("resume: killed again and again at different instants", "[apps]") {
  Data data;
  uint64_t before = 0;
  data.ended_within(1, SIGKILL);
  for (uint64_t records : {0, 1, 40, 41, 200, 320, 399, 400}) {
    auto result = data.ended_at(records, SIGKILL);
    CAPTURE(records, result.err);
    CHECK((result.exit_code == 128 + SIGKILL || result.exit_code == 0));
    if (result.exit_code == 0) break;
    CHECK(data.kept() >= before);
    before = data.kept();
    CHECK(data.unfinished() <= 1);  // each as large as the pack: the last one's alone is left
  }
  data.finish();
}

TEST_CASE("resume: stopped by a signal it says that the same command goes on", "[apps]") {
  Data data;
  auto stopped = data.ended_within(100, SIGTERM);
  CAPTURE(stopped.err);
  CHECK(contains(stopped.err, fmt::format("keeps the features of {} samples: the same command goes "
                                          "on from there",
                                          data.kept())));
  // Without the flag it is left alone, and told of.
  const auto journal = read_file(data.journal());
  auto plain = data.command();
  plain.pop_back();
  auto result = test::run_program(plain);
  CHECK(result.exit_code == 0);
  CHECK(contains(result.err,
                 "x.h5.journal: a build that did not end left it; --resume goes on from there"));
  CHECK((read_file(data.journal()) == journal));
  // The bar counts at once what is kept, and has no rate before anything was read.
  const auto kept = data.kept();
  auto shown = test::run_on_terminal(data.command()).shown;
  CAPTURE(shown);
  CHECK(contains(shown, fmt::format(" {} of {} samples, gone over 1 of {} done before", kept,
                                    kSamples, kept)));
  CHECK((read_file(data.pack()) == data.whole));
  CHECK(!fs::exists(data.journal()));
}

TEST_CASE("resume: two builds of one pack with it are refused", "[apps]") {
  Data data;
  test::ProgramResult first, second;
  // Until the first one is caught at work, which takes no time but on a busy machine.
  for (int attempt = 0; attempt < 50 && second.exit_code != 2; ++attempt)
    first = test::run_program(data.command(), [&](pid_t child) {
      data.wait_for(1);
      ::kill(child, SIGSTOP);
      second = test::run_program(data.command());
      // Nor does one take away what another process still writes.
      const auto before = data.unfinished();
      remove_abandoned(data.pack());
      CHECK(data.unfinished() == before);
      ::kill(child, SIGCONT);
    });
  CAPTURE(first.err, second.err);
  CHECK(second.exit_code == 2);
  CHECK(contains(second.err, "x.h5.journal: in use by another build of this pack"));
  CHECK(first.exit_code == 0);
  CHECK((read_file(data.pack()) == data.whole));
}
