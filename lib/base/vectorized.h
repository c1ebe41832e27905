#pragma once
#include <string_view>
#include <utility>

/// Part of the function that calls it, compiled as that is.
#define MMA_INLINE inline __attribute__((always_inline))

namespace mma {

/// What kernels are compiled for; kFloats go into one register.
struct Plain {
  static constexpr int kFloats = 4;
};
struct Avx2 {
  static constexpr int kFloats = 8;
};
struct Avx512 {
  static constexpr int kFloats = 16;
};

enum class InstructionSet { kPlain, kAvx2, kAvx512 };

/// The one that kernels run with: what MMA_ISA names (plain, avx2 or avx512; read once), else the
/// best that the processor has. UserError for another name, or one that the processor lacks.
InstructionSet instruction_set();
/// The same for a given name ("" for none) and processor, for tests.
InstructionSet choose_instruction_set(std::string_view wanted, InstructionSet best);

#if defined(__x86_64__)
#define MMA_TARGET_AVX2 __attribute__((target("avx2,fma,bmi,bmi2")))
#define MMA_TARGET_AVX512 \
  __attribute__((target("avx2,fma,bmi,bmi2,avx512f,avx512bw,avx512cd,avx512dq,avx512vl")))

template <class Kernel, class... Arguments>
MMA_TARGET_AVX2 void run_with_avx2(Arguments&&... arguments) {
  Kernel::template run<Avx2>(arguments...);
}
template <class Kernel, class... Arguments>
MMA_TARGET_AVX512 void run_with_avx512(Arguments&&... arguments) {
  Kernel::template run<Avx512>(arguments...);
}
#endif

/// Runs a kernel compiled for the instruction set in use. A kernel is a struct with
///   template <class Set, ...> static MMA_INLINE void run(...)
/// of loops that call nothing but MMA_INLINE functions: what is called is compiled for the plainest
/// processor. Numbers and pointers are taken by value, so that no store can change them.
template <class Kernel, class... Arguments>
void vectorized(Arguments&&... arguments) {
#if defined(__x86_64__)
  switch (instruction_set()) {
    case InstructionSet::kAvx512:
      return run_with_avx512<Kernel>(arguments...);
    case InstructionSet::kAvx2:
      return run_with_avx2<Kernel>(arguments...);
    case InstructionSet::kPlain:
      break;
  }
#endif
  Kernel::template run<Plain>(arguments...);
}

}  // namespace mma
