#pragma once

namespace mma {

/// Processors that this process may use: its affinity mask, and the CPU quota of its control groups
/// (containers, batch systems) rounded up. At least 1.
int allowed_cores();

}  // namespace mma
