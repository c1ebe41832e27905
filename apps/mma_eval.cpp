#include <torch/version.h>

#include <filesystem>
#include <set>
#include <string>

#include "base/device_name.h"
#include "base/process.h"
#include "base/stop.h"
#include "base/version.h"
#include "command_line.h"
#include "eval/eval_command.h"
#include "eval/hub_commands.h"
#include "eval/merge_command.h"
#include "eval/predict_command.h"
#include "report/compare_command.h"
#include "report/report_command.h"

namespace {

void add_scoring(CLI::App& app, mma::ScoringOptions& options) {
  app.add_option("--backbone", options.backbone,
                 "the model's backbone, where it is not where it was");
  app.add_option("--device", options.device, "auto, cpu, cuda, or one of several GPUs: cuda:1")
      ->check(mma::device_name_fault);
  app.add_option("--batch-size", options.batch_size, "samples computed at once")
      ->check(CLI::Range(1, 65536));
  app.add_option("--threads", options.threads,
                 "threads that compute; by default the fastest number here")
      ->check(CLI::Range(1, 65536));
}

int run(int argc, char** argv) {
  mma::start_process();
  CLI::App app{
      "Evaluates a trained model: metrics, predictions, and what each modality contributed."};
  app.set_version_flag("--version", mma::version() + std::string(", LibTorch " TORCH_VERSION));
  // What follows a subcommand is its own; without one, a run is evaluated.
  const std::set<std::string> subcommands{"predict", "compare", "report", "export", "import"};
  const bool evaluating = argc < 2 || !subcommands.count(argv[1]);
  mma::EvalOptions options;
  app.add_option("run", options.run,
                 "run directory of mma-train, a folder of several, or a model folder")
      ->required(evaluating);
  app.add_option("--data", options.data, "pack made by mma-prep build")->required(evaluating);
  app.add_option("--split", options.split, "split of the pack")->capture_default_str();
  add_scoring(app, options.scoring);
  app.add_option("--without", options.without,
                 "take every sample to lack this modality; may be given again")
      ->allow_extra_args(false);
  app.add_option("--out", options.out, "folder for the results, instead of RUN/eval/SPLIT");
  app.add_flag("--subsets", options.subsets, "every subset of the modalities, as a table");

  mma::PredictOptions prediction;
  std::string form = "jsonl";
  auto* predict = app.add_subcommand(
      "predict", "Scores and decisions of samples whose labels need not be known.");
  predict
      ->add_option("runs", prediction.runs,
                   "run directories, folders of several, or model folders; of more than one, mean "
                   "scores")
      ->required();
  auto* pack = predict->add_option("--data", prediction.data, "pack made by mma-prep build");
  auto* raw = predict->add_option("--description", prediction.description,
                                  "raw data instead: YAML that says where they are");
  auto* root = predict->add_option("--root", prediction.root, "folder of the raw data");
  pack->excludes(raw);
  raw->needs(root);
  root->needs(raw);
  predict->add_option("--split", prediction.split,
                      "split of the pack; by default the one that there is, or new");
  predict->add_option("--out", prediction.out, "file to write; - is stdout")->capture_default_str();
  predict->add_option("--format", form, "jsonl or csv")
      ->check(CLI::IsMember({"jsonl", "csv"}))
      ->capture_default_str();
  predict->add_option("--top", prediction.format.top, "so many labels a sample, highest first")
      ->check(CLI::Range(1, 1 << 20));
  predict->add_option("--threshold", prediction.threshold,
                      "score above which a label is given, instead of each label's own");
  mma::add_missing(*predict, prediction.missing_absent, "a modality that is not there");
  add_scoring(*predict, prediction.scoring);

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

  mma::ReportOptions page;
  auto* report = app.add_subcommand(
      "report", "One HTML page of finished, evaluated runs: figures, pictures, errors.");
  report->add_option("runs", page.runs, "run directories, or folders of runs")->required();
  report->add_option("--out", page.out, "HTML file to write")->required();
  report->add_option("--split", page.split, "evaluated split")->capture_default_str();
  report->add_option("--metric", page.metric,
                     "the one of the summary; as the first recipe's train.select_by");
  report->add_option("--data", page.data,
                     "pack that the runs were trained on, to show what it holds");

  mma::ExportOptions exported;
  std::filesystem::path merged_folder;
  auto* to_hub = app.add_subcommand("export",
                                    "A model for other programs: adapters on text alone (houlsby, "
                                    "lora) as an adapter-hub folder, "
                                    "or LoRA merged into its backbone.");
  to_hub->add_option("run", exported.run, "run directory, or a model folder")->required();
  auto* hub_folder = to_hub->add_option("--out", exported.folder, "adapter-hub folder to write");
  auto* merged =
      to_hub->add_option("--merged", merged_folder,
                         "instead: backbone folder to write, whose weights do what LoRA does");
  hub_folder->excludes(merged);
  to_hub->add_option("--name", exported.name, "the adapter's name there")->capture_default_str();
  to_hub->add_option("--backbone", exported.backbone,
                     "the model's backbone, where it is not where it was");

  mma::ImportOptions imported;
  auto* from_hub = app.add_subcommand("import", "An exported folder as a model again.");
  from_hub->add_option("folder", imported.folder, "adapter-hub folder with a head")->required();
  from_hub->add_option("--out", imported.model, "model folder to write")->required();
  auto code = mma::read_flags(app, argc, argv, [&] {
    if (*predict && pack->empty() && raw->empty())
      throw CLI::RequiredError("--data, or --description and --root");
    if (*to_hub && hub_folder->empty() && merged->empty())
      throw CLI::RequiredError("--out, or --merged");
  });
  if (code) return *code;
  prediction.format.csv = form == "csv";
  if (*compare) return mma::guarded([&] { mma::compare(comparison); });
  if (*report) return mma::guarded([&] { mma::report(page); });
  mma::watch_stop_signals();
  return mma::guarded([&] {
    if (*predict)
      mma::predict(prediction);
    else if (*to_hub && !merged->empty())
      mma::export_merged({exported.run, merged_folder, exported.backbone});
    else if (*to_hub)
      mma::export_to_hub(exported);
    else if (*from_hub)
      mma::import_from_hub(imported);
    else
      mma::evaluate(options);
  });
}

}  // namespace

int main(int argc, char** argv) { mma::end_process(run(argc, argv)); }
