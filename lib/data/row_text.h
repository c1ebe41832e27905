#pragma once
#include <functional>
#include <set>
#include <string>
#include <string_view>

#include "base/error.h"
#include "data/description.h"
#include "data/table.h"

namespace mma {

/// The text of a table's rows: that of the description's column, or of several, joined by its
/// separator. Of several those that a row lacks, or has empty, are left out; a row lacks its text
/// where it lacks all of them. Of a data set without text it is empty.
class RowText {
 public:
  explicit RowText(const Description& description) : description_(description) {}
  struct Result {
    std::string text;
    bool dropped = false;     ///< an empty text, and such rows are left out
    std::string kind, fault;  ///< why there is none
  };
  Result of(const Row& row);
  /// Of several columns those that no row had: a wrong name, most likely.
  void check_columns(Faults& faults) const;

 private:
  const Description& description_;
  std::set<std::string> found_;  // columns that some row had
};

/// "no field 'plot', or a null; the row has id, text".
std::string missing_field(const Row& row, const Names& columns);

}  // namespace mma
