// A data set whose features are stored as float16.
#include <catch2/catch_test_macros.hpp>

#include "base/error.h"
#include "base/files.h"
#include "data/half.h"
#include "data/pack.h"
#include "data/prep.h"
#include "support/hostile.h"
#include "support/raw_data.h"

using namespace mma;

namespace {

// The example, with `more` at the end of its description.
void write_example_with(const test::RawData& raw, const std::string& more) {
  test::write_example(raw);
  raw.write("data.yaml", read_file(raw / "data.yaml") + more);
}

}  // namespace

TEST_CASE("float16: a description's store holds for every modality that has none of its own",
          "[data]") {
  test::RawData raw;
  write_example_with(raw, "store: float16\n");
  raw.write_npy("video/t1.npy", {1, 2}, {0.1f, 1000.3f});
  build_pack(test::prep_options(raw));
  const Pack pack(raw / "x.h5");
  CHECK(pack.modality("video").half);
  CHECK(pack.modality("meta").half);
  const auto train = pack.read("train", {"video"});
  CHECK(train.modalities.at("video").values[0] == static_cast<float>(to_half(0.1f)));
  CHECK(train.modalities.at("video").values[1] == 1000.5f);
  CHECK(describe_pack(raw / "x.h5").find("stored as") != std::string::npos);

  test::RawData plain;
  write_example_with(plain, "store: float32\n");
  build_pack(test::prep_options(plain));
  CHECK(!Pack(plain / "x.h5").modality("video").half);
  CHECK(describe_pack(plain / "x.h5").find("stored as") == std::string::npos);

  CHECK(test::refusal([] {
          test::RawData wrong;
          write_example_with(wrong, "store: float8\n");
          check_data_set(test::prep_options(wrong));
        }).find("store: unknown value 'float8'") != std::string::npos);
}

TEST_CASE("float16: a modality's own store", "[data]") {
  test::RawData raw;
  test::write_example(raw);
  auto text = read_file(raw / "data.yaml");
  const std::string video = "dim: 2";
  REQUIRE(text.find(video) != std::string::npos);
  raw.write("data.yaml", text.replace(text.find(video), video.size(), "dim: 2, store: float16"));
  build_pack(test::prep_options(raw));
  const Pack pack(raw / "x.h5");
  CHECK(pack.modality("video").half);
  CHECK(!pack.modality("meta").half);
}

TEST_CASE("float16: a number beyond it is a fault, whose it is told", "[data]") {
  test::RawData raw;
  write_example_with(raw, "store: float16\n");
  raw.write_npy("video/t1.npy", {1, 2}, {0, 65519});
  build_pack(test::prep_options(raw));
  fs::remove(raw / "x.h5");
  raw.write_npy("video/t1.npy", {1, 2}, {0, -65520});
  for (auto* work : {build_pack, check_data_set})
    CHECK(test::refusal([&] { work(test::prep_options(raw)); }) ==
          "train: t1's video: 65520 is beyond float16, which ends at 65504: scale the features, or "
          "store: float32");
  CHECK(!fs::exists(raw / "x.h5"));
}
