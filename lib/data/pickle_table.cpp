#include <cmath>

#include "base/error.h"
#include "base/files.h"
#include "base/utf8.h"
#include "data/numbers.h"
#include "data/numpy_pickle.h"
#include "data/table_formats.h"

namespace mma {
namespace {

using Kind = PickleValue::Kind;

// What is wrong with one row; the row is skipped.
struct RowFault {
  std::string what;
};

std::string number_text(double value) {
  // The shortest text that reads back the same; whole numbers without a point, as JSON has them.
  return fmt::format("{}", value);
}

std::string text_of(const PickleValue& value) {
  if (!valid_utf8(value.text)) throw RowFault{"expected text in UTF-8, found other bytes"};
  return std::string(value.text);
}

// A value as text: words and numbers as they are, what is nested as Python or JSON would show it.
std::string scalar_text(const PickleValue& value, const std::string& name) {
  switch (value.kind) {
    case Kind::kText:
    case Kind::kBytes:
      return text_of(value);
    case Kind::kInt:
      return std::to_string(value.integer);
    case Kind::kBool:
      return value.integer ? "true" : "false";
    case Kind::kFloat:
      return number_text(value.real);
    case Kind::kNone:
      return "null";
    case Kind::kList:
    case Kind::kTuple:
    case Kind::kDict: {
      bool dict = value.is(Kind::kDict);
      std::string out(1, dict ? '{' : '[');
      for (size_t i = 0; i < value.items.size(); ++i) {
        if (i > 0) out += dict && i % 2 == 1 ? ":" : ",";
        out += scalar_text(*value.items[i], name);
        if (out.size() > kMaxLine) throw RowFault{"a value of more than 16 MiB"};
      }
      return out + (dict ? '}' : ']');
    }
    default:
      break;
  }
  auto scalar = numpy_scalar(value, name);
  if (!scalar) return fmt::format("<{}>", value.text);
  bool whole = scalar->kind == 'i' || scalar->kind == 'u';
  auto number = with_numbers(*scalar, [&](auto at) { return at.get(scalar->bytes.data(), 0); });
  if (scalar->kind == 'b') return number != 0 ? "true" : "false";
  return whole && std::abs(number) < 0x1p53 ? std::to_string(static_cast<int64_t>(number))
                                            : number_text(number);
}

ValueKind kind_of(const PickleValue& value, const std::string& name) {
  if (value.is_string()) return ValueKind::kText;
  if (value.is(Kind::kInt) || value.is(Kind::kFloat)) return ValueKind::kNumber;
  if (value.is(Kind::kBool)) return ValueKind::kTruth;
  if (value.is(Kind::kNone)) return ValueKind::kNull;
  if (value.is_sequence() || value.is(Kind::kDict)) return ValueKind::kNested;
  auto scalar = numpy_scalar(value, name);
  if (!scalar) return ValueKind::kNested;  // an object of some class
  return scalar->kind == 'b' ? ValueKind::kTruth : ValueKind::kNumber;
}

Cell cell_of(const PickleValue& value, const std::string& name) {
  Cell cell;
  if (is_numpy_array(value)) {
    Array array = numpy_array(value, name);
    if (array.shape.size() == 1) {  // label vectors
      cell.is_list = true;
      with_numbers(array, [&](auto at) {
        for (int64_t i = 0; i < array.shape[0]; ++i)
          cell.list.push_back(number_text(at.get(array.bytes.data(), i)));
      });
      cell.kinds.assign(cell.list.size(), ValueKind::kNumber);
      return cell;
    }
  }
  cell.is_list = value.is_sequence();
  for (auto* item : value.items) {
    if (!cell.is_list) break;
    cell.is_list = !item->is_sequence() && !item->is(Kind::kDict);
  }
  if (!cell.is_list) {
    cell.text = scalar_text(value, name);
    cell.kind = kind_of(value, name);
    return cell;
  }
  for (auto* item : value.items) {
    cell.list.push_back(scalar_text(*item, name));
    cell.kinds.push_back(kind_of(*item, name));
  }
  return cell;
}

Row row_of(const PickleValue& value, const std::string& where) {
  if (!value.is(Kind::kDict)) throw RowFault{"expected a dict, found something else"};
  Row row;
  row.where = where;
  for (size_t i = 0; i < value.items.size(); i += 2) {
    auto& key = *value.items[i];
    if (!key.is_string()) throw RowFault{"expected names of text as keys, found something else"};
    auto name = text_of(key);
    row.cells.erase(name);
    if (!value.items[i + 1]->is(Kind::kNone)) row.cells[name] = cell_of(*value.items[i + 1], where);
  }
  return row;
}

}  // namespace

void read_pickle_table(const std::filesystem::path& file, const UseRow& use,
                       const TellFault& fault) {
  auto name = file.string();
  auto bytes = read_file(file);
  auto options = numpy_pickle_options();
  options.constructors.push_back("collections OrderedDict");
  Pickle pickle(bytes, name, options);
  auto& root = pickle.root();
  bool keyed = root.is(Kind::kDict);
  check_input(keyed || root.is_sequence(),
              "{}: expected a list of dicts or a dict id -> dict, found something else", name);
  size_t step = keyed ? 2 : 1;
  for (size_t i = 0; i < root.items.size(); i += step) {
    auto where = fmt::format("{}: row {}", name, i / step + 1);
    Row row;
    try {
      row = row_of(*root.items[i + step - 1], where);
      if (keyed) {
        Cell id;
        id.text = scalar_text(*root.items[i], where);
        row.cells.try_emplace("id", std::move(id));
      }
    } catch (const RowFault& e) {
      fault(fmt::format("{}: {}", where, e.what));
      continue;
    } catch (const UserError& e) {  // a damaged number or array, already with its place
      fault(e.what());
      continue;
    }
    use(std::move(row));
  }
}

}  // namespace mma
