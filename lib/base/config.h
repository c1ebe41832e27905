#pragma once
#include <cstdint>
#include <filesystem>
#include <functional>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "base/error.h"

namespace mma {

/// What a number may be, both ends included.
struct Range {
  double min = -std::numeric_limits<double>::infinity();
  double max = std::numeric_limits<double>::infinity();
};
using Names = std::vector<std::string>;
/// A mapping from name to text that keeps the order of the file.
using OrderedMap = std::vector<std::pair<std::string, std::string>>;

/// The visitor of a configuration struct. Each struct has one `void fields(Fields& f)` that names
/// its fields; reading YAML, dumping it with every default, and the help page all go through it.
class Fields {
 public:
  virtual ~Fields() = default;
  virtual void field(const char* key, bool& value, const char* help) = 0;
  virtual void field(const char* key, int64_t& value, const char* help, Range range = {}) = 0;
  virtual void field(const char* key, double& value, const char* help, Range range = {}) = 0;
  /// `known`: the words that are allowed; empty: any text.
  virtual void field(const char* key, std::string& value, const char* help, Names known = {}) = 0;
  virtual void field(const char* key, Names& value, const char* help) = 0;
  virtual void field(const char* key, OrderedMap& value, const char* help) = 0;
  /// A list that may be written as its only word: `text: plot` and `text: [title, plot]`.
  virtual void words(const char* key, Names& value, const char* help) { field(key, value, help); }
  /// A mapping with fixed keys.
  virtual void section(const char* key, const std::function<void(Fields&)>& body,
                       const char* help) = 0;
  /// A mapping from names that the user chooses to sections. Reading fills `names` in the file's
  /// order and calls `body` once for each.
  virtual void sections(const char* key, Names& names,
                        const std::function<void(const std::string& name, Fields&)>& body,
                        const char* help) = 0;
  /// For what only the struct itself can judge: adds a fault at the place of `key` in the file.
  virtual void fault(const char* key, const std::string& message) = 0;
};

using FieldList = std::function<void(Fields&)>;

/// The dotted name of a key in a section: "optim.lr".
inline std::string join_key(const std::string& section, const std::string& key) {
  return section.empty() ? key : section + "." + key;
}

/// Reads a YAML file of at most 1 MiB into the fields; adds every fault (unknown key with the
/// nearest name, a key given twice, wrong type, out of range) as "file:line: key: fault".
/// `overrides` are "section.key=value" and win over the file; the key may name an entry of a
/// mapping with free names, whether the file has it or not. `required`: keys, dotted, that must be
/// given. Throws Stopped where a signal asks for it.
void read_yaml(const std::filesystem::path& file, const FieldList& fields, Faults& faults,
               const std::vector<std::string>& overrides = {},
               const std::vector<std::string>& required = {});
/// The same from the text of a JSON object, each fault as "where: key: fault"; text, numbers and
/// truth values must be what the fields are.
void read_json_fields(std::string_view text, const std::string& where, const FieldList& fields,
                      Faults& faults, const std::vector<std::string>& required = {});
/// The fields as YAML, every value written; read_yaml of it gives the same.
std::string dump_yaml(const FieldList& fields);
/// The fields as JSON, every value written; read_json_fields of it gives the same.
std::string dump_json(const FieldList& fields);
/// Every field by its dotted key, its value as text.
OrderedMap list_fields(const FieldList& fields);
/// One line a field: its dotted key, default and help.
std::string fields_help(const FieldList& fields);

}  // namespace mma
