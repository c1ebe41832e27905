#include "nn/matrix_peak.h"

#include <torch/cuda.h>
#include <torch/utils.h>

#include <algorithm>

#include "base/clock.h"
#include "base/log.h"
#include "nn/dense.h"

namespace mma {
namespace {

// The best FLOP/s of products [m, k] x [k, n], 3 at least; the first ones wake the threads.
double product_rate(const Compute& compute, int64_t m, int64_t k, int64_t n, double seconds) {
  torch::NoGradGuard no_grad;
  auto tensor_options = torch::dtype(compute.type).device(compute.device);
  auto a = torch::ones({m, k}, tensor_options);
  Dense product{torch::ones({n, k}, tensor_options), torch::zeros({n}, tensor_options), nullptr};
  product.pack();
  double best = 0;
  auto begin = Clock::now();
  for (int i = 0; i < 3 || seconds_since(begin) < seconds; ++i) {
    auto start = Clock::now();
    auto c = product(a);
    if (compute.device.is_cuda()) torch::cuda::synchronize(compute.device.index());
    best = std::max(best, 2.0 * static_cast<double>(m * k * n) / seconds_since(start));
  }
  return best;
}

}  // namespace

double measure_matrix_peak(const Compute& compute, double seconds) {
  // A GPU needs milliseconds of work to show what it can.
  if (compute.device.is_cuda()) return product_rate(compute, 8192, 4096, 4096, seconds);
  double rate = product_rate(compute, 256, 768, 768, 0);
  if (rate < 6e9) {
    log_warning(
        "train",
        "matrix products run at {:.1f} GFLOP/s, expected at least 20: libblas.so.3 is probably the "
        "reference BLAS; install libopenblas0-openmp",
        rate / 1e9);
    return rate;
  }
  return product_rate(compute, 1024, 768, 3072, seconds);
}

}  // namespace mma
