#include "text/tokenizer_files.h"

#include <algorithm>

#include "base/json_file.h"
#include "text/tokenizer.h"

namespace mma {
namespace {

using nlohmann::json;

constexpr uint64_t kMaxConfigBytes = 1 << 20, kMaxTokenizerBytes = 64 << 20;
constexpr auto kVocabulary = "vocab.txt", kConfig = "tokenizer_config.json",
               kTokenizer = "tokenizer.json";

const json kNothing = json::object();

// An object in a file of Hugging Face's, with its place for messages. It does not own it: a
// vocabulary is large.
struct Part {
  std::string where;
  const json& object = kNothing;
  auto find(const char* key) const { return object.find(key); }
};

// A whole file; empty where there is none.
struct Config {
  Config(const fs::path& file, uint64_t max_bytes)
      : name(file.string()),
        value(fs::exists(file) ? read_json_object<json>(file, max_bytes) : json::object()) {}
  Part whole() const { return {name, value}; }
  std::string name;
  json value;
};

// A part that may be absent or null: as if it were empty.
Part part_of(const Part& whole, const char* key) {
  auto where = whole.where + ": " + key;
  auto it = whole.find(key);
  if (it == whole.object.end() || it->is_null()) return {where};
  check_input(it->is_object(), "{}: expected an object, found {}", where, it->type_name());
  return {where, *it};
}

// Sets `value` where the file says so; null is as if it did not.
template <class T>
void read_value(const Part& part, const char* key, T& value) {
  auto it = part.find(key);
  if (it == part.object.end() || it->is_null()) return;
  if constexpr (std::is_same_v<T, std::optional<bool>>) {
    check_input(it->is_boolean(), "{}: {}: expected true or false, found {}", part.where, key,
                printable(it->dump(-1, ' ', false, json::error_handler_t::replace)));
    value = it->template get<bool>();
  } else {
    check_input(it->is_number_unsigned() && it->template get<uint64_t>() <= 1'000'000,
                "{}: {}: expected a number from 0 to 1000000, found {}", part.where, key,
                printable(it->dump(-1, ' ', false, json::error_handler_t::replace)));
    value = it->template get<T>();
  }
}

// A part of tokenizer.json must be what BERT's tokenizer is made of.
void expect_word(const Part& part, const char* key, const std::string& expected) {
  auto it = part.find(key);
  if (it == part.object.end()) return;
  check_input(it->is_string() && *it == expected,
              "{}: {}: expected '{}', found {}; give a folder with a WordPiece vocabulary or a "
              "SentencePiece model",
              part.where, key, expected,
              printable(it->dump(-1, ' ', false, json::error_handler_t::replace)));
}

// tokenizer_config.json wins over tokenizer.json, as where Hugging Face's BertTokenizer reads both.
WordPieceOptions wordpiece_options(const Part& config, const Part& tokenizer,
                                   bool lowercase_by_default) {
  auto normalizer = part_of(tokenizer, "normalizer"), model = part_of(tokenizer, "model");
  expect_word(normalizer, "type", "BertNormalizer");
  expect_word(part_of(tokenizer, "pre_tokenizer"), "type", "BertPreTokenizer");
  expect_word(model, "type", "WordPiece");
  expect_word(model, "continuing_subword_prefix", "##");
  expect_word(model, "unk_token", "[UNK]");
  std::optional<bool> lowercase, strip_accents, chinese, clean;
  read_value(normalizer, "lowercase", lowercase);
  read_value(normalizer, "strip_accents", strip_accents);
  read_value(normalizer, "handle_chinese_chars", chinese);
  read_value(normalizer, "clean_text", clean);
  read_value(config, "do_lower_case", lowercase);
  read_value(config, "strip_accents", strip_accents);
  read_value(config, "tokenize_chinese_chars", chinese);
  WordPieceOptions options;
  options.text.lowercase = lowercase.value_or(lowercase_by_default);
  options.text.strip_accents = strip_accents.value_or(options.text.lowercase);
  options.text.handle_chinese_chars = chinese.value_or(true);
  options.text.clean_text = clean.value_or(true);
  read_value(model, "max_input_chars_per_word", options.max_word);
  return options;
}

// The vocabulary inside a tokenizer.json, by id. Some ids may be left out, but not so many that a
// small file asks for much memory.
std::vector<std::string> json_vocabulary(const Part& tokenizer) {
  auto vocabulary = part_of(part_of(tokenizer, "model"), "vocab");
  check_input(!vocabulary.object.empty(), "{}: expected pieces and their ids, found none",
              vocabulary.where);
  uint64_t limit = 2 * vocabulary.object.size() + 1000;
  std::vector<std::string> pieces;
  for (auto& [piece, id] : vocabulary.object.items()) {
    check_input(id.is_number_unsigned() && id.get<uint64_t>() < limit,
                "{}: '{}': expected an id below {}, as there are {} pieces, found {}",
                vocabulary.where, printable(piece), limit, vocabulary.object.size(),
                printable(id.dump(-1, ' ', false, json::error_handler_t::replace)));
    auto index = id.get<size_t>();
    if (pieces.size() <= index) pieces.resize(index + 1);
    check_input(pieces[index].empty(), "{}: expected one piece an id, found '{}' and '{}' with {}",
                vocabulary.where, printable(pieces[index]), printable(piece), index);
    pieces[index] = piece;
  }
  return pieces;
}

// The SentencePiece model of a folder: one of the usual names, or the only .model file.
std::optional<fs::path> model_in(const fs::path& folder) {
  for (auto* name : {"spiece.model", "sentencepiece.bpe.model", "spm.model", "tokenizer.model"})
    if (fs::exists(folder / name)) return folder / name;
  std::vector<std::string> found;
  std::error_code error;
  for (auto& entry : fs::directory_iterator(folder, error))
    if (entry.path().extension() == ".model") found.push_back(entry.path().filename().string());
  std::sort(found.begin(), found.end());
  check_input(found.size() <= 1, "{}: expected one SentencePiece model, found {}; name the file",
              folder.string(), fmt::join(found, ", "));
  if (found.empty()) return std::nullopt;
  return folder / found[0];
}

TokenizerFiles wordpiece(std::vector<std::string> pieces, const WordPieceOptions& options,
                         const fs::path& source) {
  return {std::nullopt, std::move(pieces), options, source.string()};
}

TokenizerFiles sentencepiece(const fs::path& model) { return {model, {}, {}, model.string()}; }

TokenizerFiles find_in_folder(const fs::path& folder) {
  bool has_vocabulary = fs::exists(folder / kVocabulary);
  if (!has_vocabulary)
    if (auto model = model_in(folder)) return sentencepiece(*model);
  check_input(
      has_vocabulary || fs::exists(folder / kTokenizer),
      "{}: expected a tokenizer (vocab.txt, tokenizer.json or a SentencePiece .model), found "
      "none; give the folder of the backbone",
      folder.string());
  Config tokenizer(folder / kTokenizer, kMaxTokenizerBytes);
  Config config(folder / kConfig, kMaxConfigBytes);
  auto options = wordpiece_options(config.whole(), tokenizer.whole(), true);
  if (has_vocabulary)
    return wordpiece(read_vocabulary(folder / kVocabulary), options, folder / kVocabulary);
  return wordpiece(json_vocabulary(tokenizer.whole()), options, folder / kTokenizer);
}

}  // namespace

TokenizerFiles find_tokenizer(const fs::path& path) {
  check_input(fs::exists(path), "{}: no such file; expected a tokenizer's folder or file",
              path.string());
  if (fs::is_directory(path)) return find_in_folder(path);
  if (path.extension() == ".model") return sentencepiece(path);
  auto name = path.filename().string();
  if (path.extension() == ".json") {
    Config tokenizer(path, kMaxTokenizerBytes),
        config(path.parent_path() / kConfig, kMaxConfigBytes);
    auto options = wordpiece_options(config.whole(), tokenizer.whole(), true);
    return wordpiece(json_vocabulary(tokenizer.whole()), options, path);
  }
  // vocab.txt has a folder around it that may say more; another name has to say it itself.
  if (name == kVocabulary) return find_in_folder(path.parent_path());
  bool cased = name.find("cased") != std::string::npos && name.find("uncased") == std::string::npos;
  return wordpiece(read_vocabulary(path), wordpiece_options({}, {}, !cased), path);
}

std::string tokenizer_hash(const fs::path& path) {
  auto files = find_tokenizer(path);
  if (files.sentencepiece)
    return sentencepiece_hash(read_file(*files.sentencepiece, kMaxModelBytes));
  return WordPieceTokenizer(std::move(files.pieces), files.options, files.source).hash();
}

std::string sentencepiece_hash(std::string_view model) {
  return sha256("sentencepiece " + sha256(model));
}

}  // namespace mma
