#include "backbones/encoder.h"

#include "base/error.h"
#include "data/encoder_layout.h"
#include "nn/attention.h"

namespace mma {

namespace {

const Table<Summary> kSummaries = {
    {"pooler", Summary::kPooler}, {"cls", Summary::kCls}, {"mean", Summary::kMean}};

Summary summary_of(const EncoderConfig& config) {
  auto kinds = kSummaries;
  kinds.insert(kinds.begin(), {"auto", config.pooler ? Summary::kPooler : Summary::kCls});
  auto summary = pick(kinds, "summary", config.summary);
  check(summary != Summary::kPooler || config.pooler, "encoder: these weights have no pooler");
  return summary;
}

// A linear map with its plugin.
torch::Tensor mapped(const Dense& dense, const torch::Tensor& x, LinearPlugin* plugin,
                     const Rows& rows, Context& context) {
  return plug(dense(x), 0, plugin, x, rows, context);
}

// What follows the layers is computed in fp32 at least.
torch::Tensor at_least_fp32(const torch::Tensor& x) {
  return x.scalar_type() == torch::kFloat64 ? x : x.to(torch::kFloat32);
}

}  // namespace

std::string name_of(Summary summary) {
  for (auto& [name, known] : kSummaries)
    if (known == summary) return name;
  throw Error("a summary without a name");
}

Encoder::Encoder(const EncoderConfig& config, const std::map<std::string, torch::Tensor>& weights,
                 const EncoderOptions& options)
    : config_(config),
      names_(encoder_names(config)),
      options_(options),
      activation_(pick(activations(), "hidden_act", config.hidden_act)),
      summary_(summary_of(config)) {
  auto get = [&](const std::string& name, torch::ScalarType type) {
    auto it = weights.find(name);
    check(it != weights.end(), "encoder: no weight {}", name);
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
  token_embeddings_ = get(names_.tokens, held);
  positions_ = get(names_.positions, held);
  if (!names_.segments.empty()) segments_ = get(names_.segments, held);
  embedding_norm_ = norm(names_.embedding_norm);
  if (!names_.projection.empty()) projection_ = dense(names_.projection);
  auto layer_of = [&](const LayerNames& names) {
    Layer layer;
    layer.query = dense(names.query);
    layer.key = dense(names.key);
    layer.value = dense(names.value);
    layer.attention_out = dense(names.attention_out);
    layer.attention_norm = norm(names.attention_norm);
    layer.intermediate = dense(names.intermediate);
    layer.output = dense(names.output);
    layer.output_norm = norm(names.output_norm);
    return layer;
  };
  layers_.resize(static_cast<size_t>(config.num_hidden_layers));
  for (size_t l = 0; l < layers_.size(); ++l) {
    const size_t set = config.weights_of(l);
    const bool shared = l > 0 && set == config.weights_of(l - 1);
    if (shared && (options.trained || !cls_only(l))) {
      layers_[l] = layers_[l - 1];
      continue;
    }
    Layer layer;
    if (shared) {  // but queries apart
      layer = *layers_[l - 1];
      std::tie(layer.query, layer.key, layer.value) = std::tuple_cat(queries_keys_values(layer));
    } else {
      layer = layer_of(names_.layers.at(set));
    }
    if (!options.trained) hold_frozen(layer, cls_only(l));
    layers_[l] = std::make_shared<const Layer>(std::move(layer));
  }
  if (summary_ == Summary::kPooler)
    pooler_ = {get(names_.pooler + ".weight", torch::kFloat32),
               get(names_.pooler + ".bias", torch::kFloat32), nullptr};
}

void Encoder::hold_frozen(Layer& layer, bool queries_apart) const {
  layer.projections = projections(layer, queries_apart);
  layer.query = layer.key = layer.value = Dense();
  if (!options_.packed) return;
  for (auto* dense : {&layer.projections.queries, &layer.projections.keys_values,
                      &layer.attention_out, &layer.intermediate, &layer.output})
    if (dense->weight.defined()) dense->pack();
}

Encoder::Projections Encoder::projections(const Layer& w, bool queries_apart) const {
  if (!w.query.weight.defined()) return w.projections;
  Dense all{torch::cat({w.query.weight, w.key.weight, w.value.weight}),
            torch::cat({w.query.bias, w.key.bias, w.value.bias}), nullptr};
  const int64_t h = config_.hidden_size;
  if (!queries_apart) return {Dense(), all};
  return {all.outputs(0, h), all.outputs(h, 2 * h)};
}

torch::Tensor Encoder::token_embeddings(const torch::Tensor& ids) const {
  return torch::embedding(token_embeddings_, ids).to(torch::kFloat32);
}

torch::Tensor Encoder::embed(const torch::Tensor& tokens, const torch::Tensor& positions,
                             const torch::Tensor& segments, const Rows& rows,
                             Context& context) const {
  RECORD_USER_SCOPE("embedding");
  auto from = config_.position_offset == 0
                  ? positions_
                  : positions_.narrow(0, config_.position_offset, config_.max_length());
  auto sum = tokens + torch::embedding(from, positions).to(torch::kFloat32);
  if (config_.type_vocab_size > 1)
    sum = sum + torch::embedding(segments_, segments).to(torch::kFloat32);
  else if (segments_.defined())
    sum = sum + segments_.to(torch::kFloat32);
  auto hidden = drop(embedding_norm_({sum}), rows, context).to(options_.type);
  return projection_.weight.defined() ? projection_(hidden) : hidden;
}

torch::Tensor Encoder::drop(const torch::Tensor& x, const Rows& rows, Context& context) const {
  return dropout(x, config_.hidden_dropout_prob, rows, context.dropout);
}

torch::Tensor Encoder::mix(size_t layer, const torch::Tensor& x, const torch::Tensor& asking,
                           const Rows& rows, const Rows& out_rows, const LinearPlugins& plugins,
                           Context& context) const {
  auto project = projections(*layers_[layer], cls_only(layer));
  auto queries = project.queries.bias.defined() ? project.queries(asking) : torch::Tensor();
  auto keys_values = project.keys_values(x);
  auto& with_queries = queries.defined() ? queries : keys_values;
  with_queries = plug(with_queries, 0, plugins.query, asking, out_rows, context);
  const int64_t h = config_.hidden_size, keys = queries.defined() ? 0 : h;
  keys_values = plug(keys_values, keys, plugins.key, x, rows, context);
  keys_values = plug(keys_values, keys + h, plugins.value, x, rows, context);
  return attention({queries, keys_values, out_rows, rows, config_.num_attention_heads,
                    config_.attention_probs_dropout_prob},
                   context.dropout);
}

torch::Tensor Encoder::attend(size_t layer, const torch::Tensor& x, const Rows& rows,
                              const Rows& out_rows, const LayerPlugins& plugins,
                              Context& context) const {
  RECORD_USER_SCOPE("attention");
  auto& w = *layers_[layer];
  auto residual = out_rows.total() == rows.total() ? x : rows.first_of(x);
  auto mixed = mix(layer, x, residual, rows, out_rows, plugins.linear, context);
  auto out = mapped(w.attention_out, mixed, plugins.linear.attention_out, out_rows, context);
  if (config_.drops_attention_out) out = drop(out, out_rows, context);
  return add_and_norm({out, residual, w.attention_norm}, out_rows, plugins.attention, context);
}

torch::Tensor Encoder::feed_forward(const Layer& w, const torch::Tensor& x, const Rows& rows,
                                    const LayerPlugins& plugins, Context& context) const {
  RECORD_USER_SCOPE("feed-forward");
  auto& linear = plugins.linear;
  auto out =
      mapped(w.output, activation_(mapped(w.intermediate, x, linear.intermediate, rows, context)),
             linear.output, rows, context);
  if (config_.drops_output) out = drop(out, rows, context);
  return add_and_norm({out, x, w.output_norm}, rows, plugins.output, context);
}

torch::Tensor Encoder::add_and_norm(const SublayerOutput& out, const Rows& rows,
                                    SublayerPlugin* plugin, Context& context) const {
  if (!plugin) return out.norm({out.hidden, out.residual});
  return out.norm({out.hidden, plugin->delta(out, rows, context), out.residual});
}

torch::Tensor Encoder::run_layer(size_t l, const torch::Tensor& x, const Rows& rows,
                                 const Rows& out_rows, const std::vector<LayerPlugins>& plugins,
                                 Context& context) const {
  check(plugins.empty() || plugins.size() == layers_.size(), "encoder: {} plugins for {} layers",
        plugins.size(), layers_.size());
  const auto plugged = plugins.empty() ? LayerPlugins{} : plugins[l];
  auto enter = [&](const char* sublayer) {
    if (context.gates) context.gates->site = fmt::format("{} {}", l + 1, sublayer);
  };
  enter("attention");
  auto attended = attend(l, x, rows, out_rows, plugged, context);
  enter("output");
  return feed_forward(*layers_[l], attended, out_rows, plugged, context);
}

torch::Tensor Encoder::run_layers(torch::Tensor hidden, const Rows& rows,
                                  const std::vector<LayerPlugins>& plugins, Context& context,
                                  size_t first, size_t end) const {
  for (size_t l = first; l < end; ++l) hidden = run_layer(l, hidden, rows, rows, plugins, context);
  return hidden;
}

torch::Tensor Encoder::encode(torch::Tensor hidden, const Rows& rows,
                              const std::vector<LayerPlugins>& plugins, Context& context,
                              size_t first) const {
  if (summary_ == Summary::kMean)
    return rows.mean(
        at_least_fp32(run_layers(hidden, rows, plugins, context, first, layers_.size())));
  const size_t last = layers_.size() - 1;
  hidden = run_layers(hidden, rows, plugins, context, first, last);
  auto cls = at_least_fp32(
      run_layer(last, hidden, rows, Rows::one_each(rows.samples()), plugins, context));
  RECORD_USER_SCOPE("classifier");
  return summary_ == Summary::kPooler ? torch::tanh(pooler_(cls)) : cls;
}

double Encoder::attention_flops(int64_t length) const {
  const auto t = static_cast<double>(length), h = static_cast<double>(config_.hidden_size);
  return 2 * t * (4 * h * h + 2 * t * h);
}

double Encoder::forward_flops(int64_t length, size_t first) const {
  const auto t = static_cast<double>(length), h = static_cast<double>(config_.hidden_size),
             f = static_cast<double>(config_.intermediate_size);
  const double layer = attention_flops(length) + 2 * t * 2 * h * f;
  const double cls = 2 * (t * 2 * h * h + 2 * h * h + 2 * h * f + 2 * t * h);
  return static_cast<double>(layers_.size() - 1 - first) * layer +
         (cls_only(layers_.size() - 1) ? cls : layer);
}

std::array<Dense, 3> Encoder::queries_keys_values(const Layer& w) const {
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

NamedTensors Encoder::tensors() const {
  NamedTensors all = {{names_.tokens, token_embeddings_}, {names_.positions, positions_}};
  if (segments_.defined()) all.emplace_back(names_.segments, segments_);
  add(all, names_.embedding_norm, embedding_norm_);
  if (projection_.weight.defined()) add(all, names_.projection, projection_);
  for (size_t l = 0; l < layers_.size(); ++l) {
    const size_t set = config_.weights_of(l);
    if (l > 0 && set == config_.weights_of(l - 1)) continue;
    auto& names = names_.layers[set];
    auto& layer = *layers_[l];
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
  if (pooler_.weight.defined()) add(all, names_.pooler, pooler_);
  return all;
}

NamedTensors Encoder::layer_norms() const {
  NamedTensors norms;
  for (size_t l = 0; l < layers_.size(); ++l) {
    const size_t set = config_.weights_of(l);
    if (l > 0 && set == config_.weights_of(l - 1)) continue;
    add(norms, names_.layers[set].attention_norm, layers_[l]->attention_norm);
    add(norms, names_.layers[set].output_norm, layers_[l]->output_norm);
  }
  return norms;
}

}  // namespace mma
