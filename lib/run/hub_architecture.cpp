#include "run/hub_architecture.h"

#include "base/json_file.h"
#include "recipe/chosen_layers.h"

namespace mma {

HubConfig::HubConfig(const std::filesystem::path& file)
    : file_(file.string()), json_(read_json_object<HubJson>(file)) {
  check_input(json_.contains("config") && json_["config"].is_object(),
              "{}: no config of the adapter's architecture", file_);
  config_ = json_["config"];
}

HubJson HubConfig::get(const char* key, const HubJson& otherwise) const {
  return config_.contains(key) && !config_[key].is_null() ? config_[key] : otherwise;
}

bool HubConfig::flag(const char* key, bool otherwise) {
  auto found = get(key, otherwise);
  if (!found.is_boolean()) fault(key, "true or false", found);
  return found.is_boolean() ? found.get<bool>() : otherwise;
}

double HubConfig::number(const char* key, double otherwise, double least, double most) {
  auto found = get(key, otherwise);
  const double value = found.is_number() ? found.get<double>() : least - 1;
  if (value >= least && value <= most) return value;
  fault(key, fmt::format("a number from {} to {}", least, most), found);
  return otherwise;
}

void HubConfig::must_be(const char* key, const HubJson& value) {
  auto found = get(key, value);
  if (found != value) fault(key, value.dump(), found);
}

void HubConfig::fault(const std::string& key, const std::string& expected, const HubJson& found) {
  faults_.add(
      "key", fmt::format("{}: {}: expected {}, found {}", file_, key, expected,
                         printable(found.dump(-1, ' ', false, HubJson::error_handler_t::replace))));
}

HubJson hub_left_out(const std::string& layers, int64_t count) {
  auto left_out = HubJson::array();
  auto chosen = parse_layers(layers, count);
  for (int64_t l = 0; l < count; ++l)
    if (!chosen[static_cast<size_t>(l)]) left_out.push_back(l);
  return left_out;
}

}  // namespace mma
