#include "text/unigram.h"

#include <algorithm>
#include <limits>
#include <utility>

namespace mma {
namespace {

constexpr float kUnknownPenalty = 10;

size_t character_size(char first) {
  auto byte = static_cast<unsigned char>(first);
  return byte < 0xC0 ? 1 : byte < 0xE0 ? 2 : byte < 0xF0 ? 3 : 4;
}

// The best segmentation of the text up to some place.
struct Best {
  float score = 0;
  int64_t begin = -1;  // of its last piece; -1: there is none
  int piece = -1;
};

void offer(Best& best, float score, size_t begin, int piece) {
  if (best.begin < 0 || score > best.score) best = {score, static_cast<int64_t>(begin), piece};
}

}  // namespace

Unigram::Unigram(const SentencePieceModel& model) {
  float lowest = std::numeric_limits<float>::max();
  highest_ = std::numeric_limits<float>::lowest();
  std::vector<std::pair<std::string_view, int32_t>> spelled;
  for (auto& piece : model.pieces) {
    auto id = static_cast<int32_t>(scores_.size());
    scores_.push_back(piece.score);
    user_defined_.push_back(piece.type == SentencePiece::kUserDefined);
    if (piece.type == SentencePiece::kUnknown) unknown_ = id;
    if (piece.type == SentencePiece::kNormal || user_defined_.back())
      spelled.emplace_back(piece.text, id);
    if (piece.type != SentencePiece::kNormal) continue;
    lowest = std::min(lowest, piece.score);
    highest_ = std::max(highest_, piece.score);
  }
  unknown_score_ = lowest - kUnknownPenalty;
  build_tree(std::move(spelled));
}

void Unigram::build_tree(std::vector<std::pair<std::string_view, int32_t>> pieces) {
  std::sort(pieces.begin(), pieces.end());
  auto same = [](auto& a, auto& b) { return a.first == b.first; };
  pieces.erase(std::unique(pieces.begin(), pieces.end(), same), pieces.end());
  struct Range {
    size_t begin, end, depth;  // pieces that share their first `depth` bytes
  };
  std::vector<Range> ranges{{0, pieces.size(), 0}};
  nodes_.resize(1);
  for (size_t n = 0; n < ranges.size(); ++n) {  // one range a node
    auto [begin, end, depth] = ranges[n];
    if (begin < end && pieces[begin].first.size() == depth)
      nodes_[n].piece = pieces[begin++].second;
    nodes_[n].edges_begin = static_cast<uint32_t>(edges_.size());
    while (begin < end) {
      char label = pieces[begin].first[depth];
      size_t next = begin;
      while (next < end && pieces[next].first[depth] == label) ++next;
      edges_.push_back({static_cast<uint8_t>(label), static_cast<uint32_t>(nodes_.size())});
      nodes_.emplace_back();
      ranges.push_back({begin, next, depth + 1});
      begin = next;
    }
    nodes_[n].edges_end = static_cast<uint32_t>(edges_.size());
  }
  for (auto i = nodes_[0].edges_begin; i < nodes_[0].edges_end; ++i)
    first_[edges_[i].label] = edges_[i].node;
}

uint32_t Unigram::child(uint32_t node, uint8_t label) const {
  if (node == 0) return first_[label];
  auto begin = edges_.begin() + nodes_[node].edges_begin;
  auto end = edges_.begin() + nodes_[node].edges_end;
  auto it =
      std::lower_bound(begin, end, label, [](const Edge& e, uint8_t l) { return e.label < l; });
  return it != end && it->label == label ? it->node : 0;
}

void Unigram::encode(std::string_view text, std::vector<int>& ids) const {
  std::vector<Best> best(text.size() + 1);  // best[i] ends before byte i
  for (size_t begin = 0; begin < text.size();) {
    float before = best[begin].score;
    size_t character = std::min(character_size(text[begin]), text.size() - begin);
    bool spelled = false;
    uint32_t node = 0;
    for (size_t end = begin; end < text.size();) {
      node = child(node, static_cast<uint8_t>(text[end++]));
      if (node == 0) break;
      int piece = nodes_[node].piece;
      if (piece < 0) continue;
      auto index = static_cast<size_t>(piece);
      auto length = static_cast<float>(end - begin);
      // What the user defined has no score of its own; nearly nothing beats this one.
      float score = user_defined_[index] ? length * highest_ - 0.1f : scores_[index];
      offer(best[end], before + score, begin, piece);
      spelled |= end - begin == character;
    }
    if (!spelled) offer(best[begin + character], before + unknown_score_, begin, unknown_);
    begin += character;
  }
  size_t first = ids.size();
  for (auto end = static_cast<int64_t>(text.size()); end > 0;) {
    auto& last = best[static_cast<size_t>(end)];
    bool again = ids.size() > first && ids.back() == unknown_ && last.piece == unknown_;
    if (!again) ids.push_back(last.piece);
    end = last.begin;
  }
  std::reverse(ids.begin() + static_cast<std::ptrdiff_t>(first), ids.end());
}

}  // namespace mma
