#include "support/paths.h"

#include <stdlib.h>

#include <catch2/catch_test_macros.hpp>

namespace mma::test {
namespace fs = std::filesystem;

namespace {

// What the variable names, as a bundle's does, else the usual one.
fs::path folder(const char* variable, const fs::path& usual) {
  const char* named = ::getenv(variable);
  return named && *named ? fs::path(named) : usual;
}

}  // namespace

fs::path source_root() { return folder("MMA_SOURCE_DIR", MMA_SOURCE_DIR); }
fs::path bin_dir() { return folder("MMA_BIN_DIR", MMA_BIN_DIR); }

namespace {

fs::path shared_root() { return folder("MMA_SHARED", source_root().parent_path() / "shared"); }

}  // namespace

fs::path shared(const std::string& part) {
  auto root = shared_root();
  if (!fs::exists(root / part)) SKIP("no " << (root / part).string() << " (set MMA_SHARED)");
  return root / part;
}

std::vector<fs::path> reference_folders() {
  std::vector<fs::path> folders{source_root() / "tests" / "reference"};
  if (auto more = shared_root() / "fixtures" / "parity"; fs::exists(more)) folders.push_back(more);
  return folders;
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
