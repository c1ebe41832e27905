#pragma once
#include <filesystem>
#include <string>

#include "backbones/encoder_config.h"

namespace mma {

/// A backbone folder, hashed.
struct Backbone {
  std::filesystem::path folder;
  std::string hash;  ///< of config.json and the weights' file
  EncoderConfig config;
};
Backbone open_backbone(const std::filesystem::path& folder);
/// That of a model that reads no text: no folder, no hash.
Backbone no_backbone();

}  // namespace mma
