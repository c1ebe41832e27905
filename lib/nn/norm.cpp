#include "nn/norm.h"

#include <ATen/Parallel.h>
#include <torch/autograd.h>

#include <cmath>

#include "nn/autograd.h"
#include "nn/cpu_numbers.h"

namespace mma {
namespace {

constexpr int64_t kBlock = 64;  // rows whose weight gradients are summed together

template <class Number>
struct NormRows {
  const Number* addends[3];  // those that are not there are null
  Number* sums;              // s, or null where there is but one addend
  Number* out;
  float* statistics;  // [N, 2] mean and r
  const float *weight, *bias;
  int64_t width;
  float eps;
};

struct NormForward {
  template <class Set, class Number>
  static MMA_INLINE void run(const NormRows<Number>& x, int64_t begin, int64_t end, float* buffer) {
    using Vec = VecOf<Set>;
    const auto width = static_cast<float>(x.width);
    for (int64_t r = begin; r < end; ++r) {
      const int64_t at = r * x.width;
      Vec total[2] = {};
      for_each_vec<Vec>(x.width, [&](int64_t i, int64_t n, int part) MMA_INLINE_BODY {
        auto s = load_some<Vec>(x.addends[0] + at + i, n);
        if (x.addends[1]) s += load_some<Vec>(x.addends[1] + at + i, n);
        if (x.addends[2]) s += load_some<Vec>(x.addends[2] + at + i, n);
        store(buffer + i, s);
        if (x.sums) store_some(x.sums + at + i, s, n);
        total[part] += s;
      });
      const float mean = sum(total[0] + total[1]) / width;
      Vec squares[2] = {};
      for_each_vec<Vec>(x.width, [&](int64_t i, int64_t n, int part) MMA_INLINE_BODY {
        auto centred = first_lanes(load_some<Vec>(buffer + i, n) - mean, n, 0);
        squares[part] += centred * centred;
      });
      const float scale = 1 / std::sqrt(sum(squares[0] + squares[1]) / width + x.eps);
      x.statistics[2 * r] = mean;
      x.statistics[2 * r + 1] = scale;
      MMA_FOR_EACH_VEC(i, n, x.width) {
        auto y = (load_some<Vec>(buffer + i, n) - mean) * scale * load_some<Vec>(x.weight + i, n) +
                 load_some<Vec>(x.bias + i, n);
        store_some(x.out + at + i, y, n);
      }
    }
  }
};

template <class Number>
struct NormGradient {
  const Number *d_out, *sums;
  const float *statistics, *weight;
  Number* d_in;
  float* d_weights;  // [blocks, 2, H], or null where the weights are frozen
  int64_t width;
};

struct NormBackward {
  template <class Set, class Number>
  static MMA_INLINE void run(const NormGradient<Number>& x, int64_t begin, int64_t end) {
    using Vec = VecOf<Set>;
    const auto width = static_cast<float>(x.width);
    for (int64_t r = begin; r < end; ++r) {
      const int64_t at = r * x.width;
      const float mean = x.statistics[2 * r], scale = x.statistics[2 * r + 1];
      auto* d_weights = x.d_weights ? x.d_weights + r / kBlock * 2 * x.width : nullptr;
      Vec g_total[2] = {}, gn_total[2] = {};
      // Past the end dy is 0, and so is all that is summed.
      for_each_vec<Vec>(x.width, [&](int64_t i, int64_t n, int part) MMA_INLINE_BODY {
        auto dy = load_some<Vec>(x.d_out + at + i, n);
        auto normed = (load_some<Vec>(x.sums + at + i, n) - mean) * scale;
        auto g = dy * load_some<Vec>(x.weight + i, n);
        g_total[part] += g;
        gn_total[part] += g * normed;
        if (d_weights) {
          auto *w = d_weights + i, *b = w + x.width;
          store_some(w, load_some<Vec>(w, n) + dy * normed, n);
          store_some(b, load_some<Vec>(b, n) + dy, n);
        }
      });
      const float g_mean = sum(g_total[0] + g_total[1]) / width,
                  gn_mean = sum(gn_total[0] + gn_total[1]) / width;
      MMA_FOR_EACH_VEC(i, n, x.width) {
        auto normed = (load_some<Vec>(x.sums + at + i, n) - mean) * scale;
        auto g = load_some<Vec>(x.d_out + at + i, n) * load_some<Vec>(x.weight + i, n);
        store_some(x.d_in + at + i, (g - g_mean - normed * gn_mean) * scale, n);
      }
    }
  }
};

// What forward leaves for backward beside tensors.
struct Kept {
  int64_t addends = 0;
  bool trained = false;  // the weights
  torch::Tensor statistics;
};

// Returns the width of a row.
int64_t check_inputs(const torch::Tensor& weight, const torch::Tensor& bias,
                     const Variable (&addends)[3]) {
  auto& first = addends[0];
  check(first.dim() > 0 && first.size(-1) > 0, "layer_norm: expected rows, found [{}]",
        fmt::join(first.sizes(), ", "));
  for (auto& addend : addends)
    if (addend.defined())
      check_operand("layer_norm", "addend", addend, first.sizes(), first.scalar_type());
  check_operand("layer_norm", "weight", weight, {first.size(-1)}, torch::kFloat32);
  check_operand("layer_norm", "bias", bias, {first.size(-1)}, torch::kFloat32);
  return first.size(-1);
}

struct SumNorm : torch::autograd::Function<SumNorm> {
  static Variable forward(AutogradContext* context, const Variable& weight_in,
                          const Variable& bias_in, double eps, const Variable& a,
                          const std::optional<Variable>& b_given,
                          const std::optional<Variable>& c_given) {
    const Variable b = b_given.value_or(Variable()), c = c_given.value_or(Variable());
    const Variable addends[] = {a.contiguous(), b.defined() ? b.contiguous() : b,
                                c.defined() ? c.contiguous() : c};
    auto weight = weight_in.contiguous(), bias = bias_in.contiguous();
    const int64_t width = check_inputs(weight, bias, addends), rows = a.numel() / width;
    auto out = torch::empty_like(addends[0]);
    auto sums = b.defined() ? torch::empty_like(out) : addends[0];
    auto statistics = torch::empty({rows, 2}, torch::kFloat32);
    dispatch_number(a.scalar_type(), [&](auto number) {
      using Number = decltype(number);
      NormRows<Number> x{{nullptr, nullptr, nullptr},
                         b.defined() ? data_of<Number>(sums) : nullptr,
                         data_of<Number>(out),
                         data_of<float>(statistics),
                         data_of<float>(weight),
                         data_of<float>(bias),
                         width,
                         static_cast<float>(eps)};
      for (int i = 0; i < 3; ++i)
        if (addends[i].defined()) x.addends[i] = data_of<Number>(addends[i]);
      at::parallel_for(0, rows, kBlock, [&](int64_t begin, int64_t end) {
        std::vector<float> row(static_cast<size_t>(width + kWidest));
        vectorized<NormForward>(x, begin, end, row.data());
      });
    });
    context->save_for_backward({sums, weight});
    keep(context, Kept{1 + b.defined() + c.defined(),
                       weight_in.requires_grad() || bias_in.requires_grad(), statistics});
    return out;
  }

