#include "train/schedule.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace mma {
namespace {

double linear(double q) { return 1 - q; }
double cosine(double q) { return (1 + std::cos(std::numbers::pi * q)) / 2; }
double constant(double) { return 1; }

const Table<double (*)(double)> kShapes = {{"linear", linear},
                                           {"cosine", cosine},
                                           {"constant", constant},
                                           {"reduce_on_plateau", constant}};

}  // namespace

Schedule::Schedule(const OptimSection& optim, int64_t total_steps)
    : optim_(optim),
      total_(total_steps),
      warmup_(std::llround(optim.warmup * static_cast<double>(total_steps))),
      shape_(pick(kShapes, "schedule", optim.schedule)) {}

double Schedule::lr(int64_t step) const {
  double factor;
  if (step < warmup_) {
    factor = static_cast<double>(step + 1) / static_cast<double>(warmup_);
  } else {
    double progress = static_cast<double>(step - warmup_) /
                      static_cast<double>(std::max<int64_t>(total_ - warmup_, 1));
    factor = shape_(std::min(progress, 1.0));
  }
  return optim_.lr * factor * scale;
}

void Schedule::evaluated(bool better) {
  if (optim_.schedule != "reduce_on_plateau") return;
  without_gain = better ? 0 : without_gain + 1;
  if (without_gain <= optim_.plateau_patience) return;
  scale *= optim_.plateau_factor;
  without_gain = 0;
}

}  // namespace mma
