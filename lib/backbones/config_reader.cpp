#include "backbones/config_reader.h"

#include <algorithm>

#include "base/json_file.h"
#include "base/names.h"

namespace mma {
namespace {

// Hugging Face's names of activations, and ours.
const Table<std::string> kActivationNames = {
    {"gelu", "gelu"},           {"gelu_new", "gelu_tanh"}, {"gelu_pytorch_tanh", "gelu_tanh"},
    {"gelu_fast", "gelu_tanh"}, {"relu", "relu"},
};

}  // namespace

ConfigReader::ConfigReader(const std::filesystem::path& file)
    : file_(file.string()), json_(read_json_object<nlohmann::json>(file)) {}

const nlohmann::json* ConfigReader::find(const char* key) const {
  auto it = json_.find(key);
  return it == json_.end() || it->is_null() ? nullptr : &*it;
}

void ConfigReader::fault(const char* key, const std::string& expected,
                         const nlohmann::json& found) {
  faults_.add("config", fmt::format("{}: {}: expected {}, found {}", file_, key, expected,
                                    printable(found.dump())));
}

std::string ConfigReader::family(const std::vector<std::string>& known) const {
  auto* type = find("model_type");
  if (!type) return "bert";
  check_input(type->is_string() &&
                  std::find(known.begin(), known.end(), type->get<std::string>()) != known.end(),
              "{}: model_type: expected an encoder of one of {}, found {}", file_,
              fmt::join(known, ", "), printable(type->dump()));
  return type->get<std::string>();
}

void ConfigReader::count(const char* key, int64_t& value, int64_t max) {
  if (find(key))
    optional_count(key, value, 1, max);
  else
    faults_.add("config", fmt::format("{}: {}: missing", file_, key));
}

void ConfigReader::optional_count(const char* key, int64_t& value, int64_t min, int64_t max) {
  auto* found = find(key);
  if (!found) return;
  if (!found->is_number_integer() || found->get<int64_t>() < min || found->get<int64_t>() > max)
    fault(key, fmt::format("a whole number from {} to {}", min, max), *found);
  else
    value = found->get<int64_t>();
}

void ConfigReader::fraction(const char* key, double& value) {
  auto* found = find(key);
  if (!found) return;
  if (!found->is_number() || !(found->get<double>() >= 0 && found->get<double>() < 1))
    fault(key, "a number in [0, 1)", *found);
  else
    value = found->get<double>();
}

void ConfigReader::activation(const char* key, std::string& value) {
  auto* found = find(key);
  if (!found) return;
  for (auto& [theirs, ours] : kActivationNames)
    if (*found == theirs) {
      value = ours;
      return;
    }
  fault(key, fmt::format("one of {}", fmt::join(names_of(kActivationNames), ", ")), *found);
}

void ConfigReader::expect(const char* key, const nlohmann::json& value) {
  auto* found = find(key);
  if (found && *found != value) fault(key, value.dump(), *found);
}

void ConfigReader::check_heads(const EncoderConfig& config) {
  if (faults_.empty() && config.hidden_size % config.num_attention_heads != 0)
    faults_.add("config", fmt::format("{}: a width of {} is not a multiple of {} attention heads",
                                      file_, config.hidden_size, config.num_attention_heads));
}

}  // namespace mma
