#include "support/io_faults.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <string>

namespace {

std::atomic<int> g_calls_left = 0;  // 0 and less: no fault is planned
std::atomic<int> g_reads_left = 0;  // the same of pread
std::atomic<bool> g_happened = false, g_lies = false;
std::atomic<bool> g_made_anew[1024];  // descriptors: of files that are written from their beginning

// Whether this call is the one that fails.
bool fails(int error) {
  if (g_lies || g_calls_left <= 0 || --g_calls_left != 0) return false;
  g_happened = true;
  errno = error;
  return true;
}

// As a library that is loaded into a program (LD_PRELOAD): the count comes from outside.
__attribute__((constructor)) void plan_from_environment() {
  if (auto* nth = std::getenv("MMA_IO_FAULT")) g_calls_left = std::atoi(nth);
  if (auto* nth = std::getenv("MMA_READ_FAULT")) g_reads_left = std::atoi(nth);
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
  int descriptor = real(path, flags, mode);
  if (descriptor >= 0 && descriptor < 1024)
    g_made_anew[descriptor] = (flags & O_CREAT) && (flags & (O_EXCL | O_TRUNC));
  return descriptor;
}

// Closes it all the same, as the system does. Files that are written in place are left out: what
// they hold is synced, and closing them says nothing new.
int close(int descriptor) {
  static auto real = next<int (*)(int)>("close");
  bool counts = descriptor >= 0 && descriptor < 1024 && g_made_anew[descriptor].exchange(false);
  int result = real(descriptor);
  return counts && fails(EIO) ? -1 : result;
}

ssize_t write(int descriptor, const void* bytes, size_t size) {
  static auto real = next<ssize_t (*)(int, const void*, size_t)>("write");
  bool screen = descriptor == STDOUT_FILENO || descriptor == STDERR_FILENO;
  if (!screen && fails(ENOSPC)) return -1;
  if (!screen && size > 0 && g_lies && g_calls_left > 0 && --g_calls_left == 0) {
    g_happened = true;
    std::string changed(static_cast<const char*>(bytes), size);
    // In values, not in what describes them.
    auto& late = changed[size - std::min<size_t>(size, 4)];
    late = static_cast<char>(late ^ 1);
    return real(descriptor, changed.data(), size);
  }
  return real(descriptor, bytes, size);
}

ssize_t pwrite(int descriptor, const void* bytes, size_t size, off_t at) {
  static auto real = next<ssize_t (*)(int, const void*, size_t, off_t)>("pwrite");
  if (fails(ENOSPC)) return -1;
  return real(descriptor, bytes, size, at);
}

ssize_t pread(int descriptor, void* bytes, size_t size, off_t at) {
  static auto real = next<ssize_t (*)(int, void*, size_t, off_t)>("pread");
  if (g_reads_left > 0 && --g_reads_left == 0) {
    g_happened = true;
    errno = EIO;
    return -1;
  }
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

IoFault::IoFault(int nth, Kind kind) {
  g_lies = kind == kLies;
  (kind == kReads ? g_reads_left : g_calls_left) = nth;
  g_happened = false;
}

IoFault::~IoFault() { g_calls_left = g_reads_left = 0; }

bool IoFault::happened() const { return g_happened; }

}  // namespace mma::test
