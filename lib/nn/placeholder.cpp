#include <torch/torch.h>
namespace mma { torch::Tensor placeholder() { return torch::ones(1);} }
