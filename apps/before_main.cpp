// What must be settled before the libraries that LibTorch brings are initialised, which is before
// main begins.
#include <dlfcn.h>
#include <fcntl.h>
#include <sched.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "base/error.h"

// Debian's LibTorch loads Open MPI and that UCX, which even where nobody calls it takes SIGHUP and
// the signals of faults, and patches mmap and its like in the C library. These are UCX's settings
// that turn it off; setenv comes too late in main, and earlier there is no environment yet, so the
// program's own getenv stands in front of the C library's. What the user sets wins.
extern "C" char* getenv(const char* name) noexcept {
  static auto real = reinterpret_cast<char* (*)(const char*)>(::dlsym(RTLD_NEXT, "getenv"));
  static char none[] = "none", zero[] = "0", empty[] = "";
  static const struct {
    const char* name;
    char* value;
  } defaults[] = {
      {"UCX_DEBUG_SIGNO", zero}, {"UCX_ERROR_SIGNALS", empty}, {"UCX_MEM_MMAP_HOOK_MODE", none}};
  if (char* value = real(name)) return value;
  for (auto& row : defaults)
    if (std::strcmp(name, row.name) == 0) return row.value;
  return nullptr;
}

namespace {

// OpenBLAS takes a buffer for each thread when it is loaded and more with the first products, and
// tries for ever where it gets none: too tight a limit (ulimit -v) is refused here.
constexpr rlim_t kBlasBuffer = rlim_t{128} << 20, kRest = rlim_t{512} << 20;

rlim_t blas_threads(char** environment) {
  constexpr char kName[] = "OMP_NUM_THREADS=";
  for (; *environment; ++environment)
    if (std::strncmp(*environment, kName, sizeof(kName) - 1) == 0)
      if (int n = std::atoi(*environment + sizeof(kName) - 1); n > 0) return static_cast<rlim_t>(n);
  cpu_set_t cores;
  bool known = ::sched_getaffinity(0, sizeof(cores), &cores) == 0;
  return known ? static_cast<rlim_t>(CPU_COUNT(&cores)) : 1;
}

rlim_t mapped_bytes() {
  char text[64] = "";
  int file = ::open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
  bool known = file >= 0 && ::read(file, text, sizeof(text) - 1) > 0;
  if (file >= 0) ::close(file);
  return known ? std::strtoull(text, nullptr, 10) * static_cast<rlim_t>(::sysconf(_SC_PAGESIZE))
               : 0;
}

void check_address_space(int, char**, char** environment) {
  struct rlimit limit = {};
  if (::getrlimit(RLIMIT_AS, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY) return;
  rlim_t needed = mapped_bytes() + (2 * blas_threads(environment) + 1) * kBlasBuffer + kRest;
  if (limit.rlim_cur >= needed) return;
  char text[200];
  int size = std::snprintf(text, sizeof(text),
                           "error: address space is limited to %llu kB: raise it to %llu kB or "
                           "more (ulimit -v), or take fewer threads (OMP_NUM_THREADS)\n",
                           static_cast<unsigned long long>(limit.rlim_cur >> 10),
                           static_cast<unsigned long long>(needed >> 10));
  if (::write(STDERR_FILENO, text, static_cast<size_t>(size)) < 0) ::_exit(mma::kMachineFailed);
  ::_exit(mma::kMachineFailed);
}

[[gnu::section(".preinit_array"), gnu::used]] void (*const g_check)(int, char**,
                                                                    char**) = check_address_space;

}  // namespace
