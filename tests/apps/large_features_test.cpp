// Memory that mma-prep takes for large feature files.
#include <zip.h>

#include <catch2/catch_test_macros.hpp>

#include "base/files.h"
#include "support/raw_data.h"
#include "support/run_program.h"

using namespace mma;

namespace {

constexpr int64_t kLarge = int64_t{300} << 20;

// Checks a data set of one sample, whose feature file this is without its ending.
test::ProgramResult check(const test::RawData& raw, const std::string& id,
                          const std::vector<std::string>& options = {}) {
  raw.write("t.csv", "id,text,y\n" + id + ",love,p\n");
  raw.write("data.yaml",
            "name: x\nsplits: {train: t.csv}\nid: id\ntext: text\nlabels: {field: y}\n"
            "modalities:\n  v: {path: \"{id}.npy\", dim: 1024}\n");
  std::vector<std::string> command{(test::bin_dir() / "mma-prep").string(), "check",
                                   (raw / "data.yaml").string(), "--root", raw.path().string()};
  command.insert(command.end(), options.begin(), options.end());
  return test::run_program(command);
}

// A .npy of zeros that takes no place on the disk.
void write_sparse(const test::RawData& raw, const std::string& name, const std::string& shape,
                  bool fortran) {
  auto header = "{'descr': '<f4', 'fortran_order': " + std::string(fortran ? "True" : "False") +
                ", 'shape': (" + shape + "), }";
  header.resize(118, ' ');
  raw.write(name, std::string("\x93NUMPY\x01\0\x76\0", 10) + header);
  fs::resize_file(raw / name, 128 + static_cast<uintmax_t>(kLarge));
}

}  // namespace

TEST_CASE("large features: averaged as they are read, in little memory", "[apps]") {
  test::RawData raw;
  raw.write_npy("small.npy", {1, 1024}, std::vector<float>(1024));
  auto small = check(raw, "small");
  REQUIRE(small.exit_code == 0);
  auto shape = std::to_string(kLarge / 4096) + ", 1024";
  write_sparse(raw, "rows.npy", shape, false);
  write_sparse(raw, "columns.npy", shape, true);
  int code = 0;
  zip_t* zip = zip_open((raw / "packed.npy").c_str(), ZIP_CREATE, &code);
  auto entry =
      zip_file_add(zip, "arr_0.npy", zip_source_file(zip, (raw / "rows.npy").c_str(), 0, -1), 0);
  REQUIRE(zip_set_file_compression(zip, static_cast<zip_uint64_t>(entry), ZIP_CM_DEFLATE, 1) == 0);
  REQUIRE(zip_close(zip) == 0);
  for (auto* name : {"rows", "columns", "packed"}) {
    auto result = check(raw, name);
    CAPTURE(name, result.err);
    CHECK(result.exit_code == 0);
#ifndef __SANITIZE_ADDRESS__
    CHECK(result.peak_memory_bytes < small.peak_memory_bytes + (16 << 20));
#endif
  }
}

TEST_CASE("large features: what must be held as a whole has a limit", "[apps]") {
  test::RawData raw;
  write_sparse(raw, "mixed.npy", "2, " + std::to_string(kLarge / 8192) + ", 1024", true);
  auto refused = check(raw, "mixed", {"--max-memory", "100MB"});
  CAPTURE(refused.err);
  CHECK(refused.exit_code == 2);
  CHECK(refused.err.find("mixed.npy: an array of several axes in Fortran order is read as a whole "
                         "(numpy.ascontiguousarray makes one that is not): takes 629145600 bytes "
                         "of memory, expected at most 104857600 (--max-memory)") !=
        std::string::npos);
  CHECK(check(raw, "mixed", {"--max-memory", "much"}).exit_code == 2);
#ifndef __SANITIZE_ADDRESS__
  // Less than the file may be given: the machine's fault, and the file is named.
  auto command = "ulimit -v 500000; exec '" + (test::bin_dir() / "mma-prep").string() +
                 "' check '" + (raw / "data.yaml").string() + "' --root '" + raw.path().string() +
                 "' --workers 1 --max-memory 10GB";
  auto failed = test::run_program({"bash", "-c", command});
  CAPTURE(failed.err);
  CHECK(failed.exit_code == 3);
  CHECK(failed.err.find("mixed.npy: out of memory") != std::string::npos);
#endif
}
