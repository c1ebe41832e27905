#include "support/same_run.h"

#include <catch2/catch_test_macros.hpp>
#include <sstream>
#include <string>

#include "base/files.h"

namespace mma::test {

std::vector<nlohmann::json> timeless_metrics(const fs::path& file) {
  std::istringstream in(read_file(file, 1 << 26));
  std::vector<nlohmann::json> all;
  for (std::string line; std::getline(in, line);) {
    auto json = nlohmann::json::parse(line);
    for (auto* key : {"samples_per_second", "tokens_per_second", "matrix_peak_share",
                      "data_wait_fraction", "peak_memory_bytes"})
      json.erase(key);
    all.push_back(json);
  }
  return all;
}

void check_same_run(const fs::path& run, const fs::path& other) {
  for (auto* file : {"model/adapter.safetensors", "model/config.json", "recipe.yaml",
                     "eval/dev/predictions.jsonl", "eval/dev/metrics.json"}) {
    CAPTURE(file);
    CHECK(sha256_file(run / file) == sha256_file(other / file));
  }
  CHECK(timeless_metrics(run / "metrics.jsonl") == timeless_metrics(other / "metrics.jsonl"));
  for (auto& entry : fs::recursive_directory_iterator(run))
    CHECK(entry.path().filename().string().find(".tmp") == std::string::npos);
}

}  // namespace mma::test
