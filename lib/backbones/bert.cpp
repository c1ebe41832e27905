#include "backbones/bert.h"

#include "base/error.h"
#include "data/bert_layout.h"
#include "nn/attention.h"

namespace mma {

Bert::Bert(const BertConfig& config, const std::map<std::string, torch::Tensor>& weights,
           const BertOptions& options)
    : config_(config), options_(options) {
  activation_ = pick(activations(), "hidden_act",
                     config.hidden_act == "gelu_new" ? "gelu_tanh" : config.hidden_act);
  auto get = [&](const std::string& name, torch::ScalarType type) {
    auto it = weights.find(name);
    check(it != weights.end(), "bert: no weight {}", name);
    return it->second.to(options.device, type, /*non_blocking=*/false, /*copy=*/true).contiguous();
  };
  const auto held = options.trained ? torch::kFloat32 : options.type;
  auto dense = [&](const std::string& name) {
    return Dense{get(name + ".weight", held), get(name + ".bias", held), nullptr};
  };
  auto norm = [&](const std::string& name) {  // small, and trained by some models: fp32
    return Norm{get(name + ".weight", torch::kFloat32), get(name + ".bias", torch::kFloat32),
                config.layer_norm_eps};
  };
  token_embeddings_ = get(bert_names::kTokens, held);
  positions_ = get(bert_names::kPositions, held);
  segments_ = get(bert_names::kSegments, held);
  embedding_norm_ = norm(bert_names::kEmbeddingNorm);
  for (int64_t l = 0; l < config.num_hidden_layers; ++l) {
    BertLayerNames names(l);
    Layer layer;
    layer.query = dense(names.query);
    layer.key = dense(names.key);
    layer.value = dense(names.value);
    layer.attention_out = dense(names.attention_out);
    layer.attention_norm = norm(names.attention_norm);
    layer.intermediate = dense(names.intermediate);
    layer.output = dense(names.output);
    layer.output_norm = norm(names.output_norm);
    if (!options.trained) hold_frozen(layer, l + 1 == config.num_hidden_layers);
    layers_.push_back(std::move(layer));
  }
  const std::string pooler = bert_names::kPooler;
  pooler_ = {get(pooler + ".weight", torch::kFloat32), get(pooler + ".bias", torch::kFloat32),
             nullptr};
}

void Bert::hold_frozen(Layer& layer, bool last) const {
  layer.projections = projections(layer, last);
  layer.query = layer.key = layer.value = Dense();
  if (!options_.packed) return;
  for (auto* dense : {&layer.projections.queries, &layer.projections.keys_values,
                      &layer.attention_out, &layer.intermediate, &layer.output})
    if (dense->weight.defined()) dense->pack();
}

Bert::Projections Bert::projections(const Layer& w, bool last) const {
  if (!w.query.weight.defined()) return w.projections;
  Dense all{torch::cat({w.query.weight, w.key.weight, w.value.weight}),
            torch::cat({w.query.bias, w.key.bias, w.value.bias}), nullptr};
  const int64_t h = config_.hidden_size;
  if (!last) return {Dense(), all};
  return {all.outputs(0, h), all.outputs(h, 2 * h)};
}

torch::Tensor Bert::token_embeddings(const torch::Tensor& ids) const {
  return torch::embedding(token_embeddings_, ids).to(torch::kFloat32);
}

torch::Tensor Bert::embed(const torch::Tensor& tokens, const torch::Tensor& positions,
                          const torch::Tensor& segments, const Rows& rows, Context& context) const {
  RECORD_USER_SCOPE("embedding");
  auto sum = tokens + torch::embedding(positions_, positions).to(torch::kFloat32) +
             torch::embedding(segments_, segments).to(torch::kFloat32);
  return dropout(embedding_norm_({sum}), config_.hidden_dropout_prob, rows, context.dropout)
      .to(options_.type);
}

torch::Tensor Bert::attend(const Layer& w, const torch::Tensor& x, const Rows& rows,
                           const Rows& out_rows, SublayerPlugin* plugin, Context& context) const {
  RECORD_USER_SCOPE("attention");
  const bool last = &w == &layers_.back();
  auto project = projections(w, last);
  auto residual = out_rows.total() == rows.total() ? x : rows.first_of(x);
  auto queries = last ? project.queries(residual) : torch::Tensor();
  auto mixed = attention({queries, project.keys_values(x), out_rows, rows,
                          config_.num_attention_heads, config_.attention_probs_dropout_prob},
                         context.dropout);
  auto out =
      dropout(w.attention_out(mixed), config_.hidden_dropout_prob, out_rows, context.dropout);
  return add_and_norm({out, residual, w.attention_norm}, out_rows, plugin, context);
}

torch::Tensor Bert::feed_forward(const Layer& w, const torch::Tensor& x, const Rows& rows,
                                 SublayerPlugin* plugin, Context& context) const {
  RECORD_USER_SCOPE("feed-forward");
  auto out = dropout(w.output(activation_(w.intermediate(x))), config_.hidden_dropout_prob, rows,
                     context.dropout);
  return add_and_norm({out, x, w.output_norm}, rows, plugin, context);
}

torch::Tensor Bert::add_and_norm(const SublayerOutput& out, const Rows& rows,
                                 SublayerPlugin* plugin, Context& context) const {
  if (!plugin) return out.norm({out.hidden, out.residual});
  return out.norm({out.hidden, plugin->delta(out, rows, context), out.residual});
}

torch::Tensor Bert::encode(torch::Tensor hidden, const Rows& rows,
                           const std::vector<LayerPlugins>& plugins, Context& context,
                           std::vector<torch::Tensor>* all_hidden, size_t first) const {
  check(plugins.empty() || plugins.size() == layers_.size(), "bert: {} plugins for {} layers",
        plugins.size(), layers_.size());
  for (size_t l = first; l < layers_.size(); ++l) {
    bool cls_only = all_hidden == nullptr && l + 1 == layers_.size();
    auto plugin = plugins.empty() ? LayerPlugins{} : plugins[l];
    auto out_rows = cls_only ? Rows::one_each(rows.samples()) : rows;
    hidden = attend(layers_[l], hidden, rows, out_rows, plugin.attention, context);
    hidden = feed_forward(layers_[l], hidden, out_rows, plugin.output, context);
    if (all_hidden) all_hidden->push_back(hidden);
  }
  return all_hidden ? rows.first_of(hidden) : hidden;
}

torch::Tensor Bert::prefix(torch::Tensor hidden, const Rows& rows, size_t count,
                           Context& context) const {
  for (size_t l = 0; l < count; ++l) {
    hidden = attend(layers_.at(l), hidden, rows, rows, nullptr, context);
    hidden = feed_forward(layers_[l], hidden, rows, nullptr, context);
  }
  return hidden;
}

torch::Tensor Bert::pool(const torch::Tensor& cls) const {
  RECORD_USER_SCOPE("classifier");
  return torch::tanh(pooler_(cls.to(torch::kFloat32)));
}

double Bert::attention_flops(int64_t length) const {
  const auto t = static_cast<double>(length), h = static_cast<double>(config_.hidden_size);
  return 2 * t * (4 * h * h + 2 * t * h);
}

double Bert::forward_flops(int64_t length, size_t first) const {
  const auto t = static_cast<double>(length), h = static_cast<double>(config_.hidden_size),
             f = static_cast<double>(config_.intermediate_size);
  const double layer = attention_flops(length) + 2 * t * 2 * h * f;
  const double last = 2 * (t * 2 * h * h + 2 * h * h + 2 * h * f + 2 * t * h);
  return static_cast<double>(layers_.size() - 1 - first) * layer + last;
}

std::array<Dense, 3> Bert::queries_keys_values(const Layer& w) const {
  if (w.query.weight.defined()) return {w.query, w.key, w.value};
  const int64_t h = config_.hidden_size;
  auto &first = w.projections.queries, &rest = w.projections.keys_values;
  Dense all{rest.plain_weight(), rest.bias, nullptr};
  if (first.bias.defined())
    all = {torch::cat({first.plain_weight(), all.weight}), torch::cat({first.bias, all.bias}),
           nullptr};
  return {all.outputs(0, h), all.outputs(h, h), all.outputs(2 * h, h)};
}

namespace {

void add(NamedTensors& all, const std::string& name, const Dense& part) {
  all.emplace_back(name + ".weight", part.plain_weight());
  all.emplace_back(name + ".bias", part.bias);
}

void add(NamedTensors& all, const std::string& name, const Norm& part) {
  all.emplace_back(name + ".weight", part.weight);
  all.emplace_back(name + ".bias", part.bias);
}

}  // namespace

NamedTensors Bert::tensors() const {
  NamedTensors all = {{bert_names::kTokens, token_embeddings_},
                      {bert_names::kPositions, positions_},
                      {bert_names::kSegments, segments_}};
  add(all, bert_names::kEmbeddingNorm, embedding_norm_);
  for (size_t l = 0; l < layers_.size(); ++l) {
    BertLayerNames names(static_cast<int64_t>(l));
    auto& layer = layers_[l];
    auto [query, key, value] = queries_keys_values(layer);
    add(all, names.query, query);
    add(all, names.key, key);
    add(all, names.value, value);
    add(all, names.attention_out, layer.attention_out);
    add(all, names.attention_norm, layer.attention_norm);
    add(all, names.intermediate, layer.intermediate);
    add(all, names.output, layer.output);
    add(all, names.output_norm, layer.output_norm);
  }
  add(all, bert_names::kPooler, pooler_);
  return all;
}

NamedTensors Bert::layer_norms() const {
  NamedTensors norms;
  for (size_t l = 0; l < layers_.size(); ++l) {
    BertLayerNames names(static_cast<int64_t>(l));
    add(norms, names.attention_norm, layers_[l].attention_norm);
    add(norms, names.output_norm, layers_[l].output_norm);
  }
  return norms;
}

}  // namespace mma
