#include "backbones/backbone_folder.h"

#include "backbones/encoder_weights.h"
#include "base/files.h"
#include "base/stop.h"

namespace mma {

Backbone open_backbone(const fs::path& folder) {
  Backbone backbone;
  backbone.folder = fs::absolute(folder).lexically_normal();
  backbone.config = read_encoder_config(folder / "config.json");
  backbone.config.pooler = has_pooler(folder, backbone.config);
  backbone.hash = sha256_files(backbone_files(folder), stop_if_asked);
  return backbone;
}

Backbone no_backbone() { return {{}, "", no_encoder()}; }

}  // namespace mma
