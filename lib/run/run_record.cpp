#include "run/run_record.h"

#include <algorithm>
#include <cmath>

#include "base/files.h"
#include "base/json_file.h"

namespace mma {
namespace {

using OrderedJson = nlohmann::ordered_json;

// The members of one object of the file, each checked as it is taken.
class Members {
 public:
  Members(const OrderedJson& json, std::string where, std::string prefix = "")
      : json_(json), where_(std::move(where)), prefix_(std::move(prefix)) {}

  std::string text(const char* key, bool required = true) const {
    auto* value = find(key, required);
    if (!value) return "";
    check_input(value->is_string(), "{}: {}{}: expected a text", where_, prefix_, key);
    return value->get<std::string>();
  }
  int64_t whole_number(const char* key) const {
    auto* value = find(key, true);
    check_input(
        value->is_number_integer() && value->get<double>() >= 0 && value->get<double>() < 1e16,
        "{}: {}{}: expected a whole number", where_, prefix_, key);
    return value->get<int64_t>();
  }
  Members object(const char* key) const {
    auto* value = find(key, true);
    check_input(value->is_object(), "{}: {}{}: expected a mapping", where_, prefix_, key);
    return {*value, where_, prefix_ + key + "."};
  }
  const OrderedJson* find(const char* key, bool required) const {
    auto it = json_.find(key);
    check_input(it != json_.end() || !required, "{}: {}{} is missing", where_, prefix_, key);
    return it == json_.end() ? nullptr : &*it;
  }

 private:
  const OrderedJson& json_;
  std::string where_, prefix_;
};

}  // namespace

RunRecord read_run_record(const fs::path& file) {
  auto json = read_json_object<OrderedJson>(file);
  Members run(json, file.string());
  check_input(run.text("format") == "mma-run", "{}: not a run of mma-train", file.string());
  RunRecord record;
  record.version = run.text("version", false);
  record.status = run.text("status");
  record.seed = run.whole_number("seed");
  record.device = run.text("device", false);
  record.precision = run.text("precision", false);
  record.host = run.text("host", false);
  auto data = run.object("data"), backbone = run.object("backbone");
  record.data = {data.text("name", false), "", data.text("sha256")};
  record.backbone = {"", backbone.text("path", false), backbone.text("sha256")};
  if (run.find("tokenizer", false)) {
    auto tokenizer = run.object("tokenizer");
    record.tokenizer = {tokenizer.text("kind", false), "", tokenizer.text("sha256", false)};
  }
  auto parameters = run.object("parameters");
  record.trained = parameters.whole_number("trained");
  record.frozen = parameters.whole_number("frozen");
  if (auto* parts = run.find("parts", false)) {
    auto all = run.object("parts");
    for (auto& [name, ignored] : parts->items()) {
      auto part = all.object(name.c_str());
      record.parts.push_back({name, part.text("path", false), part.text("sha256")});
    }
  }
  if (run.find("init_from", false)) {
    auto from = run.object("init_from");
    record.init_from = {"", from.text("path"), from.text("sha256")};
  }
  if (auto* extended = run.find("extended", false)) {
    check_input(extended->is_array(), "{}: extended: expected a list", file.string());
    for (auto& item : *extended) {
      check_input(item.is_object(), "{}: extended: expected mappings", file.string());
      Members one(item, file.string(), "extended.");
      record.extended.push_back({one.text("key"), one.text("before"), one.text("now")});
    }
  }
  auto count = [&](const char* key) {
    constexpr int64_t kMost = 1 << 16;
    return run.find(key, false) ? static_cast<int>(std::min(run.whole_number(key), kMost)) : 0;
  };
  record.threads = count("threads");
  record.processes = count("processes");
  if (auto* step = run.find("best_step", false); step && step->is_number_integer())
    record.best_step = step->get<int64_t>();
  if (auto* metric = run.find("best_metric", false))
    record.best_metric = metric->is_number() ? metric->get<double>() : NAN;
  return record;
}

void write_run_record(const fs::path& file, const RunRecord& r) {
  OrderedJson json = {{"format", "mma-run"},
                      {"version", r.version},
                      {"status", r.status},
                      {"seed", r.seed},
                      {"device", r.device},
                      {"precision", r.precision},
                      {"threads", r.threads},
                      {"processes", r.processes},
                      {"host", r.host},
                      {"data", {{"name", r.data.name}, {"sha256", r.data.hash}}},
                      {"backbone", {{"path", r.backbone.path}, {"sha256", r.backbone.hash}}},
                      {"tokenizer", {{"kind", r.tokenizer.name}, {"sha256", r.tokenizer.hash}}},
                      {"parameters", {{"trained", r.trained}, {"frozen", r.frozen}}}};
  for (auto& part : r.parts)
    json["parts"][part.name] = {{"path", part.path}, {"sha256", part.hash}};
  if (!r.init_from.path.empty())
    json["init_from"] = {{"path", r.init_from.path}, {"sha256", r.init_from.hash}};
  for (auto& e : r.extended)
    json["extended"].push_back({{"key", e.key}, {"before", e.before}, {"now", e.now}});
  if (r.finished()) {
    json["best_step"] = r.best_step;
    json["best_metric"] = r.best_metric;
  }
  write_atomically(file, json.dump(2) + "\n");
}

}  // namespace mma
