#include "nn/dropout.h"

#include <ATen/Context.h>
#include <ATen/Parallel.h>

#include <cmath>
#include <cstring>

#include "base/random.h"

namespace mma {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::Variable;
using torch::autograd::variable_list;

constexpr int64_t kChunk = 128;
constexpr int kLanes = 16;

// 16 Philox4x32-10 blocks side by side, written so that the compiler makes vector code of it for
// each instruction set; the loader picks one.
#if defined(__x86_64__) && !defined(__SANITIZE_ADDRESS__)
__attribute__((target_clones("avx512f", "avx2", "default")))
#endif
void philox_lanes(uint64_t key, uint32_t site, uint64_t chunk, uint32_t out[4][kLanes]) {
  uint32_t c0[kLanes], c1[kLanes], c2[kLanes], c3[kLanes];
  for (int l = 0; l < kLanes; ++l) {
    uint64_t block = chunk * kLanes + static_cast<uint64_t>(l);
    c0[l] = static_cast<uint32_t>(block);
    c1[l] = static_cast<uint32_t>(block >> 32);
    c2[l] = site;
    c3[l] = 0;
  }
  auto k0 = static_cast<uint32_t>(key), k1 = static_cast<uint32_t>(key >> 32);
  for (int round = 0; round < 10; ++round) {
    for (int l = 0; l < kLanes; ++l) {
      uint64_t a = uint64_t{0xD2511F53} * c0[l], b = uint64_t{0xCD9E8D57} * c2[l];
      c0[l] = static_cast<uint32_t>(b >> 32) ^ c1[l] ^ k0;
      c1[l] = static_cast<uint32_t>(b);
      c2[l] = static_cast<uint32_t>(a >> 32) ^ c3[l] ^ k1;
      c3[l] = static_cast<uint32_t>(a);
    }
    k0 += 0x9E3779B9;
    k1 += 0xBB67AE85;
  }
  std::memcpy(out[0], c0, sizeof(c0));
  std::memcpy(out[1], c1, sizeof(c1));
  std::memcpy(out[2], c2, sizeof(c2));
  std::memcpy(out[3], c3, sizeof(c3));
}

// out = x * mask * scale over contiguous memory.
template <class Number>
void apply_mask(const Number* x, Number* out, int64_t n, uint64_t key, uint32_t site,
                uint16_t threshold, int64_t first_chunk) {
  const float scale = 65536.0f / (65536.0f - static_cast<float>(threshold));
  at::parallel_for(0, DropoutMask::chunks(n), 64, [&](int64_t begin, int64_t end) {
    uint16_t bits[kChunk];
    for (int64_t chunk = begin; chunk < end; ++chunk) {
      dropout_chunk(key, site, static_cast<uint64_t>(first_chunk + chunk), bits);
      int64_t start = chunk * kChunk, count = std::min(kChunk, n - start);
      for (int64_t i = 0; i < count; ++i) {
        float factor = bits[i] >= threshold ? scale : 0.0f;
        out[start + i] = static_cast<Number>(static_cast<float>(x[start + i]) * factor);
      }
    }
  });
}

struct MaskHolder : torch::CustomClassHolder {
  explicit MaskHolder(DropoutMask mask) : mask(mask) {}
  DropoutMask mask;
};

struct MaskFunction : torch::autograd::Function<MaskFunction> {
  static Variable forward(AutogradContext* context, const Variable& x,
                          const c10::intrusive_ptr<MaskHolder>& holder) {
    context->saved_data["mask"] = c10::IValue::make_capsule(holder);
    return holder->mask.apply(x);
  }
  static variable_list backward(AutogradContext* context, variable_list gradients) {
    auto holder =
        c10::static_intrusive_pointer_cast<MaskHolder>(context->saved_data["mask"].toCapsule());
    return {holder->mask.apply(gradients[0]), Variable()};
  }
};

// On a GPU: PyTorch's own fused kernel, its generator seeded for this site.
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
  uint32_t words[4][kLanes];
  philox_lanes(key, site, chunk, words);
  std::memcpy(out, words, sizeof(words));
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
  AT_DISPATCH_FLOATING_TYPES_AND(at::kBFloat16, input.scalar_type(), "dropout", [&] {
    apply_mask(input.data_ptr<scalar_t>(), out.data_ptr<scalar_t>(), input.numel(), key_, site_,
               threshold_, first_chunk);
  });
  return out;
}

torch::Tensor dropout(const torch::Tensor& x, double p, DropoutState& state) {
  if (!state.training || p <= 0) return x;
  if (!x.device().is_cpu()) return device_dropout(x, p, state.key, state.site++);
  return MaskFunction::apply(x, c10::make_intrusive<MaskHolder>(DropoutMask(p, state)));
}

}  // namespace mma
