#include "run/run_dir.h"

#include <algorithm>
#include <limits>

#include "base/files.h"

namespace mma {
namespace {

// Adds faults for what was begun with another content.
void compare_sources(const RunRecord& before, const RunRecord& now, const std::string& where,
                     Faults& faults) {
  auto same = [&](const char* what, const std::string& then, const std::string& hash) {
    if (then != hash)
      faults.add(
          "changed",
          fmt::format(
              "{}: {}: this run was begun with another {} ({:.12}, now {:.12}); give another --out",
              where, what, what, then, hash));
  };
  same("data", before.data.hash, now.data.hash);
  same("backbone", before.backbone.hash, now.backbone.hash);
  for (auto& part : now.parts) {
    auto it = std::find_if(before.parts.begin(), before.parts.end(),
                           [&](auto& p) { return p.name == part.name; });
    if (it == before.parts.end() || it->hash != part.hash)
      faults.add("changed", fmt::format("{}: parts.{}: {} has changed since this run was begun; "
                                        "give another --out",
                                        where, part.name, part.path));
  }
  if (before.precision != now.precision)
    faults.add(
        "changed",
        fmt::format(
            "{}: precision: this run was begun in {}, this machine's is {}; add --set precision={} "
            "or give another --out",
            where, before.precision, now.precision, before.precision));
}

// Keys of how long a run goes on.
bool extends(const std::string& key) {
  return key == "train.epochs" || key == "train.max_steps" || key == "train.patience";
}

// Whole numbers; 0 is without limit.
bool is_more(const std::string& before, const std::string& now) {
  auto limit = [](const std::string& text) {
    auto value = std::stoll(text);
    return value == 0 ? std::numeric_limits<long long>::max() : value;
  };
  return limit(now) > limit(before);
}

}  // namespace

bool RunDirectory::begun() const { return fs::exists(record()); }

bool RunDirectory::finished() const { return begun() && read_run_record(record()).finished(); }

void RunDirectory::begin(const RunRecord& run, Recipe& run_recipe) const {
  make_directories(root_);
  write_atomically(recipe(), dump_recipe(run_recipe));
  write_run_record(record(), run);
}

std::vector<Extension> RunDirectory::check_same(const RunRecord& now, Recipe& recipe_now,
                                                bool extend) const {
  Faults faults;
  compare_sources(read_run_record(record()), now, record().string(), faults);
  Recipe recipe_before = load_recipe(recipe(), {}, faults);
  auto before = list_fields([&](Fields& f) { recipe_before.fields(f); });
  std::vector<Extension> extensions;
  for (auto& [key, value] : list_fields([&](Fields& f) { recipe_now.fields(f); })) {
    auto it = std::find_if(before.begin(), before.end(),
                           [&key = key](auto& field) { return field.first == key; });
    auto old = it == before.end() ? "nothing" : it->second;
    // Which of a machine's GPUs computes changes nothing.
    const bool other_gpu = key == "device" && old.starts_with("cuda") && value.starts_with("cuda");
    if (old == value || other_gpu || !bears_on_results(key)) continue;
    if (!extends(key))
      faults.add("changed",
                 fmt::format("{}: {}: this run was begun with {}, now {}; give another --out",
                             recipe().string(), key, old, value));
    else if (!extend)
      faults.add("changed",
                 fmt::format("{}: {}: this run was begun with {}, now {}; give another --out, or "
                             "--extend to go on to that",
                             recipe().string(), key, old, value));
    else if (!is_more(old, value))
      faults.add("changed", fmt::format("{}: {}: expected more than {} to extend the run by, found "
                                        "{}",
                                        recipe().string(), key, old, value));
    else
      extensions.push_back({key, old, value});
  }
  faults.raise();
  return extensions;
}

void RunDirectory::extend(const std::vector<Extension>& by, Recipe& recipe_now) const {
  auto run = read_run_record(record());
  run.status = "running";
  for (auto& extension : by)
    if (std::find(run.extended.begin(), run.extended.end(), extension) == run.extended.end())
      run.extended.push_back(extension);
  write_run_record(record(), run);
  write_atomically(recipe(), dump_recipe(recipe_now));
}

void RunDirectory::forget_evaluations() const { fs::remove_all(root_ / "eval"); }

void RunDirectory::forget_cache() const {
  std::error_code ignored;  // the model is written: what stays takes room, and no more
  fs::remove_all(cache(), ignored);
}

void RunDirectory::mark_stopped(const std::string& why) const {
  try {
    write_atomically(stopped(), why + "\n");
  } catch (const MachineError&) {  // a script then takes the stop for a fault of the machine
  }
}

void RunDirectory::finish(int64_t best_step, double best_metric) const {
  auto run = read_run_record(record());
  run.status = "finished";
  run.best_step = best_step;
  run.best_metric = best_metric;
  write_run_record(record(), run);
}

}  // namespace mma
