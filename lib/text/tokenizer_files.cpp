#include "text/tokenizer_files.h"

#include <algorithm>

#include "base/error.h"
#include "text/byte_bpe_files.h"
#include "text/tokenizer.h"
#include "text/tokenizer_json.h"

namespace mma {
namespace {

constexpr uint64_t kMaxConfigBytes = 1 << 20;
constexpr auto kVocabulary = "vocab.txt", kConfig = "tokenizer_config.json",
               kTokenizer = "tokenizer.json";

// tokenizer_config.json wins over tokenizer.json, as where Hugging Face's BertTokenizer reads both.
WordPieceOptions wordpiece_options(const JsonPart& config, const JsonPart& tokenizer,
                                   bool lowercase_by_default) {
  auto normalizer = tokenizer.part("normalizer"), model = tokenizer.part("model");
  normalizer.expect("type", "BertNormalizer");
  tokenizer.part("pre_tokenizer").expect("type", "BertPreTokenizer");
  model.expect("type", "WordPiece");
  model.expect("continuing_subword_prefix", "##");
  model.expect("unk_token", "[UNK]");
  std::optional<bool> lowercase, strip_accents, chinese, clean;
  normalizer.read("lowercase", lowercase);
  normalizer.read("strip_accents", strip_accents);
  normalizer.read("handle_chinese_chars", chinese);
  normalizer.read("clean_text", clean);
  config.read("do_lower_case", lowercase);
  config.read("strip_accents", strip_accents);
  config.read("tokenize_chinese_chars", chinese);
  WordPieceOptions options;
  options.text.lowercase = lowercase.value_or(lowercase_by_default);
  options.text.strip_accents = strip_accents.value_or(options.text.lowercase);
  options.text.handle_chinese_chars = chinese.value_or(true);
  options.text.clean_text = clean.value_or(true);
  model.read("max_input_chars_per_word", options.max_word);
  return options;
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

// What a tokenizer.json that stands alone is; the earliest say no type.
std::string model_type(const JsonPart& tokenizer) {
  auto model = tokenizer.part("model");
  auto type = model.text("type");
  if (!type.empty()) return type;
  return model.find("merges") ? "BPE" : "WordPiece";
}

TokenizerFiles read_tokenizer_json(const fs::path& file) {
  JsonObjectFile tokenizer(file, kMaxTokenizerBytes);
  JsonObjectFile config(file.parent_path() / kConfig, kMaxConfigBytes);
  auto type = model_type(tokenizer.whole());
  if (type == "BPE")
    return ByteBpeFiles{read_byte_bpe(config.whole(), tokenizer.whole()), file.string()};
  check_input(type == "WordPiece", "{}: model: type: expected 'WordPiece' or 'BPE', found '{}'",
              file.string(), printable(type));
  auto options = wordpiece_options(config.whole(), tokenizer.whole(), true);
  auto* pieces = tokenizer.whole().part("model").find("vocab");
  return WordPieceFiles{
      pieces_by_id(pieces ? *pieces : nlohmann::json(), file.string() + ": model: vocab"), options,
      file.string()};
}

TokenizerFiles find_in_folder(const fs::path& folder) {
  auto has = [&](const char* name) { return fs::exists(folder / name); };
  JsonObjectFile config(folder / kConfig, kMaxConfigBytes);
  auto tokenizer = [&] { return JsonObjectFile(folder / kTokenizer, kMaxTokenizerBytes); };
  if (has(kVocabulary)) {
    auto options = wordpiece_options(config.whole(), tokenizer().whole(), true);
    auto file = folder / kVocabulary;
    return WordPieceFiles{read_vocabulary(file), options, file.string()};
  }
  if (auto model = model_in(folder)) return SentencePieceFiles{*model};
  if (has("vocab.json") && has("merges.txt"))
    return ByteBpeFiles{read_byte_bpe(folder, config.whole(), tokenizer().whole()),
                        folder.string()};
  check_input(has(kTokenizer),
              "{}: expected a tokenizer (vocab.txt, a SentencePiece .model, vocab.json and "
              "merges.txt, or tokenizer.json), found none; give the folder of the backbone",
              folder.string());
  return read_tokenizer_json(folder / kTokenizer);
}

}  // namespace

TokenizerFiles find_tokenizer(const fs::path& path) {
  check_input(fs::exists(path), "{}: no such file; expected a tokenizer's folder or file",
              path.string());
  if (fs::is_directory(path)) return find_in_folder(path);
  if (path.extension() == ".model") return SentencePieceFiles{path};
  auto name = path.filename().string();
  // Names that have a folder around them that says more; another has to say it itself.
  if (name == kVocabulary || name == "vocab.json" || name == "merges.txt")
    return find_in_folder(path.parent_path());
  if (path.extension() == ".json") return read_tokenizer_json(path);
  bool cased = name.find("cased") != std::string::npos && name.find("uncased") == std::string::npos;
  return WordPieceFiles{read_vocabulary(path), wordpiece_options({}, {}, !cased), path.string()};
}

std::string tokenizer_hash(const fs::path& path) {
  auto files = find_tokenizer(path);
  if (auto* found = std::get_if<WordPieceFiles>(&files))
    return WordPieceTokenizer(std::move(found->pieces), found->options, found->source).hash();
  if (auto* found = std::get_if<ByteBpeFiles>(&files))
    return ByteBpeTokenizer(found->model, found->source).hash();
  return sentencepiece_hash(read_file(std::get<SentencePieceFiles>(files).model, kMaxModelBytes));
}

std::string sentencepiece_hash(std::string_view model) {
  return sha256("sentencepiece " + sha256(model));
}

}  // namespace mma
