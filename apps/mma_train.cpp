#include <torch/version.h>

#include <string>

#include "base/process.h"
#include "base/stop.h"
#include "base/version.h"
#include "command_line.h"
#include "recipe/recipe.h"
#include "train/train_command.h"

namespace {

int run(int argc, char** argv) {
  mma::start_process();
  CLI::App app{
      "Trains one recipe into a run directory. The same command again goes on where it stopped."};
  app.set_version_flag("--version", mma::version() + std::string(", LibTorch " TORCH_VERSION));
  mma::TrainOptions options;
  bool help_recipe = false;
  auto* recipe =
      app.add_option("recipe", options.recipe, "YAML recipe, e.g. recipes/movies/mm_adapter.yaml");
  auto* data = app.add_option("--data", options.data, "pack made by mma-prep build");
  app.add_option("--backbone", options.backbone,
                 "BERT in a Hugging Face folder; not needed for a model that reads no text");
  auto* run = app.add_option("--out", options.run, "run directory");
  app.add_option("--set", options.overrides, "override of the recipe, e.g. optim.lr=3e-4")
      ->allow_extra_args(false);
  app.add_option("--seeds", options.seeds,
                 "one run for each seed, as in 1-5, in RUN/seed-1, RUN/seed-2, ...");
  app.add_option(
         "--grid", options.grids,
         "one run for each value, as in optim.lr=3e-4,1e-3, in RUN/lr=3e-4, ...; of several, "
         "for each combination")
      ->allow_extra_args(false);
  app.add_option(
         "--jobs", options.jobs,
         "runs of --grid and --seeds that are trained at a time, each by a process with its "
         "share of the cores, or a GPU of its own")
      ->check(CLI::Range(1, 1024));
  app.add_flag("--list", options.list_only, "print the command of each run instead");
  app.add_option("--threads", options.threads,
                 "threads that compute; by default the fastest number here")
      ->check(CLI::Range(1, 65536));
  app.add_option("--processes", options.processes,
                 "processes that train together on this machine, one a GPU or a share of the cores")
      ->check(CLI::Range(1, 1024));
  app.add_flag("--extend", options.extend,
               "a run that is there goes on, finished or not, to more train.epochs, "
               "train.max_steps or train.patience than it was begun with");
  app.add_flag("--probe", options.probe,
               "print what a linear map of each modality alone reaches on dev, and train nothing");
  app.add_flag("--check", options.check_only,
               "check everything up to the first step and write nothing");
  app.add_flag("--help-recipe", help_recipe, "every key of a recipe with its default");
  auto code = mma::read_flags(app, argc, argv, [&] {
    for (auto* option : {recipe, data, run})
      if (!help_recipe && option->empty()) throw CLI::RequiredError(option->get_name());
  });
  if (code) return *code;
  if (help_recipe) return mma::guarded([] { mma::print_result(mma::recipe_help()); });
  mma::watch_stop_signals();
  return mma::guarded([&] { mma::train(options); });
}

}  // namespace

int main(int argc, char** argv) { mma::end_process(run(argc, argv)); }
