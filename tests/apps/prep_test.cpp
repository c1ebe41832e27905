#include <signal.h>
#include <sys/stat.h>

#include <catch2/catch_test_macros.hpp>
#include <chrono>
#include <thread>

#include "base/files.h"
#include "support/raw_data.h"
#include "support/run_program.h"

using namespace mma;

namespace {

std::string mma_prep() { return (test::bin_dir() / "mma-prep").string(); }

std::vector<std::string> build_command(const test::RawData& raw, const std::string& out = "x.h5") {
  return {mma_prep(),          "build",       (raw / "data.yaml").string(),    "--root",
          raw.path().string(), "--tokenizer", raw.write_vocabulary().string(), "--out",
          (raw / out).string()};
}

// Files of the folder whose names begin with x.h5: the output and what it is written to before.
int outputs(const test::RawData& raw) {
  int count = 0;
  for (auto& file : fs::directory_iterator(raw.path()))
    count += file.path().filename().string().rfind("x.h5", 0) == 0;
  return count;
}

// A table that takes long enough to be interrupted.
void write_long(const test::RawData& raw) {
  raw.write("data.yaml",
            "name: x\nsplits: {train: t.csv}\nid: id\ntext: text\nlabels: {field: y}\n");
  std::string table = "id,text,y\n", words;
  for (int i = 0; i < 300; ++i) words += "love war ";
  for (int i = 0; i < 30000; ++i) table += std::to_string(i) + "," + words + ",p\n";
  raw.write("t.csv", table);
}

test::ProgramResult killed_while_writing(const test::RawData& raw, int signal) {
  return test::run_program(build_command(raw), {}, [&](pid_t child) {
    for (int i = 0; i < 12000 && outputs(raw) == 0; ++i)
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    CHECK(outputs(raw) == 1);
    ::kill(child, signal);
  });
}

}  // namespace

TEST_CASE("mma-prep: check, build, info", "[apps]") {
  test::RawData raw;
  test::write_example(raw);
  auto check = test::run_program(
      {mma_prep(), "check", (raw / "data.yaml").string(), "--root", raw.path().string()});
  CHECK(check.exit_code == 0);
  CHECK(check.out.find("example: no fault found") != std::string::npos);
  CHECK(outputs(raw) == 0);
  auto build = test::run_program(build_command(raw));
  CAPTURE(build.err);
  CHECK(build.exit_code == 0);
  CHECK(build.out.find("x.h5: ") != std::string::npos);
  CHECK(outputs(raw) == 1);
  auto info = test::run_program({mma_prep(), "info", (raw / "x.h5").string()});
  CHECK(info.exit_code == 0);
  CHECK(info.out.find("drama") != std::string::npos);
}

TEST_CASE("mma-prep: wrong flags exit 2, help exits 0", "[apps]") {
  CHECK(test::run_program({mma_prep()}).exit_code == 2);
  CHECK(test::run_program({mma_prep(), "build"}).exit_code == 2);
  CHECK(test::run_program({mma_prep(), "check", "x.yaml", "--root", ".", "--missing", "perhaps"})
            .exit_code == 2);
  CHECK(test::run_program({mma_prep(), "backbone", "--size", "huge", "--vocab", "v", "--out", "o"})
            .exit_code == 2);
  auto help = test::run_program({mma_prep(), "build", "--help"});
  CHECK(help.exit_code == 0);
  CHECK(help.out.find("--tokenizer") != std::string::npos);
}

TEST_CASE("mma-prep: faults are told on stderr, exit 2, and nothing is left", "[apps]") {
  test::RawData raw;
  test::write_example(raw);
  fs::remove(raw / "video/t1.npy");
  raw.write("video/t2.npy", "no array");
  for (auto& command :
       {build_command(raw),
        {mma_prep(), "check", (raw / "data.yaml").string(), "--root", raw.path().string()}}) {
    auto result = test::run_program(command);
    CHECK(result.exit_code == 2);
    CHECK(result.out == "");
    CHECK(result.err.find("t1.npy: no such file") != std::string::npos);
    CHECK(result.err.find("t2.npy: ") != std::string::npos);
    CHECK(outputs(raw) == 0);
  }
  auto info = test::run_program({mma_prep(), "info", (raw / "train.jsonl").string()});
  CHECK(info.exit_code == 2);
  CHECK(std::count(info.err.begin(), info.err.end(), '\n') == 1);
}

