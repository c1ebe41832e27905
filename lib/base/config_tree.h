#pragma once
#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/error.h"

namespace mma {

/// A value of a configuration file, YAML or JSON: what `Fields` are read from.
struct ConfigValue {
  enum class Kind { kNull, kPlain, kText, kList, kMap };
  struct Member;
  Kind kind = Kind::kNull;
  int line = 0;      ///< from 1; 0: not known
  std::string text;  ///< kPlain: a number or an unquoted word; kText: in quotes
  std::vector<ConfigValue> items;
  std::vector<Member> members;  ///< in the file's order, no key twice

  bool is(Kind k) const { return kind == k; }
  bool is_scalar() const { return is(Kind::kPlain) || is(Kind::kText); }
};
struct ConfigValue::Member {
  std::string key;
  int line = 0;
  ConfigValue value;
};

/// How messages name a line of the text.
using PlaceOfLine = std::function<std::string(int line)>;

/// How deep lists and mappings may stand in each other.
constexpr int kMaxConfigDepth = 16;

/// One YAML document. Its cost is bounded by the size of the text: aliases, which make a few bytes
/// stand for many, are refused, and so is a second document. A repeated key is added to `faults`.
/// Throws UserError; Stopped where a signal asks for it.
ConfigValue parse_yaml(const std::string& text, const PlaceOfLine& place, Faults& faults);
/// A JSON object, under the same limits. Throws UserError.
ConfigValue parse_json_config(std::string_view text, const std::string& where);

}  // namespace mma
