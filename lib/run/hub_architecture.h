#pragma once
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "base/error.h"
#include "recipe/model_config.h"

namespace mma {

/// An adapter as its folder names it, and the BERT that it belongs to.
struct HubAdapter {
  std::string name, backbone;
  int64_t layers = 0, hidden_size = 0, intermediate_size = 0;
};

/// One tensor by both names, and its shape.
struct HubTensor {
  std::string ours, hub;
  std::vector<int64_t> shape;
};

using HubJson = nlohmann::ordered_json;

/// Reads "config" of an adapter_config.json; each key that asks for what we do not have is a fault.
class HubConfig {
 public:
  explicit HubConfig(const std::filesystem::path& file);
  /// The whole file.
  const HubJson& all() const { return json_; }
  /// A value; `otherwise` where it is null or not there.
  HubJson get(const char* key, const HubJson& otherwise) const;
  bool flag(const char* key, bool otherwise);
  /// A number from `least` to `most`.
  double number(const char* key, double otherwise, double least, double most);
  void must_be(const char* key, const HubJson& value);
  void fault(const std::string& key, const std::string& expected, const HubJson& found);
  void raise() const { faults_.raise(); }

 private:
  std::string file_;
  HubJson json_, config_;
  Faults faults_;
};

/// How an architecture of that library is one of our models. Tensors are named as a model with
/// heads has them; one that is a BertModel alone has no "bert." in front, and is read, too.
struct HubArchitecture {
  std::string theirs;  ///< config.architecture; "" is null
  std::string model;   ///< our name of what is read
  bool (*is_one)(const ModelConfig& config);
  std::unique_ptr<ModelConfig> (*read)(HubConfig& config, int64_t hidden_size);
  /// "config" of the file.
  HubJson (*write)(const ModelConfig& config, const HubAdapter& adapter);
  /// Why a model cannot be written so; "" where it can.
  std::string (*unfit)(const ModelConfig& config);
  /// The recipe's layers.
  std::string& (*layers)(ModelConfig& config);
  /// The tensors of a layer, counted from 0.
  std::vector<HubTensor> (*tensors)(const ModelConfig& config, const HubAdapter& adapter,
                                    int64_t layer);
};

/// Bottleneck adapters: `double_seq_bn` of Houlsby et al., `seq_bn` of Pfeiffer et al., `par_bn` of
/// He et al., and their LayerNorm options. For each place
///   bert.encoder.layer.N.{attention.output,output}.adapters.NAME.
///     adapter_down.0.{weight,bias} [p, H], adapter_up.{weight,bias} [H, p]
/// and with a LayerNorm in front adapter_norm_before.*, which adapter_down.0.* repeats, the
/// projection being adapter_down.1.*.
HubArchitecture hub_bottleneck();
/// LoRA, without the attention's output:
///   bert.encoder.layer.N.{attention.self.{query,key,value},intermediate.dense,output.dense}.loras.
///     NAME.lora_A [r, in], lora_B [out, r]
HubArchitecture hub_lora();

/// The layers, counted from 0, that have none of an adapter's tensors: "leave_out".
HubJson hub_left_out(const std::string& layers, int64_t count);

}  // namespace mma
