#pragma once
#include <string>
#include <string_view>

#include "base/files.h"

namespace mma {

/// A file that is written as its bytes come and has its name only when all are there, as by
/// write_atomically(): gone without commit(). Throws MachineError, and UserError where something
/// other than a file has the name.
class StreamedFile {
 public:
  explicit StreamedFile(const fs::path& file);
  void add(std::string_view bytes);
  void commit();

 private:
  void write();
  fs::path name_;
  TemporaryFile file_;
  Descriptor descriptor_;
  std::string waiting_;  // a megabyte or less
};

}  // namespace mma
