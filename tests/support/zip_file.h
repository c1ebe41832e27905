#pragma once
#include <zip.h>

#include <catch2/catch_test_macros.hpp>
#include <string>
#include <utility>
#include <vector>

#include "base/files.h"

namespace mma::test {

/// Writes a zip archive of these entries; `method` is libzip's.
inline void make_zip(const fs::path& file,
                     const std::vector<std::pair<std::string, std::string>>& entries, int method,
                     bool encrypted = false) {
  int code = 0;
  zip_t* zip = zip_open(file.c_str(), ZIP_CREATE | ZIP_TRUNCATE, &code);
  REQUIRE(zip);
  for (auto& [name, bytes] : entries) {
    auto index =
        zip_file_add(zip, name.c_str(), zip_source_buffer(zip, bytes.data(), bytes.size(), 0), 0);
    REQUIRE(index >= 0);
    zip_set_file_compression(zip, static_cast<zip_uint64_t>(index), method, 0);
    if (encrypted)
      zip_file_set_encryption(zip, static_cast<zip_uint64_t>(index), ZIP_EM_TRAD_PKWARE, "x");
  }
  REQUIRE(zip_close(zip) == 0);
}

}  // namespace mma::test
