#include "data/description.h"

#include <algorithm>
#include <map>
#include <set>

#include "base/error.h"
#include "base/files.h"
#include "base/names.h"
#include "base/utf8.h"
#include "data/pack_layout.h"

namespace mma {
namespace {

constexpr uint64_t kMaxYamlBytes = 1 << 20;  // as read_yaml() has it
constexpr size_t kMaxSeparator = 64;
constexpr size_t kMaxSource = 1 << 15;  // an HDF5 attribute holds twice as much

// Names of splits and modalities are names of groups in the pack and keys of recipes.
bool is_plain_name(const std::string& name) {
  return !name.empty() && name.size() <= 64 &&
         std::all_of(name.begin(), name.end(),
                     [](unsigned char c) { return std::isalnum(c) || c == '_' || c == '-'; });
}

void check_modality_names(Fields& f, const Names& names) {
  for (auto& name : names) {
    if (!is_plain_name(name))
      f.fault("modalities",
              fmt::format("'{}': expected letters, digits, - and _", printable(name)));
    if (name == "id" || name == "labels" || name == "text" || name.ends_with("_present"))
      f.fault("modalities",
              fmt::format("'{}': this name has a meaning of its own in a pack", name));
  }
}

void check_splits(Fields& f, OrderedMap& splits) {
  for (auto& [split, table] : splits) {
    if (!is_split(split)) f.fault("splits", unknown_name("split", split, known_splits()));
    if (table.empty()) f.fault("splits", fmt::format("'{}' names no table", split));
  }
  auto is_train = [](auto& split) { return split.first == "train"; };
  // Train comes first: it decides the label list where `names` does not.
  std::stable_partition(splits.begin(), splits.end(), is_train);
}

}  // namespace

void LabelDescription::fields(Fields& f) {
  f.field("field", field, "column that holds a row's labels");
  f.field("kind", kind, "any number of labels a row, one, or real numbers",
          names_of(label_kinds()));
  f.field("fields", columns, "kind: regression: the columns of several targets, instead of field");
  f.field(
      "names", names,
      "the labels in their order; empty: those of the train split, sorted; of targets: those of "
      "their columns");
  f.field("form", form, "names: label names; bits: one 0 or 1 a label in the order of `names`",
          {"names", "bits"});
  f.field("separator", separator, "what stands between the names in one cell of text");
  check_targets(f);
  std::set<std::string> seen;
  for (auto& label : names) {
    if (label.empty()) f.fault("names", "a label without a name");
    if (label.size() > layout::kMaxNameBytes || label.find('\0') != std::string::npos)
      f.fault("names", fmt::format("'{}': expected a name of at most {} bytes, none of them zero",
                                   printable(label), layout::kMaxNameBytes));
    if (!seen.insert(label).second) f.fault("names", fmt::format("'{}' is given twice", label));
  }
  if (form == "bits" && names.empty())
    f.fault("form", "bits need `names` to say what each stands for");
}

// What belongs to real targets, and what does not; they are called as their columns are.
void LabelDescription::check_targets(Fields& f) {
  if (!pick(label_kinds(), "kind", kind).real) {
    if (!columns.empty())
      f.fault("fields", "belongs to kind: regression; classes have one `field`");
    return;
  }
  if (!columns.empty() && !field.empty()) f.fault("fields", "expected one of field and fields");
  if (form != "names") f.fault("form", "belongs to classes; a target is a number");
  if (!separator.empty())
    f.fault("separator", "belongs to classes; several targets are `fields`, or a list");
  if (!columns.empty() && !names.empty() && names.size() != columns.size())
    f.fault("names", fmt::format("expected one for each of the {} fields, found {}", columns.size(),
                                 names.size()));
  if (!names.empty()) return;
  if (!field.empty()) names = {field};
  if (!columns.empty()) names = columns;
}

void Description::fields(Fields& f) {
  f.field("name", name, "the data set's name");
  f.field("splits", splits,
          "train, dev, test, or new (to predict): the table of each that there is, under the root");
  check_splits(f, splits);
  f.field("split_field", split_field,
          "of a table that holds several splits: the column that says which one a row is of");
  f.field("split_names", split_names, "what that column calls them, as in {dev: validation}");
  check_split_field(f);
  f.section(
      "table",
      [this](Fields& t) {
        t.field(
            "delimiter", delimiter,
            "between the cells of a .csv-like table: one character, or tab; empty: by its ending");
        if (delimiter.size() > 1 && delimiter != "tab")
          t.fault("delimiter", "expected one character, or tab");
      },
      "how tables are written");
  f.field("id", id, "column with a sample's id");
  f.words("text", texts,
          "column with a sample's text, or several, which are joined; none: modalities alone");
  f.field("text_separator", text_separator, "between several columns of text");
  check_texts(f);
  f.field("text_repair", text_repair, "latin1: turn back UTF-8 that was read as Latin-1",
          {"none", "latin1"});
  f.field("empty_text", empty_text, "what a row without text is", {"error", "drop"});
  f.section(
      "labels", [this](Fields& l) { labels.fields(l); },
      "a sample's labels; without them a pack is there to predict");
  check_labels(f);
  f.field("max_length", max_length, "tokens a text is cut to, special tokens included", {8, 65536});
  f.field("store", store, "how modalities that do not say it themselves are stored",
          {"float32", "float16"});
  Names names;
  for (auto& modality : modalities) names.push_back(modality.name);
  f.sections(
      "modalities", names,
      [this, &f](const std::string& modality, Fields& m) {
        auto found = std::find_if(modalities.begin(), modalities.end(),
                                  [&](auto& x) { return x.name == modality; });
        if (found == modalities.end()) {
          found = modalities.emplace(modalities.end());
          found->name = modality;
        }
        found->fields(m);
      },
      "what a sample has beside its text, or instead of it");
  for (auto& modality : modalities)
    if (modality.store.empty()) modality.store = store;
  check_modality_names(f, names);
  if (texts.empty() && names.empty())
    f.fault("text", "missing; a data set without text needs `modalities`");
}

// Samples to train on have labels, and they say which there are.
void Description::check_labels(Fields& f) const {
  const bool trains = !splits.empty() && splits.front().first == "train";
  const LabelDescription none;
  const bool described = labels.kind != none.kind || labels.form != none.form ||
                         labels.separator != none.separator || labels.columns != none.columns ||
                         labels.names != none.names;
  if (!has_labels() && (trains || described))
    f.fault("labels", "`field` is missing: the column that holds a row's labels");
  if (!trains && has_labels() && labels.names.empty())
    f.fault("labels",
            "`names` is missing: without a train split nothing else says which there are");
}

// A table of several splits is told apart by a column, each split by a name of its own.
void Description::check_split_field(Fields& f) const {
  for (auto& [split, name] : split_names)
    if (!is_split(split)) f.fault("split_names", unknown_name("split", split, known_splits()));
  if (split_field.empty() && !split_names.empty())
    f.fault("split_names", "belongs to split_field: the column that holds these names");
  std::map<std::string, std::string> tables, names;
  for (auto& [split, table] : splits) {
    auto [same, is_new] = tables.emplace(fs::path(table).lexically_normal().string(), split);
    if (!is_new && split_field.empty())
      f.fault("splits", fmt::format("{} and {} are the same table; `split_field: COLUMN` says "
                                    "which of its rows are whose",
                                    same->second, split));
    auto [other, differs] = names.emplace(name_in_table(split), split);
    if (!differs && !split_field.empty())
      f.fault("split_names", fmt::format("{} and {} are both called '{}'", other->second, split,
                                         printable(other->first)));
  }
}

void Description::check_texts(Fields& f) const {
  std::set<std::string> seen;
  for (auto& column : texts) {
    if (column.empty()) f.fault("text", "a column without a name");
    if (!seen.insert(column).second)
      f.fault("text", fmt::format("'{}' is given twice", printable(column)));
  }
  if (text_separator.size() > kMaxSeparator)
    f.fault("text_separator", fmt::format("expected at most {} bytes, found {}", kMaxSeparator,
                                          text_separator.size()));
}

std::string Description::name_in_table(const std::string& split) const {
  auto given = std::find_if(split_names.begin(), split_names.end(),
                            [&](auto& named) { return named.first == split; });
  return given == split_names.end() ? split : given->second;
}

LabelKind Description::label_kind() const { return pick(label_kinds(), "kind", labels.kind).kind; }

namespace {

// YAML is UTF-8; what names labels and files would else end in packs and JSON.
void check_utf8(const std::filesystem::path& file) {
  auto text = read_file(file, kMaxYamlBytes);
  if (text.starts_with("\xff\xfe") || text.starts_with("\xfe\xff")) return;  // UTF-16
  int64_t line = 1;
  for (size_t start = 0; start < text.size(); ++line) {
    auto end = std::min(text.find('\n', start), text.size());
    auto words = std::string_view(text).substr(start, end - start);
    check_input(valid_utf8(words), "{}:{}: expected UTF-8, found '{}'", file.string(), line,
                printable(words));
    start = end + 1;
  }
}

// What the pack's attributes must hold.
void check_lengths(const Description& description, const std::string& file, Faults& faults) {
  auto check = [&](const char* key, const std::string& text, size_t most) {
    if (text.size() > most)
      faults.add("too long", fmt::format("{}: {}: expected at most {} bytes, found {}", file, key,
                                         most, text.size()));
  };
  std::string names;
  check("name", description.name, layout::kMaxNameBytes);
  for (auto& modality : description.modalities) {
    names += modality.name + " ";
    check(modality.name.c_str(), modality.source(), kMaxSource);
  }
  check("the modalities' names together", names, kMaxSource);
}

}  // namespace

Description load_description(const std::filesystem::path& file) {
  check_utf8(file);
  Description description;
  Faults faults;
  read_yaml(file, [&](Fields& f) { description.fields(f); }, faults, {}, {"name", "splits", "id"});
  check_lengths(description, file.string(), faults);
  faults.raise();
  return description;
}

}  // namespace mma
