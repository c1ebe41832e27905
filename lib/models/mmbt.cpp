#include "models/mmbt.h"

#include "models/backbone.h"
#include "nn/init.h"

namespace mma {
Mmbt::Mmbt(const MmbtConfig& config, const ModelParts& parts)
    : backbone_(parts.backbone),
      modalities_(parts.modalities),
      freeze_text_(config.freeze_text),
      freeze_modalities_(config.freeze_modalities) {
  torch::NoGradGuard no_grad;
  const int64_t hidden = backbone_->config().hidden_size;
  proj_ = register_module("proj", std::make_shared<NamedModules<torch::nn::Linear>>());
  for (auto& m : modalities_) {
    proj_->add(m.name, torch::nn::Linear(m.width / m.segments, hidden));
    init_normal(proj_->at(m.name)->weight, config.init_std, parts.seed, "proj." + m.name);
    proj_->at(m.name)->bias.zero_();
  }
  clf_ = register_module("clf", torch::nn::Linear(hidden, parts.labels));
  init_normal(clf_->weight, config.init_std, parts.seed, "clf.weight");
  clf_->bias.zero_();
  to(backbone_->options().device);
}

// The batch's token sequences. `source` points into the text's token vectors, followed by the
// projected vectors of each modality, sample by sample.
struct Mmbt::Sequence {
  Rows rows;
  torch::Tensor source, positions, segments;  // [N]
};

Mmbt::Sequence Mmbt::sequence(const ModelInput& input) const {
  std::vector<torch::Tensor> present;
  for (auto& m : modalities_)
    present.push_back(input.modalities.at(m.name).present.to(torch::kCPU).contiguous());
  std::vector<int64_t> source, positions, segments, lengths;
  for (int64_t b = 0; b < input.samples(); ++b) {
    const auto begin = source.size();
    const int64_t first = input.rows.offsets[static_cast<size_t>(b)],
                  last = first + input.rows.length(b) - 1;
    source.push_back(first);  // [CLS]
    int64_t vectors = input.rows.total();
    for (size_t m = 0; m < modalities_.size(); ++m) {
      const int64_t k = modalities_[m].segments;
      if (present[m].data_ptr<float>()[b] != 0)
        for (int64_t i = 0; i < k; ++i) source.push_back(vectors + b * k + i);
      vectors += input.samples() * k;
    }
    source.push_back(last);  // [SEP]
    const auto modal = static_cast<int64_t>(source.size() - begin);
    for (int64_t i = 0; i < modal; ++i) positions.push_back(i);
    segments.insert(segments.end(), static_cast<size_t>(modal), 0);
    for (int64_t row = first + 1; row < last; ++row) {
      source.push_back(row);
      positions.push_back(row - first - 1);
      segments.push_back(1);
    }
    lengths.push_back(static_cast<int64_t>(source.size() - begin));
  }
  auto device = input.ids.device();
  auto move = [&](const std::vector<int64_t>& v) {
    return torch::tensor(v, torch::kInt64).to(device);
  };
  return {Rows::of_lengths(lengths, device), move(source), move(positions), move(segments)};
}

torch::Tensor Mmbt::forward(const ModelInput& input, Context& context) {
  std::vector<torch::Tensor> vectors{backbone_->token_embeddings(input.ids)};
  for (auto& m : modalities_) {
    auto& values = input.modalities.at(m.name).values;
    vectors.push_back(proj_->at(m.name)->forward(
        values.view({values.size(0) * m.segments, m.width / m.segments})));
  }
  auto s = sequence(input);
  auto hidden = backbone_->embed(torch::cat(vectors).index_select(0, s.source), s.positions,
                                 s.segments, s.rows, context);
  return clf_->forward(backbone_->pool(backbone_->encode(hidden, s.rows, {}, context)));
}

NamedTensors Mmbt::trained() {
  auto all = Model::trained();
  for (auto& item : named_as_trained(backbone_->tensors())) all.push_back(item);
  return all;
}

NamedTensors Mmbt::frozen_parameters(int64_t epoch) {
  NamedTensors all;
  if (epoch < freeze_text_) all = named_as_trained(backbone_->tensors());
  if (epoch < freeze_modalities_)
    for (auto& item : proj_->named_parameters())
      all.emplace_back("proj." + item.key(), item.value());
  return all;
}

double Mmbt::step_flops(const std::vector<int64_t>& lengths) const {
  double total = 0;
  for (int64_t length : lengths)
    total += 3 * backbone_->forward_flops(length + tokens_of(modalities_));
  return total;
}

}  // namespace mma
