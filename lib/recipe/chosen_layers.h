#pragma once
#include <string>
#include <vector>

#include "recipe/model_config.h"

namespace mma {

/// "all", or layers counted from 1 as in "7-12" or "1,3,5-6", as one flag a layer. UserError.
std::vector<bool> parse_layers(const std::string& text, int64_t count);
/// How many those are.
int64_t count_layers(const std::string& text, const EncoderConfig& backbone);
/// Adds a fault where model.layers are none of this backbone's.
void check_layers(const std::string& text, const ModelSetting& setting, Faults& faults);

}  // namespace mma
