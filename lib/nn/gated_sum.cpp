#include "nn/gated_sum.h"

#include <ATen/Parallel.h>
#include <torch/autograd.h>

#include "nn/autograd.h"
#include "nn/cpu_numbers.h"

namespace mma {
namespace {

template <class Number>
struct Gated {
  const Number *text, *others, *products, *terms;
  int64_t size, inputs, gates;  // p, k, g
};

template <class Vec>
MMA_INLINE Vec sigmoid(const Vec& x) {
  return 1.0f / (1.0f + exp(-x));
}

template <class Vec>
MMA_INLINE void add_some(float* to, const Vec& v, int64_t n) {
  store_some(to, load_some<Vec>(to, n) + v, n);
}

// Tokens begin .. end - 1 of sample b; `means` [k], or null.
struct GatedForward {
  template <class Set, class Number>
  static MMA_INLINE void run(const Gated<Number>& g, Number* out, float* means, int64_t b,
                             int64_t begin, int64_t end) {
    using Vec = VecOf<Set>;
    const int64_t p = g.size;
    auto* others = g.others + b * (g.inputs - 1) * p;
    auto* terms = g.terms + b * g.gates * p;
    for (int64_t r = begin; r < end; ++r) {
      auto* products = g.products + r * g.gates * p;
      MMA_FOR_EACH_VEC(u, n, p) {
        auto text = load_some<Vec>(g.text + r * p + u, n);
        Vec y{};
        for (int64_t i = 0; i < g.gates; ++i) {
          auto z = sigmoid(load_some<Vec>(products + i * p + u, n) +
                           load_some<Vec>(terms + i * p + u, n));
          if (g.gates == 1) {
            auto other = load_some<Vec>(others + u, n);
            y = other + z * (text - other);
          } else {
            y += z * (i == 0 ? text : load_some<Vec>(others + (i - 1) * p + u, n));
          }
          if (means)
            for (int64_t j = 0; j < n; ++j) means[i] += z[j];
        }
        store_some(out + r * p + u, y, n);
      }
    }
  }
};

// `sums` [(g + k - 1) p] collects the gradients of the sample's terms and other inputs.
struct GatedBackward {
  template <class Set, class Number>
  static MMA_INLINE void run(const Gated<Number>& g, const Number* d_out, Number* d_text,
                             Number* d_products, float* sums, int64_t b, int64_t begin,
                             int64_t end) {
    using Vec = VecOf<Set>;
    const int64_t p = g.size;
    auto* others = g.others + b * (g.inputs - 1) * p;
    auto* terms = g.terms + b * g.gates * p;
    auto* d_others = sums + g.gates * p;
    for (int64_t r = begin; r < end; ++r) {
      const int64_t row = r * g.gates * p;
      MMA_FOR_EACH_VEC(u, n, p) {
        auto text = load_some<Vec>(g.text + r * p + u, n);
        auto dy = load_some<Vec>(d_out + r * p + u, n);
        for (int64_t i = 0; i < g.gates; ++i) {
          const int64_t at = i * p + u;
          auto z =
              sigmoid(load_some<Vec>(g.products + row + at, n) + load_some<Vec>(terms + at, n));
          Vec weighed = text;
          if (g.gates == 1) {
            weighed = text - load_some<Vec>(others + u, n);
            add_some(d_others + u, (1.0f - z) * dy, n);
          } else if (i > 0) {
            weighed = load_some<Vec>(others + (i - 1) * p + u, n);
            add_some(d_others + (i - 1) * p + u, z * dy, n);
          }
          if (i == 0) store_some(d_text + r * p + u, z * dy, n);
          auto d = dy * weighed * z * (1.0f - z);
          store_some(d_products + row + at, d, n);
          add_some(sums + at, d, n);
        }
      }
    }
  }
};

template <class Number>
Gated<Number> view_of(const Variable& text, const Variable& others, const Variable& products,
                      const Variable& terms) {
  const int64_t p = text.size(1);
  return {data_of<Number>(text),
          data_of<Number>(others),
          data_of<Number>(products),
          data_of<Number>(terms),
          p,
          others.size(1) / p + 1,
          products.size(1) / p};
}

void check_inputs(const Rows& rows, const Variable& text, const Variable& others,
                  const Variable& products, const Variable& terms) {
  constexpr const char* kName = "gated_sum";
  check_rows(kName, rows);
  auto widths = [&](const Variable& x) { return x.dim() == 2 ? x.size(1) : 0; };
  const int64_t p = widths(text), n = rows.total(), b = rows.samples();
  check(p > 0 && widths(others) > 0 && widths(others) % p == 0,
        "{}: others: expected whole times the width of text, found [{}] for text [{}]", kName,
        fmt::join(others.sizes(), ", "), fmt::join(text.sizes(), ", "));
  const int64_t k = widths(others) / p + 1, g = k == 2 ? 1 : k;
  const auto type = text.scalar_type();
  check_operand(kName, "text", text, {n, p}, type);
  check_operand(kName, "others", others, {b, (k - 1) * p}, type);
  check_operand(kName, "products", products, {n, g * p}, type);
  check_operand(kName, "terms", terms, {b, g * p}, type);
}

struct GatedSum : torch::autograd::Function<GatedSum> {
  static Variable forward(AutogradContext* context, const Variable& text_in,
                          const Variable& others_in, const Variable& products_in,
                          const Variable& terms_in, const Rows& rows, torch::Tensor* means_out) {
    auto text = text_in.contiguous(), others = others_in.contiguous(),
         products = products_in.contiguous(), terms = terms_in.contiguous();
    check_inputs(rows, text, others, products, terms);
    auto& offsets = rows.offsets;
    auto out = torch::empty_like(text);
    const auto samples = static_cast<int64_t>(offsets.size()) - 1;
    dispatch_number(text.scalar_type(), [&](auto number) {
      using Number = decltype(number);
      auto g = view_of<Number>(text, others, products, terms);
      if (means_out) *means_out = torch::zeros({samples, g.inputs}, torch::kFloat32);
      at::parallel_for(0, samples, 1, [&](int64_t first, int64_t last) {
        for (int64_t b = first; b < last; ++b) {
          auto begin = offsets[static_cast<size_t>(b)], end = offsets[static_cast<size_t>(b) + 1];
          auto* means = means_out ? data_of<float>(*means_out) + b * g.inputs : nullptr;
          vectorized<GatedForward>(g, data_of<Number>(out), means, b, begin, end);
          if (!means) continue;
          for (int64_t i = 0; i < g.gates; ++i)
            means[i] /= static_cast<float>((end - begin) * g.size);
          if (g.gates == 1) means[1] = 1 - means[0];
        }
      });
    });
    context->save_for_backward({text, others, products, terms});
    keep(context, offsets);
    return out;
  }

