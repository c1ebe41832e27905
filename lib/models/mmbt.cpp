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
  const auto& encoder = backbone_->config();
  proj_ = register_module("proj", std::make_shared<NamedModules<torch::nn::Linear>>());
  for (auto& m : modalities_) {
    proj_->add(m.name, torch::nn::Linear(m.width / m.segments, encoder.embedding_width()));
    init_normal(proj_->at(m.name)->weight, config.init_std, parts.seed, "proj." + m.name);
    proj_->at(m.name)->bias.zero_();
  }
  clf_ = register_module("clf", torch::nn::Linear(encoder.hidden_size, parts.labels));
  init_normal(clf_->weight, config.init_std, parts.seed, "clf.weight");
  clf_->bias.zero_();
  to(backbone_->options().device);
}

// The vectors are the text's tokens, followed by the projected vectors of each modality, sample by
// sample.
Sequences Mmbt::sequences(const Batch& batch) const {
  Sequences all;
  int64_t first = 0;  // [CLS] of the sample's text
  for (int64_t b = 0; b < batch.size(); ++b) {
    const auto begin = all.source.size();
    const int64_t last = first + batch.lengths[static_cast<size_t>(b)] - 1;  // its [SEP]
    all.source.push_back(first);
    auto vectors = std::ssize(batch.tokens);
    for (auto& m : modalities_) {
      if (batch.modalities.at(m.name).present[static_cast<size_t>(b)])
        for (int64_t i = 0; i < m.segments; ++i) all.source.push_back(vectors + b * m.segments + i);
      vectors += batch.size() * m.segments;
    }
    all.source.push_back(last);
    const auto modal = static_cast<int64_t>(all.source.size() - begin);
    for (int64_t i = 0; i < modal; ++i) all.positions.push_back(i);
    all.segments.insert(all.segments.end(), static_cast<size_t>(modal), 0);
    for (int64_t row = first + 1; row < last; ++row) {
      all.source.push_back(row);
      all.positions.push_back(row - first - 1);
      all.segments.push_back(1);
    }
    all.lengths.push_back(static_cast<int64_t>(all.source.size() - begin));
    first = last + 1;
  }
  return all;
}

torch::Tensor Mmbt::forward(const ModelInput& input, Context& context) {
  std::vector<torch::Tensor> vectors{backbone_->token_embeddings(input.ids)};
  for (auto& m : modalities_) {
    auto& values = input.modalities.at(m.name).values;
    vectors.push_back(proj_->at(m.name)->forward(
        values.view({values.size(0) * m.segments, m.width / m.segments})));
  }
  auto hidden = backbone_->embed(torch::cat(vectors).index_select(0, input.source), input.positions,
                                 input.segments, input.rows, context);
  return clf_->forward(backbone_->encode(hidden, input.rows, {}, context));
}

NamedTensors Mmbt::trained() {
  auto all = Model::trained();
  for (auto& item : named_as_trained(*backbone_, backbone_->tensors())) all.push_back(item);
  return all;
}

NamedTensors Mmbt::frozen_parameters(int64_t epoch) {
  NamedTensors all;
  if (epoch < freeze_text_) all = named_as_trained(*backbone_, backbone_->tensors());
  if (epoch < freeze_modalities_)
    for (auto& item : proj_->named_parameters())
      all.emplace_back("proj." + item.key(), item.value());
  return all;
}

BlockAxes Mmbt::block_axes() const {
  return {{"clf.weight", {BlockAxis::Of::kLabels, 0}}, {"clf.bias", {BlockAxis::Of::kLabels, 0}}};
}

double Mmbt::step_flops(const std::vector<int64_t>& lengths) const {
  double total = 0;
  for (int64_t length : lengths)
    total += 3 * backbone_->forward_flops(length + tokens_of(modalities_));
  return total;
}

}  // namespace mma
