// What frozen encoders make of the texts, kept in files: `cache`, and what memory does not hold.
#include <algorithm>
#include <catch2/catch_test_macros.hpp>

#include "base/files.h"
#include "base/safetensors.h"
#include "support/demo_pack.h"

using namespace mma;
using test::run_program;

namespace {

// A row a text, and a row a token.
const std::vector<std::pair<std::string, std::string>> kModels = {
    {"gmu", "{name: gmu, hidden: 16}"},
    {"adapter", "{name: mm_adapter, bottleneck: 8, layers: 2, frozen_prefix: cached}"}};

const test::DemoPack& demo() {
  static test::DemoPack instance({.train = 96, .dev = 40, .test = 8, .seed = 1});
  return instance;
}

// A run of a model; nothing may go wrong.
struct Run {
  Run(const std::string& model, const std::string& name, const std::vector<std::string>& sets,
      const std::vector<std::string>& more = {})
      : folder(demo().dir / name) {
    const auto& text = std::find_if(kModels.begin(), kModels.end(), [&](auto& known) {
                         return known.first == model;
                       })->second;
    const auto recipe = demo().recipe(
        model, "precision: fp32\ndevice: cpu\nmodalities: [video]\nmodel: " + text +
                   "\noptim: {lr: 1.0e-3, batch_size: 8}\ntrain: {epochs: 2, patience: 0}\n");
    auto words = more;
    for (auto& set : sets) words.insert(words.end(), {"--set", set});
    const auto result = demo().train(recipe, folder, words);
    CAPTURE(result.err);
    REQUIRE(result.exit_code == 0);
    log = result.err;
  }
  std::string model() const { return sha256_file(folder / "model/adapter.safetensors"); }
  bool says(const std::string& words) const { return log.find(words) != std::string::npos; }

  fs::path folder;
  std::string log;
};

// Names and hashes of the files of a folder, but of locks.
std::vector<std::string> files_of(const fs::path& folder) {
  std::vector<std::string> all;
  if (!fs::exists(folder)) return all;
  for (auto& entry : fs::directory_iterator(folder))
    if (entry.path().extension() != ".lock")
      all.push_back(entry.path().filename().string() + " " + sha256_file(entry.path()));
  std::sort(all.begin(), all.end());
  return all;
}

std::string set_cache(const fs::path& folder) { return "cache=" + folder.string(); }

}  // namespace

TEST_CASE("cache: runs take what another one computed, and end as without it", "[apps]") {
  for (auto& [model, text] : kModels) {
    CAPTURE(model);
    const auto folder = demo().dir / ("cache-" + model);
    const Run plain(model, model + "-plain", {}), first(model, model + "-1", {set_cache(folder)});
    CHECK(first.model() == plain.model());
    CHECK(first.says("written"));
    CHECK_FALSE(first.says("computed before"));
    const auto files = files_of(folder);
    REQUIRE(files.size() == 2);  // of train and of dev
    // Another seed reads the same texts; held or not.
    const Run other(model, model + "-other", {"seed=2"});
    for (auto* memory : {"1G", "0"}) {
      CAPTURE(memory);
      const Run again(model, model + "-again-" + memory,
                      {"seed=2", set_cache(folder), std::string("data.memory=") + memory});
      CHECK(again.says("computed before"));
      CHECK_FALSE(again.says("written"));
      CHECK(again.model() == other.model());
      CHECK_FALSE(fs::exists(again.folder / "cache"));
    }
    CHECK(files_of(folder) == files);
    // Several processes make the same files.
    const auto shared = demo().dir / ("cache-of-two-" + model);
    const Run two(model, model + "-two", {set_cache(shared)}, {"--processes", "2"});
    CHECK(files_of(shared) == files);
    const Run two_again(model, model + "-two-again", {set_cache(shared), "data.memory=0"},
                        {"--processes", "2"});
    CHECK(two_again.says("computed before"));
    CHECK(two_again.model() == two.model());
  }
}

TEST_CASE("cache: what memory does not hold lies in the run directory while it trains", "[apps]") {
  for (auto& [model, text] : kModels) {
    CAPTURE(model);
    const Run held(model, model + "-held", {}), filed(model, model + "-filed", {"data.memory=0"});
    CHECK(filed.says("written"));
    CHECK(filed.model() == held.model());
    CHECK_FALSE(fs::exists(filed.folder / "cache"));
  }
}

