// Packs that no build wrote: made by changing a good one through HDF5 itself.
#include <hdf5.h>

#include <catch2/catch_test_macros.hpp>
#include <cmath>
#include <filesystem>

#include "base/error.h"
#include "base/files.h"
#include "data/pack.h"
#include "support/hostile.h"
#include "support/paths.h"

using namespace mma;

namespace {

struct Names {
  std::string label = "a", id = "i", name = "hostile";
};

void write_good(const std::filesystem::path& file, const Names& names = {}) {
  PackInfo info;
  info.labels = {names.label, "b"};
  info.modalities = {{"video", 2, 1, "v"}};
  info.tokenizer_kind = "wordpiece-cased";
  info.name = names.name;
  info.vocabulary_size = 10;
  info.max_length = 8;
  PackWriter writer(file, info);
  writer.begin_split("train", 1);
  Sample sample;
  sample.id = names.id;
  sample.labels = {0, 1};
  sample.tokens = {1, 2};
  sample.features = {{1, 2}};
  writer.add(sample);
  writer.finish();
}

// What is said of a good pack after `change`, a function of the open file.
std::string refused(const std::function<void(hid_t)>& change) {
  test::ScratchDir dir;
  write_good(dir / "x.h5");
  hid_t file = H5Fopen((dir / "x.h5").c_str(), H5F_ACC_RDWR, H5P_DEFAULT);
  REQUIRE(file >= 0);
  change(file);
  REQUIRE(H5Fclose(file) >= 0);
  auto message = test::refusal([&] { Pack(dir / "x.h5").read("train", {"video"}); });
  auto folder = dir.path.string() + "/";
  return message.rfind(folder, 0) == 0 ? message.substr(folder.size()) : message;
}

std::string refused_names(const Names& names) {
  test::ScratchDir dir;
  write_good(dir / "x.h5", names);
  auto message = test::refusal([&] { Pack(dir / "x.h5").read("train", {"video"}); });
  return message.substr(std::min(message.size(), dir.path.string().size() + 1));
}

void set_attribute(hid_t file, const char* object, const char* name, hid_t type,
                   const void* value) {
  H5Adelete_by_name(file, object, name, H5P_DEFAULT);
  hid_t space = H5Screate(H5S_SCALAR);
  hid_t attribute =
      H5Acreate_by_name(file, object, name, type, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
  REQUIRE(attribute >= 0);
  H5Awrite(attribute, type, value);
  H5Aclose(attribute);
  H5Sclose(space);
}
void set_number(hid_t file, const char* object, const char* name, int64_t value) {
  set_attribute(file, object, name, H5T_NATIVE_INT64, &value);
}

// Puts an empty data set in the place of another.
void replace(hid_t file, const char* path, hid_t type, std::vector<hsize_t> sides,
             const std::function<void(hid_t)>& plan = {}) {
  H5Ldelete(file, path, H5P_DEFAULT);
  hid_t space = H5Screate_simple(static_cast<int>(sides.size()), sides.data(), nullptr);
  hid_t made = H5Pcreate(H5P_DATASET_CREATE);
  if (plan) plan(made);
  hid_t data = H5Dcreate2(file, path, type, space, H5P_DEFAULT, made, H5P_DEFAULT);
  REQUIRE(data >= 0);
  H5Dclose(data);
  H5Pclose(made);
  H5Sclose(space);
}

}  // namespace

TEST_CASE("hostile pack: another format or version", "[data]") {
  CHECK(refused([](hid_t) {}) == "");
  CHECK(refused([](hid_t f) { set_number(f, "/", "version", 3); }) ==
        "x.h5: mma-data version 3, this build reads versions 1 and 2; run mma-prep build again");
  CHECK(refused([](hid_t f) { set_number(f, "/", "version", 2); }) ==
        "x.h5: label_kind multilabel does not belong to mma-data version 2");
  CHECK(refused([](hid_t f) {
          hid_t text = H5Tcopy(H5T_C_S1);
          H5Tset_size(text, 3);
          set_attribute(f, "/", "format", text, "hdf");
          H5Tclose(text);
        }) == "x.h5: expected a pack of mma-prep, found the format 'hdf'");
  CHECK(refused([](hid_t f) { H5Adelete(f, "format"); }) ==
        "x.h5: attribute 'format' is missing; run mma-prep build again");
  CHECK(refused([](hid_t f) { set_number(f, "/", "format", 1); }) ==
        "x.h5: attribute 'format': expected a text");
  CHECK(refused([](hid_t f) { set_number(f, "/", "vocabulary_size", -1); }) ==
        "x.h5: impossible numbers: vocabulary_size -1, max_length 8");
}

TEST_CASE("hostile pack: real targets that are none, or stored as classes are", "[data]") {
  auto written = [](float target, const std::function<void(hid_t)>& change) {
    test::ScratchDir dir;
    PackInfo info;
    info.name = "hostile";
    info.labels = {"score"};
    info.label_kind = LabelKind::kRegression;
    info.tokenizer_kind = "wordpiece-cased";
    info.vocabulary_size = 10;
    info.max_length = 8;
    Sample sample;
    sample.id = "i";
    sample.targets = {target};
    sample.tokens = {1};
    {
      PackWriter writer(dir / "x.h5", info);
      writer.begin_split("train", 1);
      writer.add(sample);
      writer.finish();
    }
    hid_t file = H5Fopen((dir / "x.h5").c_str(), H5F_ACC_RDWR, H5P_DEFAULT);
    change(file);
    REQUIRE(H5Fclose(file) >= 0);
    auto message = test::refusal([&] { Pack(dir / "x.h5").read("train", {}); });
    return message.substr(std::min(message.size(), dir.path.string().size() + 1));
  };
  CHECK(written(1, [](hid_t) {}) == "");
  CHECK(written(NAN, [](hid_t) {}) ==
        "x.h5: /train/labels: row 0: expected finite numbers, found nan");
  CHECK(written(INFINITY, [](hid_t) {}).ends_with("expected finite numbers, found inf"));
  CHECK(written(1, [](hid_t f) { set_number(f, "/", "version", 1); }) ==
        "x.h5: label_kind regression does not belong to mma-data version 1");
  CHECK(written(1, [](hid_t f) {
          replace(f, "/train/labels", H5T_STD_U8LE, {1, 1});
        }).starts_with("x.h5: /train/labels: "));
}

TEST_CASE("hostile pack: links out of the file, virtual, external and filtered data", "[data]") {
  CHECK(refused([](hid_t f) {
          H5Ldelete(f, "/train/labels", H5P_DEFAULT);
          H5Lcreate_external("other.h5", "/labels", f, "/train/labels", H5P_DEFAULT, H5P_DEFAULT);
        }).find("/train/labels: expected data, found a link") != std::string::npos);
  CHECK(refused([](hid_t f) {
          H5Ldelete(f, "/train", H5P_DEFAULT);
          H5Lcreate_soft("/labels", f, "/train", H5P_DEFAULT, H5P_DEFAULT);
        }).find("found a link") != std::string::npos);
  CHECK(refused([](hid_t f) {
          replace(f, "/train/labels", H5T_STD_U8LE, {1, 2},
                  [](hid_t made) { H5Pset_external(made, "/etc/passwd", 0, 8); });
        }).find("found external files") != std::string::npos);
  CHECK(refused([](hid_t f) {
          replace(f, "/train/labels", H5T_STD_U8LE, {1, 2}, [](hid_t made) {
            hsize_t sides[] = {1, 2};
            hid_t space = H5Screate_simple(2, sides, nullptr);
            H5Pset_virtual(made, space, "other.h5", "/x", space);
            H5Sclose(space);
          });
        }).find("found a virtual data set") != std::string::npos);
  CHECK(refused([](hid_t f) {
          replace(f, "/train/labels", H5T_STD_U8LE, {1, 2}, [](hid_t made) {
            hsize_t chunk[] = {1, 2};
            H5Pset_chunk(made, 2, chunk);
            H5Pset_deflate(made, 1);
          });
        }).find("found filters") != std::string::npos);
}

TEST_CASE("hostile pack: shapes and types that are not so", "[data]") {
  auto contains = [](const std::string& message, const std::string& part) {
    CAPTURE(message);
    CHECK(message.find(part) != std::string::npos);
  };
  contains(refused([](hid_t f) {
             replace(f, "/train/labels", H5T_STD_U8LE, {1, 3});
           }),
           "/train/labels: expected the shape [1, 2], found [1, 3]");
  contains(refused([](hid_t f) {
             replace(f, "/train/text/values", H5T_STD_I32LE, {uint64_t{1} << 60});
           }),
           "says it holds more than the");
  contains(refused([](hid_t f) { replace(f, "/train/id", H5T_STD_I32LE, {1}); }),
           "expected texts of a fixed length");
  contains(refused([](hid_t f) { replace(f, "/train/text/offsets", H5T_STD_I32LE, {2}); }),
           "expected numbers of type i64, found another");
  contains(refused([](hid_t f) { replace(f, "/train/text/values", H5T_STD_I32LE, {2}); }),
           "the file is incomplete");
  contains(refused([](hid_t f) { H5Ldelete(f, "/train/video_present", H5P_DEFAULT); }),
           "/train/video_present: missing; run mma-prep build again");
  contains(refused([](hid_t f) { H5Ldelete(f, "/labels/names", H5P_DEFAULT); }),
           "/labels/names: missing");
  contains(refused([](hid_t f) { set_number(f, "/train/video", "dim", int64_t{1} << 40); }),
           "an impossible width");
  contains(refused([](hid_t f) { set_number(f, "/train/video", "segments", 0); }),
           "an impossible width");
  contains(refused([](hid_t f) { replace(f, "/train", H5T_STD_I32LE, {2}); }), "/train/");
}

TEST_CASE("hostile pack: names that are no UTF-8 or too long", "[data]") {
  CHECK(refused_names({}) == "");
  CHECK(refused_names({.label = "caf\xe9"}) ==
        "x.h5: /labels/names: row 0: expected UTF-8, found 'caf\\xe9'");
  CHECK(refused_names({.id = "\xff"}) == "x.h5: /train/id: row 0: expected UTF-8, found '\\xff'");
  CHECK(refused_names({.name = "\xff"}) == "x.h5: attribute 'name': expected UTF-8, found '\\xff'");
  CHECK(refused_names({.label = std::string(1024, 'q'), .id = std::string(1024, 'i')}) == "");
  CHECK_THROWS_AS(refused_names({.label = std::string(1025, 'q')}), Error);
  // Another program's pack.
  CHECK(refused([](hid_t f) {
          hid_t text = H5Tcopy(H5T_C_S1);
          H5Tset_size(text, 2000);
          replace(f, "/labels/names", text, {2});
          hid_t data = H5Dopen2(f, "/labels/names", H5P_DEFAULT);
          std::string bytes = std::string(2000, 'q') + std::string(2000, 'r');
          H5Dwrite(data, text, H5S_ALL, H5S_ALL, H5P_DEFAULT, bytes.data());
          H5Dclose(data);
          H5Tset_size(text, 64);
          set_attribute(f, "/labels/names", "sha256", text, sha256(bytes).data());
          H5Tclose(text);
        }) == "x.h5: /labels/names: row 0: 2000 bytes, expected at most 1024");
}

TEST_CASE("hostile pack: what is a pack", "[data]") {
  test::ScratchDir dir;
  write_good(dir / "x.h5");
  CHECK(is_pack(dir / "x.h5"));
  CHECK(!is_pack(dir / "no"));
  CHECK(!is_pack(dir.path));
  write_atomically(dir / "t.csv", "id,text\n");
  CHECK(!is_pack(dir / "t.csv"));
  H5Fclose(H5Fcreate((dir / "other.h5").c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT));
  CHECK(!is_pack(dir / "other.h5"));
}
