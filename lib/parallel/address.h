#pragma once
#include <string>

namespace mma {

/// A socket that listens on this port of one address of this machine alone. MachineError where it
/// cannot, with what to do.
int listen_on(const std::string& address, int port);

/// The address by which this machine reaches another (of the job), in numbers. MachineError where
/// it does not. No packet is sent.
std::string own_address(const std::string& other, int port);

}  // namespace mma
