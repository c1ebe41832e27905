#include "recipe/backbone_dropout.h"

#include "base/error.h"

namespace mma {
namespace {

// "backbone" is -1; anything else must be a probability.
double parse(const std::string& text) {
  if (text == "backbone") return -1;
  try {
    size_t used = 0;
    double p = std::stod(text, &used);
    if (used == text.size() && p >= 0 && p <= 0.9) return p;
  } catch (const std::exception&) {
  }
  throw UserError(
      fmt::format("expected backbone or a number from 0 to 0.9, found '{}'", printable(text)));
}

}  // namespace

void BackboneDropout::field(Fields& f) {
  f.field("dropout", choice, "backbone: as its config.json says; or one probability for all");
  try {
    parse(choice);
  } catch (const UserError& e) {
    f.fault("dropout", e.what());
  }
}

void BackboneDropout::adjust(EncoderConfig& config) const {
  double p = parse(choice);
  if (p >= 0) config.hidden_dropout_prob = config.attention_probs_dropout_prob = p;
}

}  // namespace mma
