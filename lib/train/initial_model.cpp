#include "train/initial_model.h"

#include <algorithm>

#include "base/names.h"

namespace mma {
namespace {

constexpr size_t kMostTold = 5;  // names in a line

const std::vector<std::string>& names_on(BlockAxis axis, const BlockNames& names) {
  return axis.of == BlockAxis::Of::kLabels ? names.labels : names.inputs;
}

std::string shape_of(const torch::Tensor& tensor) {
  return fmt::format("[{}]", fmt::join(tensor.sizes(), ", "));
}

class Taking {
 public:
  Taking(const BlockNames& before, const BlockNames& now, TakenTensors& taken)
      : before_(before), now_(now), taken_(taken) {}

  void whole(const std::string& name, const torch::Tensor& from, torch::Tensor to) {
    if (from.sizes() != to.sizes())
      return fresh(name, fmt::format("its shape is {}, there {}", shape_of(to), shape_of(from)));
    to.copy_(from);
    ++taken_.whole;
  }

  void blocks(const std::string& name, BlockAxis axis, const torch::Tensor& from,
              const torch::Tensor& to) {
    if (axis.of == BlockAxis::Of::kLabels && before_.label_kind != now_.label_kind)
      return fresh(name, fmt::format("its labels are {}, there {}", name_of(now_.label_kind),
                                     name_of(before_.label_kind)));
    const auto &old_names = names_on(axis, before_), &new_names = names_on(axis, now_);
    const auto dim = static_cast<size_t>(axis.dim);
    const auto size = to.size(axis.dim) / std::ssize(new_names);  // of a block
    auto expected = to.sizes().vec();
    expected[dim] = size * std::ssize(old_names);
    if (from.sizes() != expected)
      return fresh(name, fmt::format("expected the shape [{}], found {}", fmt::join(expected, ", "),
                                     shape_of(from)));
    std::vector<std::string> missing;
    for (size_t i = 0; i < new_names.size(); ++i) {
      auto it = std::find(old_names.begin(), old_names.end(), new_names[i]);
      if (it == old_names.end()) {
        missing.push_back(new_names[i]);
        continue;
      }
      to.narrow(axis.dim, static_cast<int64_t>(i) * size, size)
          .copy_(from.narrow(axis.dim, (it - old_names.begin()) * size, size));
    }
    if (missing.size() == new_names.size())
      return fresh(name, fmt::format("nothing of {} there", some_of(missing, kMostTold)));
    if (missing.empty()) {
      ++taken_.whole;
      return;
    }
    ++taken_.in_part;
    taken_.told.push_back(
        fmt::format("{}: in part: {} not there", name, some_of(missing, kMostTold)));
  }

  void fresh(const std::string& name, const std::string& why) {
    ++taken_.fresh;
    taken_.told.push_back(fmt::format("{}: afresh: {}", name, why));
  }

 private:
  const BlockNames &before_, &now_;
  TakenTensors& taken_;
};

}  // namespace

TakenTensors take_tensors(std::map<std::string, torch::Tensor> tensors, const BlockNames& before,
                          Model& model, const BlockNames& now) {
  torch::NoGradGuard no_grad;
  TakenTensors taken;
  Taking taking(before, now, taken);
  const auto axes = model.block_axes();
  for (auto& [name, target] : stored_tensors(model)) {
    auto it = tensors.find(name);
    if (it == tensors.end()) {
      taking.fresh(name, "not there");
      continue;
    }
    if (auto axis = axes.find(name); axis != axes.end())
      taking.blocks(name, axis->second, it->second, target);
    else
      taking.whole(name, it->second, target);
    tensors.erase(it);
  }
  for (auto& [name, tensor] : tensors) taken.unused.push_back(name);
  return taken;
}

TrainedModel read_initial_model(const Recipe& recipe, const std::string& backbone_hash,
                                Faults& faults) {
  TrainedModel initial;
  auto fault = [&](const std::string& text) { faults.add("init_from", text); };
  try {
    initial = read_trained_model(recipe.init_from);
  } catch (const UserError& e) {
    fault(fmt::format("init_from: {}", e.what()));
    return initial;
  }
  auto& card = initial.card;
  if (initial.from_hub) {
    fault(
        fmt::format("init_from: {}: an adapter-hub folder is no whole model; mma-eval import "
                    "makes one of it",
                    recipe.init_from));
    return initial;
  }
  if (card.recipe.model.name != recipe.model.name)
    fault(
        fmt::format("init_from: {}: its model.name is {}, this recipe's {}: give the same, or "
                    "leave init_from out",
                    recipe.init_from, card.recipe.model.name, recipe.model.name));
  if (card.backbone_hash != backbone_hash)
    fault(fmt::format(
        "init_from: {}: trained on another backbone (SHA-256 {:.12}) than --backbone "
        "({:.12}); it was {}",
        recipe.init_from, card.backbone_hash, backbone_hash, printable(card.backbone_path)));
  return initial;
}

std::vector<std::string> begin_with(const TrainedModel& initial, Model& model, ModelSection section,
                                    const BlockNames& now) {
  std::vector<std::string> lines;
  auto card = initial.card;
  const auto here = list_fields([&](Fields& f) { section.fields(f); });
  for (auto& [key, value] : list_fields([&](Fields& f) { card.recipe.model.fields(f); })) {
    auto it = std::find_if(here.begin(), here.end(),
                           [&key = key](auto& field) { return field.first == key; });
    if (it != here.end() && it->second != value)
      lines.push_back(fmt::format("model.{} was {}, here {}", key, value, it->second));
  }
  const BlockNames before{card.labels, card.recipe.model.config->inputs(initial.modalities),
                          card.kind()};
  const auto taken = take_tensors(read_stored_tensors(initial), before, model, now);
  lines.insert(lines.end(), taken.told.begin(), taken.told.end());
  if (!taken.unused.empty())
    lines.push_back(fmt::format("no place here for {}: {}", taken.unused.size(),
                                some_of(taken.unused, kMostTold)));
  lines.push_back(fmt::format("{} tensors taken, {} of them in part; {} afresh",
                              taken.whole + taken.in_part, taken.in_part, taken.fresh));
  return lines;
}

}  // namespace mma
