#include "base/files.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch_test_macros.hpp>
#include <fstream>

#include "base/error.h"
#include "base/log.h"
#include "base/owner_lock.h"
#include "run/metrics_log.h"
#include "support/child.h"
#include "support/io_faults.h"
#include "support/paths.h"

using namespace mma;

namespace {

size_t entries(const fs::path& folder) {
  return static_cast<size_t>(
      std::distance(fs::directory_iterator(folder), fs::directory_iterator()));
}

}  // namespace

TEST_CASE("files: written wholly, read back, replaced", "[base]") {
  test::ScratchDir dir;
  std::string bytes("a\0b\n", 4);
  write_atomically(dir / "f", bytes);
  CHECK(read_file(dir / "f") == bytes);
  write_atomically(dir / "f", "");
  CHECK(read_file(dir / "f").empty());
  CHECK(entries(dir.path) == 1);  // nothing temporary is left
}

TEST_CASE("files: a failed write leaves what was there", "[base]") {
  test::ScratchDir dir;
  CHECK_THROWS_AS(write_atomically(dir / "none/f", "x"), MachineError);
  fs::create_directory(dir / "folder");
  CHECK_THROWS_AS(write_atomically(dir / "folder", "x"), UserError);
  CHECK(entries(dir.path) == 1);
  {
    TemporaryFile temporary(dir / "g");
    std::ofstream(temporary.path()) << "half";
  }
  CHECK(entries(dir.path) == 1);
}

TEST_CASE("files: what cannot be read is the user's fault", "[base]") {
  test::ScratchDir dir;
  CHECK_THROWS_AS(read_file(dir / "none"), UserError);
  CHECK_THROWS_AS(read_file(dir.path), UserError);
  write_atomically(dir / "f", "12345");
  CHECK_THROWS_AS(read_file(dir / "f", 4), UserError);
  CHECK(read_file(dir / "f", 5) == "12345");
}

TEST_CASE("files: a relative path stays under its root", "[base]") {
  test::ScratchDir dir;
  auto root = dir / "root";
  fs::create_directories(root / "sub");
  write_atomically(dir / "secret", "x");
  write_atomically(root / "sub/f", "x");
  CHECK(path_under(root, "sub/f") == root / "sub/f");
  CHECK(path_under(root, "sub/not-yet") == root / "sub/not-yet");
  for (std::string bad : {"", "../secret", "sub/../../secret", "sub/..", "/etc/passwd"})
    CHECK_THROWS_AS(path_under(root, bad), UserError);
  CHECK_THROWS_AS(path_under(root, std::string("a\0b", 3)), UserError);
  fs::create_symlink(dir.path, root / "out");
  fs::create_symlink(root / "sub", root / "in");
  CHECK_THROWS_AS(path_under(root, "out/secret"), UserError);
  CHECK_NOTHROW(path_under(root, "in/f"));
  // A sibling whose name begins with the root's is not under it.
  fs::create_directory(dir / "root2");
  fs::create_symlink(dir / "root2", root / "near");
  CHECK_THROWS_AS(path_under(root, "near/f"), UserError);
}

