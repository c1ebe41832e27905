// Training speed and where its time goes.
//   mma-bench RECIPE --data PACK --backbone DIR     on real data
//   mma-bench RECIPE --length 128 --backbone DIR    on texts of random words, all of one length
//   mma-bench exchange --processes 2               the sum of gradients over processes
//   mma-bench compare BEFORE.json AFTER.json
#include <ATen/Parallel.h>
#include <torch/cuda.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <cstdlib>
#include <iostream>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/files.h"
#include "base/random.h"
#include "bench/device_activity.h"
#include "bench/parts.h"
#include "data/pack.h"
#include "eval/precompute.h"
#include "nn/matrix_peak.h"
#include "nn/memory.h"
#include "parallel/local_processes.h"
#include "parallel/process_group.h"
#include "text/tokenizer.h"
#include "train/step.h"

namespace mma::bench {
namespace {

using Json = nlohmann::ordered_json;
using Clock = std::chrono::steady_clock;

struct Options {
  fs::path recipe, data, backbone, json;
  std::vector<std::string> overrides;
  std::vector<int64_t> widths;
  bool operators = false;
  int64_t steps = 12, warm = 4, threads = 0, length = 0;
};

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

// A pack of random words, features and labels; modalities are called m1, m2, ...
void write_random_pack(const fs::path& file, const Options& o, const Backbone& backbone) {
  constexpr int64_t kSamples = 256, kLabels = 13;
  PackInfo info;
  info.name = "random";
  info.tokenizer_kind = "wordpiece";
  info.tokenizer_hash = tokenizer_hash(backbone.folder);
  info.vocabulary_size = backbone.config.vocab_size;
  info.max_length = o.length;
  for (int64_t c = 0; c < kLabels; ++c) info.labels.push_back(fmt::format("label {:02}", c));
  for (size_t m = 0; m < o.widths.size(); ++m)
    info.modalities.push_back({fmt::format("m{}", m + 1), o.widths[m], 1, "random"});
  PackWriter writer(file, info);
  RandomStream random(1);
  writer.begin_split("train", kSamples);
  for (int64_t i = 0; i < kSamples; ++i) {
    Sample sample;
    sample.id = std::to_string(i);
    for (int64_t c = 0; c < kLabels; ++c)
      sample.labels.push_back(static_cast<uint8_t>(random.below(2)));
    for (int64_t t = 0; t < o.length; ++t)
      sample.tokens.push_back(
          static_cast<int32_t>(random.below(static_cast<uint64_t>(backbone.config.vocab_size))));
    for (int64_t width : o.widths) {
      auto& feature = sample.features.emplace_back();
      for (int64_t d = 0; d < width; ++d)
        feature.push_back(static_cast<float>(random.below(1000)) / 1000);
    }
    writer.add(sample);
  }
  writer.finish();
}

Session open(Options& o) {
  auto overrides = o.overrides;
  overrides.push_back("train.max_steps=" + std::to_string(o.steps + o.warm));
  if (o.data.empty()) {
    check_input(o.length > 0, "give --data PACK, or --length for texts of random words");
    o.data = fs::temp_directory_path() / fmt::format("mma-bench-{}.h5", getpid());
    write_random_pack(o.data, o, open_backbone(o.backbone));
    std::vector<std::string> names;
    for (size_t m = 0; m < o.widths.size(); ++m) names.push_back(fmt::format("m{}", m + 1));
    overrides.push_back(fmt::format("modalities=[{}]", fmt::join(names, ", ")));
    struct Gone {  // whatever happens
      fs::path file;
      ~Gone() { fs::remove(file); }
    } gone{o.data};
    auto session = open_session(o.recipe, overrides, o.data, o.backbone);
    load_session(session);
    return session;
  }
  auto session = open_session(o.recipe, overrides, o.data, o.backbone);
  load_session(session);
  return session;
}

struct LaidOutStep {
  StepPlan plan;
  BatchPlan batch;
};

void take(TrainingStep& step, const LaidOutStep& next, int64_t number) {
  step.gradients(next.plan, {next.batch}, number);
  step.take(step.parameters().gradient_norm(), 1e-4);
}

// What a GPU does in these steps, whose batches wait as they do for mma-train.
Json device_activity(TrainingStep& step, const std::vector<LaidOutStep>& steps, int64_t number) {
  torch::cuda::synchronize();
  DeviceRecorder recorder;
  for (auto& next : steps) take(step, next, number++);
  torch::cuda::synchronize();
  const auto activity = summarise(recorder.take(), std::ssize(steps));
  return {{"kernels_per_step", activity.kernels},
          {"copies_per_step", activity.copies},
          {"waits_per_step", activity.waits},
          {"busy_share", activity.busy}};
}

// Steps as mma-train does them, one batch a step; the first `warm` are not counted. On a GPU as
// many again, which are not timed, tell what it did.
Json measure(Session& session, const Options& o) {
  TrainingStep step(session);
  double peak = measure_matrix_peak(session.compute, 2.0);
  auto precomputed = precompute_rows(*session.model, session.train, session.compute, "train");
  Parts parts(o.operators);
  std::vector<LaidOutStep> recorded;
  const int64_t timed = o.warm + o.steps,
                last = session.compute.device.is_cuda() ? timed + o.steps : timed;
  double seconds = 0, flops = 0;
  int64_t samples = 0, tokens = 0, done = 0;
  for (int64_t epoch = 0; done < last; ++epoch) {
    auto batches =
        epoch_batches(session.train.size(), session.recipe.optim.batch_size, true, 1, epoch);
    for (auto& plan : step_plans(batches, 0, 1, session.train.offsets, step.sharing())) {
      if (done == last) break;
      if (done == o.warm) parts.take();
      LaidOutStep next{plan, plan_batch(*session.model, assemble(session.train, plan.samples),
                                        session.compute, precomputed)};
      if (done >= timed) {
        recorded.push_back(std::move(next));
        ++done;
        continue;
      }
      auto start = Clock::now();
      parts.begin_step();
      take(step, next, done);
      parts.end_step();
      auto took = seconds_since(start);
      if (done++ < o.warm) continue;
      auto& batch = next.batch.batch();
      seconds += took;
      samples += batch.size();
      tokens += static_cast<int64_t>(batch.tokens.size());
      flops += session.model->step_flops(batch.lengths);
    }
  }
  Json result = {{"recipe", o.recipe.string()},
                 {"model", session.recipe.model.name},
                 {"device", describe(session.compute)},
                 {"batch_size", session.recipe.optim.batch_size},
                 {"steps", o.steps},
                 {"tokens_per_sample", static_cast<double>(tokens) / static_cast<double>(samples)},
                 {"milliseconds_per_step", 1e3 * seconds / static_cast<double>(o.steps)},
                 {"samples_per_second", static_cast<double>(samples) / seconds},
                 {"tokens_per_second", static_cast<double>(tokens) / seconds},
                 {"matrix_peak", peak},
                 {"matrix_peak_share", flops / seconds / peak},
                 {"peak_memory_bytes", peak_memory_bytes(session.compute)}};
  for (auto& [part, time] : parts.take())
    result["parts"][part] = 1e3 * time / static_cast<double>(o.steps);
  if (!recorded.empty()) result["device_activity"] = device_activity(step, recorded, timed);
  return result;
}

void print(const Json& r) {
  std::cout << fmt::format(
      "{} on {}: {:.0f} ms a step of {} samples of {:.0f} tokens\n"
      "{:.2f} samples/s, {:.0f} tokens/s, {:.0f} % of the matrix peak of {:.0f} GFLOP/s, {:.0f} "
      "MB\n\n",
      r["model"].get<std::string>(), r["device"].get<std::string>(),
      r["milliseconds_per_step"].get<double>(), r["batch_size"].get<int64_t>(),
      r["tokens_per_sample"].get<double>(), r["samples_per_second"].get<double>(),
      r["tokens_per_second"].get<double>(), 100 * r["matrix_peak_share"].get<double>(),
      r["matrix_peak"].get<double>() / 1e9, r["peak_memory_bytes"].get<double>() / 1e6);
  if (auto found = r.find("device_activity"); found != r.end())
    std::cout << fmt::format(
        "{:.0f} kernels, {:.0f} copies and {:.1f} waits a step; the GPU is busy {:.1f} % of the "
        "time\n\n",
        (*found)["kernels_per_step"].get<double>(), (*found)["copies_per_step"].get<double>(),
        (*found)["waits_per_step"].get<double>(), 100 * (*found)["busy_share"].get<double>());
  std::cout << "| part | ms a step | share |\n| --- | ---: | ---: |\n";
  std::vector<std::pair<double, std::string>> parts;
  for (auto& [part, time] : r["parts"].items()) parts.emplace_back(time.get<double>(), part);
  std::sort(parts.rbegin(), parts.rend());
  for (auto& [time, part] : parts)
    std::cout << fmt::format("| {} | {:.1f} | {:.1f} % |\n", part, time,
                             100 * time / r["milliseconds_per_step"].get<double>());
}

void compare(const fs::path& before, const fs::path& after) {
  auto read = [](const fs::path& file) {
    auto json = Json::parse(read_file(file), nullptr, false);
    check_input(json.is_object() && json.contains("parts"),
                "{}: expected a result of mma-bench --json", file.string());
    return json;
  };
  auto a = read(before), b = read(after);
  std::cout << "| | before | after | after / before |\n| --- | ---: | ---: | ---: |\n";
  auto row = [](const std::string& name, double x, double y) {
    auto ratio = x == 0 ? "-" : fmt::format("{:.2f}", y / x);
    std::cout << fmt::format("| {} | {:.2f} | {:.2f} | {} |\n", name, x, y, ratio);
  };
  for (auto& [name, value] : a.items())
    if (value.is_number() && b.contains(name) && b[name].is_number())
      row(name, value.get<double>(), b[name].get<double>());
  for (auto& [name, value] : a["parts"].items())
    if (b["parts"].contains(name))
      row(name + ", ms", value.get<double>(), b["parts"][name].get<double>());
}

// How long the sum of so many numbers over the processes takes, as a step sums its gradients.
void exchange(int processes, const std::vector<int64_t>& sizes) {
  const auto info = find_rank([](const char* name) { return std::getenv(name); });
  if (info.size == 1) return run_local_processes(processes);
  at::set_num_threads(1);
  const auto group = ProcessGroup::meet(info, std::chrono::minutes(1));
  for (int64_t numbers : sizes) {
    constexpr int kWarm = 3, kCounted = 21;
    auto tensor = torch::zeros({numbers});
    std::vector<double> milliseconds;
    for (int i = 0; i < kWarm + kCounted; ++i) {
      group.agree({});  // all begin together
      auto start = Clock::now();
      group.sum(tensor);
      if (i >= kWarm) milliseconds.push_back(1e3 * seconds_since(start));
    }
    std::sort(milliseconds.begin(), milliseconds.end());
    if (group.leads())
      std::cout << Json{{"processes", group.size()},
                        {"numbers", numbers},
                        {"least_ms", milliseconds.front()},
                        {"median_ms", milliseconds[kCounted / 2]}}
                << std::endl;
  }
}

void run(Options o) {
  set_up_memory();
  if (o.threads > 0) at::set_num_threads(static_cast<int>(o.threads));
  auto session = open(o);
  auto result = measure(session, o);
  print(result);
  if (!o.json.empty()) write_atomically(o.json, result.dump(1) + "\n");
}

}  // namespace
}  // namespace mma::bench

