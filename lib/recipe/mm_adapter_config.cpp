#include "recipe/mm_adapter_config.h"

#include "recipe/chosen_layers.h"

namespace mma {

void MmAdapterConfig::fields(Fields& f) {
  f.field("bottleneck", bottleneck, "width p of the adapters", {1, kWidestBottleneck});
  f.field("activation", activation, "of the down-projections",
          {"gelu_tanh", "gelu", "relu", "silu", "tanh"});
  f.field("layers", layers, "layers with adapters, counted from 1: all, 7-12, 1,3");
  f.field("placement", placement,
          "houlsby: after both sub-layers of a layer; pfeiffer: after the feed-forward; parallel: "
          "beside the feed-forward, fed by what feeds it",
          {"houlsby", "pfeiffer", "parallel"});
  f.field("scaling", scaling, "what an adapter adds counts so many times; parallel ones: 4, say",
          {0, 1e3});
  encoder_fields(f);
  f.field("init_std", init_std,
          "standard deviation of the initial matrices; 0.02 in the published code", {0, 1});
  f.field("up_init_std", up_init_std, "the same of the up-projections; 0.02 in the published code",
          {0, 1});
  f.field("train_layer_norms", train_layer_norms, "train the backbone's LayerNorms too");
  f.field("share_modality_projections", share_modality_projections,
          "one down-projection a modality for all adapters, instead of one each");
  f.field("frozen_prefix", frozen_prefix,
          "the layers below the lowest adapter: recomputed in every step, with dropout; cached: "
          "computed once for each text, without dropout, and kept in memory",
          {"recomputed", "cached"});
}

std::string MmAdapterConfig::unfit_as_part() const {
  if (!train_layer_norms) return "";
  return "it trained the backbone's LayerNorms, which parts must share; train it with "
         "model.train_layer_norms=false";
}

void MmAdapterConfig::check(const ModelSetting& setting, Faults& faults) const {
  EncoderModelConfig::check(setting, faults);
  const auto before = faults.count();
  check_layers(layers, setting, faults);
  if (frozen_prefix == "cached" && faults.count() == before &&
      parse_layers(layers, setting.backbone.num_hidden_layers).front())
    faults.add("model",
               "model.frozen_prefix: cached: the first layer has adapters, so that nothing below "
               "them is frozen; name upper layers, as in model.layers: 7-12");
  if (frozen_prefix == "cached" && train_layer_norms)
    faults.add("model",
               "model.frozen_prefix: cached: the LayerNorms of all layers are trained; set "
               "model.train_layer_norms: false, or leave frozen_prefix: recomputed");
}

double MmAdapterConfig::least_trained(const ModelSetting& setting, int64_t labels) const {
  const auto adapters = static_cast<double>(count_layers(layers, setting.backbone)) *
                        (placement == "houlsby" ? 2 : 1);
  const auto p = static_cast<double>(bottleneck),
             k = 1 + static_cast<double>(setting.modalities.size());
  double modality_down = 0;
  for (auto& m : setting.modalities) modality_down += p * static_cast<double>(m.width);
  return adapters *
             (2 * p * static_cast<double>(setting.backbone.hidden_size) + gate_numbers(k, p)) +
         (share_modality_projections ? 1 : adapters) * modality_down +
         ModelConfig::least_trained(setting, labels);
}

}  // namespace mma
