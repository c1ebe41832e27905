#include <ATen/cuda/CUDAContext.h>
#include <c10/cuda/CUDAGuard.h>
#include <torch/utils.h>

#include "nn/cuda/dropout.h"

namespace mma::cuda {
namespace {

constexpr unsigned kThreads = 256;

unsigned blocks_for(int64_t numbers) {  // each thread makes 8 numbers
  const int64_t chunks = (numbers + kChunkNumbers - 1) / kChunkNumbers;
  return static_cast<unsigned>((chunks * kChunkBlocks + kThreads - 1) / kThreads);
}

// write(i, factor) for the 8 numbers of this thread's block that are below n.
template <class Write>
__device__ void write_block(const DropoutSite& site, const DropoutStream& stream, int64_t n,
                            Write write) {
  const uint32_t block = blockIdx.y * blockDim.x + threadIdx.x;
  if (dropout_place(block, 0) >= n) return;
  uint32_t words[4];
  dropout_block(stream, block, words);
  for (uint32_t w = 0; w < 4; ++w)
    for (uint32_t half = 0; half < 2; ++half) {
      const int64_t i = dropout_place(block, w) + half;
      const uint32_t number = words[w] >> (16 * half) & 0xffff;
      if (i < n) write(i, number >= site.threshold ? site.scale() : 0.0f);
    }
}

// Sample b = blockIdx.x; its rows are starts[b] .. starts[b + 1] - 1, or row b where that is null.
template <class Number>
__global__ void mask_rows(const Number* x, Number* out, int64_t width, const int64_t* starts,
                          DropoutSite site) {
  const int64_t b = blockIdx.x;
  const int64_t first = (starts ? starts[b] : b) * width,
                n = (starts ? starts[b + 1] : b + 1) * width - first;
  write_block(site, site.stream(b), n, [=](int64_t i, float factor) {
    out[first + i] = static_cast<Number>(static_cast<float>(x[first + i]) * factor);
  });
}

// blockIdx.x = (b, head, block of queries).
__global__ void write_attention_factors(float* out, const int64_t* query_starts,
                                        const int64_t* starts, int64_t heads, int64_t most_queries,
                                        int64_t most_keys, int64_t query_blocks, DropoutSite site) {
  const int64_t begin = blockIdx.x % query_blocks * kQueryBlock;
  const int64_t head = blockIdx.x / query_blocks % heads, b = blockIdx.x / query_blocks / heads;
  const int64_t keys = starts ? starts[b + 1] - starts[b] : 1,
                queries = query_starts ? query_starts[b + 1] - query_starts[b] : 1;
  if (begin >= queries) return;
  const int64_t rows = min(kQueryBlock, queries - begin);
  const auto stream = site.stream(b, attention_unit(begin, head, heads));
  float* head_out = out + ((b * heads + head) * most_queries + begin) * most_keys;
  write_block(site, stream, rows * keys,
              [=](int64_t i, float factor) { head_out[i / keys * most_keys + i % keys] = factor; });
}

const int64_t* starts_of(const Rows& rows) {
  return rows.starts.defined() ? rows.starts.data_ptr<int64_t>() : nullptr;
}

}  // namespace

torch::Tensor dropout(const torch::Tensor& x, const DropoutSite& site, const Rows& rows) {
  TORCH_CHECK(x.is_cuda() && x.dim() == 2 && x.size(0) == rows.total(), "dropout: [", x.sizes(),
              "] for ", rows.total(), " rows");
  const c10::cuda::CUDAGuard guard(x.device());
  auto input = x.contiguous();
  auto out = torch::empty_like(input);
  const int64_t width = x.size(1);
  const dim3 grid(static_cast<unsigned>(rows.samples()), blocks_for(rows.longest() * width));
  AT_DISPATCH_FLOATING_TYPES_AND(at::kBFloat16, x.scalar_type(), "dropout", [&] {
    mask_rows<scalar_t><<<grid, kThreads, 0, at::cuda::getCurrentCUDAStream()>>>(
        input.data_ptr<scalar_t>(), out.data_ptr<scalar_t>(), width, starts_of(rows), site);
  });
  C10_CUDA_KERNEL_LAUNCH_CHECK();
  return out;
}

torch::Tensor attention_factors(const DropoutSite& site, const Rows& query_rows, const Rows& rows,
                                int64_t heads, const torch::Device& device) {
  const c10::cuda::CUDAGuard guard(device);
  const int64_t queries = query_rows.longest(), keys = rows.longest(),
                query_blocks = (queries + kQueryBlock - 1) / kQueryBlock;
  auto out = torch::zeros({rows.samples(), heads, queries, keys},
                          torch::dtype(torch::kFloat32).device(device));
  const dim3 grid(static_cast<unsigned>(rows.samples() * heads * query_blocks),
                  blocks_for(std::min(kQueryBlock, queries) * keys));
  write_attention_factors<<<grid, kThreads, 0, at::cuda::getCurrentCUDAStream()>>>(
      out.data_ptr<float>(), starts_of(query_rows), starts_of(rows), heads, queries, keys,
      query_blocks, site);
  C10_CUDA_KERNEL_LAUNCH_CHECK();
  return out;
}

}  // namespace mma::cuda
