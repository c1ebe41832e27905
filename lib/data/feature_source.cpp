#include "data/feature_source.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <unordered_map>

#include "base/files.h"
#include "data/feature_file.h"
#include "data/matrix_file.h"

namespace mma {
namespace {

// An array as `count` arrays of one shape that stand one after the other.
struct Clips {
  Array array;  // the first one's shape, all bytes
  int64_t count;
  Array at(int64_t i) const {
    auto size = array.size() / static_cast<uint64_t>(count);
    return array.with_part(static_cast<uint64_t>(i) * size, size);
  }
};

// [clips, dim, T], or [dim, T], as clips of [T, dim]: the same bytes read in the other order.
Clips clips_of(Array array, const std::string& name) {
  auto& shape = array.shape;
  while (shape.size() > 2 && shape.front() == 1) shape.erase(shape.begin());
  bool sliceable = shape.size() == 2 || (shape.size() == 3 && !array.fortran_order);
  check_input(sliceable, "{}: expected [dim, T] or [clips, dim, T] with the time last, found [{}]",
              name, fmt::join(shape, ", "));
  int64_t count = shape.size() == 3 ? shape[0] : 1;
  check_input(count > 0, "{}: no rows", name);
  shape = {shape.back(), shape[shape.size() - 2]};
  array.fortran_order = !array.fortran_order;
  return {std::move(array), count};
}

// The link on the way from the root to a file that leads nowhere; empty where there is none.
fs::path broken_link(const fs::path& root, const fs::path& file) {
  std::error_code ignored;
  auto at = root;
  for (auto& piece : file.lexically_relative(root)) {
    at /= piece;
    if (fs::is_symlink(at, ignored) && !fs::exists(at, ignored)) return at;
  }
  return {};
}

// Whether there is a file. UserError where a link to it is broken, which is nobody's way to say
// that a sample lacks a modality, and where it is the file that the build would replace.
bool is_there(const fs::path& file, const SourceOptions& options) {
  struct stat status;
  if (::stat(file.c_str(), &status) == 0) {
    check_input(!options.output || !options.output->replaces(status),
                "{}: this feature file is what --out would replace; choose another --out",
                file.string());
    return true;
  }
  int error = errno;
  check_input(error == ENOENT || error == ENOTDIR, "{}: {}", file.string(), std::strerror(error));
  auto link = broken_link(options.root, file);
  if (!link.empty()) {
    std::error_code ignored;
    throw UserError(fmt::format("{}: a link to what is not there, '{}'", link.string(),
                                printable(fs::read_symlink(link, ignored).string())));
  }
  return false;
}

// A file, or a data set of one file, for each sample.
class FileSource : public FeatureSource {
 public:
  FileSource(const ModalityDescription& modality, const SourceOptions& options,
             const SplitRows& rows)
      : modality_(modality),
        options_(options),
        rows_(rows),
        pooling_(make_pooling(modality.segments)) {}

  FeatureResult get(size_t i) const override {
    thread_local std::string buffer;  // used again from file to file
    auto& id = rows_.ids[i];
    const char* stage = "path";
    std::filesystem::path file;
    try {
      file = path_under(options_.root, modality_.expand(modality_.path, rows_.split, id));
      if (!is_there(file, options_))
        return {{},
                true,
                {},
                fmt::format("{}: no such file; {}'s {}", file.string(), id, modality_.name)};
      auto data_set = modality_.expand(modality_.data_set, rows_.split, id);
      stage = "unreadable feature file";
      auto array = read_feature_file(file, buffer, data_set, [&](auto size, auto& why) {
        return options_.memory.take(size, why);
      });
      auto name = data_set.empty() ? file.string() : file.string() + ":" + data_set;
      stage = "feature of a wrong shape";
      auto clips = modality_.time_axis == "last" ? clips_of(std::move(array), name)
                                                 : Clips{std::move(array), 1};
      auto shape = frames_of(clips.array, modality_.dim, name);
      stage = "unreadable feature file";  // of a large one the bytes are read as they are averaged
      return {mean_of(clips, shape, name), false, {}, {}};
    } catch (const NotFinite& e) {
      return {{}, false, "NaN or Inf", e.what()};
    } catch (const std::bad_alloc&) {
      throw MachineError(fmt::format("{}: out of memory", file.string()));
    } catch (const NoSuchDataSet& e) {
      return {{}, true, {}, fmt::format("{}; {}'s {}", e.what(), id, modality_.name)};
    } catch (const UserError& e) {
      return {{}, false, stage, e.what()};
    }
  }

