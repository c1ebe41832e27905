#pragma once
#include <torch/nn/module.h>

#include <string>
#include <utility>
#include <vector>

#include "base/error.h"

namespace mma {

/// Modules of one kind by name ("text", "video"), in the order in which they were added; each is
/// registered under its name, since that is its key in files.
template <class Holder>
struct NamedModules : torch::nn::Module {
  void add(const std::string& name, Holder module) {
    register_module(name, module);
    items.emplace_back(name, std::move(module));
  }
  Holder& at(const std::string& name) {
    for (auto& [known, module] : items)
      if (known == name) return module;
    throw Error(fmt::format("no module '{}'", name));
  }
  std::vector<std::pair<std::string, Holder>> items;
};

}  // namespace mma
