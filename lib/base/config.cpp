#include "base/config.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <optional>
#include <set>
#include <unordered_map>

#include "base/config_tree.h"
#include "base/files.h"
#include "base/names.h"

namespace mma {
namespace {

using Kind = ConfigValue::Kind;

constexpr uint64_t kMaxYamlBytes = 1 << 20;
constexpr size_t kMaxSections = 1024;  // under names that the user chooses
constexpr size_t kToldInFull = 20;     // faults after them are only counted

struct Override {
  std::string text;
  std::optional<ConfigValue> value;
  bool used = false;
};

// State that all sections of one file share.
struct Source {
  std::string file;
  bool typed;  // whether the format tells a text from a number, as JSON does
  Faults& faults;
  std::map<std::string, Override> overrides;
  std::set<std::string> seen;   // dotted keys of all fields visited
  std::set<std::string> given;  // those of them that have a value

  void fault(const std::string& dotted, int line, const std::string& message) {
    auto where = overrides.count(dotted) ? fmt::format("--set {}", printable(dotted))
                 : line > 0              ? fmt::format("{}:{}: {}", file, line, printable(dotted))
                                         : fmt::format("{}: {}", file, printable(dotted));
    faults.add("fault", fmt::format("{}: {}", where, message));
  }
  // The value that an override gives to a key, or null.
  const ConfigValue* override_of(const std::string& dotted) {
    auto it = overrides.find(dotted);
    if (it == overrides.end()) return nullptr;
    auto& given = it->second;
    if (!given.used) {
      given.used = true;
      auto place = [&](int) { return fmt::format("--set {}", printable(dotted)); };
      try {
        given.value = parse_yaml(given.text, place, faults);
      } catch (const UserError& e) {
        faults.add("fault", e.what());
      }
    }
    return given.value ? &*given.value : nullptr;
  }
  // What overrides name beneath a key: of "from.text" and "from.video" the keys "text" and "video".
  Names overrides_under(const std::string& dotted) const {
    Names keys;
    auto prefix = dotted + ".";
    for (auto it = overrides.lower_bound(prefix);
         it != overrides.end() && it->first.starts_with(prefix); ++it)
      keys.push_back(it->first.substr(prefix.size()));
    return keys;
  }
};

// Reads the fields of one mapping; null: it is not in the file.
class FieldReader : public Fields {
 public:
  FieldReader(Source& source, std::string prefix, const ConfigValue* map)
      : source_(source), prefix_(std::move(prefix)), map_(map) {
    if (!map_) return;
    for (auto& member : map_->members) members_.emplace(member.key, &member);
  }

