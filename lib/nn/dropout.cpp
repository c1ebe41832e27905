#include "nn/dropout.h"

#include <ATen/Context.h>
#include <ATen/Parallel.h>
#include <torch/autograd.h>

#include <cmath>
#include <cstring>

#include "base/random.h"
#include "nn/autograd.h"
#include "nn/cpu_numbers.h"
#include "nn/vector.h"

namespace mma {
namespace {

constexpr int64_t kChunk = 128, kBlocks = 16;

// 128 numbers of 16 bits: 16 Philox4x32-10 blocks (Salmon et al. 2011) side by side.
MMA_INLINE void philox_chunk(uint64_t key, uint32_t site, uint64_t chunk, uint16_t out[kChunk]) {
  uint32_t c0[kBlocks], c1[kBlocks], c2[kBlocks], c3[kBlocks];
  for (uint32_t l = 0; l < kBlocks; ++l) {
    uint64_t block = chunk * kBlocks + l;
    c0[l] = static_cast<uint32_t>(block);
    c1[l] = static_cast<uint32_t>(block >> 32);
    c2[l] = site;
    c3[l] = 0;
  }
  auto k0 = static_cast<uint32_t>(key), k1 = static_cast<uint32_t>(key >> 32);
  for (int round = 0; round < 10; ++round) {
    for (int l = 0; l < kBlocks; ++l) {
      uint64_t a = uint64_t{0xD2511F53} * c0[l], b = uint64_t{0xCD9E8D57} * c2[l];
      c0[l] = static_cast<uint32_t>(b >> 32) ^ c1[l] ^ k0;
      c1[l] = static_cast<uint32_t>(b);
      c2[l] = static_cast<uint32_t>(a >> 32) ^ c3[l] ^ k1;
      c3[l] = static_cast<uint32_t>(a);
    }
    k0 += 0x9E3779B9;
    k1 += 0xBB67AE85;
  }
  for (auto* words : {c0, c1, c2, c3}) {
    std::memcpy(out, words, sizeof(c0));
    out += 2 * kBlocks;
  }
}

// One site's mask: what its numbers are made of.
struct MaskKey {
  uint64_t key;
  uint32_t site;
  uint32_t threshold;  // of 65536: smaller numbers are dropped
  float scale() const { return 65536.0f / static_cast<float>(65536 - threshold); }
};

// The factors, 0 or scale, of the numbers from place i of a chunk on.
template <class Vec>
MMA_INLINE Vec factors_at(const uint16_t* bits, int64_t i, const MaskKey& mask) {
  HalvesOf<Vec> numbers;
  std::memcpy(&numbers, bits + i, sizeof(numbers));
  auto kept = __builtin_convertvector(numbers, BitsOf<Vec>) >= mask.threshold;
  return select(reinterpret_cast<BitsOf<Vec>>(kept), broadcast<Vec>(mask.scale()), Vec{});
}

// out = x * mask * scale for chunks first + begin .. first + end - 1 of n numbers.
struct MaskRange {
  template <class Set, class Number>
  static MMA_INLINE void run(const Number* x, Number* out, int64_t n, const MaskKey& mask,
                             int64_t first, int64_t begin, int64_t end) {
    using Vec = VecOf<Set>;
    uint16_t bits[kChunk];
    for (int64_t chunk = begin; chunk < end; ++chunk) {
      philox_chunk(mask.key, mask.site, static_cast<uint64_t>(first + chunk), bits);
      const int64_t start = chunk * kChunk, count = std::min(kChunk, n - start);
      MMA_FOR_EACH_VEC(i, k, count) {
        auto y = load_some<Vec>(x + start + i, k) * factors_at<Vec>(bits, i, mask);
        store_some(out + start + i, y, k);
      }
    }
  }
};

struct WriteFactors {
  template <class Set>
  static MMA_INLINE void run(const MaskKey& mask, int64_t first, int64_t n, float* out) {
    using Vec = VecOf<Set>;
    uint16_t bits[kChunk];
    for (int64_t start = 0; start < n; start += kChunk) {
      philox_chunk(mask.key, mask.site, static_cast<uint64_t>(first + start / kChunk), bits);
      MMA_FOR_EACH_VEC(i, k, std::min(kChunk, n - start)) {
        store_some(out + start + i, factors_at<Vec>(bits, i, mask), k);
      }
    }
  }
};

struct WriteNumbers {
  template <class Set>
  static MMA_INLINE void run(uint64_t key, uint32_t site, uint64_t chunk, uint16_t* out) {
    philox_chunk(key, site, chunk, out);
  }
};

struct MaskFunction : torch::autograd::Function<MaskFunction> {
  static Variable forward(AutogradContext* context, const Variable& x, const DropoutMask& mask) {
    keep(context, mask);
    return mask.apply(x);
  }
  static variable_list backward(AutogradContext* context, variable_list gradients) {
    return {kept<DropoutMask>(context).apply(gradients[0]), Variable()};
  }
};

// Elsewhere: PyTorch's own fused kernel, its generator seeded for this site.
torch::Tensor device_dropout(const torch::Tensor& x, double p, uint64_t key, uint32_t site) {
  auto generator = at::globalContext().defaultGenerator(x.device());
  {
    std::lock_guard lock(generator.mutex());
    generator.set_current_seed(derive_key(key, "site", site));
  }
  return torch::dropout(x, p, true);
}

}  // namespace

void dropout_chunk(uint64_t key, uint32_t site, uint64_t chunk, uint16_t out[128]) {
  vectorized<WriteNumbers>(key, site, chunk, out);
}

DropoutMask::DropoutMask(double p, DropoutState& state) {
  if (!state.training || p <= 0) return;
  key_ = state.key;
  site_ = state.site++;
  threshold_ = static_cast<uint16_t>(std::lround(p * 65536));
}

torch::Tensor DropoutMask::apply(const torch::Tensor& x, int64_t first_chunk) const {
  if (!active()) return x;
  auto input = x.contiguous();
  auto out = torch::empty_like(input);
  check_operand("dropout", "input", input, input.sizes(), input.scalar_type());
  const MaskKey mask{key_, site_, threshold_};
  const int64_t n = input.numel();
  dispatch_number(input.scalar_type(), [&](auto number) {
    using Number = decltype(number);
    auto* from = data_of<Number>(input);
    auto* to = data_of<Number>(out);
    at::parallel_for(0, chunks(n), 64, [&](int64_t begin, int64_t end) {
      vectorized<MaskRange>(from, to, n, mask, first_chunk, begin, end);
    });
  });
  return out;
}

void DropoutMask::factors(int64_t first_chunk, int64_t n, float* out) const {
  vectorized<WriteFactors>(MaskKey{key_, site_, threshold_}, first_chunk, n, out);
}

torch::Tensor dropout(const torch::Tensor& x, double p, DropoutState& state) {
  if (!state.training || p <= 0) return x;
  if (!has_cpu_kernels(x)) return device_dropout(x, p, state.key, state.site++);
  return MaskFunction::apply(x, DropoutMask(p, state));
}

}  // namespace mma
