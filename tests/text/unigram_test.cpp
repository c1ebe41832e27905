#include "text/unigram.h"

#include <catch2/catch_test_macros.hpp>

using namespace mma;
using Ids = std::vector<int>;

namespace {

SentencePieceModel model_of(std::vector<SentencePiece> pieces) {
  SentencePieceModel model;
  model.pieces = std::move(pieces);
  return model;
}

Ids ids(const SentencePieceModel& model, std::string_view text) {
  Ids found;
  Unigram(model).encode(text, found);
  return found;
}

}  // namespace

TEST_CASE("unigram: the highest sum of scores wins", "[text]") {
  auto model = model_of({{"<unk>", 0, SentencePiece::kUnknown},
                         {"a", -1},
                         {"b", -1},
                         {"ab", -1.5},
                         {"abc", -9},
                         {"c", -2}});
  CHECK(ids(model, "abc") == Ids{3, 5});  // -3.5, before -4 and -9
  CHECK(ids(model, "ba") == Ids{2, 1});
  CHECK(ids(model, "") == Ids{});
}

TEST_CASE("unigram: of equal sums the one whose last piece begins first", "[text]") {
  auto model = model_of({{"<unk>", 0, SentencePiece::kUnknown}, {"x", -2}, {"xx", -3}});
  CHECK(ids(model, "xxx") == Ids{1, 2});
}

TEST_CASE("unigram: what no piece spells is one unknown id", "[text]") {
  auto model = model_of({{"<unk>", 0, SentencePiece::kUnknown},
                         {"a", -1},
                         {"b", -1, SentencePiece::kUnused},
                         {"c", 0, SentencePiece::kControl}});
  CHECK(ids(model, "a\u4e2d\u6587bca") == Ids{1, 0, 1});
  CHECK(ids(model, "\xe4") == Ids{0});  // cut inside a character
}

TEST_CASE("unigram: user-defined pieces score by the best piece, a byte at a time", "[text]") {
  auto model = model_of({{"<unk>", 0, SentencePiece::kUnknown},
                         {"a", -1},
                         {"b", -1},
                         {"ab", -0.5},
                         {"bb", 0, SentencePiece::kUserDefined},
                         {"z", -0.1}});
  // "bb" counts 2 * -0.1 - 0.1: better than "ab" and "b".
  CHECK(ids(model, "abb") == Ids{1, 4});
}
