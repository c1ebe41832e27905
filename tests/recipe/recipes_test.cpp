#include <algorithm>
#include <catch2/catch_test_macros.hpp>

#include "base/files.h"
#include "data/description.h"
#include "recipe/recipe.h"
#include "support/paths.h"

using namespace mma;

namespace {

// Every .yaml under a folder of this tree, in order.
std::vector<fs::path> yaml_files(const char* folder) {
  std::vector<fs::path> files;
  for (auto& entry : fs::recursive_directory_iterator(test::source_root() / folder))
    if (entry.is_regular_file() && entry.path().extension() == ".yaml")
      files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  return files;
}

std::vector<std::string> names_in(const fs::path& description) {
  std::vector<std::string> names;
  for (auto& modality : load_description(description).modalities) names.push_back(modality.name);
  return names;
}

// What loading a recipe with this text says, with the file's folder left out.
std::string faults_of(const std::string& text, const std::vector<std::string>& overrides = {}) {
  test::ScratchDir dir;
  write_atomically(dir / "r.yaml", text);
  Faults faults;
  load_recipe(dir / "r.yaml", overrides, faults);
  auto message = faults.message(), folder = dir.path.string() + "/";
  for (size_t at; (at = message.find(folder)) != std::string::npos;)
    message.erase(at, folder.size());
  return message;
}

}  // namespace

TEST_CASE("recipes: every file under recipes/ loads without a fault", "[recipe]") {
  auto files = yaml_files("recipes");
  REQUIRE(files.size() >= 8);
  for (auto& file : files) {
    CAPTURE(file);
    Faults faults;
    load_recipe(file, {}, faults);
    CHECK(faults.message() == "");
    auto text = read_file(file, 1 << 20);
    CHECK(text.starts_with("# "));
    for (auto* section : {"seed:", "modalities:", "model:", "optim:", "train:"})
      CHECK(text.find(std::string("\n") + section) != std::string::npos);  // self-contained
  }
}

TEST_CASE("recipes: their modalities are in the description of their data set", "[recipe]") {
  for (auto& file : yaml_files("recipes")) {
    auto description = test::source_root() / "data_prep" / file.parent_path().filename();
    description += ".yaml";
    if (!fs::exists(description)) continue;  // the demo writes its own
    auto known = names_in(description);
    Faults faults;
    auto recipe = load_recipe(file, {}, faults);
    for (auto& name : recipe.modalities) {
      CAPTURE(file, name);
      CHECK(std::find(known.begin(), known.end(), name) != known.end());
    }
  }
}

TEST_CASE("recipes: a dump reads back as the same recipe and dumps the same bytes", "[recipe]") {
  for (auto& file : yaml_files("recipes")) {
    CAPTURE(file);
    Faults faults;
    auto recipe = load_recipe(file, {"optim.lr=1.2345678901234567e-5", "train.patience=3"}, faults);
    auto dump = dump_recipe(recipe);
    test::ScratchDir dir;
    write_atomically(dir / "recipe.yaml", dump);
    auto again = load_recipe(dir / "recipe.yaml", {}, faults);
    CHECK(faults.message() == "");
    CHECK(again.optim.lr == 1.2345678901234567e-5);
    CHECK(again.modalities == recipe.modalities);
    CHECK(dump_recipe(again) == dump);
  }
}

TEST_CASE("recipes: an empty file is the defaults, and the help names every key", "[recipe]") {
  CHECK(faults_of("") == "");
  Recipe recipe;
  auto help = recipe_help();
  for (auto& [key, value] : list_fields([&](Fields& f) { recipe.fields(f); })) {
    CAPTURE(key);
    CHECK(help.find(key) != std::string::npos);
  }
}

