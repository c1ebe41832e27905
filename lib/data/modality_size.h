#pragma once
#include <cstdint>
#include <string>

namespace mma {

/// A modality's name and the width of its vector, or of its `segments` vectors together.
struct ModalitySize {
  std::string name;
  int64_t width = 0;
  int64_t segments = 1;
};

}  // namespace mma
