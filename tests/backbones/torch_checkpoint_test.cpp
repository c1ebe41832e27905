// Hostile checkpoints of PyTorch's; that good ones are read as PyTorch reads them is in
// bert_test.cpp.
#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>
#include <fstream>

#include "base/error.h"
#include "nn/tensor_file.h"
#include "support/paths.h"
#include "support/zip_file.h"

using namespace mma;
using Catch::Matchers::ContainsSubstring;

namespace {

std::string tuple(const std::string& numbers) { return "(" + numbers + "t"; }

// data.pkl, in the opcodes of protocol 0, of one tensor "w": a view of storage 0. The numbers are
// opcodes too: I6 is 6.
std::string one_tensor(const std::string& offset, const std::string& sizes,
                       const std::string& strides) {
  return "}Vw\nctorch._utils\n_rebuild_tensor_v2\n((Vstorage\nctorch\nFloatStorage\nV0\nVcpu\nI6\n"
         "tQ" +
         offset + tuple(sizes) + tuple(strides) + "tRs.";
}

// Reads w from a file of that pickle and a storage of six numbers, 0 to 5.
torch::Tensor read_one(const std::string& pickle, int method = ZIP_CM_STORE) {
  test::ScratchDir dir;
  const float values[] = {0, 1, 2, 3, 4, 5};
  std::string bytes(reinterpret_cast<const char*>(values), sizeof values);
  test::make_zip(dir / "x.bin", {{"x/data.pkl", pickle}, {"x/data/0", bytes}}, method);
  return read_torch_checkpoint(dir / "x.bin").at("w").clone();
}

}  // namespace

TEST_CASE("torch checkpoint: a view is read by its offset, shape and strides", "[backbones]") {
  auto transposed = read_one(one_tensor("I1\n", "I2\nI2\n", "I1\nI3\n"));
  CHECK(torch::equal(transposed, torch::tensor({{1.0f, 4.0f}, {2.0f, 5.0f}})));
  CHECK(read_one(one_tensor("I0\n", "I0\nI3\n", "I3\nI1\n")).sizes() == std::vector<int64_t>{0, 3});
  // The stride of an axis of one number is never used.
  CHECK(read_one(one_tensor("I5\n", "I1\n", "I9000000000000000000\n")).item<float>() == 5);
}

TEST_CASE("torch checkpoint: no shape reaches beyond its storage, or overflows", "[backbones]") {
  const std::string huge = "I4611686018427387904\n";  // 2^62
  struct {
    std::string offset, sizes, strides;
  } const cases[] = {
      {"I0\n", "I7\n", "I1\n"},
      {"I1\n", "I6\n", "I1\n"},
      {"I6\n", "I1\n", "I1\n"},
      {"I0\n", "I2\nI2\n", "I5\nI1\n"},
      {"I0\n", "I7\n", "I0\n"},  // a small file would become a huge tensor once it is copied
      {"I0\n", huge + huge + huge, "I0\nI0\nI0\n"},                    // 2^186 numbers
      {"I0\n", huge + huge + huge + huge, huge + huge + huge + huge},  // 2^126 beyond
      {"I0\n", "I0\n" + huge + huge, huge + "I1\nI1\n"},
      {"I9223372036854775807\n", "I2\n", "I1\n"},
      {"I-1\n", "I2\n", "I1\n"},
      {"I0\n", "I-2\n", "I1\n"},
      {"I0\n", "I2\n", "I-1\n"},
      {"I0\n", "I2\n", ""},
  };
  for (auto& c : cases) {
    CAPTURE(c.offset, c.sizes, c.strides);
    CHECK_THROWS_AS(read_one(one_tensor(c.offset, c.sizes, c.strides)), UserError);
  }
}

TEST_CASE("torch checkpoint: a storage is stored, as PyTorch writes it", "[backbones]") {
  // A deflated one could unpack to a thousand times the file.
  CHECK_THROWS_WITH(
      read_one(one_tensor("I0\n", "I6\n", "I1\n"), ZIP_CM_DEFLATE),
      ContainsSubstring("expected storage '0' as PyTorch writes it, found it deflated"));
}

TEST_CASE("torch checkpoint: no truncation or flipped byte does more than be refused",
          "[backbones][parity]") {
  auto bytes = [&] {
    std::ifstream in(test::shared("fixtures/parity") / "tiny-bert" / "pytorch_model.bin",
                     std::ios::binary);
    return std::string(std::istreambuf_iterator<char>(in), {});
  }();
  test::ScratchDir dir;
  auto file = dir / "x.bin";
  auto survives = [&](const std::string& changed) {
    std::ofstream(file, std::ios::binary) << changed;
    try {
      read_torch_checkpoint(file);
    } catch (const UserError&) {
    }
  };
  for (size_t n = 0; n < bytes.size(); n += bytes.size() / 60) survives(bytes.substr(0, n));
  for (size_t i = 0; i < 300; ++i) {
    auto changed = bytes;
    size_t at = (i * 2654435761u) % bytes.size();
    changed[at] = static_cast<char>(changed[at] ^ (1 << (i % 8)));
    survives(changed);
  }
  SUCCEED();
}
