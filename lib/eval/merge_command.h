#pragma once
#include <filesystem>

namespace mma {

/// mma-eval export RUN --merged DIR [--backbone DIR]
struct MergeOptions {
  std::filesystem::path run, folder, backbone;
};
/// Writes a backbone folder in Hugging Face's layout whose weights are W + (alpha / r) B A: what a
/// model of LoRA computes, without LoRA. config.json and the tokenizer's files are copied, all
/// numbers are fp32, heads of the backbone's file left out; the classifier lies beside in
/// model_head.safetensors. UserError where `folder` holds a model, the model is not one of LoRA, or
/// layers share their weights.
void export_merged(const MergeOptions& options);

}  // namespace mma
