#include <catch2/catch_test_macros.hpp>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/files.h"
#include "support/demo_pack.h"
#include "support/markup.h"
#include "support/run_folder.h"

using namespace mma;

namespace {

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

test::ProgramResult report(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), {test::program("mma-eval"), "report"});
  return test::run_program(arguments);
}

}  // namespace

TEST_CASE("mma-eval report: a page of a run as mma-train and mma-eval leave it", "[apps]") {
  test::DemoPack demo({.train = 80, .dev = 16, .test = 24, .seed = 1});
  auto recipe = demo.recipe("small",
                            "precision: fp32\ndevice: cpu\nmodalities: [video, audio]\n"
                            "model: {name: mm_adapter, bottleneck: 8}\n"
                            "optim: {lr: 1.0e-3, batch_size: 4}\n"
                            "train: {epochs: 2, report_every: 1}\n");
  auto run = demo.dir / "run", out = demo.dir / "report.html";
  REQUIRE(demo.train(recipe, run).exit_code == 0);
  REQUIRE(demo.evaluate(run).exit_code == 0);
  REQUIRE(demo.evaluate(run, {"--subsets"}).exit_code == 0);
  auto result = report({run.string(), "--data", demo.pack.string(), "--out", out.string()});
  CAPTURE(result.err);
  REQUIRE(result.exit_code == 0);
  CHECK(result.out == "");
  auto page = read_file(out);
  auto all = test::read_markup(page);
  auto text = all.at(0).text;
  auto metrics = nlohmann::json::parse(read_file(run / "eval/test/metrics.json"));
  auto gates = nlohmann::json::parse(read_file(run / "eval/test/gates.json"));
  for (auto* name : {"f1_micro", "f1_macro", "ap_micro", "ap_macro", "ap_samples"})
    CHECK(contains(text, fmt::format("{}{:.4f}", name, metrics.at(name).get<double>())));
  for (auto& [label, of_label] : metrics.at("labels").items()) {
    auto precision = of_label.at("average_precision");
    CHECK(contains(
        text,
        fmt::format("{}{}{}", label, of_label.at("count").get<int>(),
                    precision.is_null() ? "-" : fmt::format("{:.4f}", precision.get<double>()))));
  }
  CHECK(contains(
      text, fmt::format("all samples{:.4f}{:.4f}", gates.at("overall").at("text").get<double>(),
                        gates.at("overall").at("video").get<double>())));
  CHECK(contains(text, "text+video+audio"));
  CHECK(contains(text, "Samples that lack a modality"));
  // Loss, dev's metric, rate, labels, decisions, precision, calibration, gates by label and by
  // layer, subsets, gains.
  CHECK(test::elements(all, "svg").size() == 11);
  auto again = report({run.string(), "--data", demo.pack.string(), "--out", out.string()});
  CHECK(read_file(out) == page);
}

TEST_CASE("mma-eval report: wrong input exits 2 and writes nothing", "[apps]") {
  test::ScratchDir dir;
  test::RunFolder run;
  run.predictions = test::noisy_predictions(20, 2, 1, 1);
  run.write(dir / "run");
  auto out = (dir / "report.html").string(), good = (dir / "run").string();
  auto fails = [&](const std::vector<std::string>& arguments, const std::string& what) {
    auto result = report(arguments);
    CAPTURE(result.err);
    CHECK(result.exit_code == 2);
    CHECK(contains(result.err, what));
    CHECK(!fs::exists(out));
  };
  fails({good}, "--out");
  fails({"--out", out}, "runs");
  fails({good, "--out", out, "--metric", "f1_micr"}, "did you mean 'f1_micro'?");
  fails({good, "--out", out, "--data", (dir / "none.h5").string()}, "none.h5");
  fails({(dir / "nowhere").string(), "--out", out}, "neither a run directory");
  write_atomically(dir / "run/eval/test/gates.json", "{\"overall\": 3}");
  fails({good, "--out", out}, "gates.json: overall: expected a mapping");
  CHECK(report({good, "--out", (dir / "run").string()}).exit_code != 0);
}