TEST_CASE("mma-prep: a failed build leaves the pack that was there", "[apps]") {
  test::RawData raw;
  test::write_example(raw);
  CHECK(test::run_program(build_command(raw)).exit_code == 0);
  auto before = sha256_file(raw / "x.h5");
  raw.write("video/t2.npy", "no array");
  CHECK(test::run_program(build_command(raw)).exit_code == 2);
  CHECK(sha256_file(raw / "x.h5") == before);
}

TEST_CASE("mma-prep: --out replaces packs and nothing else", "[apps]") {
  test::RawData raw;
  test::write_example(raw);
  raw.write_vocabulary();
  raw.write("notes.txt", "precious");
  raw.write("empty", "");
  fs::create_directory(raw / "folder");
  fs::create_hard_link(raw / "dev.csv", raw / "linked.h5");
  fs::create_symlink("test.tsv", raw / "symbolic.h5");
  ::mkfifo((raw / "fifo").c_str(), 0600);
  auto refused = [&](const std::string& out, const std::string& why) {
    std::string before;
    if (fs::is_regular_file(raw / out)) before = read_file(raw / out);
    auto command = build_command(raw);
    command.back() = out.empty() ? "" : (raw / out).string();
    auto result = test::run_program(command);
    CAPTURE(out, result.err);
    CHECK(result.exit_code == 2);
    CHECK(result.err.find(why) != std::string::npos);
    CHECK(result.err.find("reading tables") == std::string::npos);  // before any work
    if (fs::is_regular_file(raw / out)) CHECK(read_file(raw / out) == before);
  };
  for (auto* file : {"data.yaml", "train.jsonl", "vocab.txt", "linked.h5", "symbolic.h5"})
    refused(file, "the build reads this file");
  for (auto* file : {"meta_train.npy", "meta_val.json", "notes.txt", "empty"})
    refused(file, "is not a pack of mma-prep");
  refused("folder", "a folder has this name");
  refused("no/x.h5", "no such folder to write into");
  refused("data.yaml/x.h5", "no such folder to write into");
  refused("fifo", "expected a file, found something else");
  refused("", "expected the name of a file");
  refused(std::string(250, 'n'), "expected a name of at most");
  CHECK(fs::is_symlink(raw / "symbolic.h5"));
  CHECK(fs::is_fifo(raw / "fifo"));
  CHECK(test::run_program(build_command(raw)).exit_code == 0);
  CHECK(test::run_program(build_command(raw)).exit_code == 0);  // a pack is replaced
}

TEST_CASE("mma-prep: --out may not be a pack that the build reads", "[apps]") {
  test::RawData raw;
  test::write_example(raw);
  CHECK(test::run_program(build_command(raw, "old.h5")).exit_code == 0);
  auto before = sha256_file(raw / "old.h5");
  fs::create_hard_link(raw / "old.h5", raw / "x.h5");
  auto yaml = read_file(raw / "data.yaml");
  auto at = yaml.find("  video: ");
  raw.write("data.yaml", yaml.substr(0, at) +
                             "  video: {matrix: old.h5, data_set: \"{split}/video\", index: "
                             "\"meta_{split}.json\", dim: 2}\n");
  raw.write("meta_dev.json", "{\"d1\": 0}");
  auto result = test::run_program(build_command(raw));
  CAPTURE(result.err);
  CHECK(result.exit_code == 2);
  CHECK(result.err.find("old.h5: this feature file is what --out would replace") !=
        std::string::npos);
  CHECK(sha256_file(raw / "old.h5") == before);
  CHECK(fs::hard_link_count(raw / "old.h5") == 2);
  fs::remove(raw / "x.h5");
  CHECK(test::run_program(build_command(raw)).exit_code == 0);
}

