#pragma once
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/files.h"

namespace mma {

/// A stranger's text as a JSON object, nlohmann::json or its ordered form; `where` names it in
/// messages. Throws UserError where it is none or is nested deeper than 64: the parser's tree takes
/// some 60 bytes for a bracket.
template <class Json>
Json parse_json_object(std::string_view text, const std::string& where) {
  constexpr int kMaxDepth = 64;
  auto shallow = [&](int depth, typename Json::parse_event_t, Json&) {
    check_input(depth <= kMaxDepth, "{}: expected a JSON object, found values nested too deeply",
                where);
    return true;
  };
  auto json = Json::parse(text, shallow, /*allow_exceptions=*/false);
  check_input(json.is_object(), "{}: expected a JSON object, found {}", where,
              json.is_discarded() ? "what is not JSON" : json.type_name());
  return json;
}

/// The same of a file of at most `max_bytes`.
template <class Json>
Json read_json_object(const fs::path& file, uint64_t max_bytes = 1 << 20) {
  return parse_json_object<Json>(read_file(file, max_bytes), file.string());
}

}  // namespace mma
