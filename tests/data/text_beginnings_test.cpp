#include "data/text_beginnings.h"

#include <catch2/catch_test_macros.hpp>

#include "base/files.h"
#include "support/paths.h"
#include "text/tokenizer.h"

using namespace mma;

namespace {

const std::vector<std::string> kPieces{"[PAD]", "[CLS]", "[SEP]", "[UNK]",
                                       "a",     "sold",  "##ier", ","};

}  // namespace

TEST_CASE("text beginnings: words are put together again", "[data]") {
  Split split;
  split.ids = {"x", "y"};
  std::vector<int32_t> tokens{1, 4, 5, 6, 7, 3, 2};
  tokens.resize(67, 4);
  split.tokens = tokens;
  split.offsets = {0, 7, 67};
  TextBeginnings texts(split, Detokenizer(WordPieceFiles{kPieces, {}, "test"}));
  CHECK(texts.known());
  CHECK(texts.of("x") == "a soldier , [UNK]");
  auto cut = texts.of("y");
  CHECK(cut.size() == 2 * 48 - 1 + std::string(" …").size());
  CHECK(cut.ends_with("a …"));
  CHECK(texts.of("z") == "");
  CHECK(!TextBeginnings().known());
  CHECK(TextBeginnings().of("x") == "");
}

TEST_CASE("text beginnings: tokens that the vocabulary does not have", "[data]") {
  Split split;
  split.ids = {"high", "negative"};
  split.tokens = {1, 8, -1};
  split.offsets = {0, 2, 3};
  TextBeginnings texts(split, Detokenizer(WordPieceFiles{kPieces, {}, "test"}));
  CHECK(texts.of("high") == "");
  CHECK(texts.of("negative") == "");
}

TEST_CASE("text beginnings: only by the vocabulary that the pack was made with", "[data]") {
  test::ScratchDir dir;
  std::string vocabulary;
  for (auto& piece : kPieces) vocabulary += piece + "\n";
  write_atomically(dir / "vocab.txt", vocabulary);
  PackInfo info;
  info.name = "tiny";
  info.labels = {"war"};
  info.tokenizer_kind = "wordpiece-uncased";
  info.tokenizer_hash = tokenizer_hash(dir.path);
  info.vocabulary_size = 8;
  info.max_length = 8;
  auto file = dir / "x.h5";
  {
    PackWriter writer(file, info);
    writer.begin_split("test", 1);
    writer.add({"s", {1}, {}, {1, 5, 6, 2}, {}});
    writer.finish();
  }
  Pack pack(file);
  CHECK(read_text_beginnings(pack, "test", dir.path).of("s") == "soldier");
  CHECK(!read_text_beginnings(pack, "dev", dir.path).known());
  CHECK(!read_text_beginnings(pack, "test", dir.path / "nowhere").known());
  CHECK(!read_text_beginnings(pack, "test", {}).known());
  write_atomically(dir / "vocab.txt", vocabulary + "more\n");
  CHECK(!read_text_beginnings(pack, "test", dir.path).known());
  write_atomically(dir / "vocab.txt", "x\nx\n");
  CHECK(!read_text_beginnings(pack, "test", dir.path).known());
}
