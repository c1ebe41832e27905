#include "data/hdf5_ids.h"

#include <hdf5.h>

#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <functional>

#include "base/files.h"
#include "data/feature_file.h"
#include "data/pack.h"
#include "data/prep.h"
#include "support/hostile.h"
#include "support/raw_data.h"

using namespace mma;

namespace {

using Fill = std::function<void(hid_t)>;

void make_file(const fs::path& path, const Fill& fill) {
  hid_t file = H5Fcreate(path.c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
  REQUIRE(file >= 0);
  fill(file);
  REQUIRE(H5Fclose(file) >= 0);
}

void put(hid_t file, const char* name, hid_t type, std::vector<hsize_t> sides, const void* values,
         hsize_t chunk = 0) {
  hid_t space = H5Screate_simple(static_cast<int>(sides.size()), sides.data(), nullptr);
  hid_t made = H5Pcreate(H5P_DATASET_CREATE);
  if (chunk > 0) {
    std::vector<hsize_t> chunks(sides.size(), 1);
    chunks[0] = chunk;
    if (sides.size() > 1) chunks.back() = sides.back();
    H5Pset_chunk(made, static_cast<int>(sides.size()), chunks.data());
    H5Pset_deflate(made, 4);
  }
  hid_t data = H5Dcreate2(file, name, type, space, H5P_DEFAULT, made, H5P_DEFAULT);
  REQUIRE(data >= 0);
  if (values) REQUIRE(H5Dwrite(data, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, values) >= 0);
  H5Dclose(data);
  H5Pclose(made);
  H5Sclose(space);
}

void put_variable(hid_t file, const char* name, const char* text) {
  hid_t type = H5Tcopy(H5T_C_S1);
  H5Tset_size(type, H5T_VARIABLE);
  put(file, name, type, {1}, &text);
  H5Tclose(type);
}

// Texts as h5py writes numpy's S: of a fixed length, zeros behind.
void put_texts(hid_t file, const char* name, const std::vector<std::string>& texts,
               hsize_t chunk = 0) {
  size_t longest = 1;
  for (auto& text : texts) longest = std::max(longest, text.size() + 1);
  hid_t type = H5Tcopy(H5T_C_S1);
  H5Tset_size(type, longest);
  std::string bytes;
  for (auto& text : texts) bytes += text + std::string(longest - text.size(), '\0');
  put(file, name, type, {texts.size()}, bytes.data(), chunk);
  H5Tclose(type);
}

}  // namespace

TEST_CASE("hdf5 ids: texts of a fixed length and whole numbers", "[data]") {
  test::ScratchDir dir;
  auto path = dir / "f.h5";
  make_file(path, [](hid_t file) {
    put_variable(file, "variable", "tt1");
    hid_t fixed = H5Tcopy(H5T_C_S1);
    H5Tset_size(fixed, 4);
    H5Tset_strpad(fixed, H5T_STR_SPACEPAD);
    put(file, "fixed", fixed, {2}, "ab  cdef");
    H5Tset_strpad(fixed, H5T_STR_NULLPAD);
    put(file, "padded", fixed, {2, 1}, "ab\0\0c  d");
    H5Tclose(fixed);
    const int64_t numbers[] = {7, -1};
    put(file, "numbers", H5T_NATIVE_INT64, {2}, numbers);
    const uint64_t large[] = {18446744073709551615u};
    put(file, "large", H5T_NATIVE_UINT64, {1}, large);
    const float real[] = {1.5};
    put(file, "real", H5T_NATIVE_FLOAT, {1}, real);
    put(file, "table", H5T_NATIVE_INT64, {1, 2}, numbers);
    put_texts(file, "long", {"a", std::string(1025, 'x')});
  });
  using Ids = std::vector<std::string>;
  auto ids = [&](const std::string& name) { return read_hdf5_ids(path, name); };
  CHECK(ids("fixed") == Ids{"ab", "cdef"});
  CHECK(ids("padded") == Ids{"ab", "c  d"});
  CHECK(ids("numbers") == Ids{"7", "-1"});
  CHECK(ids("large") == Ids{"18446744073709551615"});
  auto refused = [&](const std::string& name) { return test::refusal([&] { ids(name); }); };
  CHECK(refused("real").ends_with(
      "f.h5: /real: expected ids as texts or whole numbers, found another type"));
  CHECK(refused("table").find("expected ids [N]") != std::string::npos);
  CHECK(refused("long").find("ids of 1026 bytes") != std::string::npos);
  CHECK(refused("variable").find("ids of variable length are not read") != std::string::npos);
  CHECK(refused("none").ends_with("f.h5: data set 'none': no such data set"));
  CHECK(refused("").find("several data sets") != std::string::npos);
}

TEST_CASE("hdf5 ids: damaged files are refused or give other ids, and nothing else", "[data]") {
  test::ScratchDir dir;
  auto path = dir / "f.h5";
  make_file(path, [](hid_t file) {
    put_texts(file, "ids", {"one", "two", "three", "four"});
    put_texts(file, "packed", {"one", "two", "three", "four"}, 2);
  });
  const auto good = read_file(path);
  auto read = [&] {
    for (auto* name : {"ids", "packed"}) test::refusal([&] { read_hdf5_ids(path, name); });
  };
  for (size_t n = 0; n < good.size(); n += 61) {
    write_atomically(path, good.substr(0, n));
    CHECK_FALSE(test::refusal([&] { read_hdf5_ids(path, "ids"); }).empty());
  }
  for (size_t at = 0; at < good.size(); at += 29) {
    auto bad = good;
    bad[at] = static_cast<char>(bad[at] ^ 0x41);
    write_atomically(path, bad);
    read();
  }
  write_atomically(path, good);
  CHECK(read_hdf5_ids(path, "ids").size() == 4);
}

TEST_CASE("hdf5 ids: a matrix by ids in its own file, in another, and by the table's order",
          "[data]") {
  test::RawData raw;
  raw.write("t.csv", "id,part,text,y\ni,train,a,p\nj,dev,a,q\nk,train,b,q\n");
  make_file(raw / "all.h5", [](hid_t file) {
    const float matrix[] = {1, 2, 3, 4, 5, 6};
    put(file, "m", H5T_IEEE_F32LE, {3, 2}, matrix, 2);
    put_texts(file, "ids", {"k", "j", "i"});
  });
  make_file(raw / "ids.h5", [](hid_t file) { put_texts(file, "only", {"j", "i", "k"}); });
  auto build = [&](const std::string& a, const std::string& b, const std::string& c) {
    raw.write("data.yaml",
              "name: x\nsplits: {train: t.csv, dev: t.csv}\nsplit_field: part\nid: id\ntext: text\n"
              "labels: {field: y}\nmodalities:\n"
              "  a: {matrix: all.h5, data_set: m, dim: 2, " +
                  a +
                  "}\n"
                  "  b: {matrix: all.h5, data_set: m, dim: 2, " +
                  b +
                  "}\n"
                  "  c: {matrix: all.h5, data_set: m, dim: 2, " +
                  c + "}\n");
    auto options = test::prep_options(raw);
    options.missing_absent = true;
    build_pack(options);
    return Pack(raw / "x.h5").read("train", {"a", "b", "c"}).modalities;
  };
  auto made = build("index_data_set: ids", "index: ids.h5", "rows: table");
  CHECK(made["a"].values == std::vector<float>{5, 6, 1, 2});
  CHECK(made["b"].values == std::vector<float>{3, 4, 5, 6});
  CHECK(made["c"].values == std::vector<float>{1, 2, 5, 6});
  CHECK(Pack(raw / "x.h5").read("dev", {"c"}).modalities["c"].values == std::vector<float>{3, 4});
  // Of several faults one; a split of one class is another.
  auto refused = [&](const std::string& a, const std::string& c) {
    try {
      build(a, "index_data_set: ids", c);
    } catch (const UserError& e) {
      return raw.without_folder(e.what());
    }
    return std::string();
  };
  auto has = [](const std::string& text, const char* part) {
    CAPTURE(text);
    CHECK(text.find(part) != std::string::npos);
  };
  // Even where a sample may lack features, ids that are not there are a fault.
  has(refused("index_data_set: idz", "rows: table"), "all.h5: data set 'idz': no such data set");
  raw.write("ids.txt", "i\nj\nk\n");
  has(refused("index: ids.txt, index_data_set: ids", "rows: table"),
      "ids.txt: expected an HDF5 file with the ids 'ids', found another kind");
  raw.write("t.csv", "id,part,text,y\ni,train,a,p\nj,dev,a,p\n");
  has(refused("index_data_set: ids", "rows: table"),
      "all.h5: expected a row for each of the table's 2, found 3 (`rows: table`)");
}
