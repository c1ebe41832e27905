#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "base/vectorized.h"
#include "data/feature_file.h"
#include "data/numbers.h"

namespace mma {
namespace {

// Where number [frame, column] of [T, dim] stands.
struct Layout {
  int64_t frame_step, column_step;
};
Layout layout_of(const Array& array, FrameShape shape) {
  return array.fortran_order ? Layout{1, shape.frames} : Layout{shape.dim, 1};
}

// sums[j] += the numbers of column j in frames begin .. end-1, frame by frame in order.
template <class At>
MMA_INLINE void add_rows(const char* bytes, int64_t begin, int64_t end, int64_t dim,
                         double* __restrict sums) {
  int64_t t = begin;
  // Four frames at once, so that the sums travel through the cache a quarter as often; the order of
  // the additions stays that of the frames.
  for (; t + 4 <= end; t += 4) {
    int64_t a = t * dim, b = a + dim, c = b + dim, d = c + dim;
    for (int64_t j = 0; j < dim; ++j) {
      double sum = sums[j] + At::get(bytes, a + j);
      sum += At::get(bytes, b + j);
      sum += At::get(bytes, c + j);
      sums[j] = sum + At::get(bytes, d + j);
    }
  }
  for (; t < end; ++t)
    for (int64_t j = 0; j < dim; ++j) sums[j] += At::get(bytes, t * dim + j);
}

// The most common numbers, with the processor's widest instructions; sums and their order stay.
MMA_VECTORIZED void add_float_rows(const char* bytes, int64_t begin, int64_t end, int64_t dim,
                                   double* __restrict sums) {
  add_rows<NumberAt<float, false>>(bytes, begin, end, dim, sums);
}

template <class At>
void add_columns(const char* bytes, int64_t begin, int64_t end, FrameShape shape, double* sums) {
  for (int64_t j = 0; j < shape.dim; ++j) {
    double sum = sums[j];
    for (int64_t t = begin; t < end; ++t) sum += At::get(bytes, j * shape.frames + t);
    sums[j] = sum;
  }
}

// Throws with the place of the first number that is not finite.
[[noreturn]] void tell_not_finite(const Array& array, FrameShape shape, int64_t first_frame,
                                  const std::string& name) {
  auto layout = layout_of(array, shape);
  with_numbers(array, [&](auto at) {
    for (int64_t t = first_frame; t < shape.frames; ++t)
      for (int64_t j = 0; j < shape.dim; ++j) {
        double value = at.get(array.bytes.data(), t * layout.frame_step + j * layout.column_step);
        check_input(std::isfinite(value),
                    "{}: expected finite numbers, found {} in row {}, column {}", name, value, t,
                    j);
      }
  });
  throw UserError(
      fmt::format("{}: expected numbers within the range of float32, found larger ones", name));
}

// Whether frames stand in another order than [T, dim] or [dim, T] says: Fortran order of several
// axes of frames.
bool frames_mixed(const Array& array) {
  if (!array.fortran_order || array.shape.size() < 2) return false;
  return std::count_if(array.shape.begin(), array.shape.end() - 1, [](auto n) { return n > 1; }) >
         1;
}

// A copy of a Fortran-order array in C order.
Array in_c_order(const Array& array) {
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
    check(static_cast<uint64_t>(shape.frames * shape.dim * array.item_size) == array.bytes.size(),
          "pooling: {}: [{}, {}] is not the array's shape", name, shape.frames, shape.dim);
    if (frames_mixed(array)) return pool(in_c_order(array), shape, name);
    std::vector<float> means(static_cast<size_t>(segments_ * shape.dim));
    std::vector<double> sums(static_cast<size_t>(shape.dim));
    for (int64_t s = 0; s < segments_; ++s) {
      // With fewer frames than segments, some frames stand for several.
      int64_t begin = s * shape.frames / segments_;
      int64_t end = std::max(begin + 1, (s + 1) * shape.frames / segments_);
      std::fill(sums.begin(), sums.end(), 0.0);
      with_numbers(array, [&]<class At>(At) {
        auto* bytes = array.bytes.data();
        if (array.fortran_order)
          add_columns<At>(bytes, begin, end, shape, sums.data());
        else if constexpr (std::is_same_v<At, NumberAt<float, false>>)
          add_float_rows(bytes, begin, end, shape.dim, sums.data());
        else
          add_rows<At>(bytes, begin, end, shape.dim, sums.data());
      });
      // A sum of finite floats is finite: only where a mean is not, the numbers are looked at.
      bool finite = true;
      auto* out = means.data() + s * shape.dim;
      for (int64_t j = 0; j < shape.dim; ++j) {
        out[j] =
            static_cast<float>(sums[static_cast<size_t>(j)] / static_cast<double>(end - begin));
        finite &= std::isfinite(out[j]);
      }
      if (!finite) tell_not_finite(array, shape, begin, name);
    }
    return means;
  }

 private:
  int64_t segments_;
};

}  // namespace

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
  auto layout = layout_of(array, shape);
  std::vector<float> numbers(static_cast<size_t>(shape.dim));
  with_numbers(array, [&](auto at) {
    for (int64_t j = 0; j < shape.dim; ++j) {
      auto value = static_cast<float>(
          at.get(array.bytes.data(), row * layout.frame_step + j * layout.column_step));
      check_input(std::isfinite(value),
                  "{}: expected finite numbers, found {} in row {}, column {}", name, value, row,
                  j);
      numbers[static_cast<size_t>(j)] = value;
    }
  });
  return numbers;
}

}  // namespace mma
