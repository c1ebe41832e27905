#pragma once
#include <torch/types.h>
#include <torch/utils.h>

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

namespace mma {

/// The gates of one place in an encoder.
struct GateSite {
  std::string name;                 ///< its layer, from 1, and its sub-layer: "1 attention"
  std::vector<std::string> inputs;  ///< [k]
  torch::Tensor gates;              ///< [B, k]
};

/// Mean gate of each input of the GMUs: what the model listened to. Averaged over a gate's units,
/// a sample's tokens and the sites (adapters) that have the input.
struct GateRecord {
  std::vector<std::string> inputs;  ///< [k] "text", a modality's name, or a fused part's
  std::vector<torch::Tensor> sums;  ///< [k] of [B], over sites
  std::vector<int64_t> sites;       ///< [k]
  std::vector<GateSite> by_site;    ///< those inside an encoder, in their order
  std::string site;                 ///< that comes next; "": outside of an encoder
  /// Adds one site's gates, [B, k] for its k inputs.
  void add(const std::vector<std::string>& names, const torch::Tensor& gates) {
    torch::NoGradGuard no_grad;
    if (!site.empty()) by_site.push_back({site, names, gates});
    for (size_t i = 0; i < names.size(); ++i) {
      auto gate = gates.select(1, static_cast<int64_t>(i));
      auto at = std::find(inputs.begin(), inputs.end(), names[i]) - inputs.begin();
      if (at == std::ssize(inputs)) {
        inputs.push_back(names[i]);
        sums.push_back(gate);
        sites.push_back(1);
      } else {
        sums[static_cast<size_t>(at)] = sums[static_cast<size_t>(at)] + gate;
        ++sites[static_cast<size_t>(at)];
      }
    }
  }
  /// [B, k]
  torch::Tensor means() const {
    std::vector<torch::Tensor> columns;
    for (size_t i = 0; i < sums.size(); ++i)
      columns.push_back(sums[i] / static_cast<double>(sites[i]));
    return torch::stack(columns, 1);
  }
};

}  // namespace mma
