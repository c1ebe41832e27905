#include <algorithm>
#include <cmath>
#include <optional>
#include <type_traits>

#include "base/error.h"
#include "base/stop.h"
#include "base/vectorized.h"
#include "data/feature_file.h"
#include "data/numbers.h"

namespace mma {
namespace {

// Rows, or single numbers, of an array one after the other, as many at once as are in memory.
class Units {
 public:
  struct Run {
    const char* bytes;
    int64_t count;
  };
  Units(const Array& array, int64_t size)
      : array_(array),
        size_(size),
        count_(static_cast<int64_t>(array.size()) / size),
        most_(std::max<int64_t>(1, static_cast<int64_t>(kPiece) / size)) {}

  /// Unit `at` and those behind it, until `end` or fewer. They stay until the next call.
  Run get(int64_t at, int64_t end) {
    if (!array_.source) return {array_.bytes.data() + at * size_, end - at};
    if (at < begin_ || at >= end_) load(at);
    return {buffer().data() + (at - begin_) * size_, std::min(end, end_) - at};
  }

 private:
  static std::string& buffer() {
    thread_local std::string bytes;  // used again from array to array
    return bytes;
  }
  void load(int64_t at) {
    stop_if_asked();
    begin_ = end_ = at;
    auto count = std::min(most_, count_ - at);
    buffer().resize(static_cast<size_t>(count * size_));
    array_.source->read(array_.source_begin + static_cast<uint64_t>(at * size_), buffer().data(),
                        buffer().size());
    end_ = at + count;
  }

