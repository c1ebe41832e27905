#include "nn/dropout.h"

#include <ATen/Parallel.h>
#include <torch/autograd.h>

#include <algorithm>
#include <cmath>
#include <cstring>

#include "nn/autograd.h"
#include "nn/cpu_numbers.h"
#ifdef MMA_CUDA
#include "nn/cuda/dropout.h"
#endif
#include "nn/vector.h"

namespace mma {
namespace {

constexpr int64_t kChunk = kChunkNumbers, kBlocks = kChunkBlocks;

int64_t chunks_of(int64_t n) { return (n + kChunk - 1) / kChunk; }

// A chunk's blocks side by side: dropout_block() 16 times.
MMA_INLINE void philox_chunk(const DropoutStream& stream, uint32_t chunk, uint16_t out[kChunk]) {
  uint32_t c0[kBlocks], c1[kBlocks], c2[kBlocks], c3[kBlocks];
  for (uint32_t l = 0; l < kBlocks; ++l) {
    c0[l] = chunk * kBlocks + l;
    c1[l] = stream.unit;
    c2[l] = stream.site;
    c3[l] = stream.sample;
  }
  auto k0 = static_cast<uint32_t>(stream.key), k1 = static_cast<uint32_t>(stream.key >> 32);
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

// The factors, 0 or `scale`, of the numbers from place i of a chunk on.
template <class Vec>
MMA_INLINE Vec factors_at(const uint16_t* bits, int64_t i, uint32_t threshold, float scale) {
  HalvesOf<Vec> numbers;
  std::memcpy(&numbers, bits + i, sizeof(numbers));
  auto kept = __builtin_convertvector(numbers, BitsOf<Vec>) >= threshold;
  return select(reinterpret_cast<BitsOf<Vec>>(kept), broadcast<Vec>(scale), Vec{});
}

// out = x * mask * scale for the chunks begin .. end - 1 of a stream of n numbers.
struct MaskRange {
  template <class Set, class Number>
  static MMA_INLINE void run(const Number* x, Number* out, int64_t n, const DropoutStream& stream,
                             uint32_t threshold, float scale, int64_t begin, int64_t end) {
    using Vec = VecOf<Set>;
    uint16_t bits[kChunk];
    for (int64_t chunk = begin; chunk < end; ++chunk) {
      philox_chunk(stream, static_cast<uint32_t>(chunk), bits);
      const int64_t start = chunk * kChunk, count = std::min(kChunk, n - start);
      MMA_FOR_EACH_VEC(i, k, count) {
        auto y = load_some<Vec>(x + start + i, k) * factors_at<Vec>(bits, i, threshold, scale);
        store_some(out + start + i, y, k);
      }
    }
  }
};

struct WriteFactors {
  template <class Set>
  static MMA_INLINE void run(const DropoutStream& stream, uint32_t threshold, float scale,
                             int64_t n, float* out) {
    using Vec = VecOf<Set>;
    uint16_t bits[kChunk];
    for (int64_t start = 0; start < n; start += kChunk) {
      philox_chunk(stream, static_cast<uint32_t>(start / kChunk), bits);
      MMA_FOR_EACH_VEC(i, k, std::min(kChunk, n - start)) {
        store_some(out + start + i, factors_at<Vec>(bits, i, threshold, scale), k);
      }
    }
  }
};

struct WriteNumbers {
  template <class Set>
  static MMA_INLINE void run(const DropoutStream& stream, uint32_t chunk, uint16_t* out) {
    philox_chunk(stream, chunk, out);
  }
};

struct MaskFunction : torch::autograd::Function<MaskFunction> {
  struct Kept {
    DropoutMask mask;
    Rows rows;
  };
  static Variable forward(AutogradContext* context, const Variable& x, Kept how) {
    auto y = how.mask.apply(x, how.rows);
    keep(context, std::move(how));
    return y;
  }
  static variable_list backward(AutogradContext* context, variable_list gradients) {
    auto& how = kept<Kept>(context);
    return {how.mask.apply(gradients[0], how.rows), Variable()};
  }
};

}  // namespace

void dropout_chunk(const DropoutStream& stream, uint32_t chunk, uint16_t out[128]) {
  vectorized<WriteNumbers>(stream, chunk, out);
}

DropoutMask::DropoutMask(double p, DropoutState& state) {
  if (!state.training || p <= 0) return;
  samples_ = state.samples;
  site_ = {state.key, state.site++, static_cast<uint32_t>(std::lround(p * 65536)),
           samples_.defined() ? samples_.data_ptr<int64_t>() : nullptr};
}

void DropoutMask::check_samples(const Rows& rows) const {
  if (samples_.defined())
    check_operand("dropout", "samples", samples_, {rows.samples()}, torch::kInt64);
}

torch::Tensor DropoutMask::apply(const torch::Tensor& x, const Rows& rows) const {
  if (!active()) return x;
  check_rows("dropout", rows);
  check_samples(rows);
#ifdef MMA_CUDA
  if (x.is_cuda()) return cuda::dropout(x, site_, rows);
#endif
  if (has_cpu_kernels(x)) return apply_on_cpu(x, rows.offsets);
  auto factors = apply_on_cpu(torch::ones(x.sizes(), torch::kFloat32), rows.offsets);
  return x * factors.to(x.device(), x.scalar_type());
}

torch::Tensor DropoutMask::attention_factors(const Rows& query_rows, const Rows& rows,
                                             int64_t heads, const torch::Device& device) const {
  check_samples(rows);
#ifdef MMA_CUDA
  if (device.is_cuda()) return cuda::attention_factors(site_, query_rows, rows, heads, device);
#endif
  auto all = torch::zeros({rows.samples(), heads, query_rows.longest(), rows.longest()});
  std::vector<float> block(static_cast<size_t>(kQueryBlock * rows.longest()));
  for (int64_t b = 0; b < rows.samples(); ++b)
    for (int64_t head = 0; head < heads; ++head)
      for (int64_t begin = 0; begin < query_rows.length(b); begin += kQueryBlock) {
        const int64_t queries = std::min(kQueryBlock, query_rows.length(b) - begin),
                      keys = rows.length(b);
        factors(b, attention_unit(begin, head, heads), queries * keys, block.data());
        for (int64_t i = 0; i < queries; ++i)
          std::copy_n(block.data() + i * keys, keys, all[b][head][begin + i].data_ptr<float>());
      }
  return all.to(device);
}

torch::Tensor DropoutMask::apply_on_cpu(const torch::Tensor& x,
                                        const std::vector<int64_t>& offsets) const {
  auto input = x.contiguous();
  auto out = torch::empty_like(input);
  const int64_t width = input.dim() == 2 ? input.size(1) : 0;
  check_operand("dropout", "input", input, {offsets.back(), width}, input.scalar_type());
  std::vector<int64_t> chunks{0};  // where each sample's chunks begin, among all
  for (size_t b = 0; b + 1 < offsets.size(); ++b)
    chunks.push_back(chunks.back() + chunks_of((offsets[b + 1] - offsets[b]) * width));
  dispatch_number(input.scalar_type(), [&](auto number) {
    using Number = decltype(number);
    at::parallel_for(0, chunks.back(), 64, [&](int64_t begin, int64_t end) {
      auto b = static_cast<size_t>(std::upper_bound(chunks.begin(), chunks.end(), begin) -
                                   chunks.begin() - 1);
      for (; begin < end; ++b) {
        const int64_t place = offsets[b] * width, n = offsets[b + 1] * width - place,
                      stop = std::min(end, chunks[b + 1]);
        vectorized<MaskRange>(data_of<Number>(input) + place, data_of<Number>(out) + place, n,
                              site_.stream(static_cast<int64_t>(b)), site_.threshold, site_.scale(),
                              begin - chunks[b], stop - chunks[b]);
        begin = stop;
      }
    });
  });
  return out;
}

void DropoutMask::factors(int64_t b, int64_t unit, int64_t n, float* out) const {
  vectorized<WriteFactors>(site_.stream(b, unit), site_.threshold, site_.scale(), n, out);
}

torch::Tensor dropout(const torch::Tensor& x, double p, const Rows& rows, DropoutState& state) {
  DropoutMask mask(p, state);
  return mask.active() ? MaskFunction::apply(x, MaskFunction::Kept{mask, rows}) : x;
}

}  // namespace mma
