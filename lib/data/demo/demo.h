#pragma once
#include <cstdint>
#include <filesystem>
#include <string>

namespace mma {

struct DemoOptions {
  int64_t train = 1200, dev = 200, test = 400;
  uint64_t seed = 1;
};

/// `mma-prep demo`: writes into `folder` a synthetic raw data set of invented movies in which every
/// modality carries labels that no other does (words: comedy, drama, romance; video: action, war;
/// audio: musical; poster: horror; metadata: western), its description data.yaml, and in backbone/
/// a tiny BERT. The same seed gives the same bytes. Returns what to do next, to print.
std::string write_demo(const std::filesystem::path& folder, const DemoOptions& options = {});

}  // namespace mma
