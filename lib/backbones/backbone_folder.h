#pragma once
#include <filesystem>
#include <string>

#include "backbones/bert_config.h"

namespace mma {

/// A backbone folder, hashed.
struct Backbone {
  std::filesystem::path folder;
  std::string hash;  ///< of config.json and the weights' file
  BertConfig config;
};
Backbone open_backbone(const std::filesystem::path& folder);

}  // namespace mma
