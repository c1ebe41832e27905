#include "train/initial_model.h"

#include <algorithm>

#include "base/names.h"

namespace mma {
namespace {

constexpr size_t kMostTold = 5;  // names in a line

const std::vector<std::string>& names_on(BlockAxis axis, const BlockNames& names) {
  return axis.of == BlockAxis::Of::kLabels ? names.labels : names.inputs;
}

struct Block {
  std::string name;
  int64_t begin, size;
};

// The blocks of an axis; `size`: of each where they are equal.
std::vector<Block> blocks_of(BlockAxis axis, const BlockNames& names, int64_t size) {
  std::vector<Block> all;
  int64_t begin = 0;
  for (auto& name : names_on(axis, names)) {
    const bool own = axis.of == BlockAxis::Of::kInputNumbers;
    all.push_back({name, begin, own ? names.widths.at(all.size()) : size});
    begin += all.back().size;
  }
  return all;
}

bool same_scale(const TargetScale& a, const TargetScale& b) {
  return a.mean == b.mean && a.deviation == b.deviation;
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
    const auto size = to.size(axis.dim) / std::ssize(names_on(axis, now_));
    const auto old_blocks = blocks_of(axis, before_, size),
               new_blocks = blocks_of(axis, now_, size);
    auto expected = to.sizes().vec();
    expected[static_cast<size_t>(axis.dim)] =
        old_blocks.empty() ? 0 : old_blocks.back().begin + old_blocks.back().size;
    if (from.sizes() != expected)
      return fresh(name, fmt::format("expected the shape [{}], found {}", fmt::join(expected, ", "),
                                     shape_of(from)));
    std::vector<std::string> missing;
    for (size_t i = 0; i < new_blocks.size(); ++i) {
      auto& block = new_blocks[i];
      auto it = std::find_if(old_blocks.begin(), old_blocks.end(), [&](auto& old) {
        return old.name == block.name && old.size == block.size;
      });
      if (it == old_blocks.end()) {
        missing.push_back(block.name);
        continue;
      }
      auto place = to.narrow(axis.dim, block.begin, block.size);
      place.copy_(from.narrow(axis.dim, it->begin, it->size));
      if (axis.of == BlockAxis::Of::kLabels)
        rescale(place, static_cast<size_t>(it - old_blocks.begin()), i);
    }
    if (missing.size() == new_blocks.size())
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
  // An output z of a real target stands for mean + deviation z: of a row of the last layer, or its
  // bias, what stands for the same by the scale of now.
  void rescale(torch::Tensor row, size_t before, size_t now) {
    if (same_scale(before_.scale, now_.scale)) return;
    row.mul_(before_.scale.deviation.at(before) / now_.scale.deviation.at(now));
    if (row.dim() == 1)
      row.add_((before_.scale.mean.at(before) - now_.scale.mean.at(now)) /
               now_.scale.deviation.at(now));
  }

  const BlockNames &before_, &now_;
  TakenTensors& taken_;
};

}  // namespace

BlockNames block_names(std::vector<std::string> labels, const ModelConfig& config,
                       const std::vector<ModalitySize>& modalities, const Objective& objective) {
  BlockNames names{
      std::move(labels), config.inputs(modalities), objective.kind, {}, objective.scale};
  for (auto& input : names.inputs) {
    auto it = std::find_if(modalities.begin(), modalities.end(),
                           [&](auto& modality) { return modality.name == input; });
    names.widths.push_back(it == modalities.end() ? 0 : it->width);
  }
  return names;
}

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
  const auto before =
      block_names(card.labels, *card.recipe.model.config, initial.modalities, card.objective());
  if (before.label_kind == now.label_kind && !same_scale(before.scale, now.scale))
    lines.push_back(
        "the targets' mean or deviation is another in these training samples: the last layer's "
        "rows are rescaled, and predict what they did");
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