  const Array& array_;
  const int64_t size_, count_, most_;
  int64_t begin_ = 0, end_ = 0;  // what is in the buffer
};

// sums[j] += the numbers of column j in `count` frames, frame by frame in order.
template <class At>
MMA_INLINE void add_rows(const char* bytes, int64_t count, int64_t dim, double* __restrict sums) {
  int64_t t = 0;
  // Four frames at once, so that the sums travel through the cache a quarter as often; the order of
  // the additions stays that of the frames.
  for (; t + 4 <= count; t += 4) {
    int64_t a = t * dim, b = a + dim, c = b + dim, d = c + dim;
    for (int64_t j = 0; j < dim; ++j) {
      double sum = sums[j] + At::get(bytes, a + j);
      sum += At::get(bytes, b + j);
      sum += At::get(bytes, c + j);
      sums[j] = sum + At::get(bytes, d + j);
    }
  }
  for (; t < count; ++t)
    for (int64_t j = 0; j < dim; ++j) sums[j] += At::get(bytes, t * dim + j);
}

// The most common numbers, with the processor's widest instructions; sums and their order stay.
struct AddFloatRows {
  template <class Set>
  static MMA_INLINE void run(const char* bytes, int64_t count, int64_t dim, double* sums) {
    add_rows<NumberAt<float, false>>(bytes, count, dim, sums);
  }
};

// The frames of segment s of `segments`. With fewer frames than segments, some frames stand for
// several: a segment may be the one before once more.
struct Segment {
  Segment(int64_t s, int64_t segments, int64_t frames)
      : begin(s * frames / segments),
        end(std::max(begin + 1, (s + 1) * frames / segments)),
        again(s > 0 && (s - 1) * frames / segments == begin) {}
  int64_t begin, end;
  bool again;
  float mean(double sum) const {
    return static_cast<float>(sum / static_cast<double>(end - begin));
  }
};

// means[s, j] of an array whose rows stand one after the other.
template <class At>
void pool_rows(const Array& array, FrameShape shape, int64_t segments, float* means) {
  Units rows(array, shape.dim * array.item_size);
  std::vector<double> sums(static_cast<size_t>(shape.dim));
  for (int64_t s = 0; s < segments; ++s, means += shape.dim) {
    Segment part(s, segments, shape.frames);
    if (part.again) {
      std::copy_n(means - shape.dim, shape.dim, means);
      continue;
    }
    std::fill(sums.begin(), sums.end(), 0.0);
    for (int64_t t = part.begin; t < part.end;) {
      auto run = rows.get(t, part.end);
      if constexpr (std::is_same_v<At, NumberAt<float, false>>)
        vectorized<AddFloatRows>(run.bytes, run.count, shape.dim, sums.data());
      else
        add_rows<At>(run.bytes, run.count, shape.dim, sums.data());
      t += run.count;
    }
    std::transform(sums.begin(), sums.end(), means, [&](double sum) { return part.mean(sum); });
  }
}

// The same of an array whose columns stand one after the other.
template <class At>
void pool_columns(const Array& array, FrameShape shape, int64_t segments, float* means) {
  Units numbers(array, array.item_size);
  for (int64_t j = 0; j < shape.dim; ++j)
    for (int64_t s = 0; s < segments; ++s) {
      Segment part(s, segments, shape.frames);
      auto* mean = means + s * shape.dim + j;
      if (part.again) {
        *mean = *(mean - shape.dim);
        continue;
      }
      double sum = 0;
      auto end = j * shape.frames + part.end;
      for (int64_t at = j * shape.frames + part.begin; at < end;) {
        auto run = numbers.get(at, end);
        for (int64_t i = 0; i < run.count; ++i) sum += At::get(run.bytes, i);
        at += run.count;
      }
      *mean = part.mean(sum);
    }
}

// A number that is not finite, and where.
struct Bad {
  int64_t frame, column;
  double value;
};

// The first that is not finite, frame by frame from `begin` on.
template <class At>
std::optional<Bad> first_bad(const Array& array, FrameShape shape, int64_t begin) {
  std::optional<Bad> bad;
  // In whichever order the numbers stand.
  Units numbers(array, array.item_size);
  int64_t lines = array.fortran_order ? shape.dim : 1, length = shape.frames * shape.dim / lines;
  for (int64_t line = 0; line < lines; ++line) {
    int64_t from = line * length + (array.fortran_order ? begin : begin * shape.dim);
    int64_t until = (line + 1) * length;
    // Of a later column only what is in an earlier frame counts.
    if (bad) until = line * length + bad->frame;
    for (int64_t at = from; at < until;) {
      auto run = numbers.get(at, until);
      for (int64_t i = 0; i < run.count; ++i) {
        double value = At::get(run.bytes, i);
        if (std::isfinite(value)) continue;
        auto place = at + i - line * length;
        bad = array.fortran_order ? Bad{place, line, value}
                                  : Bad{place / shape.dim, place % shape.dim, value};
        until = at + i;
        break;
      }
      at += run.count;
    }
  }
  return bad;
}

// Throws with the place of the first number that is not finite.
[[noreturn]] void tell_not_finite(const Array& array, FrameShape shape, int64_t first_frame,
                                  const std::string& name) {
  auto bad =
      with_numbers(array, [&]<class At>(At) { return first_bad<At>(array, shape, first_frame); });
  if (!bad)
    throw NotFinite(
        fmt::format("{}: expected numbers within the range of float32, found larger ones", name));
  throw NotFinite(fmt::format("{}: expected finite numbers, found {} in row {}, column {}", name,
                              bad->value, bad->frame, bad->column));
}

// A copy of a Fortran-order array in C order.
Array in_c_order(const Array& array) {
  check(!array.source, "pooling: expected an array in memory");
  auto bytes = std::make_shared<std::string>();
  bytes->reserve(array.bytes.size());
  auto item = static_cast<size_t>(array.item_size);
  std::vector<int64_t> at(array.shape.size());
  while (bytes->size() < array.bytes.size()) {
    int64_t offset = 0;
    for (size_t i = at.size(); i-- > 0;) offset = offset * array.shape[i] + at[i];
    bytes->append(array.bytes.substr(static_cast<size_t>(offset) * item, item));
    for (size_t i = at.size(); i-- > 0 && ++at[i] == array.shape[i];) at[i] = 0;
  }
  Array copy = array;
  copy.fortran_order = false;
  copy.bytes = *bytes;
  copy.owner = std::move(bytes);
  return copy;
}

class MeanPooling : public Pooling {
 public:
  explicit MeanPooling(int64_t segments) : segments_(segments) {
    check_input(segments >= 1, "pooling: expected at least 1 segment, found {}", segments);
  }
  int64_t segments() const override { return segments_; }

