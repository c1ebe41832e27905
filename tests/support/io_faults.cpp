#include "support/io_faults.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdarg>
#include <cstdio>
#include <cstdlib>

namespace {

std::atomic<int> g_calls_left = 0;  // 0 and less: no fault is planned
std::atomic<bool> g_happened = false;

// Whether this call is the one that fails.
bool fails(int error) {
  if (g_calls_left <= 0 || --g_calls_left != 0) return false;
  g_happened = true;
  errno = error;
  return true;
}

// As a library that is loaded into a program (LD_PRELOAD): the count comes from outside.
__attribute__((constructor)) void plan_from_environment() {
  if (auto* nth = std::getenv("MMA_IO_FAULT")) g_calls_left = std::atoi(nth);
}

template <class Function>
Function next(const char* name) {
  return reinterpret_cast<Function>(::dlsym(RTLD_NEXT, name));
}

}  // namespace

extern "C" {

int open(const char* path, int flags, ...) {
  static auto real = next<int (*)(const char*, int, ...)>("open");
  mode_t mode = 0;
  if (flags & (O_CREAT | O_TMPFILE)) {
    va_list rest;
    va_start(rest, flags);
    mode = va_arg(rest, mode_t);
    va_end(rest);
  }
  if ((flags & O_ACCMODE) != O_RDONLY && fails(ENOSPC)) return -1;
  return real(path, flags, mode);
}

ssize_t write(int descriptor, const void* bytes, size_t size) {
  static auto real = next<ssize_t (*)(int, const void*, size_t)>("write");
  if (fails(ENOSPC)) return -1;
  return real(descriptor, bytes, size);
}

ssize_t pwrite(int descriptor, const void* bytes, size_t size, off_t at) {
  static auto real = next<ssize_t (*)(int, const void*, size_t, off_t)>("pwrite");
  if (fails(ENOSPC)) return -1;
  return real(descriptor, bytes, size, at);
}

int fsync(int descriptor) {
  static auto real = next<int (*)(int)>("fsync");
  if (fails(EIO)) return -1;
  return real(descriptor);
}

int rename(const char* from, const char* to) noexcept {
  static auto real = next<int (*)(const char*, const char*)>("rename");
  if (fails(EIO)) return -1;
  return real(from, to);
}

}  // extern "C"

namespace mma::test {

IoFault::IoFault(int nth) {
  g_calls_left = nth;
  g_happened = false;
}

IoFault::~IoFault() { g_calls_left = 0; }

bool IoFault::happened() const { return g_happened; }

}  // namespace mma::test
