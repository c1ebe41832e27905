// A model's folder comes from a stranger as often as not: what is wrong in it is said in one line,
// before anything of the size that it claims is built.
#include <catch2/catch_test_macros.hpp>
#include <cstring>
#include <limits>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/files.h"
#include "base/safetensors.h"
#include "support/demo_pack.h"

using namespace mma;
using Json = nlohmann::ordered_json;

namespace {

constexpr int64_t kGibibyte = int64_t{1} << 30;

const test::DemoPack& demo() {
  static test::DemoPack instance({.train = 40, .dev = 16, .test = 16, .seed = 1});
  return instance;
}

// A finished run, trained once for all tests of this file.
fs::path finished(const std::string& name, const std::string& modalities,
                  const std::string& model) {
  auto out = demo().dir / ("finished-" + name);
  if (fs::exists(out)) return out;
  auto recipe = "precision: fp32\ndevice: cpu\nmodalities: " + modalities + "\nmodel: " + model +
                "\noptim: {batch_size: 8}\ntrain: {epochs: 1}\n";
  auto result = demo().train(demo().recipe(name, recipe), out);
  INFO(result.err);
  REQUIRE(result.exit_code == 0);
  return out;
}
fs::path video_run() { return finished("video", "[video]", "{name: mm_adapter, bottleneck: 8}"); }
fs::path gmu_run() { return finished("gmu", "[video]", "{name: gmu, hidden: 8}"); }
fs::path text_run() {
  return finished("text", "[]", "{name: houlsby, train_layer_norms: false, bottleneck: 8}");
}

// A copy of a run's model, changed.
fs::path changed(const fs::path& run, const std::function<void(const fs::path&)>& change) {
  auto folder = demo().dir / "changed";
  fs::remove_all(folder);
  fs::copy(run / "model", folder, fs::copy_options::recursive);
  change(folder);
  return folder;
}
fs::path with_card(const fs::path& run, const std::function<void(Json&)>& change) {
  return changed(run, [&](const fs::path& folder) {
    auto card = Json::parse(read_file(folder / "config.json"));
    change(card);
    write_atomically(folder / "config.json", card.dump());
  });
}
// What mma-eval says of a folder that it refuses.
std::string refusal(const fs::path& folder) {
  auto result = demo().evaluate(folder);
  INFO(result.err);
  CHECK(result.exit_code == 2);
  CHECK(result.peak_memory_bytes < kGibibyte);
  return result.err;
}
bool says(const std::string& text, const std::string& what) {
  INFO(text);
  return text.find(what) != std::string::npos;
}

// The same tensors, one number of `name` being not a number.
void put_nan(const fs::path& file, const std::string& name) {
  Safetensors tensors(file);
  std::vector<SafetensorsTensor> all;
  std::string poisoned;
  for (auto& entry : tensors.entries()) {
    auto bytes = tensors.bytes(entry);
    if (entry.name == name) {
      poisoned = bytes;
      float nan = std::numeric_limits<float>::quiet_NaN();
      std::memcpy(poisoned.data(), &nan, sizeof(nan));
      bytes = poisoned;
    }
    all.push_back({entry.name, entry.dtype, entry.shape, bytes});
  }
  write_safetensors(file, all, {{"format", "pt"}});
}

}  // namespace

TEST_CASE("model folder: a damaged byte of the tensors is noticed by their hash", "[apps]") {
  auto folder = changed(video_run(), [](const fs::path& f) {
    auto bytes = read_file(f / "adapter.safetensors");
    bytes[bytes.size() - 3] = static_cast<char>(bytes[bytes.size() - 3] ^ 1);
    write_atomically(f / "adapter.safetensors", bytes);
  });
  CHECK(says(refusal(folder),
             "adapter.safetensors: not the file that its config.json was written "
             "with"));
  auto parts = demo().recipe(
      "fuse",
      "modalities: [video]\nmodel: {name: adapter_fusion, from: {a: " + folder.string() + "}}\n");
  auto fused = demo().train(parts, demo().dir / "fused", {"--check"});
  CHECK(fused.exit_code == 2);
  CHECK(says(fused.err, "not the file that its config.json was written with"));
}

TEST_CASE("model folder: a card without the hash, of an older version, is still read", "[apps]") {
  auto folder = with_card(video_run(), [](Json& card) { card.erase("adapter_sha256"); });
  auto result = demo().evaluate(folder);
  INFO(result.err);
  CHECK(result.exit_code == 0);
}

