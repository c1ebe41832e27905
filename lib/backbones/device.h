#pragma once
#include <torch/torch.h>

#include <cstdint>
#include <exception>
#include <functional>
#include <string>

#include "backbones/bert.h"

namespace mma {

/// The device and compute type that a recipe's words mean on this machine: `auto` is CUDA where
/// there is one, and bf16 where the hardware multiplies it natively. UserError if what is asked
/// for is not there.
BertOptions choose_device(const std::string& device, const std::string& precision);
/// "cpu, 2 threads, fp32" or "NVIDIA H100, bf16".
std::string describe(const BertOptions& options);
/// "fp32" or "bf16".
std::string precision_name(const BertOptions& options);

/// FLOP/s of a 1024 x 768 x 3072 product in the compute type: the machine's matrix peak, against
/// which speed is reported. Takes about 0.4 s. Warns where products are absurdly slow (a reference
/// BLAS is 50 times slower) and returns that rate at once.
double measure_matrix_peak(const BertOptions& options);

/// Bytes of memory that a process can still have, as the kernel estimates it; a large number where
/// it does not say.
int64_t available_memory_bytes();

/// Keeps freed memory for the next step instead of giving it back to the system, which costs page
/// faults at each large tensor, and bounds what oneDNN keeps of its own. Called once, before the
/// first tensor.
void set_up_memory();

/// Whether this is LibTorch's or the standard library's way of saying that memory does not suffice.
bool is_out_of_memory(const std::exception& e);
/// Runs the work of a program; where memory does not suffice, MachineError.
void with_memory_errors(const std::function<void()>& work);

/// The most memory used so far: of the device where it is a GPU, else of this process.
int64_t peak_memory_bytes(const BertOptions& options);

}  // namespace mma