int main(int argc, char** argv) {
  CLI::App app{"Training speed and where its time goes."};
  mma::bench::Options options;
  app.add_option("recipe", options.recipe, "YAML recipe");
  app.add_option("--data", options.data, "pack; without one, random words");
  app.add_option("--backbone", options.backbone, "BERT in a Hugging Face folder");
  app.add_option("--set", options.overrides, "override of the recipe")->allow_extra_args(false);
  app.add_option("--length", options.length, "tokens of each random text")
      ->check(CLI::Range(2, 512));
  app.add_option("--widths", options.widths, "widths of random modalities m1, m2, ...")
      ->delimiter(',');
  app.add_option("--steps", options.steps, "steps that count")->check(CLI::Range(1, 100000));
  app.add_option("--warm", options.warm, "steps before them")->check(CLI::Range(0, 100000));
  app.add_option("--threads", options.threads, "threads; all cores unless given");
  app.add_flag("--operators", options.operators, "time by operator instead of by part");
  app.add_option("--json", options.json, "writes the result there");
  mma::fs::path before, after;
  auto* compare = app.add_subcommand("compare", "two results side by side");
  compare->add_option("before", before)->required();
  compare->add_option("after", after)->required();
  int processes = 2;
  std::vector<int64_t> sizes{400'000, 2'000'000, 10'000'000, 110'000'000};
  auto* exchange = app.add_subcommand(
      "exchange", "time of the sum of gradients over processes, one JSON line a size");
  exchange->add_option("--processes", processes, "on this machine, unless a launcher started more")
      ->check(CLI::Range(2, 1024));
  exchange->add_option("--numbers", sizes, "sizes")->delimiter(',')->check(CLI::PositiveNumber);
  try {
    app.parse(argc, argv);
    if (!*compare && !*exchange && (options.recipe.empty() || options.backbone.empty()))
      throw CLI::RequiredError("RECIPE and --backbone");
  } catch (const CLI::ParseError& e) {
    return app.exit(e) == 0 ? mma::kDone : mma::kUserInput;
  }
  return mma::guarded([&] {
    if (*compare) return mma::bench::compare(before, after);
    if (*exchange) return mma::bench::exchange(processes, sizes);
    mma::bench::run(options);
  });
}
