// Packs whose token ids and vectors are read as they are needed.
#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <nlohmann/json.hpp>

#include "base/files.h"
#include "data/pack.h"
#include "data/pack_identity.h"
#include "support/demo_pack.h"

using namespace mma;
using Json = nlohmann::json;
using test::ProgramResult;
using test::run_program;

namespace {

constexpr const char* kRecipe =
    R"(precision: fp32
device: cpu
modalities: [video, metadata]
model: {name: mm_adapter, bottleneck: 8}
optim: {lr: 3.0e-3, batch_size: 4}
train: {epochs: 2, report_every: 1, patience: 0, modality_dropout: 0.2}
checkpoint: {every_steps: 10}
)";

// A small demo, and a run on it that held everything in memory.
const test::DemoRun& demo() {
  static test::DemoRun instance({.train = 160, .dev = 16, .test = 24, .seed = 1}, kRecipe);
  return instance;
}

void check_same_model(const fs::path& run) {
  CHECK(sha256_file(run / "model/adapter.safetensors") ==
        sha256_file(demo().whole / "model/adapter.safetensors"));
}

}  // namespace

TEST_CASE("rows: a pack that is read as it is needed trains and evaluates to the same bytes",
          "[apps]") {
  auto& d = demo();
  CAPTURE(d.first.err);
  REQUIRE(d.first.exit_code == 0);
  REQUIRE(d.evaluate(d.whole).exit_code == 0);
  for (auto* memory : {"0", "20K"}) {  // nothing is held; the smaller data sets are
    CAPTURE(memory);
    const auto run = d.dir / (std::string("read-") + memory);
    REQUIRE(
        run_program(d.command(run, {"--set", std::string("data.memory=") + memory})).exit_code ==
        0);
    check_same_model(run);
    // Its recipe is in the model: evaluation reads as it is needed, too.
    REQUIRE(d.evaluate(run).exit_code == 0);
    CHECK(sha256_file(run / "eval/test/predictions.jsonl") ==
          sha256_file(d.whole / "eval/test/predictions.jsonl"));
  }
  const auto with_subsets = d.evaluate(d.dir / "read-0", {"--subsets"});
  CHECK(with_subsets.exit_code == 0);
  CHECK(with_subsets.out == d.evaluate(d.whole, {"--subsets"}).out);
  auto probe = [&](const std::string& memory) {
    auto result = run_program(
        d.command(d.dir / "none", {"--probe", "--set", std::string("data.memory=") + memory}));
    CHECK(result.exit_code == 0);
    return result.out;
  };
  CHECK(probe("0") == probe("1G"));
  // How much is held is no other recipe.
  CHECK(run_program(d.command(d.dir / "read-0", {"--set", "data.memory=1G"})).exit_code == 0);
  CHECK(run_program(d.command(d.dir / "none", {"--set", "data.memory=much"})).exit_code == 2);
}

TEST_CASE("rows: a disk that fails while a pack is read ends the run, and the same command goes on",
          "[apps]") {
#ifdef __SANITIZE_ADDRESS__
  SKIP("the sanitizer's library must be loaded first");
#endif
  if (!fs::exists(test::bin_dir() / "io-faults.so")) SKIP("no io-faults.so: a bundle has none");
  auto& d = demo();
  const auto command = d.command(d.dir / "failed", {"--set", "data.memory=0"});
  auto failed = test::run_program(
      command, {"OMP_NUM_THREADS=1", "LD_PRELOAD=" + (test::bin_dir() / "io-faults.so").string(),
                "MMA_READ_FAULT=300"});
  CAPTURE(failed.err);
  CHECK(failed.exit_code == 3);
  CHECK(failed.err.find(d.pack.string() + ": cannot be read: Input/output error") !=
        std::string::npos);
  CHECK(failed.err.find("was read, of samples ") != std::string::npos);
  CHECK(!fs::exists(d.dir / "failed/model"));
  REQUIRE(fs::exists(d.dir / "failed/checkpoints/last"));
  REQUIRE(run_program(command).exit_code == 0);
  check_same_model(d.dir / "failed");
  // Of two processes.
  const auto two = d.command(d.dir / "failed-two", {"--set", "data.memory=0", "--processes", "2"});
  failed = test::run_program(
      two, {"OMP_NUM_THREADS=1", "LD_PRELOAD=" + (test::bin_dir() / "io-faults.so").string(),
            "MMA_READ_FAULT=200"});
  CAPTURE(failed.err);
  CHECK(failed.exit_code == 3);
  CHECK(failed.err.find("Input/output error") != std::string::npos);
  REQUIRE(fs::exists(d.dir / "failed-two/checkpoints/last"));
  REQUIRE(run_program(two).exit_code == 0);
  CHECK(fs::exists(d.dir / "failed-two/model"));
}

