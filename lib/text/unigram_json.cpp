#include "text/unigram_json.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "base/error.h"
#include "text/sentencepiece_model.h"

namespace mma {
namespace {

using nlohmann::json;

constexpr std::string_view kMetaspace = "\u2581";

std::string from_base64(std::string_view text, const std::string& where) {
  constexpr std::string_view kDigits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  while (text.ends_with('=')) text.remove_suffix(1);
  std::array<int, 256> values;
  values.fill(-1);
  for (size_t i = 0; i < kDigits.size(); ++i)
    values[static_cast<unsigned char>(kDigits[i])] = static_cast<int>(i);
  std::string bytes;
  bytes.reserve(text.size() / 4 * 3 + 3);
  uint32_t bits = 0;
  int count = 0;
  for (char c : text) {
    int value = values[static_cast<unsigned char>(c)];
    check_input(value >= 0, "{}: expected base64, found '{}'", where, printable({&c, 1}));
    bits = bits << 6 | static_cast<uint32_t>(value);
    count += 6;
    if (count < 8) continue;
    count -= 8;
    bytes += static_cast<char>(bits >> count);
  }
  return bytes;
}

// The parts of a normalizer or pre_tokenizer: those of a Sequence, else itself; none where it is
// null.
std::vector<JsonPart> steps_of(const JsonPart& whole, const char* list) {
  auto type = whole.text("type");
  if (type.empty()) return {};
  if (type != "Sequence") return {whole};
  std::vector<JsonPart> steps;
  auto* items = whole.find(list);
  check_input(items && items->is_array(), "{}: {}: expected a list", whole.where, list);
  for (auto& item : *items) {
    check_input(item.is_object(), "{}: {}: expected objects, found {}", whole.where, list,
                shown(item));
    steps.emplace_back(fmt::format("{}: {}", whole.where, list), item);
  }
  return steps;
}

// Precompiled, and what the library does of itself: no space at the end, one between words.
std::string read_charsmap(const JsonPart& tokenizer) {
  std::string charsmap;
  for (auto& step : steps_of(tokenizer.part("normalizer"), "normalizers")) {
    auto type = step.text("type");
    bool spaces =
        type == "Strip" || (type == "Replace" && step.part("pattern").text("Regex") == " {2,}");
    if (spaces) continue;
    check_input(
        type == "Precompiled" && charsmap.empty(),
        "{}: type: expected 'Precompiled', found '{}'; give a folder with the SentencePiece "
        "model",
        step.where, printable(type));
    charsmap = from_base64(step.text("precompiled_charsmap"), step.where);
  }
  return charsmap;
}

// Whether Metaspace puts a space before the text.
bool read_prefix(const JsonPart& tokenizer) {
  bool found = false, prefix = true;
  auto words = tokenizer.part("pre_tokenizer");
  for (auto& step : steps_of(words, "pretokenizers")) {
    if (step.text("type") == "WhitespaceSplit") continue;
    step.expect("type", "Metaspace");
    step.expect("replacement", kMetaspace);
    std::optional<bool> add;
    step.read("add_prefix_space", add);
    prefix = add.value_or(true) && step.text("prepend_scheme") != "never";
    found = true;
  }
  check_input(found, "{}: expected Metaspace among its steps", words.where);
  return prefix;
}

std::vector<SentencePiece> read_pieces(const JsonPart& model) {
  auto* list = model.find("vocab");
  check_input(list && list->is_array() && !list->empty(),
              "{}: vocab: expected a list of pieces and scores", model.where);
  std::vector<SentencePiece> pieces;
  pieces.reserve(list->size());
  for (auto& item : *list) {
    bool good = item.is_array() && item.size() == 2 && item[0].is_string() && item[1].is_number() &&
                std::isfinite(item[1].get<float>());
    check_input(good, "{}: vocab: expected a piece and its score, found {} at {}", model.where,
                shown(item), pieces.size());
    pieces.push_back({item[0].get_ref<const std::string&>(), item[1].get<float>()});
  }
  return pieces;
}

// Special tokens are not spelled by text.
void mark_control(const JsonPart& tokenizer, const TextFrame& frame,
                  std::vector<SentencePiece>& pieces) {
  std::vector<std::string_view> special{frame.begin, frame.end};
  auto* added = tokenizer.find("added_tokens");
  if (added && added->is_array())
    for (auto& token : *added) {
      bool named = token.is_object() && token.value("special", json()) == true &&
                   token.value("content", json()).is_string();
      if (named) special.push_back(token["content"].get_ref<const std::string&>());
    }
  std::sort(special.begin(), special.end());
  for (auto& piece : pieces)
    if (piece.type == SentencePiece::kNormal &&
        std::binary_search(special.begin(), special.end(), piece.text))
      piece.type = SentencePiece::kControl;
}

}  // namespace

std::string unigram_json_model(const JsonPart& tokenizer) {
  auto part = tokenizer.part("model");
  std::optional<bool> byte_fallback;
  part.read("byte_fallback", byte_fallback);
  check_input(!byte_fallback.value_or(false), "{}: byte_fallback: expected false, found true",
              part.where);
  auto charsmap = read_charsmap(tokenizer);
  SentencePieceModel model;
  model.charsmap = charsmap;
  model.add_dummy_prefix = read_prefix(tokenizer);
  model.pieces = read_pieces(part);
  size_t unknown = model.pieces.size();
  part.read("unk_id", unknown);
  check_input(unknown < model.pieces.size(), "{}: unk_id: expected the id of one of {} pieces",
              part.where, model.pieces.size());
  model.pieces[unknown].type = SentencePiece::kUnknown;
  auto frame = text_frame(tokenizer);
  mark_control(tokenizer, frame, model.pieces);
  // What load_sentencepiece() puts around a text of such a model has to be what the file says.
  auto first_of = [&](std::initializer_list<std::string_view> names) {
    for (auto name : names)
      for (auto& piece : model.pieces)
        if (piece.text == name) return std::string(name);
    return std::string();
  };
  auto begin = first_of({"[CLS]", "<s>"}), end = first_of({"[SEP]", "</s>"});
  check_input(frame.begin == begin && frame.end == end,
              "{}: post_processor: expected '{}' and '{}' around the text, found '{}' and '{}'",
              tokenizer.where, begin, end, printable(frame.begin), printable(frame.end));
  return write_sentencepiece_model(model);
}

}  // namespace mma
