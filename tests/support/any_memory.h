#pragma once
#include <memory>
#include <string>

#include "base/error.h"
#include "data/byte_source.h"

namespace mma::test {

/// Gives whatever memory is asked for.
inline const TakeMemory any_memory = [](uint64_t, const std::string&) { return nullptr; };

/// Gives none: for what must be read piece by piece.
inline const TakeMemory no_memory = [](uint64_t size, const std::string& why) {
  check_input(false, "{}: asks for {} bytes", why, size);
  return nullptr;
};

}  // namespace mma::test
