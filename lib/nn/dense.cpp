#include "nn/dense.h"

#include <ATen/Config.h>
#include <ATen/core/dispatch/Dispatcher.h>
#include <ATen/core/stack.h>
#include <torch/autograd.h>

#include <mutex>
#include <optional>

#include "nn/autograd.h"
#include "nn/cpu_numbers.h"

namespace mma {
namespace {

// Rows for which weights are laid out: a batch of texts.
constexpr int64_t kRows = 1024;

// LibTorch's operators over oneDNN, by name, since it has no C++ header for them.
std::optional<c10::OperatorHandle> find(const char* name) {
  auto op = c10::Dispatcher::singleton().findSchema({name, ""});
  return op && op->hasKernelForDispatchKey(c10::DispatchKey::CPU) ? op : std::nullopt;
}
const auto& pack_operator() {
  static const auto op = find("mkldnn::_reorder_linear_weight");
  return op;
}
const auto& product_operator() {
  static const auto op = find("mkldnn::_linear_pointwise");
  return op;
}

torch::Tensor call(const c10::OperatorHandle& op, torch::jit::Stack arguments) {
  at::AutoDispatchBelowAutograd no_autograd;
  op.callBoxed(arguments);
  return arguments.at(0).toTensor();
}

torch::Tensor packed_of(const torch::Tensor& weight) {
  return call(*pack_operator(), {weight, c10::IValue(kRows)});
}

torch::Tensor product(const torch::Tensor& x, const torch::Tensor& packed,
                      const c10::IValue& bias) {
  c10::impl::GenericList no_scalars(c10::OptionalType::create(c10::NumberType::get()));
  return call(*product_operator(), {x, packed, bias, "none", no_scalars, c10::IValue()});
}

// Whether it can be done here: for bf16, oneDNN wants AVX-512.
bool can_pack(torch::ScalarType type) {
  if (!at::hasMKLDNN() || !pack_operator() || !product_operator()) return false;
  try {
    auto some = torch::ones({16, 16}, type);
    product(some, packed_of(some), c10::IValue());
    return true;
  } catch (const c10::Error&) {
    return false;
  }
}

}  // namespace

class PackedWeights {
 public:
  PackedWeights(const torch::Tensor& weight, torch::Tensor bias)
      : in_(weight.size(1)),
        out_(weight.size(0)),
        type_(weight.scalar_type()),
        weight_(packed_of(weight)),
        bias_(std::move(bias)) {
    check_operand("product", "bias", bias_, {out_}, type_);
  }
  torch::Tensor forward(const torch::Tensor& x) const {
    check_columns("input", x, in_);
    return product(x, weight_, bias_);
  }
  /// dy W. The layout for it is made when it is first needed: evaluation does without.
  torch::Tensor backward(const torch::Tensor& dy) {
    check_columns("gradient", dy, out_);
    std::call_once(once_, [&] { transposed_ = packed_of(plain().t().contiguous()); });
    return product(dy, transposed_, c10::IValue());
  }
  torch::Tensor plain() const { return weight_.to_dense(); }

 private:
  void check_columns(const char* name, const torch::Tensor& x, int64_t columns) const {
    auto shape = x.sizes().vec();
    if (!shape.empty()) shape.back() = columns;
    check_operand("product", name, x, shape, type_);
  }
  int64_t in_, out_;
  torch::ScalarType type_;
  torch::Tensor weight_, transposed_, bias_;
  std::once_flag once_;
};

namespace {

struct PackedProduct : torch::autograd::Function<PackedProduct> {
  static Variable forward(AutogradContext* context, const Variable& x,
                          const std::shared_ptr<PackedWeights>& weights) {
    keep(context, weights);
    return weights->forward(x.contiguous());
  }
  static variable_list backward(AutogradContext* context, variable_list gradients) {
    auto& weights = *kept<std::shared_ptr<PackedWeights>>(context);
    return {weights.backward(gradients[0].contiguous()), Variable()};
  }
};

}  // namespace

torch::Tensor Dense::operator()(const torch::Tensor& x) const {
  if (packed) return PackedProduct::apply(x, packed);
  auto type = x.scalar_type();
  return torch::linear(x, weight.to(type), bias.to(type));
}

void Dense::pack() {
  if (!has_cpu_kernels(weight) || weight.requires_grad() || !can_pack(weight.scalar_type())) return;
  packed = std::make_shared<PackedWeights>(weight.contiguous(), bias.contiguous());
  weight = torch::Tensor();
}

torch::Tensor Dense::plain_weight() const { return packed ? packed->plain() : weight; }

}  // namespace mma
