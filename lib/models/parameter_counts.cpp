#include "models/parameter_counts.h"

#include <set>

#include "backbones/encoder_config.h"

namespace mma {

ParameterCounts count_parameters(Model& model, const EncoderConfig& backbone) {
  ParameterCounts counts;
  std::set<std::string> trained;
  for (auto& [name, tensor] : model.trained()) {
    counts.trained += tensor.numel();
    trained.insert(name);
  }
  for (auto& [name, shape, role] : encoder_tensors(backbone))
    if (trained.count(prefixed_name(backbone, name)) == 0)
      counts.frozen += c10::multiply_integers(shape);
  return counts;
}

}  // namespace mma
