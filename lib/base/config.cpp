#include "base/config.h"

#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <optional>
#include <set>

#include "base/files.h"
#include "base/names.h"

namespace mma {
namespace {

constexpr uint64_t kMaxYamlBytes = 1 << 20;
constexpr int kMaxYamlDepth = 16;

std::string join_key(const std::string& prefix, const std::string& key) {
  return prefix.empty() ? key : prefix + "." + key;
}

struct Override {
  std::string value;
  bool used = false;
};

// State that all sections of one file share.
struct Source {
  std::string file;
  Faults& faults;
  std::map<std::string, Override> overrides;
  std::set<std::string> seen;  // dotted keys of all fields visited
};

class YamlReader : public Fields {
 public:
  YamlReader(Source& source, std::string prefix, YAML::Node node)
      : source_(source), prefix_(std::move(prefix)), node_(std::move(node)) {}

  void field(const char* key, bool& value, const char*) override {
    if (auto text = scalar(key)) {
      if (*text == "true" || *text == "false") {
        value = *text == "true";
      } else {
        fault(key, fmt::format("expected true or false, found '{}'", printable(*text)));
      }
    }
  }
  void field(const char* key, int64_t& value, const char*, Range range) override {
    if (auto text = scalar(key)) number(key, *text, value, range, "a whole number");
  }
  void field(const char* key, double& value, const char*, Range range) override {
    if (auto text = scalar(key)) number(key, *text, value, range, "a number");
  }
  void field(const char* key, std::string& value, const char*, Names known) override {
    if (auto text = scalar(key)) {
      if (!known.empty() && std::find(known.begin(), known.end(), *text) == known.end()) {
        fault(key, unknown_name("value", *text, known));
      } else {
        value = *text;
      }
    }
  }
  void field(const char* key, Names& value, const char*) override {
    auto node = child(key);
    if (!node) return;
    if (!node.IsSequence()) return fault(key, "expected a list, as in [a, b]");
    value.clear();
    for (const auto& item : node) {
      if (!item.IsScalar()) return fault(key, "expected a list of words");
      value.push_back(item.Scalar());
    }
  }
  void field(const char* key, OrderedMap& value, const char*) override {
    auto node = child(key);
    if (!node) return;
    if (!node.IsMap()) return fault(key, "expected a mapping, as in {a: b}");
    value.clear();
    for (const auto& item : node) {
      if (!item.first.IsScalar() || !item.second.IsScalar())
        return fault(key, "expected a mapping from words to words");
      value.emplace_back(item.first.Scalar(), item.second.Scalar());
    }
  }
  void section(const char* key, const FieldList& body, const char*) override {
    auto node = child(key);
    if (node && !node.IsMap()) {
      fault(key, "expected a mapping, as in {key: value}");
      node = YAML::Node(YAML::NodeType::Undefined);
    }
    YamlReader inner(source_, join_key(prefix_, key), node);
    body(inner);
    inner.finish();
  }
  void sections(const char* key, Names& names,
                const std::function<void(const std::string&, Fields&)>& body,
                const char*) override {
    auto node = child(key);
    if (!node) return;
    if (!node.IsMap()) return fault(key, "expected a mapping, as in {name: {key: value}}");
    names.clear();
    for (const auto& item : node) {
      if (!item.first.IsScalar() || !item.second.IsMap()) {
        fault(key, "expected a mapping from names to mappings");
        continue;
      }
      auto name = item.first.Scalar();
      names.push_back(name);
      YamlReader inner(source_, join_key(join_key(prefix_, key), name), item.second);
      body(name, inner);
      inner.finish();
    }
  }
  void fault(const char* key, const std::string& message) override {
    auto dotted = join_key(prefix_, key);
    add_fault(dotted, source_.overrides.count(dotted) ? YAML::Mark::null_mark() : mark_of(key),
              message);
  }

  // After all fields were visited: what is left in the mapping is unknown or given twice.
  void finish() {
    if (!node_ || !node_.IsMap()) return;
    std::set<std::string> given;
    for (const auto& item : node_) {
      auto key = item.first.IsScalar() ? item.first.Scalar() : "?";
      auto dotted = join_key(prefix_, key);
      if (std::find(known_.begin(), known_.end(), key) == known_.end()) {
        add_fault(dotted, item.first.Mark(), unknown_name("key", key, known_));
      } else if (!given.insert(key).second) {
        add_fault(dotted, item.first.Mark(), "given twice");
      }
    }
  }

 private:
  // The node of a key: the override, the file's, or undefined.
  YAML::Node child(const char* key) {
    known_.push_back(key);
    auto dotted = join_key(prefix_, key);
    source_.seen.insert(dotted);
    auto it = source_.overrides.find(dotted);
    if (it != source_.overrides.end()) {
      it->second.used = true;
      try {
        return YAML::Load(it->second.value);
      } catch (const YAML::Exception& e) {
        fault(key, e.msg);
      }
    }
    return find(key);
  }
  YAML::Node find(const char* key) const {
    if (node_ && node_.IsMap())
      for (const auto& item : node_)
        if (item.first.IsScalar() && item.first.Scalar() == key) return item.second;
    return YAML::Node(YAML::NodeType::Undefined);
  }
  YAML::Mark mark_of(const char* key) const {
    if (node_ && node_.IsMap())
      for (const auto& item : node_)
        if (item.first.IsScalar() && item.first.Scalar() == key) return item.first.Mark();
    return node_ ? node_.Mark() : YAML::Mark::null_mark();
  }
  std::optional<std::string> scalar(const char* key) {
    auto node = child(key);
    if (!node) return std::nullopt;
    if (node.IsScalar()) return node.Scalar();
    fault(key, node.IsNull() ? "expected one value, found none"
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
      fault(key, fmt::format("{} is out of range, expected {} to {}", text, range.min, range.max));
    } else {
      value = parsed;
    }
  }
  void add_fault(const std::string& dotted, const YAML::Mark& mark, const std::string& message) {
    auto where = mark.is_null() ? fmt::format("--set {}", dotted)
                                : fmt::format("{}:{}: {}", source_.file, mark.line + 1, dotted);
    source_.faults.add("fault", fmt::format("{}: {}", where, message));
  }