TEST_CASE("files: sha256 of FIPS 180-2's examples", "[base]") {
  CHECK(sha256("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  CHECK(sha256("") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  test::ScratchDir dir;
  write_atomically(dir / "f", "abc");
  CHECK(sha256_file(dir / "f") == sha256("abc"));
  CHECK(sha256_files({dir / "f"}) == sha256("f " + sha256("abc") + "\n"));
}

TEST_CASE("files: what a killed process left under construction is removed, nothing else",
          "[base]") {
  test::ScratchDir dir;
  fs::create_directories(dir / "eval/dev");
  for (auto* name : {"run.json.tmp123-0123abcd", "eval/dev/metrics.json.tmp9-ffffffff"})
    write_atomically(dir / name, "half");
  for (auto* name : {"run.json", "notes.tmp", "x.tmp12", "eval/dev/a.tmp1-0123abcd.txt"})
    write_atomically(dir / name, "whole");
  remove_temporary_files(dir.path);
  CHECK_FALSE(fs::exists(dir / "run.json.tmp123-0123abcd"));
  CHECK_FALSE(fs::exists(dir / "eval/dev/metrics.json.tmp9-ffffffff"));
  for (auto* name : {"run.json", "notes.tmp", "x.tmp12", "eval/dev/a.tmp1-0123abcd.txt"})
    CHECK(fs::exists(dir / name));
}

TEST_CASE("files: whichever open, write, fsync, close or rename fails, the old bytes stay",
          "[base]") {
  test::ScratchDir dir;
  int faults = 0;
  for (int nth = 1;; ++nth) {
    CAPTURE(nth);
    write_atomically(dir / "f", "old");
    test::IoFault fault(nth);
    bool failed = false;
    try {
      write_atomically(dir / "f", "new");
    } catch (const MachineError&) {
      failed = true;
    }
    if (!fault.happened()) break;
    ++faults;
    CHECK(failed);
    bool renamed = faults == 6;  // then only the folder is not synced
    CHECK(read_file(dir / "f") == (renamed ? "new" : "old"));
    CHECK(entries(dir.path) == 1);
  }
  CHECK(faults == 6);  // open, write, fsync, close, rename, fsync of the folder
}

TEST_CASE("files: what killed processes left of a file, and nobody else's", "[base]") {
  test::ScratchDir dir;
  TemporaryFile alive(dir / "f");
  const auto dead = fs::path(dir / "f") += ".tmp12-0123abcd";
  CHECK(is_temporary_of(dir / "f", alive.path()));
  CHECK(is_temporary_of(dir / "f", dead));
  const std::vector<std::string> others{"f", "f.tmp12", "f.tmp12-0123abcd.h5",
                                        "f.tmp.tmp1-0123abcd", "g.tmp12-0123abcd"};
  for (auto& name : others) {
    write_atomically(dir / name, "x");
    CHECK(!is_temporary_of(dir / "f", dir / name));
  }
  write_atomically(dead, "x");
  fs::create_symlink("f", dir / "f.tmp13-0123abcd");
  write_atomically(alive.path(), "x");
  const auto written = open_to_write(alive.path(), O_RDWR);
  CHECK(lock_file(written, alive.path()));
  CHECK(!lock_file(open_to_write(alive.path(), O_RDWR), alive.path()));
  remove_abandoned(dir / "f");
  CHECK(!fs::exists(dead));
  CHECK(fs::exists(alive.path()));
  CHECK(fs::is_symlink(dir / "f.tmp13-0123abcd"));
  for (auto& name : others) CHECK(fs::exists(dir / name));
}

TEST_CASE("files: a FIFO in a file's place is refused, not waited for", "[base]") {
  test::ScratchDir dir;
  auto fifo = dir / "fifo";
  REQUIRE(::mkfifo(fifo.c_str(), 0600) == 0);
  auto refused = [](auto use) {
    return test::in_child([&] {
      ::alarm(5);
      try {
        use();
      } catch (const UserError&) {
        return 42;
      }
      return 1;
    });
  };
  CHECK(refused([&] { read_file(fifo); }) == 42);
  CHECK(refused([&] { write_atomically(fifo, "x"); }) == 42);
  CHECK(refused([&] { open_to_write(fifo, O_WRONLY); }) == 42);
  CHECK(refused([&] { open_to_write(fifo, O_RDWR); }) == 42);
  CHECK(refused([&] { open_to_write(dir.path, O_WRONLY); }) == 42);
  CHECK(refused([&] { OwnerLock lock(fifo); }) == 42);
  CHECK(refused([&] { MetricsLog log(fifo, 0); }) == 42);
  CHECK(refused([&] { log_to_file(fifo); }) == 42);
}

TEST_CASE(
    "files: too many open files is the machine's fault, a file in a folder's place the user's",
    "[base]") {
  test::ScratchDir dir;
  write_atomically(dir / "f", "x");
  CHECK(test::in_child([&] {
          const struct rlimit limit = {3, 3};
          ::setrlimit(RLIMIT_NOFILE, &limit);
          try {
            read_file(dir / "f");
          } catch (const MachineError&) {
            return 42;
          }
          return 0;
        }) == 42);
  CHECK_THROWS_AS(make_directories(dir / "f"), UserError);
  CHECK_THROWS_AS(make_directories(dir / "f/g"), UserError);
}
