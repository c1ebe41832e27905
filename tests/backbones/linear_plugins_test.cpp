// Each plug point on a linear map changes that map and nothing else: a plugin that adds x D^T gives
// what an encoder of weights W + D gives.
#include <torch/utils.h>

#include <catch2/catch_test_macros.hpp>

#include "backbones/encoder_family.h"
#include "data/encoder_layout.h"
#include "support/packed.h"
#include "support/small_models.h"

using namespace mma;

namespace {

struct Product : LinearPlugin {
  explicit Product(torch::Tensor weight) : weight(std::move(weight)) {}
  torch::Tensor delta(const torch::Tensor& x, const Rows& rows, Context&) override {
    TORCH_CHECK(x.size(0) == rows.total());
    return torch::linear(x, weight.to(x.scalar_type()));
  }
  torch::Tensor weight;
};

torch::Tensor summary_of(const Encoder& encoder, const std::vector<LayerPlugins>& plugins) {
  torch::NoGradGuard no_grad;
  auto rows = Rows::of_lengths({7, 1, 4});
  auto ids = torch::arange(12) % 50, positions = torch::arange(12) % 7;
  Context context;
  auto hidden = encoder.embed(encoder.token_embeddings(ids), positions, torch::zeros_like(ids),
                              rows, context);
  return encoder.encode(hidden, rows, plugins, context);
}

}  // namespace

TEST_CASE("linear plugins: each is its map with other weights, on every encoder", "[backbones]") {
  for (auto& family : names_of(encoder_families()))
    for (auto* summary : {"auto", "mean"})
      for (auto type : {torch::kFloat32, torch::kFloat64}) {
        auto config = test::small_config(family);
        config.summary = summary;
        std::map<std::string, torch::Tensor> weights;
        for (auto& [name, shape, role] : encoder_tensors(config))
          weights[name] = 0.3 * torch::randn(shape) + (role == TensorRole::kScale ? 1 : 0);
        const EncoderOptions options{{torch::kCPU, type}};
        Encoder plain(config, weights, options);
        const auto maps = linear_maps(config.hidden_size, config.intermediate_size);
        const auto all_names = encoder_names(config);
        const auto layers = static_cast<size_t>(config.num_hidden_layers);
        auto before = summary_of(plain, {});
        for (auto& [map, plugin] : linear_plug_points()) {
          CAPTURE(family, summary, map, torch::toString(type));
          auto changed = weights;
          std::vector<LayerPlugins> plugins(layers);
          std::map<std::string, std::shared_ptr<Product>> products;
          for (size_t l = 0; l < layers; ++l) {
            auto& names = all_names.layers.at(config.weights_of(l));
            auto name = names.*pick(maps, "map", map).names + ".weight";
            auto& product = products[name];  // layers that share weights share the change
            if (!product) {
              product = std::make_shared<Product>(0.2 * torch::randn(weights.at(name).sizes()));
              changed[name] = weights.at(name) + product->weight;
            }
            plugins[l].linear.*plugin = product.get();
          }
          auto found = summary_of(plain, plugins);
          CHECK(test::largest_error(found, summary_of(Encoder(config, changed, options), {})) <
                (type == torch::kFloat32 ? 1e-5 : 1e-6));
          CHECK(test::largest_error(found, before) > 1e-3);
        }
      }
}
