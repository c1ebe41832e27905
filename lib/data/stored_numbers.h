#pragma once
#include <algorithm>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <utility>
#include <vector>

#include "base/error.h"

namespace mma {

/// `count` numbers from `begin` on.
struct Span {
  int64_t begin = 0, count = 0;
};

/// Where numbers lie that may be more than memory holds. Asked by several threads at once.
template <class T>
class NumberSource {
 public:
  virtual ~NumberSource() = default;
  /// Writes the numbers of the spans one after the other, in the order of the spans.
  virtual void gather(const std::vector<Span>& spans, T* into) const = 0;
};

/// The numbers of a data set: held in memory, or read from where they lie as they are asked for.
/// Copies share them.
template <class T>
class StoredNumbers {
 public:
  StoredNumbers() : StoredNumbers(std::vector<T>()) {}
  StoredNumbers(std::vector<T> held)
      : held_(std::make_shared<const std::vector<T>>(std::move(held))) {}
  StoredNumbers(std::initializer_list<T> held) : StoredNumbers(std::vector<T>(held)) {}
  StoredNumbers(std::shared_ptr<const NumberSource<T>> source) : source_(std::move(source)) {}

  bool held() const { return !source_; }
  /// Whether there are none.
  bool empty() const { return held() && held_->empty(); }
  /// All of them, where they are held.
  const std::vector<T>& all() const {
    check(held(), "these numbers are not held in memory");
    return *held_;
  }
  const T& operator[](size_t i) const { return all()[i]; }
  friend bool operator==(const StoredNumbers& a, const StoredNumbers& b) {
    return a.all() == b.all();
  }
  /// Writes the numbers of the spans one after the other, in the order of the spans.
  void gather(const std::vector<Span>& spans, T* into) const {
    if (!held()) return source_->gather(spans, into);
    for (auto& span : spans) into = std::copy_n(held_->data() + span.begin, span.count, into);
  }

 private:
  std::shared_ptr<const std::vector<T>> held_;  // one of the two
  std::shared_ptr<const NumberSource<T>> source_;
};

}  // namespace mma
