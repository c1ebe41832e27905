#pragma once
#include <filesystem>
#include <string>

namespace mma {

/// mma-eval export RUN --out DIR [--name mma] [--backbone DIR]
struct ExportOptions {
  std::filesystem::path run, folder, backbone;
  std::string name = "mma";
};
/// Writes a trained model of adapters on text alone as an adapter-hub folder (run/adapter_hub.h).
void export_to_hub(const ExportOptions& options);

/// mma-eval import DIR --out MODEL
struct ImportOptions {
  std::filesystem::path folder, model;
};
/// Writes an exported folder as a model folder again.
void import_from_hub(const ImportOptions& options);

}  // namespace mma
