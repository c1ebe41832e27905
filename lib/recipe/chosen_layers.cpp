#include "recipe/chosen_layers.h"

#include <algorithm>

#include "base/number_list.h"

namespace mma {

std::vector<bool> parse_layers(const std::string& text, int64_t count) {
  std::vector<bool> chosen(static_cast<size_t>(count), text == "all");
  if (text == "all") return chosen;
  for (int64_t layer : parse_number_list(text, 1, count))
    chosen[static_cast<size_t>(layer - 1)] = true;
  return chosen;
}

int64_t count_layers(const std::string& text, const EncoderConfig& backbone) {
  auto chosen = parse_layers(text, backbone.num_hidden_layers);
  return std::count(chosen.begin(), chosen.end(), true);
}

void check_layers(const std::string& text, const ModelSetting& setting, Faults& faults) {
  try {
    parse_layers(text, setting.backbone.num_hidden_layers);
  } catch (const UserError& e) {
    faults.add("model", fmt::format("model.layers: {}", e.what()));
  }
}

}  // namespace mma
