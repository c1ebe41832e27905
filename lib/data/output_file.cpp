#include "data/output_file.h"

#include <unistd.h>

#include <cerrno>
#include <climits>
#include <cstring>

#include "base/error.h"
#include "data/pack.h"

namespace mma {
namespace {
constexpr size_t kTemporarySuffix = 32;  // more than TemporaryFile appends
}

OutputFile::OutputFile(std::filesystem::path file, const std::vector<std::filesystem::path>& inputs)
    : file_(std::move(file)) {
  auto name = file_.string();
  check_input(!name.empty(), "--out: expected the name of a file, found none");
  check_input(!std::filesystem::is_directory(file_), "{}: a folder has this name", name);
  auto in = folder().string();
  check_input(std::filesystem::is_directory(folder()), "{}: no such folder to write into", in);
  check_input(::access(in.c_str(), W_OK | X_OK) == 0, "{}: cannot write into this folder: {}", in,
              std::strerror(errno));
  check_input(file_.filename().string().size() + kTemporarySuffix <= NAME_MAX,
              "{}: expected a name of at most {} bytes", printable(name),
              NAME_MAX - kTemporarySuffix);
  struct stat status;
  if (::stat(name.c_str(), &status) != 0) {
    check_input(errno == ENOENT, "{}: {}", name, std::strerror(errno));
    return;
  }
  check_input(S_ISREG(status.st_mode), "{}: expected a file, found something else", name);
  before_ = status;
  struct stat input;
  for (auto& path : inputs)
    check_input(::stat(path.c_str(), &input) != 0 || !replaces(input),
                "{}: the build reads this file, and --out would replace it; choose another --out",
                name);
  check_input(is_pack(file_),
              "{}: the file that is there is not a pack of mma-prep and would be lost; choose "
              "another --out",
              name);
}

std::filesystem::path OutputFile::folder() const {
  return file_.has_parent_path() ? file_.parent_path() : std::filesystem::path(".");
}

bool OutputFile::replaces(const struct stat& file) const {
  return before_ && before_->st_dev == file.st_dev && before_->st_ino == file.st_ino;
}

}  // namespace mma
