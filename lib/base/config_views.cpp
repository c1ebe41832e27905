#include <cmath>
#include <nlohmann/json.hpp>

#include "base/config.h"

namespace mma {
namespace {

using Json = nlohmann::ordered_json;

class JsonWriter : public Fields {
 public:
  explicit JsonWriter(Json& out) : out_(out) {}
  void field(const char* key, bool& v, const char*) override { out_[key] = v; }
  void field(const char* key, int64_t& v, const char*, Range) override { out_[key] = v; }
  void field(const char* key, double& v, const char*, Range) override { out_[key] = v; }
  void field(const char* key, std::string& v, const char*, Names) override { out_[key] = v; }
  void field(const char* key, Names& v, const char*) override { out_[key] = v; }
  void field(const char* key, OrderedMap& v, const char*) override {
    auto& map = out_[key] = Json::object();
    for (auto& [name, value] : v) map[name] = value;
  }
  void section(const char* key, const FieldList& body, const char*) override {
    JsonWriter inner(out_[key] = Json::object());
    body(inner);
  }
  void sections(const char* key, Names& names,
                const std::function<void(const std::string&, Fields&)>& body,
                const char*) override {
    auto& map = out_[key] = Json::object();
    for (auto& name : names) {
      JsonWriter inner(map[name] = Json::object());
      body(name, inner);
    }
  }
  void fault(const char*, const std::string&) override {}

 private:
  Json& out_;
};

void flatten(const Json& json, const std::string& prefix, OrderedMap& out) {
  for (auto& [key, value] : json.items()) {
    auto dotted = join_key(prefix, key);
    if (value.is_object()) {
      flatten(value, dotted, out);
    } else {
      out.emplace_back(dotted, value.is_string() ? value.get<std::string>() : value.dump());
    }
  }
}

class HelpWriter : public Fields {
 public:
  HelpWriter(std::string& out, std::string prefix) : out_(out), prefix_(std::move(prefix)) {}
  void field(const char* key, bool& v, const char* help) override {
    line(key, v ? "true" : "false", help);
  }
  void field(const char* key, int64_t& v, const char* help, Range r) override {
    line(key, fmt::format("{}", v), help, r);
  }
  void field(const char* key, double& v, const char* help, Range r) override {
    line(key, fmt::format("{}", v), help, r);
  }
  void field(const char* key, std::string& v, const char* help, Names known) override {
    line(key, v.empty() ? "-" : v,
         known.empty() ? help : fmt::format("{} ({})", help, fmt::join(known, " | ")));
  }
  void field(const char* key, Names& v, const char* help) override {
    line(key, fmt::format("[{}]", fmt::join(v, ", ")), help);
  }
  void field(const char* key, OrderedMap& v, const char* help) override {
    line(key, v.empty() ? "{}" : "{...}", help);
  }
  void section(const char* key, const FieldList& body, const char* help) override {
    if (*help) out_ += fmt::format("\n# {}: {}\n", join_key(prefix_, key), help);
    HelpWriter inner(out_, join_key(prefix_, key));
    body(inner);
  }
  void sections(const char* key, Names&,
                const std::function<void(const std::string&, Fields&)>& body,
                const char* help) override {
    out_ += fmt::format("\n# {}: {}\n", join_key(prefix_, key), help);
    HelpWriter inner(out_, join_key(prefix_, key) + ".NAME");
    body("NAME", inner);
  }
  void fault(const char*, const std::string&) override {}

 private:
  void line(const char* key, const std::string& value, const std::string& help, Range r = {}) {
    std::string range;
    if (std::isfinite(r.min) && std::isfinite(r.max))
      range = fmt::format(" ({} to {})", r.min, r.max);
    out_ += fmt::format("{:<28} {:<12} {}{}\n", join_key(prefix_, key), value, help, range);
  }
  std::string& out_;
  std::string prefix_;
};

}  // namespace

std::string dump_json(const FieldList& fields) {
  Json json = Json::object();
  JsonWriter writer(json);
  fields(writer);
  return json.dump(2) + "\n";
}

OrderedMap list_fields(const FieldList& fields) {
  OrderedMap all;
  flatten(Json::parse(dump_json(fields)), "", all);
  return all;
}

std::string fields_help(const FieldList& fields) {
  std::string text;
  HelpWriter writer(text, "");
  fields(writer);
  return text;
}

}  // namespace mma
