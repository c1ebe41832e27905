#include "nn/activation.h"

#include <ATen/Parallel.h>
#include <torch/autograd.h>

#include "nn/autograd.h"
#include "nn/cpu_numbers.h"
#include "nn/vector.h"

namespace mma {
namespace {

// GELU (Hendrycks and Gimpel 2016, arXiv:1606.08415) with P and p the standard normal's
// distribution and density: x P(x), with derivative P(x) + x p(x).
struct ExactGelu {
  template <class Vec>
  static MMA_INLINE Vec value(const Vec& x) {
    return x * (0.5f + 0.5f * erf(x * 0.70710678f));
  }
  template <class Vec>
  static MMA_INLINE Vec derivative(const Vec& x) {
    return 0.5f + 0.5f * erf(x * 0.70710678f) + x * 0.39894228f * exp(x * x * -0.5f);
  }
  static torch::Tensor elsewhere(const torch::Tensor& x) { return torch::gelu(x); }
};

// Its tanh form: x s(2 u), u = sqrt(2 / pi) (x + 0.044715 x^3), s the logistic function, since
// (1 + tanh u) / 2 = s(2 u). Derivative: s + x s (1 - s) 2 u'.
struct TanhGelu {
  template <class Vec>
  static MMA_INLINE Vec logistic(const Vec& x) {
    return 1.0f / (1.0f + exp(x * -1.59576912f * (1.0f + 0.044715f * x * x)));
  }
  template <class Vec>
  static MMA_INLINE Vec value(const Vec& x) {
    return x * logistic(x);
  }
  template <class Vec>
  static MMA_INLINE Vec derivative(const Vec& x) {
    auto s = logistic(x);
    return s + x * s * (1.0f - s) * 1.59576912f * (1.0f + 0.134145f * x * x);
  }
  static torch::Tensor elsewhere(const torch::Tensor& x) { return torch::gelu(x, "tanh"); }
};

template <class Function>
struct ActivationValues {
  template <class Set, class Number>
  static MMA_INLINE void run(const Number* x, Number* y, int64_t begin, int64_t end) {
    using Vec = VecOf<Set>;
    MMA_FOR_EACH_VEC(i, n, end - begin) {
      store_some(y + begin + i, Function::value(load_some<Vec>(x + begin + i, n)), n);
    }
  }
};
template <class Function>
struct ActivationGradients {
  template <class Set, class Number>
  static MMA_INLINE void run(const Number* x, const Number* dy, Number* dx, int64_t begin,
                             int64_t end) {
    using Vec = VecOf<Set>;
    MMA_FOR_EACH_VEC(i, n, end - begin) {
      auto slope = Function::derivative(load_some<Vec>(x + begin + i, n));
      store_some(dx + begin + i, load_some<Vec>(dy + begin + i, n) * slope, n);
    }
  }
};

// One pass over memory in each direction.
template <class Function>
struct Activated : torch::autograd::Function<Activated<Function>> {
  static constexpr int64_t kGrain = 16384;
  static Variable forward(AutogradContext* context, const Variable& input) {
    auto x = input.contiguous();
    auto y = torch::empty_like(x);
    check_operand("gelu", "input", x, x.sizes(), x.scalar_type());
    dispatch_number(x.scalar_type(), [&](auto number) {
      using Number = decltype(number);
      at::parallel_for(0, x.numel(), kGrain, [&](int64_t begin, int64_t end) {
        vectorized<ActivationValues<Function>>(data_of<Number>(x), data_of<Number>(y), begin, end);
      });
    });
    context->save_for_backward({x});
    return y;
  }
  static variable_list backward(AutogradContext* context, variable_list gradients) {
    auto x = context->get_saved_variables()[0];
    auto dy = gradients[0].contiguous();
    auto dx = torch::empty_like(x);
    check_operand("gelu", "gradient", dy, x.sizes(), x.scalar_type());
    dispatch_number(x.scalar_type(), [&](auto number) {
      using Number = decltype(number);
      at::parallel_for(0, x.numel(), kGrain, [&](int64_t begin, int64_t end) {
        vectorized<ActivationGradients<Function>>(data_of<Number>(x), data_of<Number>(dy),
                                                  data_of<Number>(dx), begin, end);
      });
    });
    return {dx};
  }
};

template <class Function>
torch::Tensor activated(const torch::Tensor& x) {
  return has_cpu_kernels(x) ? Activated<Function>::apply(x) : Function::elsewhere(x);
}

torch::Tensor relu(const torch::Tensor& x) { return torch::relu(x); }
torch::Tensor silu(const torch::Tensor& x) { return torch::silu(x); }
torch::Tensor tanh(const torch::Tensor& x) { return torch::tanh(x); }

}  // namespace

const Table<Activation>& activations() {
  static const Table<Activation> table = {{"gelu_tanh", activated<TanhGelu>},
                                          {"gelu", activated<ExactGelu>},
                                          {"relu", relu},
                                          {"silu", silu},
                                          {"tanh", tanh}};
  return table;
}

}  // namespace mma