  static variable_list backward(AutogradContext* context, variable_list gradients) {
    auto saved = context->get_saved_variables();
    auto &sums = saved[0], &weight = saved[1];
    auto& left = kept<Kept>(context);
    auto d_out = gradients[0].contiguous();
    auto d_in = torch::empty_like(sums);
    check_operand("layer_norm", "gradient", d_out, sums.sizes(), sums.scalar_type());
    const int64_t width = sums.size(-1), rows = sums.numel() / width;
    const int64_t blocks = (rows + kBlock - 1) / kBlock;
    torch::Tensor d_weights;
    if (left.trained) d_weights = torch::zeros({blocks, 2, width}, torch::kFloat32);
    dispatch_number(sums.scalar_type(), [&](auto number) {
      using Number = decltype(number);
      NormGradient<Number> x{data_of<Number>(d_out),
                             data_of<Number>(sums),
                             data_of<float>(left.statistics),
                             data_of<float>(weight),
                             data_of<Number>(d_in),
                             left.trained ? data_of<float>(d_weights) : nullptr,
                             width};
      at::parallel_for(0, blocks, 1, [&](int64_t begin, int64_t end) {
        vectorized<NormBackward>(x, begin * kBlock, std::min(end * kBlock, rows));
      });
    });
    Variable d_weight, d_bias, none;
    if (left.trained) {
      auto total = d_weights.sum(0);
      d_weight = total[0];
      d_bias = total[1];
    }
    return {d_weight,
            d_bias,
            none,
            d_in,
            left.addends > 1 ? d_in : none,
            left.addends > 2 ? d_in : none};
  }
};

}  // namespace

torch::Tensor layer_norm_reference(const torch::Tensor& weight, const torch::Tensor& bias,
                                   double eps, at::TensorList addends) {
  auto sum = addends[0];
  for (size_t i = 1; i < addends.size(); ++i) sum = sum + addends[i];
  auto type = sum.scalar_type();
  return torch::layer_norm(sum, {weight.size(0)}, weight.to(type), bias.to(type), eps);
}

torch::Tensor layer_norm(const torch::Tensor& weight, const torch::Tensor& bias, double eps,
                         at::TensorList addends) {
  check(!addends.empty() && addends.size() <= 3, "layer_norm: {} addends", addends.size());
  // Of one fp32 tensor there is no sum to fuse and nothing to cast, and LibTorch's own is as fast.
  const bool plain = addends.size() == 1 && addends[0].scalar_type() == torch::kFloat32;
  if (plain || !has_cpu_kernels(addends[0]) || weight.scalar_type() != torch::kFloat32)
    return layer_norm_reference(weight, bias, eps, addends);
  auto addend = [&](size_t i) {
    return i < addends.size() ? std::optional(addends[i]) : std::nullopt;
  };
  return SumNorm::apply(weight, bias, eps, addends[0], addend(1), addend(2));
}

}  // namespace mma
