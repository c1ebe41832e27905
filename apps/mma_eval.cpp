#include <CLI/CLI.hpp>
#include <string_view>

#include "base/error.h"
#include "base/stop.h"
#include "metrics/compare_command.h"
#include "train/commands.h"

int main(int argc, char** argv) {
  CLI::App app{
      "Evaluates a trained model: metrics, predictions, and what each modality contributed."};
  const bool comparing = argc > 1 && std::string_view(argv[1]) == "compare";
  mma::EvalOptions options;
  app.add_option("run", options.run, "run directory of mma-train, or a model folder from one")
      ->required(!comparing);
  app.add_option("--data", options.data, "pack made by mma-prep build")->required(!comparing);
  app.add_option("--split", options.split, "split of the pack")->capture_default_str();
  app.add_option("--backbone", options.backbone,
                 "the model's backbone, where it is not where it was");
  app.add_option("--device", options.device, "auto, cpu or cuda")
      ->check(CLI::IsMember({"auto", "cpu", "cuda"}));
  app.add_option("--batch-size", options.batch_size, "samples computed at once")
      ->check(CLI::Range(1, 65536));
  mma::CompareOptions comparison;
  auto* compare = app.add_subcommand(
      "compare", "One table of finished, evaluated runs: means over seeds, intervals, p-values.");
  compare->add_option("runs", comparison.runs, "run directories, or folders of runs")->required();
  compare->add_option("--split", comparison.split, "evaluated split")->capture_default_str();
  compare->add_option("--metric", comparison.metric,
                      "decides on difference and p; as the first recipe's train.select_by");
  compare->add_option("--format", comparison.format, "text, markdown, csv or latex")
      ->check(CLI::IsMember({"text", "markdown", "csv", "latex"}));
  compare->add_option("--out", comparison.out, "also write the table to this file");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& e) {
    return app.exit(e) == 0 ? mma::kDone : mma::kUserInput;
  }
  if (*compare) return mma::guarded([&] { mma::compare(comparison); });
  mma::watch_stop_signals();
  return mma::guarded([&] { mma::evaluate(options); });
}
