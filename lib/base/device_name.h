#pragma once
#include <string>

namespace mma {

/// Where to compute, as users write it: auto, cpu, cuda (the first GPU) or cuda:N.
struct DeviceName {
  std::string kind;  ///< auto, cpu or cuda
  int index = 0;     ///< of the GPU
};

/// What is wrong with a name, for a message; "" for a good one.
std::string device_name_fault(const std::string& text);
/// UserError, without a place, for anything else.
DeviceName parse_device_name(const std::string& text);

}  // namespace mma
