#pragma once
#include <torch/types.h>

#include <filesystem>
#include <map>
#include <string>

#include "nn/named_tensors.h"

namespace mma {

/// A type by the name that safetensors files give it.
std::string dtype_name(torch::ScalarType type);

/// The tensors of a safetensors file by name, on the CPU. UserError as base/safetensors.h, and for
/// a dtype that LibTorch does not compute with.
std::map<std::string, torch::Tensor> read_safetensors(const std::filesystem::path& file);
/// The tensors of a PyTorch checkpoint of the zip kind (a state dict: names to tensors; storages
/// of floating types and integers). Executes nothing: any constructor but tensors, parameters and
/// OrderedDict is refused.
std::map<std::string, torch::Tensor> read_torch_checkpoint(const std::filesystem::path& file);
/// The tensors of a file of either kind, by its name: .safetensors, else a checkpoint.
std::map<std::string, torch::Tensor> read_tensors(const std::filesystem::path& file);
/// The bytes of a safetensors file; the same tensors, the same bytes.
std::string tensor_bytes(const NamedTensors& tensors,
                         const std::map<std::string, std::string>& metadata = {});
/// Writes them, wholly or not at all.
void write_tensors(const std::filesystem::path& file, const NamedTensors& tensors,
                   const std::map<std::string, std::string>& metadata = {});
/// Copies tensors of a file into tensors of the same names and shapes. UserError that names what is
/// missing, extra or of another shape.
void load_tensors(const std::filesystem::path& file, const NamedTensors& into);
/// The same of tensors that were read; `where` is their file's name.
void copy_tensors(const std::string& where, std::map<std::string, torch::Tensor> tensors,
                  const NamedTensors& into);

}  // namespace mma
