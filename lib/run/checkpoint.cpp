#include "run/checkpoint.h"

#include <cmath>

#include "base/json_file.h"
#include "base/log.h"
#include "base/stop.h"
#include "nn/tensor_file.h"

namespace mma {
namespace {

using Json = nlohmann::ordered_json;
constexpr const char* kTrained = "trained.safetensors";
constexpr const char* kOptimizer = "optimizer.safetensors";
constexpr const char* kState = "state.json";
constexpr const char* kManifest = "manifest.json";
constexpr const char* kEvents = "events_bytes";

// One list of the state's fields, for writing and reading.
template <class State, class Use>
void each_field(State& s, Use use) {
  use("step", s.step);
  use("epoch", s.epoch);
  use("batch", s.batch);
  use("evaluated", s.evaluated);
  use("best_step", s.best_step);
  use("best_metric", s.best_metric);
  use("without_gain", s.without_gain);
  use("schedule_scale", s.schedule_scale);
  use("schedule_without_gain", s.schedule_without_gain);
  use("loss_sum", s.loss_sum);
  use("loss_steps", s.loss_steps);
  use("skipped", s.skipped);
  use("metrics_bytes", s.metrics_bytes);
  use(kEvents, s.events_bytes);
}

// JSON has no word for what is not finite; a checkpoint must hold it all the same.
Json json_of(double value) {
  if (std::isfinite(value)) return value;
  return std::isnan(value) ? "nan" : value > 0 ? "inf" : "-inf";
}
template <class Value>
Json json_of(Value value) {
  return value;
}

// False where `json` is none of the values that json_of gives.
bool read_value(const Json& json, double& value) {
  if (json.is_number()) {
    value = json.get<double>();
    return true;
  }
  // null: how versions before wrote it
  if (!json.is_null() && json != "nan" && json != "inf" && json != "-inf") return false;
  value = json == "inf" ? INFINITY : json == "-inf" ? -INFINITY : NAN;
  return true;
}
bool read_value(const Json& json, bool& value) {
  if (json.is_boolean()) value = json.get<bool>();
  return json.is_boolean();
}
bool read_value(const Json& json, int64_t& value) {
  if (json.is_number_integer()) value = json.get<int64_t>();
  return json.is_number_integer();
}

// A folder in the making; gone unless it got its final name.
class TemporaryFolder {
 public:
  explicit TemporaryFolder(fs::path path) : path_(std::move(path)) {
    remove();
    make_directories(path_);
  }
  ~TemporaryFolder() { remove(); }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  const fs::path& path() const { return path_; }

 private:
  void remove() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  fs::path path_;
};

// Hashes what is meant, not what came to lie on the disk: a fault of the disk shows at reading.
void write_folder(const fs::path& folder, const NamedTensors& trained,
                  const NamedTensors* optimizer, const TrainState& state) {
  Json manifest = Json::object();
  auto write = [&](const char* name, const std::string& bytes) {
    manifest[name] = sha256(bytes);
    write_atomically(folder / name, bytes);
  };
  write(kTrained, tensor_bytes(trained));
  if (optimizer) write(kOptimizer, tensor_bytes(*optimizer));
  Json json = {{"format", "mma-checkpoint"}, {"version", 1}};
  each_field(state, [&](const char* key, const auto& value) { json[key] = json_of(value); });
  write(kState, json.dump(1) + "\n");
  // Last: without it the folder does not count.
  write_atomically(folder / kManifest, manifest.dump(1) + "\n");
}

void rename_folder(const fs::path& from, const fs::path& to) {
  std::error_code error;
  fs::rename(from, to, error);
  if (error)
    throw MachineError(
        fmt::format("{}: cannot rename to {}: {}", from.string(), to.string(), error.message()));
}

// Throws UserError where the folder is damaged: a file's hash is not the manifest's.
TrainState verify(const fs::path& folder) {
  auto manifest = read_json_object<Json>(folder / kManifest);
  check_input(manifest.contains(kTrained) && manifest.contains(kState), "{}: not a manifest",
              (folder / kManifest).string());
  for (auto& [name, hash] : manifest.items()) {
    check_input(name == kTrained || name == kOptimizer || name == kState,
                "{}: names an unknown file", (folder / kManifest).string());
    check_input(hash.is_string() && hash == sha256_file(folder / name),
                "{}: damaged, its hash is not the manifest's", (folder / name).string());
  }
  auto json = read_json_object<Json>(folder / kState);
  TrainState state;
  each_field(state, [&](const char* key, auto& value) {
    if (!json.contains(key) && key == std::string(kEvents)) return;  // versions before had no such
    check_input(json.contains(key) && read_value(json[key], value),
                "{}: no {}; this checkpoint is another version's", (folder / kState).string(), key);
  });
  return state;
}

}  // namespace

void CheckpointStore::save_last(const NamedTensors& trained, const NamedTensors& optimizer,
                                const TrainState& state) const {
  Saving saving;
  make_directories(folder_);
  TemporaryFolder temporary(folder_ / "last.tmp");
  auto last = folder_ / "last", previous = folder_ / "previous";
  write_folder(temporary.path(), trained, &optimizer, state);
  std::error_code ignored;
  if (fs::exists(last)) {
    fs::remove_all(previous, ignored);
    rename_folder(last, previous);
  }
  rename_folder(temporary.path(), last);
  sync_path(folder_);
}

void CheckpointStore::save_best(const NamedTensors& trained, const TrainState& state) const {
  Saving saving;
  make_directories(folder_);
  TemporaryFolder temporary(folder_ / "best.tmp");
  auto best = folder_ / "best", before = folder_ / "best.old";
  write_folder(temporary.path(), trained, nullptr, state);
  std::error_code ignored;
  if (fs::exists(best)) {
    fs::remove_all(before, ignored);
    rename_folder(best, before);
  }
  rename_folder(temporary.path(), best);
  sync_path(folder_);
  fs::remove_all(before, ignored);
}

void CheckpointStore::forget() const {
  for (auto* name : {"last", "previous"}) fs::remove_all(folder_ / name);
}

std::optional<TrainState> CheckpointStore::load_last(const NamedTensors& trained,
                                                     const NamedTensors& optimizer) const {
  std::string damage;
  for (auto* name : {"last", "previous"}) {
    auto folder = folder_ / name;
    if (!fs::exists(folder)) continue;
    try {
      auto state = verify(folder);
      load_tensors(folder / kTrained, trained);
      load_tensors(folder / kOptimizer, optimizer);
      return state;
    } catch (const UserError& e) {
      log_warning("train", "{}", e.what());
      damage = e.what();
    }
  }
  check_input(damage.empty(),
              "{}: every checkpoint is damaged; remove the run directory to start again",
              folder_.string());
  return std::nullopt;
}

bool CheckpointStore::load_best(const NamedTensors& trained) const {
  // The one before is there only where saving was broken off between its two renames.
  auto best = fs::exists(folder_ / "best") ? folder_ / "best" : folder_ / "best.old";
  try {
    verify(best);
    load_tensors(best / kTrained, trained);
    return true;
  } catch (const UserError& e) {
    log_warning("train", "{}", e.what());
    return false;
  }
}

}  // namespace mma
