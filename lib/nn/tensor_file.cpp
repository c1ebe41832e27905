#include "nn/tensor_file.h"

#include <torch/utils.h>

#include "base/error.h"
#include "base/files.h"
#include "base/names.h"
#include "base/safetensors.h"

namespace mma {
namespace {

const Table<torch::ScalarType> kTypes = {{"F64", torch::kFloat64}, {"F32", torch::kFloat32},
                                         {"F16", torch::kFloat16}, {"BF16", torch::kBFloat16},
                                         {"I64", torch::kInt64},   {"I32", torch::kInt32},
                                         {"I16", torch::kInt16},   {"I8", torch::kInt8},
                                         {"U8", torch::kUInt8},    {"BOOL", torch::kBool}};

}  // namespace

std::string dtype_name(torch::ScalarType type) {
  for (auto& [name, known] : kTypes)
    if (known == type) return name;
  throw Error(fmt::format("safetensors: no name for type {}", c10::toString(type)));
}

std::map<std::string, torch::Tensor> read_safetensors(const std::filesystem::path& path) {
  Safetensors file(path);
  std::map<std::string, torch::Tensor> tensors;
  for (auto& entry : file.entries()) {
    auto tensor = torch::empty(entry.shape, pick(kTypes, path.string() + ": dtype", entry.dtype));
    auto bytes = file.bytes(entry);
    if (!bytes.empty()) std::memcpy(tensor.data_ptr(), bytes.data(), bytes.size());
    tensors.emplace(entry.name, tensor);
  }
  return tensors;
}

std::map<std::string, torch::Tensor> read_tensors(const fs::path& file) {
  return file.extension() == ".safetensors" ? read_safetensors(file) : read_torch_checkpoint(file);
}

std::string tensor_bytes(const NamedTensors& tensors,
                         const std::map<std::string, std::string>& metadata) {
  std::vector<torch::Tensor> held;  // what the views below point into
  std::vector<SafetensorsTensor> out;
  for (auto& [name, tensor] : tensors) {
    held.push_back(tensor.detach().to(torch::kCPU).contiguous());
    auto& host = held.back();
    out.push_back({name,
                   dtype_name(host.scalar_type()),
                   host.sizes().vec(),
                   {static_cast<const char*>(host.data_ptr()), host.nbytes()}});
  }
  return safetensors_bytes(std::move(out), metadata);
}

void write_tensors(const std::filesystem::path& file, const NamedTensors& tensors,
                   const std::map<std::string, std::string>& metadata) {
  write_atomically(file, tensor_bytes(tensors, metadata));
}

void load_tensors(const std::filesystem::path& file, const NamedTensors& into) {
  copy_tensors(file.string(), read_safetensors(file), into);
}

void copy_tensors(const std::string& where, std::map<std::string, torch::Tensor> tensors,
                  const NamedTensors& into) {
  Faults faults;
  torch::NoGradGuard no_grad;
  for (auto& [name, target] : into) {
    auto it = tensors.find(name);
    if (it == tensors.end()) {
      faults.add("missing tensor", fmt::format("{}: no tensor {}", where, name));
    } else if (it->second.sizes() != target.sizes()) {
      faults.add("shape",
                 fmt::format("{}: {}: expected shape [{}], found [{}]", where, name,
                             fmt::join(target.sizes(), ", "), fmt::join(it->second.sizes(), ", ")));
    } else {
      auto destination = target;
      destination.copy_(it->second);
    }
    if (it != tensors.end()) tensors.erase(it);
  }
  for (auto& [name, tensor] : tensors)
    faults.add("extra tensor",
               fmt::format("{}: tensor {} is not one of this model's", where, printable(name)));
  faults.raise();
}

}  // namespace mma
