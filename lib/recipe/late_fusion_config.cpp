#include "recipe/late_fusion_config.h"

#include "recipe/backbone_summary.h"

namespace mma {

void LateFusionConfig::fields(Fields& f) {
  f.field("text", text,
          "the text's vector: the frozen backbone's last layer (mean, cls), its pooler; none: "
          "modalities alone, no backbone",
          {"mean", "cls", "pooled", "none"});
  f.field("hidden", hidden, "width of projections and classifier", {1, 65536});
  f.field("dropout", dropout, "on the input of the classifier's products", {0, 0.9});
  f.field("max_norm", max_norm, "bound on the norm of a unit's incoming weights; 0: none",
          {0, 1e6});
}

void LateFusionConfig::adjust(EncoderConfig& config) const {
  if (reads_text()) config.summary = text == "pooled" ? "pooler" : text;
}

void LateFusionConfig::check(const ModelSetting& setting, Faults& faults) const {
  BackboneSummary::check(text == "pooled" ? "pooler" : text, "model.text", setting, faults);
  check_any_input(*this, setting, faults);
}

double LateFusionConfig::least_trained(const ModelSetting& setting, int64_t labels) const {
  const auto h = static_cast<double>(hidden),
             k = static_cast<double>(setting.modalities.size()) + (reads_text() ? 1 : 0);
  double inputs = reads_text() ? static_cast<double>(setting.backbone.hidden_size) : 0;
  for (auto& m : setting.modalities) inputs += static_cast<double>(m.width);
  double gates = gated() ? gate_numbers(k, h) : 0;
  double classifier = 2 * h * (gated() ? h : k * h) + 2 * h * h + h * static_cast<double>(labels);
  return inputs * h + gates + classifier;
}

}  // namespace mma