TEST_CASE("mma-prep: a broken link is an error, whatever may be missing", "[apps]") {
  test::RawData raw;
  test::write_example(raw);
  fs::remove(raw / "video/t2.npy");
  fs::create_symlink("../gone.npy", raw / "video/t2.npy");
  auto command = build_command(raw);
  command.insert(command.end(), {"--missing", "absent"});
  auto result = test::run_program(command);
  CAPTURE(result.err);
  CHECK(result.exit_code == 2);
  CHECK(result.err.find("video/t2.npy: a link to what is not there, '../gone.npy'") !=
        std::string::npos);
  // The same where a folder on the way is the link, and for a matrix.
  fs::remove(raw / "video/t2.npy");
  fs::rename(raw / "video", raw / "clips");
  fs::create_symlink("nowhere", raw / "video");
  fs::rename(raw / "meta_test.npy", raw / "m.npy");
  fs::create_symlink("nowhere.npy", raw / "meta_test.npy");
  result = test::run_program(command);
  CHECK(result.exit_code == 2);
  CHECK(result.err.find("video: a link to what is not there, 'nowhere'") != std::string::npos);
  CHECK(result.err.find("meta_test.npy: a link to what is not there") != std::string::npos);
}

TEST_CASE("mma-prep: a split may lack a modality where that is allowed", "[apps]") {
  test::RawData raw;
  test::write_example(raw);
  fs::remove(raw / "video/e1.npy");
  fs::remove(raw / "meta_test.npy");
  fs::remove(raw / "meta_test.json");
  auto command = build_command(raw);
  auto result = test::run_program(command);
  CHECK(result.exit_code == 2);
  CHECK(result.err.find("meta_test.npy: no such file; meta of test (--missing absent allows it)") !=
        std::string::npos);
  command.insert(command.end(), {"--missing", "absent"});
  result = test::run_program(command);
  CAPTURE(result.out, result.err);
  CHECK(result.exit_code == 0);
  CHECK(result.err.find("warning: video: no sample of test has it; first: ") != std::string::npos);
  CHECK(result.err.find("warning: meta: no sample of test has it; first: ") != std::string::npos);
  CHECK(result.out.find("test         1          0        0         1        1") !=
        std::string::npos);
  auto info = test::run_program({mma_prep(), "info", (raw / "x.h5").string()});
  CHECK(info.exit_code == 0);
}

TEST_CASE("mma-prep: features that nothing can be trained on", "[apps]") {
  test::RawData raw;
  test::write_example(raw);
  raw.write_npy("video/t1.npy", {1, 2}, {3e38f, 1});
  auto result = test::run_program(build_command(raw));
  CAPTURE(result.err);
  CHECK(result.exit_code == 2);
  CHECK(result.err.find("train: t1's video: numbers as large as 3e+38") != std::string::npos);
  CHECK(outputs(raw) == 0);
  raw.write_npy("video/t1.npy", {1, 2}, {-2e9f, 1});
  result = test::run_program(build_command(raw));
  CAPTURE(result.err);
  CHECK(result.exit_code == 0);
  CHECK(result.err.find("warning: video: 1 samples hold numbers beyond 1e+06, up to 2e+09: t1") !=
        std::string::npos);
}

TEST_CASE("mma-prep: a full disk exits 3 and leaves nothing", "[apps]") {
  test::RawData raw;
  test::write_example(raw);
  auto command = build_command(raw);
  std::string line = "ulimit -f 4; exec";
  for (auto& word : command) line += " '" + word + "'";
  auto result = test::run_program({"bash", "-c", line});
  CAPTURE(result.err);
  CHECK(result.exit_code == 3);
  CHECK(result.err.find("x.h5: cannot be written: File too large") != std::string::npos);
  CHECK(outputs(raw) == 0);
}