TEST_CASE("recipes: every fault at once, each with its line", "[recipe]") {
  auto message = faults_of(
      "seed: one\n"
      "modalities: [metadata, metadata]\n"
      "model: {name: mm_adaptor, bottleneck: 64}\n"
      "optim:\n"
      "  lrr: 1.0e-3\n"
      "  schedule: liner\n"
      "  batch_size: 0\n"
      "train: 6\n");
  CAPTURE(message);
  auto has = [&](const char* line) { return message.find(line) != std::string::npos; };
  CHECK(has("r.yaml:1: seed: expected a whole number, found 'one'"));
  CHECK(has("r.yaml:2: modalities: one is named twice"));
  CHECK(has("r.yaml:3: model.name: unknown value 'mm_adaptor', did you mean 'mm_adapter'?"));
  CHECK(has("r.yaml:5: optim.lrr: unknown key 'lrr', did you mean 'lr'?"));
  CHECK(has("r.yaml:6: optim.schedule: unknown value 'liner', did you mean 'linear'?"));
  CHECK(has("r.yaml:7: optim.batch_size: 0 is out of range"));
  CHECK(has("r.yaml:8: train: expected a mapping"));
  CHECK(std::count(message.begin(), message.end(), '\n') == 6);
}

TEST_CASE("recipes: LoRA's targets are linear maps, each named once", "[recipe]") {
  auto targets = [](const std::string& list) {
    return faults_of("model: {name: lora, targets: " + list + "}\n");
  };
  CHECK(targets("[query, output]") == "");
  CHECK(targets("[queri]").find("r.yaml:1: model.targets: unknown linear map 'queri', did you mean "
                                "'query'?") == 0);
  CHECK(targets("[]").find("r.yaml:1: model.targets: expected some of query, key") == 0);
  CHECK(targets("[key, key]").find("r.yaml:1: model.targets: ") == 0);
}

TEST_CASE("recipes: a parallel adapter has one input, not another", "[recipe]") {
  const std::string parallel = "model: {name: houlsby, placement: parallel";
  CHECK(faults_of(parallel + ", scaling: 4}\n") == "");
  CHECK(faults_of(parallel + ", after_norm: true}\n").find("r.yaml:1: model.after_norm: ") == 0);
}

TEST_CASE("recipes: text is no modality to name, and no key stands twice", "[recipe]") {
  CHECK(faults_of("modalities: [text]\n").find("r.yaml:1: modalities: text is always used") == 0);
  CHECK(faults_of("seed: 1\nseed: 2\n").find("r.yaml:2: seed: given twice") == 0);
}

TEST_CASE("recipes: overrides win over the file and are checked like it", "[recipe]") {
  test::ScratchDir dir;
  write_atomically(dir / "r.yaml", "optim: {lr: 1.0e-3}\nmodalities: [a]\n");
  Faults faults;
  auto recipe = load_recipe(dir / "r.yaml",
                            {"optim.lr=0.5", "modalities=[b, c]", "model.bottleneck=8"}, faults);
  CHECK(faults.message() == "");
  CHECK(recipe.optim.lr == 0.5);
  CHECK(recipe.modalities == std::vector<std::string>{"b", "c"});
  CHECK(faults_of("", {"model.botleneck=8"})
            .find("--set model.botleneck: unknown key 'model.botleneck', did you mean "
                  "'model.bottleneck'?") == 0);
  CHECK(faults_of("", {"optim.lr=fast"}) == "--set optim.lr: expected a number, found 'fast'");
  CHECK(faults_of("", {"optim.lr"}) == "--set optim.lr: expected key=value");
}

TEST_CASE("recipes: a file that is no YAML mapping is refused with one line", "[recipe]") {
  for (std::string text :
       std::vector<std::string>{"- a\n- b\n", "just words\n", "a: [1, 2\n", "a: {b: c\n",
                                "\ta: 1\n", std::string("a: \0b\n", 6)}) {
    auto message = faults_of(text);
    CAPTURE(text, message);
    CHECK(message.starts_with("r.yaml:"));
    CHECK(message.find('\n') == std::string::npos);
  }
  auto deep = faults_of(std::string(100, '['));
  CHECK(deep.starts_with("r.yaml:"));
  CHECK(deep.find('\n') == std::string::npos);
}

TEST_CASE("recipes: train+dev leaves nothing to wait for", "[recipe]") {
  const std::string text = "train:\n  on: train+dev\n  patience: 3\n";
  CHECK(faults_of(text).find("r.yaml:3: train.patience: 3, but with train.on: train+dev") == 0);
  CHECK(faults_of(text, {"train.patience=0"}).empty());
  CHECK(faults_of("train: {on: dev}\n").find("train.on") != std::string::npos);
  // The default waits, too: it is said rather than left out in silence.
  CHECK(faults_of("train: {on: train+dev}\n").find("train.patience: 5") != std::string::npos);
}
