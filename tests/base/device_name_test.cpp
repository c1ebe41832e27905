#include "base/device_name.h"

#include <catch2/catch_test_macros.hpp>

#include "base/error.h"

using namespace mma;

TEST_CASE("device name: what users write, and nothing near it", "[base]") {
  CHECK(parse_device_name("auto").kind == "auto");
  CHECK(parse_device_name("cpu").kind == "cpu");
  CHECK(parse_device_name("cuda").kind == "cuda");
  CHECK(parse_device_name("cuda").index == 0);
  CHECK(parse_device_name("cuda:12").kind == "cuda");
  CHECK(parse_device_name("cuda:12").index == 12);
  for (auto* text : {"", "gpu", "cuda:", "cuda:-1", "cuda:1x", "cuda: 1", "cuda:99999999999",
                     "cpu:0", "auto:1", "cuda1", "CUDA", "cuda:1024", ":1"}) {
    CAPTURE(text);
    CHECK_THROWS_AS(parse_device_name(text), UserError);
  }
}
