#pragma once
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>

namespace mma::test {

/// What the config.json of a small encoder of any family says: 2 layers of 24, texts of up to 128
/// tokens. It has the keys of all families; each reads its own.
nlohmann::json untrained_config(const std::string& family, int64_t vocabulary);

/// Writes an encoder of any family that has learned nothing: config.json and model.safetensors, no
/// tokenizer.
void write_untrained_encoder(const std::filesystem::path& folder, const std::string& family,
                             int64_t vocabulary);

}  // namespace mma::test