TEST_CASE("rows: a pack that is cut short while it is trained on", "[apps]") {
  auto& d = demo();
  const auto pack = d.dir / "cut.h5", run = d.dir / "cut";
  fs::copy_file(d.pack, pack);
  auto command = d.command(run, {"--set", "data.memory=0"});
  std::replace(command.begin(), command.end(), d.pack.string(), pack.string());
  auto after_lines = test::signal_after(run, 15, 0);  // signal 0 is none
  auto failed = run_program(command, [&](pid_t child) {
    after_lines(child);
    fs::resize_file(pack, fs::file_size(pack) / 2);
  });
  CAPTURE(failed.err);
  CHECK(failed.exit_code == 3);
  CHECK(failed.err.find("leave the file alone while it is read") != std::string::npos);
  CHECK(run_program(command).exit_code == 2);
  fs::copy_file(d.pack, pack, fs::copy_options::overwrite_existing);
  REQUIRE(run_program(command).exit_code == 0);
  check_same_model(run);
}

TEST_CASE("rows: a run that knows its pack by the hash of the whole file goes on", "[apps]") {
  auto& d = demo();
  const auto command = d.command(d.dir / "of_before", {"--set", "train.max_steps=5"});
  const auto record = d.dir / "of_before/run.json";
  REQUIRE(run_program(command).exit_code == 0);
  auto json = Json::parse(read_file(record));
  CHECK(json["data"]["sha256"] == pack_identity(d.pack));
  json["data"]["sha256"] = sha256_file(d.pack);
  write_atomically(record, json.dump());
  CHECK(run_program(command).exit_code == 0);
  json["data"]["sha256"] = std::string(64, '0');
  write_atomically(record, json.dump());
  auto refused = run_program(command);
  CHECK(refused.exit_code == 2);
  CHECK(refused.err.find("this run was begun with another data") != std::string::npos);
}

TEST_CASE("mma-prep verify: a whole pack, and one with a flipped bit", "[apps]") {
  auto& d = demo();
  auto verify = [](const fs::path& pack) {
    return run_program({test::program("mma-prep"), "verify", pack.string()});
  };
  auto good = verify(d.pack);
  CHECK(good.exit_code == 0);
  CHECK(good.out.find("200 samples, ") != std::string::npos);
  auto bytes = read_file(d.pack);
  const auto values = Pack(d.pack).read("train", {"video"}).modalities["video"].values.all();
  const auto at = bytes.find(std::string(reinterpret_cast<const char*>(values.data()), 16));
  REQUIRE(at != std::string::npos);
  bytes[at] = static_cast<char>(bytes[at] ^ 1);
  write_atomically(d.dir / "flipped.h5", bytes);
  auto bad = verify(d.dir / "flipped.h5");
  CAPTURE(bad.err);
  CHECK(bad.exit_code == 2);
  CHECK(bad.err.find("the bytes are not those that were written (SHA-256 differs)") !=
        std::string::npos);
}