TEST_CASE("model folder: a card that claims a larger model is refused before it is built",
          "[apps]") {
  const std::string why = "config.json: describes a model of at least ";
  for (int64_t bottleneck : {64, 8192, 65536})
    CHECK(says(refusal(with_card(
                   video_run(), [&](Json& c) { c["recipe"]["model"]["bottleneck"] = bottleneck; })),
               why));
  CHECK(says(refusal(with_card(gmu_run(), [](Json& c) { c["recipe"]["model"]["hidden"] = 65536; })),
             why));
  CHECK(says(refusal(with_card(video_run(), [](Json& c) { c["trained"] = 1e9; })), "trained"));
  CHECK(says(refusal(with_card(video_run(), [](Json& c) { c["trained"] = 987654321; })),
             "config.json: trained: 987654321 numbers, but adapter.safetensors holds"));
}

TEST_CASE("model folder: repeated keys, thresholds and labels that cannot be", "[apps]") {
  auto twice = changed(video_run(), [](const fs::path& f) {
    auto text = read_file(f / "config.json");
    auto at = text.find("\"video\": {");
    REQUIRE(at != std::string::npos);
    write_atomically(f / "config.json",
                     text.insert(at, "\"video\": {\"width\": 4, \"segments\": 1}, "));
  });
  CHECK(says(refusal(twice), "without repeated keys, found 'modalities.video' twice"));
  auto lacking = with_card(video_run(), [](Json& c) {
    REQUIRE(c["thresholds_tuned"] == true);
    c["thresholds"].erase(c["thresholds"].begin());
  });
  CHECK(says(refusal(lacking), "thresholds: none for the label '"));
  for (auto& value : {Json(nullptr), Json(1e300), Json("0.5")})
    CHECK(says(
        refusal(with_card(video_run(), [&](Json& c) { c["thresholds"].begin().value() = value; })),
        "config.json: thresholds."));
  CHECK(says(refusal(with_card(video_run(), [](Json& c) { c["labels"][1] = c["labels"][0]; })),
             "labels: '"));
}

TEST_CASE("model folder: a tensor that is not finite is named", "[apps]") {
  const std::string name = "classifier.dense.weight";
  auto folder = with_card(video_run(), [](Json& card) { card.erase("adapter_sha256"); });
  put_nan(folder / "adapter.safetensors", name);
  CHECK(says(refusal(folder), name + ": expected finite numbers, found NaN or infinity"));
}

TEST_CASE("model folder: a hub folder whose card is no card is not imported at all", "[apps]") {
  auto hub = demo().dir / "hub", back = demo().dir / "back";
  auto run = [&](const std::vector<std::string>& words) {
    std::vector<std::string> command{test::program("mma-eval")};
    command.insert(command.end(), words.begin(), words.end());
    return test::run_program(command);
  };
  REQUIRE(run({"export", text_run().string(), "--out", hub.string()}).exit_code == 0);
  auto good = Json::parse(read_file(hub / "head_config.json"));
  auto head = good;
  head["mma_model"]["recipe"]["model"]["bottleneck"] = "wide";
  write_atomically(hub / "head_config.json", head.dump());
  auto refused = run({"import", hub.string(), "--out", back.string()});
  CHECK(refused.exit_code == 2);
  CHECK(says(refused.err, "head_config.json: mma_model: recipe.model.bottleneck: expected a"));
  CHECK_FALSE(fs::exists(back));
  // What comes back is the same model, also where another version wrote its tensors.
  good["mma_model"]["adapter_sha256"] = std::string(64, '0');
  write_atomically(hub / "head_config.json", good.dump());
  REQUIRE(run({"import", hub.string(), "--out", back.string()}).exit_code == 0);
  CHECK(demo().evaluate(back).exit_code == 0);
}

TEST_CASE("adapter_fusion: a part by --set", "[apps]") {
  auto recipe =
      demo().recipe("parts", "modalities: [video]\nmodel: {name: adapter_fusion, from: {a: x}}\n");
  auto set = [](const std::string& name, const fs::path& run) {
    return std::vector<std::string>{"--set", "model.from." + name + "=" + run.string()};
  };
  auto command = set("a", text_run());
  for (auto& word : set("film", video_run())) command.push_back(word);
  command.push_back("--check");
  auto result = demo().train(recipe, demo().dir / "parts", command);
  INFO(result.err);
  CHECK(result.exit_code == 0);
}
