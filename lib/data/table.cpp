#include "data/table.h"

#include "base/error.h"
#include "data/table_formats.h"

namespace mma {
namespace {

char delimiter_of(const TableFormat& format, const std::string& ending) {
  auto& named = format.delimiter;
  if (named.empty()) return ending == ".csv" ? ',' : '\t';
  if (named == "\\t" || named == "tab") return '\t';
  bool usable =
      named.size() == 1 && named[0] != '"' && named[0] != '\n' && named[0] != '\r' && named[0] > 0;
  check_input(usable, "delimiter '{}': expected one character, such as , ; | or tab",
              printable(named));
  return named[0];
}

}  // namespace

void read_table(const std::filesystem::path& file, const TableFormat& format,
                const std::function<void(Row&&)>& use,
                const std::function<void(const std::string& message)>& fault) {
  auto ending = file.extension().string();
  if (ending == ".p" || ending == ".pkl" || ending == ".pickle")
    return read_pickle_table(file, use, fault);
  if (ending == ".jsonl" || ending == ".ndjson") return read_jsonl(file, use, fault);
  check_input(
      ending == ".csv" || ending == ".tsv" || !format.delimiter.empty(),
      "{}: expected a table .jsonl, .csv, .tsv, .p, .pkl or .pickle (or a delimiter), found '{}'",
      file.string(), printable(ending));
  read_csv(file, delimiter_of(format, ending), use, fault);
}

}  // namespace mma
