#pragma once
#include <cstdint>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "backbones/encoder_config.h"
#include "base/error.h"

namespace mma {

/// Reads a config.json key by key; faults are collected and told at once.
class ConfigReader {
 public:
  explicit ConfigReader(const std::filesystem::path& file);
  /// model_type, which must be one of `known`; "bert" where nothing is said. UserError.
  std::string family(const std::vector<std::string>& known) const;
  /// A whole number from 1 to `max` that must be there.
  void count(const char* key, int64_t& value, int64_t max);
  /// The same of one that may be left out, from `min` on.
  void optional_count(const char* key, int64_t& value, int64_t min, int64_t max);
  /// A number in [0, 1) that may be left out: old configurations leave out the defaults.
  void fraction(const char* key, double& value);
  /// An activation, by our name for it.
  void activation(const char* key, std::string& value);
  /// Where the key is there, it must have this value.
  void expect(const char* key, const nlohmann::json& value);
  /// Heads must share the width evenly.
  void check_heads(const EncoderConfig& config);
  void raise() const { faults_.raise(); }

 private:
  void fault(const char* key, const std::string& expected, const nlohmann::json& found);
  const nlohmann::json* find(const char* key) const;
  std::string file_;
  nlohmann::json json_;
  Faults faults_;
};

}  // namespace mma
