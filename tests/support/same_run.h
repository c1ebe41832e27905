#pragma once
#include <filesystem>
#include <nlohmann/json.hpp>
#include <vector>

namespace mma::test {

/// The lines of a metrics.jsonl, without what depends on the clock.
std::vector<nlohmann::json> timeless_metrics(const std::filesystem::path& file);

/// Checks that a run has the bytes of another: model, recipe, dev's evaluation, metrics; and that
/// nothing half-written stayed.
void check_same_run(const std::filesystem::path& run, const std::filesystem::path& other);

}  // namespace mma::test
