#include "data/hdf5_file.h"

#include <fcntl.h>
#include <hdf5.h>
#include <sys/file.h>
#include <unistd.h>

#include <catch2/catch_test_macros.hpp>
#include <functional>

#include "base/files.h"
#include "support/any_memory.h"
#include "support/hostile.h"
#include "support/paths.h"

using namespace mma;

namespace {

using Sides = std::vector<hsize_t>;
using Plan = std::function<void(hid_t)>;

// A data set; `numbers` may be none, for one that is never written.
void put(hid_t file, const char* name, hid_t type, const Sides& sides,
         const std::vector<float>& numbers, const Plan& plan = {}) {
  hid_t space = H5Screate_simple(static_cast<int>(sides.size()), sides.data(), nullptr);
  hid_t made = H5Pcreate(H5P_DATASET_CREATE);
  if (plan) plan(made);
  hid_t data = H5Dcreate2(file, name, type, space, H5P_DEFAULT, made, H5P_DEFAULT);
  REQUIRE(data >= 0);
  if (!numbers.empty())
    REQUIRE(H5Dwrite(data, H5T_NATIVE_FLOAT, H5S_ALL, H5S_ALL, H5P_DEFAULT, numbers.data()) >= 0);
  H5Dclose(data);
  H5Pclose(made);
  H5Sclose(space);
}

Plan chunks(const Sides& sides, bool deflate) {
  return [=](hid_t plan) {
    H5Pset_chunk(plan, static_cast<int>(sides.size()), sides.data());
    if (!deflate) return;
    H5Pset_shuffle(plan);
    H5Pset_deflate(plan, 1);
  };
}

void make_file(const fs::path& path, const std::function<void(hid_t)>& fill,
               hsize_t userblock = 0) {
  hid_t plan = H5Pcreate(H5P_FILE_CREATE);
  if (userblock) H5Pset_userblock(plan, userblock);
  hid_t file = H5Fcreate(path.c_str(), H5F_ACC_TRUNC, plan, H5P_DEFAULT);
  REQUIRE(file >= 0);
  fill(file);
  H5Pclose(plan);
  REQUIRE(H5Fclose(file) >= 0);
}

void hostile_file(hid_t file) {
  std::vector<float> numbers = {1, 2, 3, 4, 5, 6};
  Sides sides = {2, 3};
  put(file, "x", H5T_IEEE_F64BE, sides, numbers);
  H5Gclose(H5Gcreate2(file, "g", H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT));
  put(file, "g/y", H5T_STD_I16LE, sides, numbers, chunks(sides, true));
  hid_t text = H5Tcopy(H5T_C_S1);
  H5Tset_size(text, 4);
  put(file, "g/s", text, sides, {});
  H5Tclose(text);
  // Never written, of 2^60 bytes.
  put(file, "g/huge", H5T_IEEE_F32LE, {hsize_t{1} << 30, hsize_t{1} << 28}, {},
      chunks(sides, true));
  put(file, "g/external", H5T_IEEE_F32LE, sides, {},
      [](hid_t plan) { H5Pset_external(plan, "/etc/hostname", 0, 24); });
  put(file, "g/virtual", H5T_IEEE_F32LE, sides, {}, [&](hid_t plan) {
    hid_t space = H5Screate_simple(2, sides.data(), nullptr);
    H5Pset_virtual(plan, space, "other.h5", "/x", space);
    H5Sclose(space);
  });
  put(file, "g/packed", H5T_IEEE_F32LE, sides, {}, [&](hid_t plan) {
    H5Pset_chunk(plan, 2, sides.data());
    H5Pset_scaleoffset(plan, H5Z_SO_FLOAT_DSCALE, 2);
  });
  put(file, "g/chunk", H5T_IEEE_F32LE, {1 << 14, 1 << 14}, {}, chunks({1 << 13, 1 << 13}, true));
  H5Lcreate_external("other.h5", "/x", file, "outside", H5P_DEFAULT, H5P_DEFAULT);
  H5Lcreate_soft("/x", file, "soft", H5P_DEFAULT, H5P_DEFAULT);
}

}  // namespace

