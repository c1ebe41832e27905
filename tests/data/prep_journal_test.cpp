#include "data/prep_journal.h"

#include <sys/stat.h>

#include <catch2/catch_test_macros.hpp>
#include <cmath>

#include "base/error.h"
#include "base/files.h"
#include "support/hostile.h"
#include "support/io_faults.h"
#include "support/paths.h"

using namespace mma;

namespace {

using Vectors = std::vector<std::vector<float>>;

constexpr size_t kSamples = 4;
const std::vector<size_t> kWidths{2, 0, 3};
const Vectors kFirst{{1, 2}, {}, {3, 4, 5}}, kSecond{{}, {}, {6, 7, 8}}, kThird{{9, 10}, {}, {}},
    kNone{{}, {}, {}};

PrepJournal open(const fs::path& file, const std::string& what = "this build") {
  return {file, sha256(what), kSamples, kWidths};
}

std::string three_records(const fs::path& file) {
  {
    auto journal = open(file);
    journal.add(0, kFirst);
    journal.add(2, kSecond);
    journal.add(1, kThird);
    CHECK(journal.size() == 3);
  }
  return read_file(file);
}

// As the header of PrepJournal says, by hand.
std::string record(uint64_t sample, const std::string& has, const std::vector<float>& numbers) {
  const std::string bytes(reinterpret_cast<const char*>(numbers.data()), numbers.size() * 4);
  auto head =
      std::string(reinterpret_cast<const char*>(&sample), 8) + has + sha256(bytes).substr(0, 16);
  return head + sha256(head).substr(0, 16) + bytes;
}

}  // namespace

TEST_CASE("journal: what was added is there when it is opened again", "[data]") {
  test::ScratchDir dir;
  const auto bytes = three_records(dir / "j");
  auto journal = open(dir / "j");
  CHECK(journal.size() == 3);
  CHECK((journal.had(0) && journal.had(1) && journal.had(2) && !journal.had(3)));
  CHECK(journal.read(0) == kFirst);
  CHECK(journal.read(1) == kThird);
  CHECK(journal.read(2) == kSecond);
  CHECK(journal.read(3) == kNone);
  CHECK((journal.keeps(0) && !journal.keeps(1) && journal.keeps(2)));
  CHECK((read_file(dir / "j") == bytes));
  CHECK((bytes == "mma-prep journal 1\n" + sha256("this build") + "\n" +
                      record(0, {1, 0, 1}, {1, 2, 3, 4, 5}) + record(2, {0, 0, 1}, {6, 7, 8}) +
                      record(1, {1, 0, 0}, {9, 10})));
  journal.remove();
  CHECK(!fs::exists(dir / "j"));
}

TEST_CASE("journal: the later of two records of a sample counts", "[data]") {
  test::ScratchDir dir;
  three_records(dir / "j");
  open(dir / "j").add(2, kFirst);
  auto journal = open(dir / "j");
  CHECK(journal.size() == 3);
  CHECK(journal.read(2) == kFirst);
}

TEST_CASE("journal: cut at any byte, it goes on from the last whole record", "[data]") {
  test::ScratchDir dir;
  const auto bytes = three_records(dir / "j");
  const size_t beginning = std::string("mma-prep journal 1\n").size() + 64 + 1;
  const size_t head = 8 + 3 + 16 + 16, two = beginning + 2 * head + 5 * 4 + 3 * 4;
  REQUIRE(bytes.size() == two + head + 2 * 4);
  for (size_t size = 0; size < bytes.size(); ++size) {
    // What is no beginning of ours may be anything.
    if (size > 0 && size < std::string("mma-prep journal ").size()) continue;
    CAPTURE(size);
    write_atomically(dir / "j", bytes.substr(0, size));
    {
      auto journal = open(dir / "j");
      const size_t whole = size < beginning + head + 20 ? 0 : size < two ? 1 : 2;
      CHECK(journal.size() == whole);
      CHECK(journal.read(0) == (whole > 0 ? kFirst : kNone));
      CHECK(journal.read(2) == (whole > 1 ? kSecond : kNone));
      CHECK(journal.read(1) == kNone);
      const size_t rest = whole == 0 ? beginning : whole == 1 ? beginning + head + 20 : two;
      CHECK(fs::file_size(dir / "j") == rest);
      journal.add(1, kThird);
    }
    CHECK(open(dir / "j").read(1) == kThird);
  }
}