TEST_CASE("cache: a damaged file is computed again, and one of something else is left alone",
          "[apps]") {
  const auto folder = demo().dir / "cache-damaged";
  const Run first("gmu", "gmu-first", {set_cache(folder)});
  const auto files = files_of(folder);
  REQUIRE(files.size() == 2);
  int number = 0;
  auto damaged = [&](const std::function<void(std::string&)>& damage) {
    for (auto& entry : fs::directory_iterator(folder)) {
      if (entry.path().extension() == ".lock") continue;
      auto bytes = read_file(entry.path());
      damage(bytes);
      write_atomically(entry.path(), bytes);
    }
    const Run again("gmu", "gmu-damaged-" + std::to_string(++number), {set_cache(folder)});
    CHECK(again.says("computed again"));
    CHECK(again.model() == first.model());
    CHECK(files_of(folder) == files);
  };
  damaged([](std::string& bytes) { bytes[bytes.size() / 2] ^= 1; });  // a number
  damaged([](std::string& bytes) { bytes.back() ^= 1; });             // the hash
  damaged([](std::string& bytes) { bytes[9] ^= 1; });                 // the header
  damaged([](std::string& bytes) { bytes.pop_back(); });
  damaged([](std::string& bytes) { bytes.clear(); });
  // The layer below the adapters is something else than a summary, and has files of its own.
  const Run other("adapter", "adapter-beside", {set_cache(folder)});
  CHECK_FALSE(other.says("computed again"));
  CHECK(files_of(folder).size() == 4);
  // Any reader of safetensors reads them.
  for (auto& entry : fs::directory_iterator(folder)) {
    if (entry.path().extension() == ".lock") continue;
    const Safetensors file(entry.path());
    CHECK(file.at("rows").dtype == "F32");
    CHECK(file.bytes(file.at("sha256")) == sha256(file.bytes(file.at("rows"))));
  }
}

TEST_CASE("cache: what a killed run left is cleared away, and a model without use for it says so",
          "[apps]") {
  const auto folder = demo().dir / "cache-left";
  const Run first("gmu", "gmu-left", {set_cache(folder)});
  for (auto& file : files_of(folder)) {
    const auto name = file.substr(0, file.find(' '));
    fs::rename(folder / name, folder / (name + ".tmp1-0123abcd"));
  }
  const auto stranger = folder / "other-0000.safetensors.tmp1-0123abcd";
  write_atomically(stranger, "of a run that may be alive");
  const Run again("gmu", "gmu-left-2", {set_cache(folder)});
  CHECK(again.says("written"));
  CHECK(files_of(folder).size() == 3);
  CHECK(fs::exists(stranger));

  const auto recipe = demo().recipe("recomputed",
                                    "device: cpu\nmodel: {name: mm_adapter, bottleneck: 8}\n"
                                    "train: {epochs: 1, max_steps: 1}\n");
  const auto unused = demo().dir / "cache-unused";
  const auto result = demo().train(recipe, demo().dir / "recomputed", {"--set", set_cache(unused)});
  CHECK(result.exit_code == 0);
  CHECK(result.err.find("[cache] not used") != std::string::npos);
  CHECK_FALSE(fs::exists(unused));
  // A file where the folder should be.
  const auto file = demo().dir / "a-file";
  write_atomically(file, "");
  const auto refused = demo().train(demo().recipe("gmu-refused",
                                                  "device: cpu\nmodel: {name: gmu, hidden: 16}\n"
                                                  "train: {epochs: 1}\n"),
                                    demo().dir / "refused", {"--set", set_cache(file)});
  CHECK(refused.exit_code == 2);
  CHECK(refused.err.find(file.string()) != std::string::npos);
}

TEST_CASE("cache: runs at once wait for the one that computes", "[apps]") {
  const auto folder = demo().dir / "cache-at-once";
  const auto recipe = demo().recipe("at-once",
                                    "device: cpu\nprecision: fp32\nmodalities: [video]\n"
                                    "model: {name: gmu, hidden: 16}\ntrain: {epochs: 1}\n");
  const auto result = demo().train(recipe, demo().dir / "at-once",
                                   {"--seeds", "1-3", "--jobs", "3", "--set", set_cache(folder)});
  CAPTURE(result.err);
  REQUIRE(result.exit_code == 0);
  CHECK(files_of(folder).size() == 2);
  std::vector<std::string> computed;
  for (auto& entry : fs::recursive_directory_iterator(demo().dir / "at-once"))
    if (entry.path().filename() == "train.log") {
      const auto log = read_file(entry.path());
      if (log.find(" MB written") != std::string::npos) computed.push_back(entry.path());
    }
  CHECK(computed.size() == 1);
}
