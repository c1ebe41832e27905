#include "support/paths.h"

#include <stdlib.h>

#include <catch2/catch_test_macros.hpp>

namespace mma::test {
namespace fs = std::filesystem;

fs::path source_root() { return MMA_SOURCE_DIR; }
fs::path bin_dir() { return MMA_BIN_DIR; }

fs::path shared(const std::string& part) {
  const char* named = ::getenv("MMA_SHARED");
  fs::path root = named && *named ? fs::path(named) : source_root().parent_path() / "shared";
  if (!fs::exists(root / part)) SKIP("no " << (root / part).string() << " (set MMA_SHARED)");
  return root / part;
}

ScratchDir::ScratchDir() {
  std::string name = (fs::temp_directory_path() / "mma-test-XXXXXX").string();
  REQUIRE(::mkdtemp(name.data()) != nullptr);
  path = name;
}

ScratchDir::~ScratchDir() {
  std::error_code ignored;
  fs::remove_all(path, ignored);
}

}  // namespace mma::test