TEST_CASE("journal: a flipped bit costs records and gives no other numbers", "[data]") {
  test::ScratchDir dir;
  const auto bytes = three_records(dir / "j");
  const size_t beginning = std::string("mma-prep journal 1\n").size() + 64 + 1, head = 8 + 3 + 32;
  for (size_t at = 0; at < bytes.size(); ++at)
    for (int bit = 0; bit < 8; ++bit) {
      CAPTURE(at, bit);
      auto bad = bytes;
      bad[at] = static_cast<char>(bad[at] ^ (1 << bit));
      write_atomically(dir / "j", bad);
      if (at < beginning) {
        CHECK(test::refusal([&] { open(dir / "j"); }) != "");
        CHECK((read_file(dir / "j") == bad));
        continue;
      }
      auto journal = open(dir / "j");
      // In the head of the first, none is found; in its numbers, that one alone is lost.
      const bool in_first = at < beginning + head + 20, in_head = at < beginning + head;
      CHECK(journal.read(0) == (in_first ? kNone : kFirst));
      if (in_first) CHECK(journal.read(2) == (in_head ? kNone : kSecond));
      CHECK((journal.read(2) == kSecond || journal.read(2) == kNone));
      CHECK((journal.read(1) == kThird || journal.read(1) == kNone));
    }
}

TEST_CASE("journal: records with good checksums that no build wrote", "[data]") {
  test::ScratchDir dir;
  const auto bytes = three_records(dir / "j");
  auto first = bytes.substr(0, bytes.size() - record(1, {1, 0, 0}, {9, 10}).size());
  for (auto& bad : {record(kSamples, {1, 0, 0}, {9, 10}), record(UINT64_MAX, {1, 0, 0}, {9, 10}),
                    record(1, {1, 1, 0}, {9, 10}), record(1, {2, 0, 0}, {9, 10}),
                    record(1, {-1, 0, 0}, {9, 10}), record(1, {1, 0, 1}, {9, 10})}) {
    write_atomically(dir / "j", first + bad);
    CHECK(open(dir / "j").size() == 2);
    CHECK((read_file(dir / "j") == first));
  }
  write_atomically(dir / "j", first + record(1, {1, 0, 1}, {NAN, 10, 3, 4, 5}));
  CHECK(open(dir / "j").read(1) == Vectors{{}, {}, {3, 4, 5}});
}

TEST_CASE("journal: damaged anyhow, it is refused or read", "[data]") {
  test::ScratchDir dir;
  test::flip_bytes(three_records(dir / "j"), 2000, [&](const std::string& bad) {
    write_atomically(dir / "j", bad);
    auto journal = open(dir / "j");
    for (size_t i = 0; i < kSamples; ++i) journal.read(i);
  });
}

TEST_CASE("journal: what is none of this build is refused and left as it is", "[data]") {
  test::ScratchDir dir;
  auto refused = [&](const std::string& name, const std::string& why) {
    CAPTURE(name);
    auto message = test::refusal([&] { open(dir / name); });
    CAPTURE(message);
    CHECK(message.find((dir / name).string() + ": " + why) == 0);
  };
  const auto bytes = three_records(dir / "j");
  open(dir / "other", "another build").add(0, kFirst);
  const auto other = read_file(dir / "other");
  refused("other", "of another build");
  CHECK((read_file(dir / "other") == other));
  // Cut within its beginning it may be any build's.
  write_atomically(dir / "other", other.substr(0, 50));
  refused("other", "of another build");
  auto later = bytes;
  later[std::string("mma-prep journal ").size()] = '2';
  write_atomically(dir / "later", later);
  refused("later", "of another build");
  for (std::string text : {"m", "mma-prep", "name: x\nsplits: {train: t.csv}\n"}) {
    write_atomically(dir / "notes", text);
    refused("notes", "not a journal of mma-prep, and would be lost");
    CHECK((read_file(dir / "notes") == text));
  }
  fs::create_symlink("j", dir / "link");
  fs::create_symlink("nowhere", dir / "broken");
  fs::create_directory(dir / "folder");
  REQUIRE(::mkfifo((dir / "fifo").c_str(), 0600) == 0);
  for (auto* name : {"link", "broken", "folder", "fifo"})
    refused(name, "expected the journal of a build or nothing, found something else");
  CHECK(!fs::exists(dir / "nowhere"));
  CHECK((read_file(dir / "j") == bytes));
  auto journal = open(dir / "j");
  refused("j", "in use by another build");
}

TEST_CASE("journal: a disk that takes nothing more is told, and what was there stays", "[data]") {
  test::ScratchDir dir;
  three_records(dir / "j");
  {
    auto journal = open(dir / "j");
    test::IoFault fault(1);
    CHECK_THROWS_AS(journal.add(3, kFirst), MachineError);
  }
  auto journal = open(dir / "j");
  CHECK(journal.size() == 3);
  test::IoFault fault(1, test::IoFault::kReads);
  CHECK_THROWS_AS(journal.read(0), MachineError);
}
