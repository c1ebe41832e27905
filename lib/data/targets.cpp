#include "base/error.h"
#include "data/label_reader.h"
#include "data/target_cell.h"

namespace mma {
namespace {

// Reads a number for each target, from columns of their own or from one column.
class TargetReader : public LabelReader {
 public:
  TargetReader(const Description& description, Samples& samples, RowAccess row)
      : labels_(description.labels), samples_(samples), row_(std::move(row)) {
    samples_.labels = labels_.names;
  }

  void begin(SplitRows& rows) override { rows_ = &rows; }

  void add_row() override {
    const size_t first = rows_->targets.size(), width = labels_.names.size();
    rows_->targets.resize(first + width, 0.0f);
    rows_->label_ends.push_back(0);
    bad_ = false;
    if (labels_.columns.empty()) {
      read_list(labels_.field, first, width);
    } else {
      for (size_t c = 0; c < labels_.columns.size(); ++c)
        read_list(labels_.columns[c], first + c, 1);
    }
    rows_->bad_labels += bad_;
  }

  void end() override {}

 private:
  // So many targets of one column: a number, or a list of them.
  void read_list(const std::string& column, size_t first, size_t count) {
    auto* found = row_.cell(column);
    if (!found) {
      bad_ = true;
      return;
    }
    const size_t there = found->is_list ? found->list.size() : 1;
    if (there != count) {
      auto expected = count == 1 ? "a number" : fmt::format("a list of {} numbers", count);
      auto what = found->is_list ? fmt::format("a list of {}", there) : "one value";
      return fault(column, fmt::format("expected {}, found {}", expected, what));
    }
    if (!found->is_list) return read(column, found->text, found->kind, first);
    for (size_t i = 0; i < count; ++i) read(column, found->list[i], found->kinds[i], first + i);
  }
  void read(const std::string& column, const std::string& text, ValueKind kind, size_t place) {
    auto number = target_number(text, kind);
    if (!number.fault.empty()) return fault(column, number.fault);
    rows_->targets[place] = number.value;
  }
  void fault(const std::string& column, const std::string& message) {
    bad_ = true;
    row_.fault("bad target", fmt::format("{}: {}", column, message));
  }

  const LabelDescription& labels_;
  Samples& samples_;
  RowAccess row_;
  SplitRows* rows_ = nullptr;
  bool bad_ = false;
};

}  // namespace

std::unique_ptr<LabelReader> target_reader(const Description& description, Samples& samples,
                                           RowAccess row) {
  return std::make_unique<TargetReader>(description, samples, std::move(row));
}

}  // namespace mma
