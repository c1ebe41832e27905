#include "base/random.h"

#include <cmath>
#include <numbers>
#include <numeric>
#include <utility>

#include "base/philox.h"

namespace mma {

std::array<uint32_t, 4> philox(std::array<uint32_t, 4> counter, uint64_t key) {
  philox_in_place(counter.data(), key);
  return counter;
}

uint64_t derive_key(uint64_t seed, std::string_view use, uint64_t index) {
  uint64_t hash = 0xcbf29ce484222325;  // FNV-1a of the use
  for (unsigned char ch : use) hash = (hash ^ ch) * 0x100000001b3;
  auto words = philox({static_cast<uint32_t>(hash), static_cast<uint32_t>(hash >> 32),
                       static_cast<uint32_t>(index), static_cast<uint32_t>(index >> 32)},
                      seed);
  return words[0] | static_cast<uint64_t>(words[1]) << 32;
}

uint32_t RandomStream::next() {
  if (used_ == 4) {
    words_ =
        philox({static_cast<uint32_t>(block_), static_cast<uint32_t>(block_ >> 32), 0, 0}, key_);
    ++block_;
    used_ = 0;
  }
  return words_[static_cast<size_t>(used_++)];
}

double RandomStream::uniform() { return (next() >> 8) * 0x1p-24; }

uint64_t RandomStream::below(uint64_t n) {
  // Lemire 2019: multiply, and draw again where the low half says the bucket is uneven.
  uint64_t product = uint64_t{next()} * n;
  while (static_cast<uint32_t>(product) < (0x100000000 - n) % n) product = uint64_t{next()} * n;
  return product >> 32;
}

double RandomStream::normal() {
  double radius = std::sqrt(-2 * std::log(1 - uniform()));
  return radius * std::cos(2 * std::numbers::pi * uniform());
}

std::vector<int64_t> permutation(int64_t n, uint64_t key) {
  std::vector<int64_t> order(static_cast<size_t>(n));
  std::iota(order.begin(), order.end(), int64_t{0});
  RandomStream random(key);
  for (size_t i = order.size(); i > 1; --i) std::swap(order[i - 1], order[random.below(i)]);
  return order;
}

}  // namespace mma