  Source& source_;
  std::string prefix_;
  YAML::Node node_;
  Names known_;
};

class YamlWriter : public Fields {
 public:
  explicit YamlWriter(YAML::Emitter& out) : out_(out) {}
  void field(const char* key, bool& v, const char*) override { pair(key) << v; }
  void field(const char* key, int64_t& v, const char*, Range) override { pair(key) << v; }
  void field(const char* key, double& v, const char*, Range) override {
    pair(key) << fmt::format("{}", v);  // the shortest text that reads back the same
  }
  void field(const char* key, std::string& v, const char*, Names) override { quoted(pair(key), v); }
  void field(const char* key, Names& v, const char*) override {
    pair(key) << YAML::Flow << YAML::BeginSeq;
    for (auto& word : v) quoted(out_, word);
    out_ << YAML::EndSeq;
  }
  void field(const char* key, OrderedMap& v, const char*) override {
    pair(key) << YAML::Flow << YAML::BeginMap;
    for (auto& [name, value] : v) {
      quoted(out_ << YAML::Key, name);
      quoted(out_ << YAML::Value, value);
    }
    out_ << YAML::EndMap;
  }
  void section(const char* key, const FieldList& body, const char*) override {
    pair(key) << YAML::BeginMap;
    body(*this);
    out_ << YAML::EndMap;
  }
  void sections(const char* key, Names& names,
                const std::function<void(const std::string&, Fields&)>& body,
                const char*) override {
    pair(key) << YAML::BeginMap;
    for (auto& name : names) {
      pair(name) << YAML::BeginMap;
      body(name, *this);
      out_ << YAML::EndMap;
    }
    out_ << YAML::EndMap;
  }
  void fault(const char*, const std::string&) override {}

 private:
  YAML::Emitter& pair(const std::string& key) {
    quoted(out_ << YAML::Key, key);
    return out_ << YAML::Value;
  }
  // yaml-cpp quotes what needs it; only the empty text would read back as null.
  static void quoted(YAML::Emitter& out, const std::string& text) {
    if (text.empty() || text == "~" || text == "null") out << YAML::DoubleQuoted;
    out << text;
  }
  YAML::Emitter& out_;
};

// yaml-cpp recurses on nesting; a hostile file must not exhaust the stack. Flow brackets are the
// only way to nest deep in few bytes; indentation is bounded by the size of a line.
void check_depth(const std::string& file, const YAML::Node& node, int depth) {
  check_input(depth <= kMaxYamlDepth, "{}: nested deeper than {}", file, kMaxYamlDepth);
  if (node.IsMap())
    for (const auto& item : node) check_depth(file, item.second, depth + 1);
  if (node.IsSequence())
    for (const auto& item : node) check_depth(file, item, depth + 1);
}

void check_brackets(const std::string& file, const std::string& text) {
  int depth = 0;
  for (char c : text) {
    depth += (c == '[' || c == '{') - (c == ']' || c == '}');
    check_input(depth <= 64, "{}: more than 64 open brackets", file);
  }
}

}  // namespace

void read_yaml(const std::filesystem::path& file, const FieldList& fields, Faults& faults,
               const std::vector<std::string>& overrides,
               const std::vector<std::string>& required) {
  Source source{file.string(), faults, {}, {}};
  for (auto& text : overrides) {
    auto equals = text.find('=');
    if (equals == std::string::npos || equals == 0) {
      faults.add("fault", fmt::format("--set {}: expected key=value", printable(text)));
    } else {
      source.overrides[text.substr(0, equals)] = {text.substr(equals + 1)};
    }
  }
  YAML::Node root;
  try {
    auto text = read_file(file, kMaxYamlBytes);
    check_brackets(source.file, text);
    root = YAML::Load(text);
    check_input(root.IsMap() || root.IsNull(), "{}:1: expected a mapping of keys to values",
                source.file);
    check_depth(source.file, root, 0);
  } catch (const YAML::Exception& e) {
    return faults.add("fault", fmt::format("{}:{}: {}", source.file, e.mark.line + 1, e.msg));
  } catch (const UserError& e) {
    return faults.add("fault", e.what());
  }
  YamlReader reader(source, "", root);
  fields(reader);
  reader.finish();
  for (auto& [key, value] : source.overrides)
    if (!value.used)
      faults.add("fault",
                 fmt::format("--set {}: {}", printable(key),
                             unknown_name("key", key, {source.seen.begin(), source.seen.end()})));
  for (auto& key : required) {
    YAML::Node node = YAML::Clone(root);
    for (size_t start = 0; node && start <= key.size();) {
      auto dot = std::min(key.find('.', start), key.size());
      node.reset(node.IsMap() ? node[key.substr(start, dot - start)]
                              : YAML::Node(YAML::NodeType::Undefined));
      start = dot + 1;
    }
    if (!node && !source.overrides.count(key))
      faults.add("fault", fmt::format("{}: {}: missing, and it has no default", source.file, key));
  }
}

std::string dump_yaml(const FieldList& fields) {
  YAML::Emitter out;
  YamlWriter writer(out);
  out << YAML::BeginMap;
  fields(writer);
  out << YAML::EndMap;
  return std::string(out.c_str()) + "\n";
}

}  // namespace mma
