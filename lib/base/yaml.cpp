#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/yaml.h>

#include <sstream>

#include "base/config.h"
#include "base/config_tree.h"
#include "base/stop.h"

namespace mma {
namespace {

using Kind = ConfigValue::Kind;

// Builds the tree from the parser's events. The library's own nodes take time in the square of a
// large mapping, and a few aliases of aliases keep it busy for ever.
class TreeBuilder : public YAML::EventHandler {
 public:
  TreeBuilder(const PlaceOfLine& place, Faults& faults) : place_(place), faults_(faults) {}
  ConfigValue root;

  void OnDocumentStart(const YAML::Mark& mark) override {
    if (documents_++ > 0) refuse(mark, "a second document begins here; expected one in a file");
  }
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark& mark, YAML::anchor_t) override { scalar(mark, Kind::kNull, ""); }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override {
    refuse(mark, "aliases (*name) are not read; write out what it stands for");
  }
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t,
                const std::string& text) override {
    scalar(mark, tag == "?" ? Kind::kPlain : Kind::kText, text);
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t,
                       YAML::EmitterStyle::value) override {
    open(mark, Kind::kList);
  }
  void OnSequenceEnd() override { close(); }
  void OnMapStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t,
                  YAML::EmitterStyle::value) override {
    open(mark, Kind::kMap);
  }
  void OnMapEnd() override { close(); }

 private:
  // A list or mapping that has not ended yet.
  struct Open {
    ConfigValue value;
    std::string key;  // of the value that comes next
    int key_line = 0;
    bool has_key = false;
    std::unordered_map<std::string, int> lines;  // of the keys so far
  };

  static int line_of(const YAML::Mark& mark) { return mark.line + 1; }
  [[noreturn]] void refuse(const YAML::Mark& mark, std::string_view what) const {
    throw UserError(fmt::format("{}: {}", place_(line_of(mark)), what));
  }
  bool expects_key() const {
    return !open_.empty() && open_.back().value.is(Kind::kMap) && !open_.back().has_key;
  }
  void open(const YAML::Mark& mark, Kind kind) {
    if (expects_key()) refuse(mark, "expected a word as key, found a list or mapping");
    if (open_.size() >= static_cast<size_t>(kMaxConfigDepth))
      refuse(mark, fmt::format("nested deeper than {}", kMaxConfigDepth));
    open_.emplace_back();
    open_.back().value.kind = kind;
    open_.back().value.line = line_of(mark);
  }
  void scalar(const YAML::Mark& mark, Kind kind, const std::string& text) {
    if (++events_ % 1024 == 0) stop_if_asked();
    if (expects_key()) {
      if (kind == Kind::kNull) refuse(mark, "expected a word as key, found none");
      auto& map = open_.back();
      map.key = text;
      map.key_line = line_of(mark);
      map.has_key = true;
      return;
    }
    ConfigValue value;
    value.kind = kind;
    value.line = line_of(mark);
    value.text = text;
    add(std::move(value));
  }
  void close() {
    auto value = std::move(open_.back().value);
    open_.pop_back();
    add(std::move(value));
  }
  void add(ConfigValue value) {
    if (open_.empty()) {
      root = std::move(value);
      return;
    }
    auto& parent = open_.back();
    if (parent.value.is(Kind::kList)) {
      parent.value.items.push_back(std::move(value));
      return;
    }
    parent.has_key = false;
    auto [first, is_new] = parent.lines.emplace(parent.key, parent.key_line);
    if (is_new) {
      parent.value.members.push_back({parent.key, parent.key_line, std::move(value)});
    } else {
      faults_.add("fault", fmt::format("{}: {}: given twice, first in line {}",
                                       place_(parent.key_line), dotted(), first->second));
    }
  }
  std::string dotted() const {
    std::string all;
    for (auto& level : open_)
      if (level.value.is(Kind::kMap)) all += (all.empty() ? "" : ".") + level.key;
    return printable(all);
  }

  const PlaceOfLine& place_;
  Faults& faults_;
  std::vector<Open> open_;
  size_t events_ = 0;
  int documents_ = 0;
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
  // yaml-cpp quotes what needs it, but for words that would read back as null.
  static void quoted(YAML::Emitter& out, const std::string& text) {
    // YAML 1.2, 10.3.2; yaml-cpp's own function for it takes other arguments in each version.
    for (auto null : {"", "~", "null", "Null", "NULL"})
      if (text == null) out << YAML::DoubleQuoted;
    out << text;
  }
  YAML::Emitter& out_;
};

}  // namespace

ConfigValue parse_yaml(const std::string& text, const PlaceOfLine& place, Faults& faults) {
  TreeBuilder builder(place, faults);
  try {
    std::istringstream in(text);
    YAML::Parser parser(in);
    while (parser.HandleNextDocument(builder)) {
    }
  } catch (const YAML::Exception& e) {
    throw UserError(fmt::format("{}: {}", place(e.mark.line + 1), printable(e.msg)));
  }
  return std::move(builder.root);
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
