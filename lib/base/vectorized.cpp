#include "base/vectorized.h"

#include <cstdlib>

#include "base/error.h"
#include "base/names.h"

namespace mma {
namespace {

InstructionSet best_of_processor() {
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") &&
      __builtin_cpu_supports("bmi") && __builtin_cpu_supports("bmi2")) {
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
        __builtin_cpu_supports("avx512cd") && __builtin_cpu_supports("avx512dq") &&
        __builtin_cpu_supports("avx512vl"))
      return InstructionSet::kAvx512;
    return InstructionSet::kAvx2;
  }
#endif
  return InstructionSet::kPlain;
}

}  // namespace

InstructionSet choose_instruction_set(std::string_view wanted, InstructionSet best) {
  static const Table<InstructionSet> kNames = {{"plain", InstructionSet::kPlain},
                                               {"avx2", InstructionSet::kAvx2},
                                               {"avx512", InstructionSet::kAvx512}};
  if (wanted.empty()) return best;
  auto chosen = pick(kNames, "MMA_ISA", std::string(wanted));
  check_input(chosen <= best, "MMA_ISA: {}: this processor lacks it; leave MMA_ISA unset", wanted);
  return chosen;
}

InstructionSet instruction_set() {
  static const InstructionSet chosen = [] {
    const char* wanted = std::getenv("MMA_ISA");
    return choose_instruction_set(wanted ? wanted : "", best_of_processor());
  }();
  return chosen;
}

}  // namespace mma
