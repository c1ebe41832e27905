#include "eval/hub_commands.h"

#include "base/files.h"
#include "base/json_file.h"
#include "base/log.h"
#include "base/version.h"
#include "nn/tensor_file.h"
#include "run/adapter_hub.h"
#include "run/trained_model.h"

namespace mma {
namespace {

using Json = nlohmann::ordered_json;
constexpr const char* kHeadConfig = "head_config.json";
constexpr const char* kHeadWeights = "model_head.safetensors";

}  // namespace

void export_to_hub(const ExportOptions& options) {
  const auto &run = options.run, &folder = options.folder;
  const auto& name = options.name;
  auto stored = read_trained_model(run);
  check_input(!stored.from_hub, "{}: is an adapter-hub folder already", run.string());
  check_input(!name.empty() && name.find_first_of("./") == std::string::npos,
              "--name: expected a name without dots and slashes, found '{}'", printable(name));
  auto backbone_folder =
      options.backbone.empty() ? fs::path(stored.card.backbone_path) : options.backbone;
  auto backbone = read_encoder_config(backbone_folder / "config.json");
  auto reason = unfit_for_hub(stored.card, backbone);
  check_input(reason.empty(), "{}: {}", run.string(), reason);
  auto tensors = read_safetensors(stored.folder / "adapter.safetensors");
  HubAdapter adapter{name, backbone_folder.filename().string(), backbone.num_hidden_layers,
                     backbone.hidden_size, backbone.intermediate_size};
  auto head_config = hub_description(adapter);
  head_config["config"] = {{"head_type", "mma_classifier"},
                           {"num_labels", stored.card.labels.size()},
                           {"labels", stored.card.labels}};
  head_config["mma_model"] = read_json_object<Json>(stored.folder / "config.json", kMaxCardBytes);
  make_directories(folder);
  auto adapters = hub_tensors(stored.card, adapter);
  NamedTensors head;
  for (auto& [key, tensor] : tensors)
    if (!adapters.count(key)) head.emplace_back(key, tensor);
  write_tensors(folder / kHeadWeights, head, {{"format", "pt"}});
  write_atomically(folder / kHeadConfig, head_config.dump(2) + "\n");
  // Last: its config makes it such a folder.
  write_hub_adapters(folder, stored.card, adapter, tensors);
  log_info("eval", "{} tensors of adapter {} in {}", adapters.size(), name, folder.string());
}

void import_from_hub(const ImportOptions& options) {
  const auto &folder = options.folder, &model = options.model;
  check_input(is_hub_folder(folder), "{}: no adapter_config.json there: not an adapter-hub folder",
              folder.string());
  check_input(
      fs::exists(folder / kHeadConfig) && fs::exists(folder / kHeadWeights),
      "{}: no head that mma wrote ({}): these adapters alone cannot classify; fuse them with "
      "model.name adapter_fusion",
      folder.string(), kHeadWeights);
  auto head = read_json_object<Json>(folder / kHeadConfig, 2 * kMaxCardBytes);  // and more
  check_input(head.contains("mma_model"), "{}: no mma_model: a head of another program",
              (folder / kHeadConfig).string());
  check_input(!fs::exists(model / "config.json"), "{}: there is a model already", model.string());
  auto card = head["mma_model"];
  parse_model_card(card.dump(), (folder / kHeadConfig).string() + ": mma_model");
  auto tensors = read_safetensors(folder / kHeadWeights);
  tensors.merge(read_hub_adapters(folder));
  auto stored = tensor_bytes(NamedTensors(tensors.begin(), tensors.end()),
                             {{"format", "pt"}, {"mma_version", version()}});
  card["bytes"] = stored.size();
  card["adapter_sha256"] = sha256(stored);
  make_directories(model);  // not before everything was read and checked
  write_atomically(model / "adapter.safetensors", stored);
  write_atomically(model / "config.json", card.dump(2) + "\n");
  log_info("eval", "{}: a model again; evaluate it with mma-eval {}", model.string(),
           model.string());
}

}  // namespace mma
