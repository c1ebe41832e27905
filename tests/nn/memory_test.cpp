#include "nn/memory.h"

#include <ATen/Context.h>

#include <catch2/catch_test_macros.hpp>
#include <new>

#include "base/error.h"

using namespace mma;

TEST_CASE("memory: of a GPU's failure the message tells what was asked and what is free", "[nn]") {
  const c10::OutOfMemoryError gpu(
      c10::SourceLocation{"f", "f.cpp", 1},
      "CUDA out of memory. Tried to allocate 2.00 GiB. GPU 0 has a total capacity of 79.11 GiB of "
      "which 1.20 GiB is free. Process 7 has 77.91 GiB memory in use. See documentation.");
  const std::string said =
      "Tried to allocate 2.00 GiB. GPU 0 has a total capacity of 79.11 GiB of which 1.20 GiB is "
      "free.";
  CHECK(is_out_of_memory(gpu));
  CHECK(memory_asked(gpu) == said);
  CHECK(memory_asked(std::bad_alloc()).empty());
  try {
    with_memory_errors([&] { throw gpu; });
    FAIL();
  } catch (const MachineError& e) {
    CHECK(std::string(e.what()).find(said) != std::string::npos);
  }
}

TEST_CASE("precision: TF32 is on where it is asked for, and only there", "[nn]") {
  CHECK(!at::globalContext().allowTF32CuBLAS());
  auto compute = choose_compute("cpu", "tf32");
  CHECK(precision_name(compute) == "tf32");
  CHECK(compute.type == torch::kFloat32);
  CHECK(at::globalContext().allowTF32CuBLAS());
  CHECK(precision_name(choose_compute("cpu", "fp32")) == "fp32");
  CHECK(!at::globalContext().allowTF32CuBLAS());
}

TEST_CASE("device: one that is not here is refused, with what is", "[nn]") {
  CHECK(choose_compute("cpu", "fp32").device.is_cpu());
  CHECK_THROWS_AS(choose_compute("cuda:1000", "fp32"), UserError);
}
