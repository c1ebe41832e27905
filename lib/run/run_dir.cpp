#include "run/run_dir.h"

#include <unistd.h>

#include <set>

#include "backbones/bert_weights.h"
#include "backbones/device.h"
#include "base/files.h"
#include "base/json_file.h"
#include "base/version.h"

namespace mma {
namespace {

using Json = nlohmann::ordered_json;

void write_json(const fs::path& file, const Json& json) {
  write_atomically(file, json.dump(2) + "\n");
}

std::string text_at(const Json& json, const char* key) {
  auto it = json.find(key);
  return it != json.end() && it->is_string() ? it->get<std::string>() : "";
}

}  // namespace

bool RunDirectory::begun() const { return fs::exists(about()); }

bool RunDirectory::finished() const {
  return begun() && text_at(read_json_object<Json>(about()), "status") == "finished";
}

void RunDirectory::begin(Session& s) const {
  make_directories(root_);
  write_atomically(recipe(), dump_recipe(s.recipe));
  auto counts = count_parameters(s);
  char host[256] = "";
  ::gethostname(host, sizeof(host) - 1);
  Json about_run = {
      {"format", "mma-run"},
      {"version", version()},
      {"status", "running"},
      {"seed", s.recipe.seed},
      {"device", describe(s.options)},
      {"precision", precision_name(s.options)},
      {"host", host},
      {"data", {{"name", s.info.name}, {"sha256", s.data_hash}}},
      {"backbone", {{"path", s.backbone.folder.string()}, {"sha256", s.backbone.hash}}},
      {"tokenizer", {{"kind", s.info.tokenizer_kind}, {"sha256", s.info.tokenizer_hash}}},
      {"parameters", {{"trained", counts.trained}, {"frozen", counts.frozen}}}};
  for (auto& [name, part] : s.parts)
    about_run["parts"][name] = {{"path", part.folder.string()}, {"sha256", part.hash}};
  write_json(about(), about_run);
}

void RunDirectory::check_same(Session& s) const {
  auto json = read_json_object<Json>(about());
  Faults faults;
  auto where = about().string();
  auto same = [&](const char* part, const std::string& now) {
    auto then = text_at(json.value(part, Json::object()), "sha256");
    if (then != now)
      faults.add(
          "changed",
          fmt::format(
              "{}: {}: this run was begun with another {} ({:.12}, now {:.12}); give another --out",
              where, part, part, then, now));
  };
  same("data", s.data_hash);
  same("backbone", s.backbone.hash);
  for (auto& [name, part] : s.parts)
    if (text_at(json.value("parts", Json::object()).value(name, Json::object()), "sha256") !=
        part.hash)
      faults.add("changed", fmt::format("{}: parts.{}: {} has changed since this run was begun; "
                                        "give another --out",
                                        where, name, part.folder.string()));
  auto then = text_at(json, "precision"), now = precision_name(s.options);
  if (then != now)
    faults.add(
        "changed",
        fmt::format(
            "{}: precision: this run was begun in {}, this machine's is {}; add --set precision={} "
            "or give another --out",
            where, then, now, then));
  Recipe before = load_recipe(recipe(), {}, faults);
  auto old_fields = list_fields([&](Fields& f) { before.fields(f); });
  auto new_fields = list_fields([&](Fields& f) { s.recipe.fields(f); });
  for (auto& [key, value] : new_fields) {
    auto it = std::find_if(old_fields.begin(), old_fields.end(),
                           [&key = key](auto& field) { return field.first == key; });
    auto old = it == old_fields.end() ? "nothing" : it->second;
    if (old != value)
      faults.add("changed",
                 fmt::format("{}: {}: this run was begun with {}, now {}; give another --out",
                             recipe().string(), key, old, value));
  }
  faults.raise();
}

void RunDirectory::finish(int64_t best_step, double best_metric) const {
  auto json = read_json_object<Json>(about());
  json["status"] = "finished";
  json["best_step"] = best_step;
  json["best_metric"] = best_metric;
  write_json(about(), json);
}

ParameterCounts count_parameters(Session& s) {
  ParameterCounts counts;
  std::set<std::string> trained;
  for (auto& [name, tensor] : s.model->trained()) {
    counts.trained += tensor.numel();
    trained.insert(name);
  }
  for (auto& [name, shape] : bert_tensors(s.bert->config()))
    if (trained.count("bert." + name) == 0) counts.frozen += c10::multiply_integers(shape);
  return counts;
}

}  // namespace mma
