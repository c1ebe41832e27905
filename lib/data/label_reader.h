#pragma once
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "data/description.h"
#include "data/samples.h"
#include "data/table.h"

namespace mma {

/// Turns the label cells of a data set's tables into numbers: one for each kind of labels.
class LabelReader {
 public:
  virtual ~LabelReader() = default;
  /// The rows of `rows.split` follow; those of train, which come first, decide the list of labels
  /// where the description does not.
  virtual void begin(SplitRows& rows) = 0;
  /// Adds the labels of the next row, also of one whose labels are a fault.
  virtual void add_row() = 0;
  /// No row of the split follows.
  virtual void end() = 0;
};

/// What a reader of labels asks of who reads the table.
struct RowAccess {
  /// The current row's cell of a column; null, and a fault, where it has none.
  std::function<const Cell*(const std::string& column)> cell;
  /// Tells a fault of the current row.
  std::function<void(std::string_view kind, const std::string& message)> fault;
  Faults& faults;  ///< those of the whole data set
};

/// The reader for the description's kind of labels; its list of labels and what it notices of the
/// cells go to `samples`. Both must stay.
std::unique_ptr<LabelReader> label_reader(const Description& description, Samples& samples,
                                          RowAccess row);

/// Of labels that a sample has or has not.
std::unique_ptr<LabelReader> class_label_reader(const Description& description, Samples& samples,
                                                RowAccess row);
/// Of real targets.
std::unique_ptr<LabelReader> target_reader(const Description& description, Samples& samples,
                                           RowAccess row);

}  // namespace mma
