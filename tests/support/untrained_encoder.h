#pragma once
#include <filesystem>
#include <string>

namespace mma::test {

/// Writes an encoder of any family that has learned nothing: config.json and model.safetensors, no
/// tokenizer. 2 layers of 24; texts of up to 128 tokens.
void write_untrained_encoder(const std::filesystem::path& folder, const std::string& family,
                             int64_t vocabulary);

}  // namespace mma::test
