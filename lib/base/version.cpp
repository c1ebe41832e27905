#include "base/version.h"

namespace mma {
const char* version() { return MMA_VERSION; }
}  // namespace mma
