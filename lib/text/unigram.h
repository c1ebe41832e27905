#pragma once
#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

#include "text/sentencepiece_model.h"

namespace mma {

/// The segmentation of a unigram model (Kudo 2018, arXiv:1804.10959): the pieces whose scores sum
/// highest. Written here because where two segmentations are equally good, rounding decides, and
/// google's library has rounded differently from one version to the next (a double compared with a
/// float up to 0.2.1); ids must not depend on the library that a machine has: "unigram: ties as
/// google's library has broken them since 0.2.2" (tests/text/token_ids_test.cpp) has such a text.
/// Sums are floats from left to right, and of equal sums the one whose last piece begins first is
/// taken, as in 0.2.2.
class Unigram {
 public:
  explicit Unigram(const SentencePieceModel& model);
  /// Appends the ids for text that the model's normalizer has been over; neighbouring characters
  /// that no piece spells become one unknown id.
  void encode(std::string_view normalized, std::vector<int>& ids) const;

 private:
  // Pieces as a tree by bytes; the edges of a node are sorted by label.
  struct Node {
    uint32_t edges_begin = 0, edges_end = 0;
    int32_t piece = -1;
  };
  struct Edge {
    uint8_t label;
    uint32_t node;
  };
  void build_tree(std::vector<std::pair<std::string_view, int32_t>> pieces);
  uint32_t child(uint32_t node, uint8_t label) const;  // 0 where there is none

  std::vector<Node> nodes_;
  std::vector<Edge> edges_;
  std::array<uint32_t, 256> first_{};  // the root's children
  std::vector<float> scores_;
  std::vector<bool> user_defined_;
  float unknown_score_ = 0, highest_ = 0;
  int unknown_ = 0;
};

}  // namespace mma
