#pragma once
#include <string>
#include <string_view>

namespace mma {

/// Where to compute, as users write it: auto, cpu, cuda (the first GPU) or cuda:N.
struct DeviceName {
  std::string kind;  ///< auto, cpu or cuda
  int index = 0;     ///< of the GPU
};

/// UserError, without a place, for anything else.
DeviceName parse_device_name(std::string_view text);

}  // namespace mma