  std::vector<float> pool(const Array& array, FrameShape shape,
                          const std::string& name) const override {
    check(static_cast<uint64_t>(shape.frames * shape.dim * array.item_size) == array.size(),
          "pooling: {}: [{}, {}] is not the array's shape", name, shape.frames, shape.dim);
    if (frames_mixed(array)) return pool(in_c_order(array), shape, name);
    std::vector<float> means(static_cast<size_t>(segments_ * shape.dim));
    with_numbers(array, [&]<class At>(At) {
      auto pool = array.fortran_order ? pool_columns<At> : pool_rows<At>;
      pool(array, shape, segments_, means.data());
    });
    // A sum of finite floats is finite: only where a mean is not, the numbers are looked at.
    auto bad = std::find_if(means.begin(), means.end(), [](float x) { return !std::isfinite(x); });
    if (bad != means.end()) {
      auto segment = (bad - means.begin()) / shape.dim;
      tell_not_finite(array, shape, Segment(segment, segments_, shape.frames).begin, name);
    }
    return means;
  }

 private:
  int64_t segments_;
};

}  // namespace

bool frames_mixed(const Array& array) {
  if (!array.fortran_order || array.shape.size() < 2) return false;
  return std::count_if(array.shape.begin(), array.shape.end() - 1, [](auto n) { return n > 1; }) >
         1;
}

FrameShape frames_of(const Array& array, int64_t dim, const std::string& name) {
  auto axes = fmt::format("{}", fmt::join(array.shape, ", "));
  check_input(!array.shape.empty() && array.shape.back() == dim && dim > 0,
              "{}: expected an array [frames, {}], found [{}]", name, dim, axes);
  FrameShape shape{1, dim};
  bool fits = true;
  for (size_t i = 0; i + 1 < array.shape.size(); ++i)
    fits &= !__builtin_mul_overflow(shape.frames, array.shape[i], &shape.frames);
  check_input(fits && shape.frames > 0, "{}: expected at least one row, found an array [{}]", name,
              axes);
  return shape;
}

std::unique_ptr<Pooling> make_pooling(int64_t segments) {
  return std::make_unique<MeanPooling>(segments);
}

std::vector<float> array_row(const Array& array, int64_t row, const std::string& name) {
  check_input(array.shape.size() == 2, "{}: expected a matrix, found an array [{}]", name,
              fmt::join(array.shape, ", "));
  FrameShape shape{array.shape[0], array.shape[1]};
  check_input(row >= 0 && row < shape.frames, "{}: has no row {}, only {}", name, row,
              shape.frames);
  // The row's numbers are a row of their own, or one of each column.
  int64_t runs = array.fortran_order ? shape.dim : 1,
          length = shape.dim / std::max<int64_t>(runs, 1);
  thread_local std::string bytes;
  bytes.resize(static_cast<size_t>(shape.dim * array.item_size));
  for (int64_t i = 0; i < runs; ++i) {
    auto at = array.fortran_order ? i * shape.frames + row : row * shape.dim;
    auto size = static_cast<size_t>(length * array.item_size);
    auto begin = static_cast<uint64_t>(at * array.item_size);
    auto* into = bytes.data() + static_cast<size_t>(i) * size;
    if (array.source)
      array.source->read(array.source_begin + begin, into, size);
    else
      array.bytes.copy(into, size, begin);
  }
  std::vector<float> numbers(static_cast<size_t>(shape.dim));
  with_numbers(array, [&](auto at) {
    for (int64_t j = 0; j < shape.dim; ++j) {
      auto value = static_cast<float>(at.get(bytes.data(), j));
      if (!std::isfinite(value))
        throw NotFinite(fmt::format("{}: expected finite numbers, found {} in row {}, column {}",
                                    name, value, row, j));
      numbers[static_cast<size_t>(j)] = value;
    }
  });
  return numbers;
}

}  // namespace mma
