#pragma once
#include <catch2/catch_test_macros.hpp>
#include <functional>
#include <string>

#include "base/error.h"
#include "base/random.h"

namespace mma::test {

/// The message of the UserError that this throws, checked to be one line; "" if it throws none.
inline std::string refusal(const std::function<void()>& work) {
  try {
    work();
  } catch (const UserError& e) {
    std::string message = e.what();
    CHECK(message.find('\n') == std::string::npos);
    return message;
  }
  return "";
}

/// Gives `read` every truncation of a good file: each must be refused with a UserError.
inline void refuse_truncations(const std::string& good,
                               const std::function<void(const std::string&)>& read) {
  read(good);
  for (size_t n = 0; n < good.size(); ++n) {
    if (refusal([&] { read(good.substr(0, n)); }).empty())
      FAIL("accepted " << n << " of " << good.size());
  }
}

/// Gives `read` the file with 1 to 4 bytes replaced, `times` times from a fixed seed: it may read
/// it or throw UserError, nothing else.
inline void flip_bytes(const std::string& good, int times,
                       const std::function<void(const std::string&)>& read) {
  RandomStream random(derive_key(7, "flips"));
  for (int i = 0; i < times; ++i) {
    std::string bad = good;
    for (uint64_t k = 1 + random.below(4); k > 0; --k)
      bad[random.below(bad.size())] = static_cast<char>(random.below(256));
    refusal([&] { read(bad); });
  }
}

}  // namespace mma::test