 private:
  std::vector<float> mean_of(const Clips& clips, FrameShape shape, const std::string& name) const {
    try {
      auto mean = clips.count == 1 ? pooling_->pool(clips.array, shape, name)
                                   : mean_of_clips(clips, shape, name);
      check_rest(clips.array);
      return mean;
    } catch (const NotFinite&) {
      check_rest(clips.array);  // of a damaged file that is the fault
      throw;
    }
  }
  // All clips are of one length, so that the mean over their frames is the mean of their means.
  std::vector<float> mean_of_clips(const Clips& clips, FrameShape shape,
                                   const std::string& name) const {
    auto count = modality_.clips > 0 ? std::min(modality_.clips, clips.count) : clips.count;
    std::vector<double> sum(static_cast<size_t>(modality_.dim));
    for (int64_t i = 0; i < count; ++i) {
      auto mean = pooling_->pool(clips.at(i), shape, name);
      for (size_t d = 0; d < sum.size(); ++d) sum[d] += mean[d];
    }
    for (auto& x : sum) x /= static_cast<double>(count);
    return {sum.begin(), sum.end()};
  }

  const ModalityDescription& modality_;
  const SourceOptions& options_;
  const SplitRows& rows_;
  std::unique_ptr<Pooling> pooling_;
};

// A matrix that holds all samples of the split.
class MatrixSource : public FeatureSource {
 public:
  MatrixSource(const ModalityDescription& modality, std::filesystem::path file,
               const SourceOptions& options, const SplitRows& rows,
               const std::vector<int64_t>& row_numbers, Faults& faults)
      : modality_(modality),
        rows_(rows),
        row_numbers_(row_numbers),
        file_(std::move(file)),
        matrix_(file_, modality.expand(modality.data_set, rows.split), modality.dim,
                [&](auto size, auto& why) { return options.memory.keep(size, why); }) {
    if (modality.has_index()) read_index(options, faults);
    check_input(!modality.in_table_order() || matrix_.rows() == rows.table_rows,
                "{}: expected a row for each of the table's {}, found {} (`rows: table`)",
                file_.string(), rows.table_rows, matrix_.rows());
  }

  FeatureResult get(size_t i) const override {
    auto& id = rows_.ids[i];
    int64_t row = -1;
    if (!modality_.has_index()) {
      row = row_numbers_[i];
    } else if (auto found = row_of_.find(id); found != row_of_.end()) {
      row = found->second;
    }
    if (row < 0) return {{}, true, {}, fmt::format("{}: no row for {}", file_.string(), id)};
    if (row >= matrix_.rows())
      return {{},
              false,
              "row outside of the matrix",
              fmt::format("{}: {}: expected a row below {}, found {}", file_.string(), id,
                          matrix_.rows(), row)};
    try {
      return {matrix_.row(row), false, {}, {}};
    } catch (const UserError& e) {
      return {{}, false, "NaN or Inf", fmt::format("{}; {}'s {}", e.what(), id, modality_.name)};
    }
  }

 private:
  void read_index(const SourceOptions& options, Faults& faults) {
    auto file = path_under(options.root, modality_.expand(modality_.index_file(), rows_.split));
    check_input(is_there(file, options), "{}: no such file", file.string());
    for (auto& [id, row] :
         read_matrix_index(file, modality_.expand(modality_.index_data_set, rows_.split)))
      if (!row_of_.emplace(id, row).second)
        faults.add("id twice in an index", fmt::format("{}: {}", file.string(), printable(id)));
  }

  const ModalityDescription& modality_;
  const SplitRows& rows_;
  const std::vector<int64_t>& row_numbers_;
  std::filesystem::path file_;
  MatrixFile matrix_;
  std::unordered_map<std::string, int64_t> row_of_;
};

// A matrix that a split has not.
class NoSource : public FeatureSource {
 public:
  explicit NoSource(std::string what) : what_(std::move(what)) {}
  FeatureResult get(size_t) const override { return {{}, true, {}, what_}; }

 private:
  std::string what_;
};

std::unique_ptr<FeatureSource> open_matrix(const ModalityDescription& modality,
                                           const SourceOptions& options, const SplitRows& rows,
                                           const std::vector<int64_t>& row_numbers,
                                           Faults& faults) {
  auto file = path_under(options.root, modality.expand(modality.matrix, rows.split));
  std::string none;
  try {
    if (is_there(file, options))
      return std::make_unique<MatrixSource>(modality, file, options, rows, row_numbers, faults);
    none = fmt::format("{}: no such file", file.string());
  } catch (const NoSuchDataSet& e) {
    none = e.what();
  }
  check_input(options.missing_absent, "{}; {} of {} (--missing absent allows it)", none,
              modality.name, rows.split);
  return std::make_unique<NoSource>(none);
}

}  // namespace

std::unique_ptr<FeatureSource> open_source(const Description& description, size_t m,
                                           const SourceOptions& options, const SplitRows& rows,
                                           Faults& faults) {
  auto& modality = description.modalities[m];
  try {
    if (modality.is_matrix())
      return open_matrix(modality, options, rows, rows.matrix_rows[m], faults);
    return std::make_unique<FileSource>(modality, options, rows);
  } catch (const UserError& e) {
    faults.add("unreadable matrix", e.what());
    return nullptr;
  }
}

}  // namespace mma
