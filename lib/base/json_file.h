#pragma once
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/files.h"

namespace mma {

/// A stranger's text as JSON, nlohmann::json or its ordered form; `where` names it in messages,
/// `expected` what it should be. Throws UserError where it is not JSON, with the place, or where
/// values stand more than `max_depth` objects and arrays deep: the parser's tree takes some 60
/// bytes for a bracket.
template <class Json>
Json parse_json(std::string_view text, const std::string& where, std::string_view expected,
                int max_depth) {
  auto shallow = [&](int depth, typename Json::parse_event_t, Json&) {
    check_input(depth <= max_depth, "{}: expected {}, found values nested too deeply", where,
                expected);
    return true;
  };
  try {
    return Json::parse(text, shallow);
  } catch (const typename Json::parse_error& e) {
    throw UserError(
        fmt::format("{}: expected {}, found what is not JSON (byte {})", where, expected, e.byte));
  } catch (const typename Json::exception&) {  // a number beyond all that a double holds
    throw UserError(fmt::format("{}: expected {}, found what is not JSON", where, expected));
  }
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
