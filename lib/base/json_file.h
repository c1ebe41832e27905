#pragma once
#include <nlohmann/json.hpp>
#include <unordered_set>

#include "base/error.h"
#include "base/files.h"
#include "base/stop.h"

namespace mma {

/// Builds a value, nlohmann::json or its ordered form, from the parser's events: in time
/// proportional to the text also where the form keeps the order of keys, and refusing a key that an
/// object has twice, of which nlohmann's own would keep the last.
template <class Json>
class JsonBuilder : public nlohmann::json_sax<Json> {
 public:
  /// `where` and `expected` are for messages; `max_depth`: objects and arrays in each other.
  JsonBuilder(const std::string& where, std::string_view expected, int max_depth)
      : where_(where), expected_(expected), max_depth_(max_depth) {}
  Json root;

  using typename nlohmann::json_sax<Json>::number_integer_t;
  using typename nlohmann::json_sax<Json>::number_unsigned_t;
  using typename nlohmann::json_sax<Json>::number_float_t;
  using typename nlohmann::json_sax<Json>::string_t;
  using typename nlohmann::json_sax<Json>::binary_t;
  bool null() override { return add(nullptr); }
  bool boolean(bool value) override { return add(value); }
  bool number_integer(number_integer_t value) override { return add(value); }
  bool number_unsigned(number_unsigned_t value) override { return add(value); }
  bool number_float(number_float_t value, const string_t&) override { return add(value); }
  bool string(string_t& value) override { return add(std::move(value)); }
  bool binary(binary_t&) override { return false; }
  bool start_object(std::size_t) override { return open(Json::object()); }
  bool start_array(std::size_t) override { return open(Json::array()); }
  bool end_object() override { return close(); }
  bool end_array() override { return close(); }
  bool key(string_t& name) override {
    auto& object = open_.back();
    object.key = std::move(name);
    check_input(object.keys.insert(object.key).second,
                "{}: expected {} without repeated keys, found '{}' twice", where_, expected_,
                dotted());
    return true;
  }
  bool parse_error(std::size_t, const std::string&, const nlohmann::detail::exception& e) override {
    // Not a parse error: a number beyond all that a double holds.
    auto* parse = dynamic_cast<const typename Json::parse_error*>(&e);
    throw UserError(fmt::format("{}: expected {}, found what is not JSON{}", where_, expected_,
                                parse ? fmt::format(" (byte {})", parse->byte) : ""));
  }

 private:
  struct Open {
    Json* value;
    std::string key;  // of the value that comes next
    std::unordered_set<std::string> keys;
  };

  bool add(Json value) {
    place(std::move(value));
    return true;
  }
  bool open(Json empty) {
    check_input(open_.size() < static_cast<size_t>(max_depth_),
                "{}: expected {}, found values nested too deeply", where_, expected_);
    auto* value = place(std::move(empty));
    open_.push_back({value, {}, {}});
    return true;
  }
  bool close() {
    open_.pop_back();
    return true;
  }
  // Puts a value where it belongs. The pointer stays good while the value is open: what holds it
  // does not grow meanwhile.
  Json* place(Json value) {
    if (++values_ % 1024 == 0) stop_if_asked();
    if (open_.empty()) return &(root = std::move(value));
    auto& parent = *open_.back().value;
    if (parent.is_array()) {
      parent.push_back(std::move(value));
      return &parent.back();
    }
    auto& object = parent.template get_ref<typename Json::object_t&>();
    if constexpr (requires { object.emplace_back(open_.back().key, std::move(value)); }) {
      object.emplace_back(open_.back().key, std::move(value));  // the ordered form is a vector
      return &object.back().second;
    } else {
      return &object.emplace(open_.back().key, std::move(value)).first->second;
    }
  }
  std::string dotted() const {
    std::string all;
    for (auto& level : open_)
      if (level.value->is_object()) all += (all.empty() ? "" : ".") + level.key;
    return printable(all);
  }

  const std::string& where_;
  std::string_view expected_;
  int max_depth_;
  std::vector<Open> open_;
  size_t values_ = 0;
};

/// A stranger's text as JSON, nlohmann::json or its ordered form; `where` names it in messages,
/// `expected` what it should be. Throws UserError where it is not JSON, with the place, where an
/// object has a key twice, or where values stand more than `max_depth` objects and arrays deep: a
/// tree takes some 60 bytes for a bracket. Throws Stopped where a signal asks for it.
template <class Json>
Json parse_json(std::string_view text, const std::string& where, std::string_view expected,
                int max_depth) {
  JsonBuilder<Json> builder(where, expected, max_depth);
  Json::sax_parse(text, &builder);
  return std::move(builder.root);
}

/// The same where it is to be an object, nested no deeper than 64.
template <class Json>
Json parse_json_object(std::string_view text, const std::string& where) {
  auto json = parse_json<Json>(text, where, "a JSON object", 64);
  check_input(json.is_object(), "{}: expected a JSON object, found {}", where, json.type_name());
  return json;
}

/// The same of a file of at most `max_bytes`.
template <class Json>
Json read_json_object(const fs::path& file, uint64_t max_bytes = 1 << 20) {
  return parse_json_object<Json>(read_file(file, max_bytes), file.string());
}

}  // namespace mma