TEST_CASE("mma-prep: stopped by a signal it leaves nothing", "[apps]") {
  test::RawData raw;
  write_long(raw);
  auto result = killed_while_writing(raw, SIGTERM);
  CAPTURE(result.err);
  CHECK(result.exit_code == 128 + SIGTERM);
  CHECK(outputs(raw) == 0);
}

TEST_CASE("mma-prep: killed in the middle it leaves no output", "[apps]") {
  test::RawData raw;
  write_long(raw);
  CHECK(killed_while_writing(raw, SIGKILL).exit_code == 128 + SIGKILL);
  CHECK(!fs::exists(raw / "x.h5"));
}

TEST_CASE("mma-prep: two that write the same file do not mix", "[apps]") {
  test::RawData raw;
  test::write_example(raw);
  test::ProgramResult second;
  auto first = test::run_program(build_command(raw), {},
                                 [&](pid_t) { second = test::run_program(build_command(raw)); });
  CHECK(first.exit_code == 0);
  CHECK(second.exit_code == 0);
  CHECK(outputs(raw) == 1);
  CHECK(test::run_program({mma_prep(), "info", (raw / "x.h5").string()}).exit_code == 0);
}

TEST_CASE("mma-prep: hostile feature files are refused", "[apps]") {
  auto bad = test::shared("fixtures/features/bad");
  for (auto& file : fs::directory_iterator(bad)) {
    test::RawData raw;
    raw.write("data.yaml",
              "name: x\nsplits: {train: t.csv}\nid: id\ntext: text\nlabels: {field: "
              "y}\nmodalities:\n  v: {path: \"{id}\", dim: 4096}\n");
    raw.write("t.csv", "id,text,y\nf,a,p\n");
    fs::copy_file(file.path(), raw / "f");
    auto result = test::run_program(build_command(raw));
    CAPTURE(file.path(), result.err);
    CHECK(result.exit_code == 2);
    CHECK(result.err.find((raw / "f").string() + ": ") != std::string::npos);
    CHECK(outputs(raw) == 0);
  }
}

TEST_CASE("mma-prep: the real data sets", "[apps]") {
  test::ScratchDir dir;
  auto backbone = test::shared("backbones/plots-mini").string();
  for (std::string name : {"movies", "mosi"}) {
    auto root = test::shared("data/" + name).string();
    auto pack = (dir / (name + ".h5")).string();
    auto yaml = (test::source_root() / "data_prep" / (name + ".yaml")).string();
    auto build = test::run_program(
        {mma_prep(), "build", yaml, "--root", root, "--tokenizer", backbone, "--out", pack});
    CAPTURE(build.err);
    REQUIRE(build.exit_code == 0);
    auto info = test::run_program({mma_prep(), "info", pack});
    CHECK(info.exit_code == 0);
    CHECK(info.out.find(name == "movies" ? "train     3250" : "train     1111") !=
          std::string::npos);
  }
}

TEST_CASE("mma-prep: demo and backbone", "[apps]") {
  test::ScratchDir dir;
  auto demo = test::run_program({mma_prep(), "demo", dir.path.string()});
  CHECK(demo.exit_code == 0);
  CHECK(fs::exists(dir / "backbone/model.safetensors"));
  auto build = test::run_program({mma_prep(), "build", (dir / "data.yaml").string(), "--root",
                                  dir.path.string(), "--tokenizer", (dir / "backbone").string(),
                                  "--out", (dir / "demo.h5").string()});
  CHECK(build.exit_code == 0);
  CHECK(build.out.find("train     1200          0") != std::string::npos);
  auto backbone =
      test::run_program({mma_prep(), "backbone", "--size", "tiny", "--vocab",
                         (dir / "backbone/vocab.txt").string(), "--out", (dir / "b").string()});
  CHECK(backbone.exit_code == 0);
  CHECK(backbone.err.find("UNTRAINED") != std::string::npos);
}
