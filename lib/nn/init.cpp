#include "nn/init.h"

#include <torch/utils.h>

#include "base/random.h"

namespace mma {

void init_normal(torch::Tensor tensor, double std, uint64_t seed, std::string_view name) {
  torch::NoGradGuard no_grad;
  auto host = torch::empty(tensor.sizes(), torch::kFloat32);
  RandomStream random(derive_key(derive_key(seed, "init"), name));
  auto* values = host.data_ptr<float>();
  for (int64_t i = 0; i < host.numel(); ++i) values[i] = static_cast<float>(std * random.normal());
  tensor.copy_(host);
}

}  // namespace mma
