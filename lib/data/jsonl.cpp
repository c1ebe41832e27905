#include <nlohmann/json.hpp>
#include <unordered_set>

#include "base/error.h"
#include "base/utf8.h"
#include "data/table_formats.h"

namespace mma {
namespace {

using nlohmann::json;
constexpr int kMaxDepth = 64;

// Fills a row from one JSON object without a tree between: numbers keep their spelling, and what is
// nested deeper than a list of words becomes one text of JSON.
class RowHandler : public nlohmann::json_sax<json> {
 public:
  explicit RowHandler(Row& row) : row_(row) {}
  std::string fault;

  bool start_object(std::size_t) override { return open('{'); }
  bool end_object() override {
    names_.pop_back();
    return close('}');
  }
  bool start_array(std::size_t) override { return open('['); }
  bool end_array() override { return close(']'); }
  bool key(string_t& name) override {
    if (!names_.back().insert(name).second)
      return bad(fmt::format("the key '{}' twice", printable(name)));
    if (depth_ == 1) {
      name_ = name;
    } else {
      separate();
      nested_ += json(name).dump() + ":";
      after_key_ = true;
    }
    return true;
  }
  bool null() override { return depth_ == 1 || plain("null", ValueKind::kNull); }
  bool boolean(bool value) override { return plain(value ? "true" : "false", ValueKind::kTruth); }
  bool number_integer(number_integer_t value) override { return plain(std::to_string(value)); }
  bool number_unsigned(number_unsigned_t value) override { return plain(std::to_string(value)); }
  bool number_float(number_float_t, const string_t& text) override { return plain(text); }
  bool string(string_t& text) override {
    return scalar(text, depth_ >= 2 ? json(text).dump() : "", ValueKind::kText);
  }
  bool binary(binary_t&) override { return bad("binary"); }
  bool parse_error(std::size_t place, const std::string&, const json::exception&) override {
    return bad(fmt::format("no JSON at character {}", place));
  }

 private:
  bool bad(std::string what) {
    if (fault.empty()) fault = std::move(what);
    return false;
  }
  bool plain(const std::string& text, ValueKind kind = ValueKind::kNumber) {
    return scalar(text, text, kind);
  }
  // A value at any depth; `spelled`: as JSON.
  bool scalar(const std::string& text, const std::string& spelled, ValueKind kind) {
    if (depth_ == 0) return bad("something else");
    if (depth_ == 1) {
      auto& cell = row_.cells[name_];
      cell.text = text;
      cell.kind = kind;
      return true;
    }
    separate();
    nested_ += spelled;
    if (depth_ == 2 && simple_list_) {
      list_.push_back(text);
      kinds_.push_back(kind);
    }
    return true;
  }
  bool open(char bracket) {
    if (depth_ == 0 && bracket != '{') return bad("a list");
    if (depth_ == kMaxDepth) return bad("values nested too deeply");
    if (depth_ == 1) {
      nested_.clear();
      list_.clear();
      kinds_.clear();
      simple_list_ = bracket == '[';
    } else if (depth_ > 1) {
      separate();
      simple_list_ = false;
    }
    if (depth_ > 0) nested_ += bracket;
    if (bracket == '{') names_.emplace_back();
    ++depth_;
    return true;
  }
  bool close(char bracket) {
    --depth_;
    if (depth_ == 0) return true;
    nested_ += bracket;
    if (depth_ > 1) return true;
    auto& cell = row_.cells[name_];
    cell.is_list = simple_list_;
    if (simple_list_) {
      cell.list = std::move(list_);
      cell.kinds = std::move(kinds_);
    } else {
      cell.text = std::move(nested_);
      cell.kind = ValueKind::kNested;
    }
    return true;
  }
  void separate() {
    if (!after_key_ && !nested_.empty() && nested_.back() != '[' && nested_.back() != '{')
      nested_ += ',';
    after_key_ = false;
  }

  Row& row_;
  std::string name_, nested_;
  std::vector<std::unordered_set<std::string>> names_;  // keys so far of the open objects
  std::vector<std::string> list_;
  std::vector<ValueKind> kinds_;
  int depth_ = 0;
  bool simple_list_ = false, after_key_ = false;
};

}  // namespace

void read_jsonl(const std::filesystem::path& file, const UseRow& use, const TellFault& fault) {
  LineReader lines(file);
  std::string line;
  for (;;) {
    auto number = lines.line_number();
    if (!lines.next(line)) return;
    if (line.find_first_not_of(" \t\r") == std::string::npos) continue;
    Row row;
    row.where = fmt::format("{}:{}", lines.name(), number);
    RowHandler handler(row);
    if (!valid_utf8(line)) {
      fault(fmt::format("{}: expected UTF-8, found other bytes", row.where));
    } else if (!json::sax_parse(line, &handler)) {
      fault(fmt::format("{}: expected a JSON object, found {}", row.where, handler.fault));
    } else {
      use(std::move(row));
    }
  }
}

}  // namespace mma
