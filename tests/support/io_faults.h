#pragma once

namespace mma::test {

/// Makes the Nth call (from 1) of open-to-write, write, fsync, close of a new file, or rename fail
/// from now on, in this process, with "no space left" or "I/O error"; later ones work again. What
/// is written to the screen does not count. The test program has these functions of its own, which
/// pass on to the C library's. The same file is built as a library for other programs: LD_PRELOAD,
/// with MMA_IO_FAULT=N in the environment, or MMA_READ_FAULT=N for kReads.
class IoFault {
 public:
  enum Kind {
    kFails,
    kReads,  ///< only pread counts, and the Nth fails with "I/O error"
    kLies,   ///< only writes count, and the Nth says that all went well but changes a bit
  };
  explicit IoFault(int nth, Kind kind = kFails);
  ~IoFault();
  IoFault(const IoFault&) = delete;
  IoFault& operator=(const IoFault&) = delete;
  /// Whether so many calls were made, so that one failed.
  bool happened() const;
};

}  // namespace mma::test
