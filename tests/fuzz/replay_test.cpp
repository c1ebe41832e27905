// Every reader against the inputs of tests/fuzz/corpus (seeds, and what fuzzing once broke), and
// against damaged copies of them: cut short, bits flipped, bytes doubled.
#include <catch2/catch_test_macros.hpp>

#include "base/files.h"
#include "base/random.h"
#include "fuzz/targets.h"
#include "support/paths.h"

using namespace mma;

namespace {

// Fails the test where a reader throws anything but UserError.
bool survives(fuzz::Target target, std::string_view bytes) {
  try {
    target(bytes);
  } catch (const UserError&) {
  } catch (const std::exception& e) {
    UNSCOPED_INFO(e.what());
    return false;
  }
  return true;
}

std::string damaged(std::string bytes, RandomStream& random) {
  for (uint64_t changes = 1 + random.below(4); changes > 0 && !bytes.empty(); --changes) {
    auto at = random.below(bytes.size());
    switch (random.below(5)) {
      case 0:
        bytes.resize(at);
        break;
      case 1:
        bytes[at] = static_cast<char>(bytes[at] ^ (1 << random.below(8)));
        break;
      case 2:
        bytes[at] = static_cast<char>(random.below(256));
        break;
      case 3:
        bytes.insert(at, bytes.substr(at, 1 + random.below(16)));
        break;
      default:
        bytes.erase(at, 1 + random.below(16));
    }
  }
  return bytes;
}

}  // namespace

TEST_CASE("fuzz: no reader does more than refuse damaged input", "[data][fuzz]") {
  constexpr int kDamaged = 400;
  for (auto& [name, target] : fuzz::targets()) {
    CAPTURE(name);
    int seeds = 0;
    RandomStream random(derive_key(1, name));
    for (auto& entry : fs::directory_iterator(test::source_root() / "tests/fuzz/corpus" / name)) {
      CAPTURE(entry.path().filename());
      ++seeds;
      auto bytes = read_file(entry.path());
      CHECK(survives(target, bytes));
      for (int i = 0; i < kDamaged; ++i) {
        CAPTURE(i);
        CHECK(survives(target, damaged(bytes, random)));
      }
    }
    CHECK(seeds > 0);
  }
}
