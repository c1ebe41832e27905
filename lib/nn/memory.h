#pragma once
#include <cstdint>
#include <exception>
#include <functional>
#include <string>

#include "nn/compute.h"

namespace mma {

/// Bytes of memory that a process can still have, as the kernel estimates it; a large number where
/// it does not say.
int64_t available_memory_bytes();

/// Keeps freed memory for the next step instead of giving it back to the system, which costs page
/// faults at each large tensor, and bounds what oneDNN keeps of its own. Called once, before the
/// first tensor.
void set_up_memory();

/// Whether this is LibTorch's or the standard library's way of saying that memory does not suffice.
bool is_out_of_memory(const std::exception& e);
/// What LibTorch says of it where it knows: "Tried to allocate 2.00 GiB. GPU 0 has a total capacity
/// of 79.11 GiB of which 1.20 GiB is free." for a GPU; else "".
std::string memory_asked(const std::exception& e);
/// Runs the work of a program; where memory does not suffice, MachineError.
void with_memory_errors(const std::function<void()>& work);

/// The most memory used so far: of the device where it is a GPU, else of this process.
int64_t peak_memory_bytes(const Compute& compute);

}  // namespace mma
