#include "base/private_folder.h"

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <string>

#include "base/error.h"

namespace mma {

PrivateFolder::PrivateFolder() {
  auto name = (std::filesystem::temp_directory_path() / "mma-XXXXXX").string();
  if (!::mkdtemp(name.data()))
    throw MachineError(fmt::format("{}: cannot make a folder: {}", name, std::strerror(errno)));
  path_ = name;
}

PrivateFolder::~PrivateFolder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

}  // namespace mma