  void field(const char* key, bool& value, const char*) override {
    if (auto text = scalar(key, Kind::kPlain)) {
      if (*text == "true" || *text == "false") {
        value = *text == "true";
      } else {
        fault(key, fmt::format("expected true or false, found '{}'", printable(*text)));
      }
    }
  }
  void field(const char* key, int64_t& value, const char*, Range range) override {
    if (auto text = scalar(key, Kind::kPlain)) number(key, *text, value, range, "a whole number");
  }
  void field(const char* key, double& value, const char*, Range range) override {
    if (auto text = scalar(key, Kind::kPlain)) number(key, *text, value, range, "a number");
  }
  void field(const char* key, std::string& value, const char*, Names known) override {
    if (auto text = scalar(key, Kind::kText)) {
      if (!known.empty() && std::find(known.begin(), known.end(), *text) == known.end()) {
        fault(key, unknown_name("value", *text, known));
      } else {
        value = *text;
      }
    }
  }
  void field(const char* key, Names& value, const char*) override {
    if (auto* given = child(key)) list(key, *given, value);
  }
  void words(const char* key, Names& value, const char*) override {
    auto* given = child(key);
    if (!given) return;
    if (!is_word(*given)) return list(key, *given, value);
    value = {given->text};
  }
  void field(const char* key, OrderedMap& value, const char*) override {
    auto* given = child(key);
    if (given && !given->is(Kind::kMap)) return fault(key, "expected a mapping, as in {a: b}");
    if (given) {
      value.clear();
      for (auto& [name, line, word] : given->members) {
        if (!is_word(word)) return fault(key, "expected a mapping from words to words");
        value.emplace_back(name, word.text);
      }
    }
    auto dotted = join_key(prefix_, key);
    for (auto& name : source_.overrides_under(dotted)) {
      auto* word = source_.override_of(join_key(dotted, name));
      if (!word) continue;
      if (!is_word(*word)) {
        source_.fault(join_key(dotted, name), 0, "expected a word");
        continue;
      }
      auto it = std::find_if(value.begin(), value.end(), [&](auto& v) { return v.first == name; });
      if (it == value.end()) it = value.emplace(it, name, "");
      it->second = word->text;
    }
  }
  void section(const char* key, const FieldList& body, const char*) override {
    auto* given = child(key);
    if (given && !given->is(Kind::kMap)) {
      fault(key, "expected a mapping, as in {key: value}");
      given = nullptr;
    }
    FieldReader inner(source_, join_key(prefix_, key), given);
    body(inner);
    inner.finish();
  }
  void sections(const char* key, Names& names,
                const std::function<void(const std::string&, Fields&)>& body,
                const char*) override {
    auto* given = child(key);
    if (given && !given->is(Kind::kMap))
      return fault(key, "expected a mapping, as in {name: {key: value}}");
    auto dotted = join_key(prefix_, key);
    std::map<std::string, const ConfigValue*> values;
    if (given) {
      names.clear();
      for (auto& member : given->members) {
        names.push_back(member.key);
        values[member.key] = &member.value;
      }
    }
    for (auto& name : names_set_under(dotted, names)) names.push_back(name);
    if (names.size() > kMaxSections)
      return fault(key,
                   fmt::format("expected {} names at most, found {}", kMaxSections, names.size()));
    std::erase_if(names, [&](auto& name) {
      auto& value = values[name];
      if (auto* set = source_.override_of(join_key(dotted, name))) value = set;
      bool is_map = !value || value->is(Kind::kMap);
      if (!is_map)
        source_.fault(join_key(dotted, name), value->line,
                      "expected a mapping, as in {key: value}");
      return !is_map;
    });
    for (auto& name : Names(names)) {
      FieldReader inner(source_, join_key(dotted, name), values[name]);
      body(name, inner);
      inner.finish();
    }
  }
  void fault(const char* key, const std::string& message) override {
    auto it = members_.find(key);
    auto line = it != members_.end() ? it->second->line : map_ ? map_->line : 0;
    source_.fault(join_key(prefix_, key), line, message);
  }

  // After all fields were visited: what is left in the mapping is unknown.
  void finish() {
    if (!map_) return;
    std::set<std::string_view> known(known_.begin(), known_.end());
    for (auto& member : map_->members) {
      if (known.count(member.key)) continue;
      bool in_full = source_.faults.count() < kToldInFull;  // nearest names take time
      source_.fault(join_key(prefix_, member.key), member.line,
                    in_full ? unknown_name("key", member.key, known_) : "unknown key");
    }
  }

