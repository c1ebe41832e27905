#pragma once
#include "nn/compute.h"

namespace mma {

/// FLOP/s of a 1024 x 768 x 3072 product in the compute type: the machine's matrix peak, against
/// which speed is reported: the best of the products that begin within `seconds`, of 3 at least.
/// Warns where products are absurdly slow (a reference
/// BLAS is 50 times slower) and returns that rate at once.
double measure_matrix_peak(const Compute& compute, double seconds = 0.2);

}  // namespace mma
