#pragma once
#include <torch/torch.h>

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers.hpp>
#include <cmath>
#include <functional>
#include <vector>

#include "nn/cpu_numbers.h"

namespace mma::test {

using Tensors = std::vector<torch::Tensor>;
using Computation = std::function<torch::Tensor(const Tensors&)>;

/// How a kernel's numbers are compared with its reference's.
struct Comparison {
  std::vector<bool> always_fp32 = {};  ///< of the inputs: those that are not cast
  /// What bf16's rounding of intermediate results may add, as a share of the largest number: none
  /// where all in between is fp32.
  double between = 0;
};

/// The largest |found - expected| as a multiple of what rounding allows: above 1 is wrong. Of a
/// bf16 result of fp32 arithmetic, two units in the last place of the expected number, 1e-5 of the
/// largest for what cancels, and what fp32 errs by where the largest is small, too (a GELU of -5);
/// of fp32, 4e-6 of one and the largest together.
inline double excess(const torch::Tensor& found, const torch::Tensor& expected,
                     torch::ScalarType type, double between) {
  auto error = (found.detach().to(torch::kFloat64) - expected.detach()).abs();
  auto size = expected.detach().abs();
  const double largest = size.max().item<double>();
  auto allowed = type == torch::kFloat32
                     ? torch::full_like(size, 4e-6 * (1 + largest))
                     : 2 * std::ldexp(1.0, -7) * size + (1e-5 + between) * largest + 4e-6;
  return (error / allowed).max().item<double>();
}

/// The excess of the values and of each input's gradient of two computations of the same leaves;
/// the reference computes in fp64.
inline std::vector<double> excesses(const Computation& ours, const Computation& reference,
                                    const Tensors& inputs, torch::ScalarType type,
                                    const Comparison& how = {}) {
  Tensors a, b;
  for (size_t i = 0; i < inputs.size(); ++i) {
    bool fp32 = i < how.always_fp32.size() && how.always_fp32[i];
    a.push_back(inputs[i].detach().to(fp32 ? torch::kFloat32 : type).requires_grad_());
    b.push_back(a.back().detach().to(torch::kFloat64).requires_grad_());
  }
  auto x = ours(a), y = reference(b);
  REQUIRE(x.scalar_type() == type);
  std::vector<double> all{excess(x, y, type, how.between)};
  auto weigh = torch::randn(y.sizes()).to(type);  // what flows back is exact in both
  auto ga = torch::autograd::grad({x}, a, {weigh});
  auto gb = torch::autograd::grad({y}, b, {weigh.to(torch::kFloat64)});
  for (size_t i = 0; i < a.size(); ++i) all.push_back(excess(ga[i], gb[i], type, how.between));
  return all;
}

/// Checks them in fp32 and bf16.
inline void check_same(const Computation& ours, const Computation& reference, const Tensors& inputs,
                       const Comparison& how = {}) {
  for (auto type : {torch::kFloat32, torch::kBFloat16}) {
    CAPTURE(torch::toString(type));
    auto all = excesses(ours, reference, inputs, type, how);
    for (size_t i = 0; i < all.size(); ++i) {
      CAPTURE(i);  // 0: the values; i: the gradient of input i - 1
      CHECK(all[i] <= 1);
    }
  }
}

/// What a test of the kernels' own checks does where LibTorch's operations stand in for them.
inline void only_with_kernels() {
  if (!cpu_kernels()) SKIP("MMA_CPU_KERNELS=0: no kernel to check");
}

}  // namespace mma::test
