// libFuzzer's entry: one program, the target named by MMA_FUZZ_TARGET. See tools/fuzz.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>

#include "base/error.h"
#include "fuzz/targets.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const auto target = [] {
    auto* name = std::getenv("MMA_FUZZ_TARGET");
    try {
      return mma::pick(mma::fuzz::targets(), "fuzz target", name ? name : "");
    } catch (const mma::UserError& e) {
      std::fprintf(stderr, "MMA_FUZZ_TARGET: %s\n", e.what());
      std::exit(2);
    }
  }();
  try {
    target({reinterpret_cast<const char*>(data), size});
  } catch (const mma::UserError&) {
  }
  return 0;
}