  static variable_list backward(AutogradContext* context, variable_list gradients) {
    auto saved = context->get_saved_variables();
    auto &text = saved[0], &others = saved[1], &products = saved[2], &terms = saved[3];
    auto& offsets = kept<std::vector<int64_t>>(context);
    auto d_out = gradients[0].contiguous();
    check_operand("gated_sum", "gradient", d_out, text.sizes(), text.scalar_type());
    auto d_text = torch::empty_like(text), d_others = torch::empty_like(others),
         d_products = torch::empty_like(products), d_terms = torch::empty_like(terms);
    const auto samples = static_cast<int64_t>(offsets.size()) - 1;
    dispatch_number(text.scalar_type(), [&](auto number) {
      using Number = decltype(number);
      auto g = view_of<Number>(text, others, products, terms);
      const int64_t own = g.gates * g.size, other = (g.inputs - 1) * g.size;
      auto sums = torch::zeros({samples, own + other}, torch::kFloat32);
      at::parallel_for(0, samples, 1, [&](int64_t first, int64_t last) {
        for (int64_t b = first; b < last; ++b)
          vectorized<GatedBackward>(
              g, data_of<Number>(d_out), data_of<Number>(d_text), data_of<Number>(d_products),
              data_of<float>(sums) + b * (own + other), b, offsets[static_cast<size_t>(b)],
              offsets[static_cast<size_t>(b) + 1]);
      });
      d_terms.copy_(sums.narrow(1, 0, own));
      d_others.copy_(sums.narrow(1, own, other));
    });
    return {d_text, d_others, d_products, d_terms, Variable(), Variable()};
  }
};

}  // namespace

torch::Tensor gated_sum_reference(const GatedInputs& in, const Rows& rows, torch::Tensor* means) {
  const int64_t p = in.text.size(1), g = in.products.size(1) / p;
  auto z = torch::sigmoid(in.products + rows.expand(in.terms)).view({-1, g, p});
  auto others = rows.expand(in.others).view({in.text.size(0), -1, p});
  if (means) {
    auto gates = z.mean(2);
    if (g == 1) gates = torch::cat({gates, 1 - gates}, 1);
    *means = rows.mean(gates.to(torch::kFloat32));
  }
  if (g == 1) return others.select(1, 0) + z.select(1, 0) * (in.text - others.select(1, 0));
  return (z * torch::cat({in.text.unsqueeze(1), others}, 1)).sum(1);
}

torch::Tensor gated_sum(const GatedInputs& in, const Rows& rows, torch::Tensor* means) {
  if (!has_cpu_kernels(in.text)) return gated_sum_reference(in, rows, means);
  return GatedSum::apply(in.text, in.others, in.products, in.terms, rows, means);
}

}  // namespace mma
