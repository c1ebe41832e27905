#pragma once
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace mma {

/// A file or folder that a run was begun with: where it was, and the SHA-256 of what it held.
struct HashedSource {
  std::string name, path, hash;
};

/// A key of the recipe that a run was extended by, and its values.
struct Extension {
  std::string key, before, now;
  bool operator==(const Extension&) const = default;
};

/// run.json: what a run is, beside its recipe.
struct RunRecord {
  std::string version, status = "running", device, precision, host;
  int64_t seed = 0;
  HashedSource data;                ///< name as the pack says, path empty
  HashedSource backbone;            ///< name empty
  HashedSource tokenizer;           ///< name: its kind
  std::vector<HashedSource> parts;  ///< trained models that this one is made of, by name
  HashedSource init_from;           ///< path of the model that it began with, or ""; its weights
  std::vector<Extension> extended;  ///< since it was begun, in their order
  int64_t trained = 0, frozen = 0;  ///< numbers of parameters
  int threads = 0;                  ///< that compute on the CPU; 0: a run of an older version
  int processes = 0;                ///< that trained together; 0: a run of an older version
  int64_t best_step = -1;           ///< of a finished run; -1: no evaluation
  double best_metric = 0;           ///< of dev, where there is one; may be NaN
  bool finished() const { return status == "finished"; }
};

/// Reads and checks a run.json. UserError where it is missing, damaged, or not of this program.
RunRecord read_run_record(const std::filesystem::path& file);
/// Writes it, wholly or not at all.
void write_run_record(const std::filesystem::path& file, const RunRecord& record);

}  // namespace mma
