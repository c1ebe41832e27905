#pragma once
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.h"

namespace mma {

/// The known name nearest to `name` by edit distance, or "" if none is close enough to be meant. Of
/// a dotted one the last part counts too: "lr" means "optim.lr".
std::string nearest_name(std::string_view name, const std::vector<std::string>& known);
/// "unknown WHAT 'name', did you mean 'x'?; known: a, b, c"; of many names the nearest alone,
/// or the first where none is near.
std::string unknown_name(std::string_view what, std::string_view name,
                         const std::vector<std::string>& known);

/// "a, b, c and 2 more": at most so many of the names, escaped.
std::string some_of(const std::vector<std::string>& names, size_t most);

/// An explicit table of named parts (models, schedules, ...); a new part is one row.
template <class Row>
using Table = std::vector<std::pair<std::string, Row>>;

template <class Row>
std::vector<std::string> names_of(const Table<Row>& table) {
  std::vector<std::string> names;
  for (auto& [name, row] : table) names.push_back(name);
  return names;
}

/// The row of that name. Throws UserError with the known names.
template <class Row>
const Row& pick(const Table<Row>& table, std::string_view what, std::string_view name) {
  for (auto& [known, row] : table)
    if (known == name) return row;
  throw UserError(unknown_name(what, name, names_of(table)));
}

}  // namespace mma
