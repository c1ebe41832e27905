#include <set>

#include "base/error.h"
#include "base/utf8.h"
#include "data/table_formats.h"

namespace mma {
namespace {

// One record: its fields, and what is wrong with it.
struct Record {
  std::vector<std::string> fields;
  std::string fault;
  int64_t line = 0;
  bool blank() const { return fields.size() == 1 && fields[0].empty() && fault.empty(); }
};

// RFC 4180: fields in quotes hold delimiters, line ends and doubled quotes. A quote within a field
// that does not begin with one is a plain character, as everyone reads it.
class CsvReader {
 public:
  CsvReader(const std::filesystem::path& file, char delimiter)
      : in_(file), delimiter_(static_cast<unsigned char>(delimiter)) {}

  bool next(Record& record) {
    record = {};
    record.line = in_.line_number();
    if (in_.peek() < 0) return false;
    size_ = 0;
    for (bool more = true; more;) more = field(record);
    return true;
  }
  const std::string& name() const { return in_.name(); }

 private:
  void add(std::string& field, int c, int64_t line) {
    check_input(++size_ <= kMaxLine, "{}:{}: a row of more than {} bytes (an open quote?)",
                in_.name(), line, kMaxLine);
    field += static_cast<char>(c);
  }
  // Reads one field and what ends it; whether another one follows.
  bool field(Record& record) {
    // A delimiter costs as much memory as a string: fields count more than their bytes.
    size_ += 8;
    check_input(size_ <= kMaxLine, "{}:{}: a row of more than {} bytes", in_.name(), record.line,
                kMaxLine);
    auto& field = record.fields.emplace_back();
    bool quoted = in_.peek() == '"';
    if (quoted) read_quoted(field, record);
    for (;;) {
      int c = in_.get();
      if (c < 0 || c == '\n') return false;
      if (c == '\r' && (in_.peek() == '\n' || in_.peek() < 0)) continue;
      if (c == delimiter_) return true;
      if (quoted) record.fault = "text behind a closing quote";
      add(field, c, record.line);
    }
  }
  void read_quoted(std::string& field, Record& record) {
    in_.get();
    for (;;) {
      int c = in_.get();
      if (c < 0) {
        record.fault = "a quote that is never closed";
        return;
      }
      if (c == '"') {
        if (in_.peek() != '"') return;
        in_.get();
      }
      add(field, c, record.line);
    }
  }

  LineReader in_;
  int delimiter_;
  size_t size_ = 0;
};

}  // namespace

void read_csv(const std::filesystem::path& file, char delimiter, const UseRow& use,
              const TellFault& fault) {
  CsvReader reader(file, delimiter);
  Record record;
  auto utf8 = [&] {
    for (auto& field : record.fields)
      if (!valid_utf8(field)) return false;
    return true;
  };
  bool head = reader.next(record) && record.fault.empty() && !record.blank();
  check_input(head && utf8(), "{}: expected a first row with the names of the columns, found {}",
              reader.name(), record.fault.empty() ? "none in UTF-8" : record.fault);
  const auto names = record.fields;
  std::set<std::string_view> seen;
  for (auto& name : names)
    check_input(name.empty() || seen.insert(name).second, "{}: two columns are named '{}'",
                reader.name(), printable(name));
  while (reader.next(record)) {
    if (record.blank()) continue;
    auto where = fmt::format("{}:{}", reader.name(), record.line);
    if (!record.fault.empty()) {
      fault(fmt::format("{}: found {}", where, record.fault));
    } else if (record.fields.size() != names.size()) {
      fault(fmt::format("{}: expected {} fields, found {}", where, names.size(),
                        record.fields.size()));
    } else if (!utf8()) {
      fault(fmt::format("{}: expected UTF-8, found other bytes", where));
    } else {
      Row row;
      row.where = where;
      for (size_t i = 0; i < names.size(); ++i)
        row.cells[names[i]].text = std::move(record.fields[i]);
      use(std::move(row));
    }
  }
}

}  // namespace mma
