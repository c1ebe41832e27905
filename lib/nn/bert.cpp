#include "nn/bert.h"

#include "base/error.h"
#include "nn/attention.h"

namespace mma {
namespace {

std::string layer_prefix(size_t layer) { return fmt::format("encoder.layer.{}.", layer); }

}  // namespace

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
    return Dense{get(name + ".weight", held), get(name + ".bias", held)};
  };
  auto norm = [&](const std::string& name) {  // small, and trained by some models: fp32
    return Norm{get(name + ".weight", torch::kFloat32), get(name + ".bias", torch::kFloat32),
                config.layer_norm_eps};
  };
  words_ = get("embeddings.word_embeddings.weight", held);
  positions_ = get("embeddings.position_embeddings.weight", held);
  segments_ = get("embeddings.token_type_embeddings.weight", held);
  embedding_norm_ = norm("embeddings.LayerNorm");
  for (size_t l = 0; l < static_cast<size_t>(config.num_hidden_layers); ++l) {
    auto at = layer_prefix(l);
    Layer layer;
    layer.query = dense(at + "attention.self.query");
    layer.key = dense(at + "attention.self.key");
    layer.value = dense(at + "attention.self.value");
    if (!options.trained) {
      const int64_t h = config.hidden_size;
      layer.qkv = queries_keys_values(layer);
      layer.query = layer.qkv.outputs(0, h);
      layer.key = layer.qkv.outputs(h, h);
      layer.value = layer.qkv.outputs(2 * h, h);
    }
    layer.attention_out = dense(at + "attention.output.dense");
    layer.attention_norm = norm(at + "attention.output.LayerNorm");
    layer.intermediate = dense(at + "intermediate.dense");
    layer.output = dense(at + "output.dense");
    layer.output_norm = norm(at + "output.LayerNorm");
    layers_.push_back(std::move(layer));
  }
  pooler_ = {get("pooler.dense.weight", torch::kFloat32),
             get("pooler.dense.bias", torch::kFloat32)};
}

Dense Bert::queries_keys_values(const Layer& w) const {
  if (w.qkv.weight.defined()) return w.qkv;
  return {torch::cat({w.query.weight, w.key.weight, w.value.weight}),
          torch::cat({w.query.bias, w.key.bias, w.value.bias})};
}

torch::Tensor Bert::words(const torch::Tensor& ids) const {
  return torch::embedding(words_, ids).to(torch::kFloat32);
}

torch::Tensor Bert::embed(const torch::Tensor& words, const torch::Tensor& positions,
                          const torch::Tensor& segments, Context& context) const {
  auto sum = words + torch::embedding(positions_, positions).to(torch::kFloat32) +
             torch::embedding(segments_, segments).to(torch::kFloat32);
  return dropout(embedding_norm_(sum), config_.hidden_dropout_prob, context.dropout)
      .to(options_.type);
}

torch::Tensor Bert::layer(const Layer& w, const torch::Tensor& x, const Rows& rows, bool cls_only,
                          LayerPlugins plugins, Context& context) const {
  const int64_t h = config_.hidden_size;
  torch::Tensor queries, keys_values, residual = x;
  Rows out_rows = rows;
  auto qkv = queries_keys_values(w);
  if (cls_only) {
    out_rows = Rows::one_each(rows.samples(), rows.membership.options());
    residual = x.index_select(0, rows.first_rows());
    queries = qkv.outputs(0, h)(residual);
    keys_values = qkv.outputs(h, 2 * h)(x);
  } else {
    keys_values = qkv(x);  // the queries in front
  }
  auto mixed = attention({queries, keys_values, out_rows, rows, config_.num_attention_heads,
                          config_.attention_probs_dropout_prob},
                         context.dropout);
  auto a = dropout(w.attention_out(mixed), config_.hidden_dropout_prob, context.dropout);
  if (plugins.attention)
    a = a + plugins.attention->change({a, residual, w.attention_norm}, out_rows, context);
  auto x1 = w.attention_norm(a + residual);
  auto f = dropout(w.output(activation_(w.intermediate(x1))), config_.hidden_dropout_prob,
                   context.dropout);
  if (plugins.output) f = f + plugins.output->change({f, x1, w.output_norm}, out_rows, context);
  return w.output_norm(f + x1);
}

torch::Tensor Bert::encode(torch::Tensor hidden, const Rows& rows,
                           const std::vector<LayerPlugins>& plugins, Context& context,
                           std::vector<torch::Tensor>* all_hidden) const {
  check(plugins.empty() || plugins.size() == layers_.size(), "bert: {} plugins for {} layers",
        plugins.size(), layers_.size());
  for (size_t l = 0; l < layers_.size(); ++l) {
    bool cls_only = all_hidden == nullptr && l + 1 == layers_.size();
    hidden = layer(layers_[l], hidden, rows, cls_only,
                   plugins.empty() ? LayerPlugins{} : plugins[l], context);
    if (all_hidden) all_hidden->push_back(hidden);
  }
  return all_hidden ? hidden.index_select(0, rows.first_rows()) : hidden;
}

torch::Tensor Bert::pool(const torch::Tensor& cls) const {
  return torch::tanh(pooler_(cls.to(torch::kFloat32)));
}

double Bert::forward_flops(int64_t length) const {
  const auto t = static_cast<double>(length), h = static_cast<double>(config_.hidden_size),
             f = static_cast<double>(config_.intermediate_size);
  const double layer = 2 * t * (4 * h * h + 2 * h * f + 2 * t * h);
  const double last = 2 * (t * 2 * h * h + 2 * h * h + 2 * h * f + 2 * t * h);
  return static_cast<double>(config_.num_hidden_layers - 1) * layer + last;
}

NamedTensors Bert::tensors() const {
  NamedTensors all = {{"embeddings.word_embeddings.weight", words_},
                      {"embeddings.position_embeddings.weight", positions_},
                      {"embeddings.token_type_embeddings.weight", segments_},
                      {"embeddings.LayerNorm.weight", embedding_norm_.weight},
                      {"embeddings.LayerNorm.bias", embedding_norm_.bias}};
  auto add = [&all](const std::string& name, const auto& part) {
    all.emplace_back(name + ".weight", part.weight);
    all.emplace_back(name + ".bias", part.bias);
  };
  for (size_t l = 0; l < layers_.size(); ++l) {
    auto at = layer_prefix(l);
    add(at + "attention.self.query", layers_[l].query);
    add(at + "attention.self.key", layers_[l].key);
    add(at + "attention.self.value", layers_[l].value);
    add(at + "attention.output.dense", layers_[l].attention_out);
    add(at + "attention.output.LayerNorm", layers_[l].attention_norm);
    add(at + "intermediate.dense", layers_[l].intermediate);
    add(at + "output.dense", layers_[l].output);
    add(at + "output.LayerNorm", layers_[l].output_norm);
  }
  add("pooler.dense", pooler_);
  return all;
}

NamedTensors Bert::layer_norms() const {
  NamedTensors norms;
  for (size_t l = 0; l < layers_.size(); ++l) {
    auto add = [&](const std::string& name, const Norm& norm) {
      norms.emplace_back(layer_prefix(l) + name + ".weight", norm.weight);
      norms.emplace_back(layer_prefix(l) + name + ".bias", norm.bias);
    };
    add("attention.output.LayerNorm", layers_[l].attention_norm);
    add("output.LayerNorm", layers_[l].output_norm);
  }
  return norms;
}

}  // namespace mma
