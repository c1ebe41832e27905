#include "nn/cpu_numbers.h"

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers.hpp>

using namespace mma;

TEST_CASE("cpu_numbers: an operand of another shape, type, device or layout is told", "[nn]") {
  auto x = torch::zeros({2, 3});
  auto check = [](const torch::Tensor& x) {
    check_operand("kernel", "x", x, {2, 3}, torch::kFloat32);
  };
  CHECK_NOTHROW(check(x));
  CHECK_THROWS_WITH(check(torch::Tensor()), "kernel: x: no tensor");
  CHECK_THROWS_WITH(check(torch::zeros({6})),
                    "kernel: x: expected Float [2, 3] on cpu, found Float [6] on cpu");
  CHECK_THROWS_WITH(check(x.to(torch::kBFloat16)),
                    "kernel: x: expected Float [2, 3] on cpu, found BFloat16 [2, 3] on cpu");
  CHECK_THROWS_WITH(check(torch::zeros({2, 3}, torch::kMeta)),
                    "kernel: x: expected Float [2, 3] on cpu, found Float [2, 3] on meta");
  CHECK_THROWS_WITH(check(torch::zeros({3, 2}).t()),
                    "kernel: x: expected contiguous numbers, found strides [1, 2] of [2, 3]");
}

TEST_CASE("cpu_numbers: kernels are for fp32 and bf16 on the CPU", "[nn]") {
  CHECK(has_cpu_kernels(torch::zeros({1})) == cpu_kernels());
  CHECK(has_cpu_kernels(torch::zeros({1}, torch::kBFloat16)) == cpu_kernels());
  CHECK_FALSE(has_cpu_kernels(torch::zeros({1}, torch::kFloat64)));
  CHECK_FALSE(has_cpu_kernels(torch::zeros({1}, torch::kMeta)));
}
