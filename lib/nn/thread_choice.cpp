#include "nn/thread_choice.h"

#include <ATen/Parallel.h>

#include <algorithm>
#include <cstdlib>
#include <string_view>

#include "base/clock.h"
#include "base/cores.h"
#include "base/error.h"
#include "nn/activation.h"
#include "nn/dense.h"

namespace mma {
namespace {

constexpr double kSeconds = 0.6;
constexpr int kLeastRounds = 3;
constexpr double kGain = 0.95;  // more threads must save at least 5 %

// A feed-forward block of the model, as its layers compute it.
class Block {
 public:
  Block(const ThreadProbe& probe, const Compute& compute)
      : x_(torch::ones({probe.rows, probe.hidden}, torch::dtype(compute.type))),
        up_(dense(probe.hidden, probe.intermediate, compute)),
        down_(dense(probe.intermediate, probe.hidden, compute)),
        gelu_(pick(activations(), "activation", "gelu")) {}

  double seconds() const {
    torch::NoGradGuard no_grad;
    auto start = Clock::now();
    auto y = torch::layer_norm(x_ + down_(gelu_(up_(x_))), {x_.size(1)});
    return seconds_since(start);
  }

 private:
  static Dense dense(int64_t in, int64_t out, const Compute& compute) {
    auto options = torch::dtype(compute.type);
    Dense product{torch::full({out, in}, 1e-3, options), torch::zeros({out}, options), nullptr};
    product.pack();
    return product;
  }
  torch::Tensor x_;
  Dense up_, down_;
  Activation gelu_;
};

bool set_in_environment() {
  auto* value = std::getenv("OMP_NUM_THREADS");
  return value && *value != 0;
}

}  // namespace

std::vector<int> thread_candidates(int cores) {
  std::vector<int> all;
  for (int n = 1; n < cores; n *= 2) all.push_back(n);
  all.push_back(std::max(1, cores));
  return all;
}

int fastest_threads(const ThreadProbe& probe, const Compute& compute, int cores) {
  auto candidates = thread_candidates(cores);
  if (candidates.size() == 1 || !compute.device.is_cpu()) return cores;
  const int before = at::get_num_threads();
  constexpr int64_t kMostRows = 512, kLeastWidth = 256;  // late fusion's own
  Block block({std::clamp<int64_t>(probe.rows, 1, kMostRows), std::max(probe.hidden, kLeastWidth),
               std::max(probe.intermediate, kLeastWidth)},
              compute);
  // The sum of all runs, not their median: where others use the cores, most barriers are quick and
  // some wait for a slice of the scheduler, thousands of times as long.
  std::vector<double> seconds(candidates.size());
  auto start = Clock::now();
  for (int round = 0; round < kLeastRounds || seconds_since(start) < kSeconds; ++round)
    for (size_t i = 0; i < candidates.size(); ++i) {
      at::set_num_threads(candidates[i]);
      if (round == 0) block.seconds();  // wakes the threads
      seconds[i] += block.seconds();
    }
  at::set_num_threads(before);
  size_t best = 0;
  for (size_t i = 1; i < candidates.size(); ++i)
    if (seconds[i] < kGain * seconds[best]) best = i;
  return candidates[best];
}

ThreadChoice set_up_threads(const ThreadWish& wish, const ThreadProbe& probe,
                            const Compute& compute) {
  const int cores = std::max(1, allowed_cores() / wish.sharing);
  check_input(wish.asked <= cores, "--threads: {} asked for, but {} cores are allowed here{}",
              wish.asked, cores,
              wish.sharing > 1 ? fmt::format(" to each of {} processes", wish.sharing) : "");
  ThreadChoice choice;
  const char* why = nullptr;
  if (wish.asked > 0) {
    choice.threads = wish.asked;
    why = "as asked for";
  } else if (set_in_environment()) {
    choice.threads = at::get_num_threads();
    why = "as OMP_NUM_THREADS says";
  } else if (wish.recorded > 0 && wish.recorded <= cores) {
    choice.threads = wish.recorded;
    why = "as the run was begun";
  } else {
    choice.threads = fastest_threads(probe, compute, cores);
    why = "the fastest here for this model";
  }
  at::set_num_threads(choice.threads);
  choice.why = fmt::format("computing with {} of {} threads: {}", choice.threads, cores, why);
  if (wish.recorded > 0 && wish.recorded != choice.threads)
    choice.warning = fmt::format(
        "this run was begun with {} threads: what follows differs in the last digits from a run "
        "that was never interrupted",
        wish.recorded);
  return choice;
}

}  // namespace mma
