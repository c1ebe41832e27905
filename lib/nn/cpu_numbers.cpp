#include "nn/cpu_numbers.h"

#include <algorithm>
#include <cstdlib>
#include <string_view>

namespace mma {
namespace {

std::string describe(torch::ScalarType type, at::IntArrayRef shape, const torch::Device& device) {
  return fmt::format("{} [{}] on {}", torch::toString(type), fmt::join(shape, ", "), device.str());
}

}  // namespace

bool cpu_kernels() {
  static const bool used = [] {
    const char* given = std::getenv("MMA_CPU_KERNELS");
    const std::string_view wanted = given ? given : "1";
    check_input(wanted == "0" || wanted == "1", "MMA_CPU_KERNELS: expected 0 or 1, found '{}'",
                printable(wanted));
    return wanted == "1";
  }();
  return used;
}

void check_operand(const char* kernel, const char* name, const torch::Tensor& x,
                   at::IntArrayRef shape, torch::ScalarType type) {
  check(x.defined(), "{}: {}: no tensor", kernel, name);
  const bool fits = x.device().is_cpu() && x.scalar_type() == type && x.sizes() == shape;
  check(fits, "{}: {}: expected {}, found {}", kernel, name,
        describe(type, shape, torch::Device(torch::kCPU)),
        describe(x.scalar_type(), x.sizes(), x.device()));
  check(x.is_contiguous(), "{}: {}: expected contiguous numbers, found strides [{}] of [{}]",
        kernel, name, fmt::join(x.strides(), ", "), fmt::join(x.sizes(), ", "));
}

void check_rows(const char* kernel, const Rows& rows) {
  check(rows.offsets.size() >= 2 && rows.offsets.front() == 0 &&
            std::is_sorted(rows.offsets.begin(), rows.offsets.end()),
        "{}: rows: expected offsets that begin at 0 and never fall, found [{}]", kernel,
        fmt::join(rows.offsets, ", "));
}

}  // namespace mma