 private:
  // The value of a key: the override's, the file's, or null.
  const ConfigValue* child(const char* key) {
    known_.push_back(key);
    auto dotted = join_key(prefix_, key);
    source_.seen.insert(dotted);
    auto* value = source_.override_of(dotted);
    if (auto it = members_.find(key); !value && it != members_.end()) value = &it->second->value;
    if (value) source_.given.insert(dotted);
    return value;
  }
  void list(const char* key, const ConfigValue& given, Names& value) {
    if (!given.is(Kind::kList)) return fault(key, "expected a list, as in [a, b]");
    value.clear();
    for (auto& item : given.items) {
      if (!is_word(item)) return fault(key, "expected a list of words");
      value.push_back(item.text);
    }
  }
  // Sections that only overrides name, as "parts.a.lr" does part a.
  Names names_set_under(const std::string& dotted, const Names& names) const {
    Names more;
    auto begins = [](const std::string& rest) {
      return [&rest](auto& name) { return rest == name || rest.starts_with(name + "."); };
    };
    for (auto& rest : source_.overrides_under(dotted))
      if (std::none_of(names.begin(), names.end(), begins(rest)) &&
          std::none_of(more.begin(), more.end(), begins(rest)))
        more.push_back(rest.substr(0, rest.find('.')));
    return more;
  }
  bool is_word(const ConfigValue& value) const {
    return value.is(Kind::kText) || (value.is(Kind::kPlain) && !source_.typed);
  }
  // The text of a scalar; `kind`: what it has to be where the format tells.
  std::optional<std::string> scalar(const char* key, Kind kind) {
    auto* value = child(key);
    if (!value) return std::nullopt;
    if (value->is_scalar() && (!source_.typed || value->is(kind))) return value->text;
    fault(key, value->is(Kind::kNull)   ? "expected one value, found none"
               : value->is(Kind::kText) ? "expected a number, true or false, found a text"
               : value->is_scalar()     ? "expected a text"
                                        : "expected one value, found a list or mapping");
    return std::nullopt;
  }
  template <class Number>
  void number(const char* key, const std::string& text, Number& value, Range range,
              const char* what) {
    size_t used = 0;
    Number parsed{};
    try {
      if constexpr (std::is_integral_v<Number>) {
        parsed = std::stoll(text, &used);
      } else {
        parsed = std::stod(text, &used);
      }
    } catch (const std::exception&) {
      used = 0;
    }
    auto as_double = static_cast<double>(parsed);
    if (used != text.size() || text.empty() || !std::isfinite(as_double)) {
      fault(key, fmt::format("expected {}, found '{}'", what, printable(text)));
    } else if (as_double < range.min || as_double > range.max) {
      fault(key, fmt::format("{} is out of range, expected {} to {}", printable(text), range.min,
                             range.max));
    } else {
      value = parsed;
    }
  }

  Source& source_;
  std::string prefix_;
  const ConfigValue* map_;
  std::unordered_map<std::string_view, const ConfigValue::Member*> members_;
  Names known_;  // keys of the fields visited
};

void set_overrides(Source& source, const std::vector<std::string>& overrides) {
  for (auto& text : overrides) {
    auto equals = text.find('=');
    if (equals == std::string::npos || equals == 0) {
      source.faults.add("fault", fmt::format("--set {}: expected key=value", printable(text)));
    } else {
      source.overrides[text.substr(0, equals)] = {text.substr(equals + 1), {}, false};
    }
  }
}

void read_fields(Source& source, const ConfigValue& root, const FieldList& fields,
                 const std::vector<std::string>& required) {
  FieldReader reader(source, "", root.is(Kind::kMap) ? &root : nullptr);
  fields(reader);
  reader.finish();
  for (auto& [key, value] : source.overrides)
    if (!value.used)
      source.faults.add(
          "fault", fmt::format("--set {}: {}", printable(key),
                               unknown_name("key", key, {source.seen.begin(), source.seen.end()})));
  for (auto& key : required)
    if (!source.given.count(key))
      source.faults.add("fault",
                        fmt::format("{}: {}: missing, and it has no default", source.file, key));
}

}  // namespace

void read_yaml(const std::filesystem::path& file, const FieldList& fields, Faults& faults,
               const std::vector<std::string>& overrides,
               const std::vector<std::string>& required) {
  Source source{file.string(), false, faults, {}, {}, {}};
  set_overrides(source, overrides);
  ConfigValue root;
  try {
    auto place = [&](int line) { return fmt::format("{}:{}", source.file, line); };
    root = parse_yaml(read_file(file, kMaxYamlBytes), place, faults);
    check_input(root.is(Kind::kMap) || root.is(Kind::kNull),
                "{}:1: expected a mapping of keys to values", source.file);
  } catch (const UserError& e) {
    return faults.add("fault", e.what());
  }
  read_fields(source, root, fields, required);
}

void read_json_fields(std::string_view text, const std::string& where, const FieldList& fields,
                      Faults& faults, const std::vector<std::string>& required) {
  Source source{where, true, faults, {}, {}, {}};
  ConfigValue root;
  try {
    root = parse_json_config(text, where);
    check_input(root.is(Kind::kMap), "{}: expected a JSON object, found something else", where);
  } catch (const UserError& e) {
    return faults.add("fault", e.what());
  }
  read_fields(source, root, fields, required);
}

}  // namespace mma