TEST_CASE("hdf5: data sets of numbers", "[data]") {
  test::ScratchDir dir;
  auto path = dir / "f.h5";
  make_file(path, hostile_file);
  auto mean = [&](const std::string& name) {
    auto array = read_hdf5_array(path, name, test::no_memory);
    return make_pooling(1)->pool(array, frames_of(array, 3, name), name);
  };
  CHECK(mean("x") == std::vector<float>{2.5, 3.5, 4.5});
  CHECK(mean("") == mean("x"));
  CHECK(mean("/g/y") == mean("x"));
  auto refused = [&](const std::string& name) { return test::refusal([&] { mean(name); }); };
  CHECK(refused("z").ends_with("f.h5: data set 'z': no such data set"));
  CHECK_THROWS_AS(mean("z"), NoSuchDataSet);
  CHECK(refused("g/s").find("plain numbers") != std::string::npos);
  CHECK(refused("g/huge").find("(compressed)") != std::string::npos);
  CHECK(refused("g/external").find("other files") != std::string::npos);
  CHECK(refused("g/virtual").find("virtual") != std::string::npos);
  CHECK(refused("g/packed").find("found HDF5 filter 6") != std::string::npos);
  CHECK(refused("g/chunk").find("(compressed)") != std::string::npos);
  CHECK(refused("outside").find("links are not followed") != std::string::npos);
  CHECK(refused("soft").find("links are not followed") != std::string::npos);
  for (std::string name : {"g", "..", "/", "x/y", "outside/x", "g/../x"})
    CHECK_FALSE(refused(name).empty());
  auto good = read_file(path);
  for (size_t n = 0; n < good.size(); n += 97) {
    write_atomically(path, good.substr(0, n));
    CHECK_FALSE(refused("x").empty());
  }
  write_atomically(path, good);
  CHECK(refused("x").empty());
}

TEST_CASE("hdf5: a file that another process has locked is read", "[data]") {
  test::ScratchDir dir;
  make_file(dir / "f.h5", [](hid_t file) { put(file, "x", H5T_IEEE_F32LE, {1, 2}, {1, 2}); });
  int other = ::open((dir / "f.h5").c_str(), O_RDWR | O_CLOEXEC);
  REQUIRE(::flock(other, LOCK_EX) == 0);
  CHECK(read_hdf5_array(dir / "f.h5", "x", test::no_memory).shape == std::vector<int64_t>{1, 2});
  ::close(other);
}

TEST_CASE("hdf5: a large data set is read as it is used, and gives the same", "[data]") {
  // [rows, 1000] of some 20 MB: larger than what is read at once, with a last chunk that is not
  // full.
  constexpr hsize_t kRows = 5003, kDim = 1000;
  std::vector<float> numbers(kRows * kDim);
  for (size_t i = 0; i < numbers.size(); ++i) numbers[i] = static_cast<float>(i * 7 % 1013);
  Array whole;
  whole.shape = {kRows, kDim};
  whole.bytes = {reinterpret_cast<const char*>(numbers.data()), numbers.size() * 4};
  auto pool = [&](const Array& array, int64_t segments) {
    return make_pooling(segments)->pool(array, frames_of(array, kDim, "f"), "f");
  };
  test::ScratchDir dir;
  auto same = [&](const char* what, const Sides& sides, const Plan& plan, hsize_t userblock,
                  const TakeMemory& take) {
    INFO(what);
    make_file(
        dir / "f.h5", [&](hid_t file) { put(file, "x", H5T_IEEE_F32LE, sides, numbers, plan); },
        userblock);
    auto array = read_hdf5_array(dir / "f.h5", "x", take);
    CHECK(array.source != nullptr);
    for (int64_t segments : {1, 7}) CHECK(pool(array, segments) == pool(whole, segments));
    array.shape = {kRows, kDim};
    CHECK(array_row(array, kRows - 1, "f") ==
          std::vector<float>(numbers.end() - kDim, numbers.end()));
  };
  same("contiguous", {kRows, kDim}, {}, 0, test::no_memory);
  same("contiguous, after a user block", {1, kRows, kDim}, {}, 512, test::no_memory);
  uint64_t asked = 0;
  auto count = [&](uint64_t size, const std::string&) {
    asked = size;
    return nullptr;
  };
  same("chunks of rows", {kRows, kDim}, chunks({64, 500}, true), 0, count);
  CHECK(asked < (2 << 20));
  same("chunks of a part of many rows", {1, kRows, kDim}, chunks({1, 1000, 100}, false), 0, count);
  CHECK(asked == 4 * 1000 * kDim + 2 * 4 * 1000 * 100);
  CHECK(test::refusal([&] { read_hdf5_array(dir / "f.h5", "x", test::no_memory); })
            .find("f.h5: a data set is read by whole chunks (chunks of fewer rows take less): asks "
                  "for") != std::string::npos);
}
