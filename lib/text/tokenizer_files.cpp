#include "text/tokenizer_files.h"

#include <algorithm>

#include "base/error.h"
#include "text/byte_bpe_files.h"
#include "text/sentencepiece_model.h"
#include "text/tokenizer.h"
#include "text/tokenizer_json.h"
#include "text/unigram_json.h"
#include "text/xlm_roberta_model.h"

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

enum class Convention { kModels, kXlmRoberta, kAlbert };

// Whose conventions a SentencePiece model is used with: config.json and tokenizer_config.json
// beside it say so, else its name does, where the model is one that fits.
Convention convention_of(const fs::path& file, const std::string& bytes, const JsonPart& config) {
  JsonObjectFile backbone(file.parent_path() / "config.json", kMaxConfigBytes);
  auto type = backbone.whole().text("model_type"), by = config.text("tokenizer_class");
  if (type == "albert" || by == "AlbertTokenizer" || by == "AlbertTokenizerFast")
    return Convention::kAlbert;
  if (type == "xlm-roberta" || type == "xlm-roberta-xl" || by == "XLMRobertaTokenizer" ||
      by == "XLMRobertaTokenizerFast")
    return Convention::kXlmRoberta;
  if (!type.empty() || !by.empty()) return Convention::kModels;
  auto name = file.filename();
  if (name != "spiece.model" && name != "sentencepiece.bpe.model") return Convention::kModels;
  auto model = read_sentencepiece_model(bytes, file.string());
  if (name == "sentencepiece.bpe.model")
    return fits_xlm_roberta(model) ? Convention::kXlmRoberta : Convention::kModels;
  auto has = [&](std::string_view text) {
    return std::any_of(model.pieces.begin(), model.pieces.end(),
                       [&](auto& piece) { return piece.text == text; });
  };
  return has("[CLS]") && has("[SEP]") ? Convention::kAlbert : Convention::kModels;
}

SentencePieceFiles sentencepiece(const fs::path& file) {
  JsonObjectFile said(file.parent_path() / kConfig, kMaxConfigBytes);
  auto config = said.whole();
  SentencePieceFiles files{read_file(file, kMaxTokenizerBytes), {}, file.string()};
  auto convention = convention_of(file, files.model, config);
  if (convention == Convention::kXlmRoberta)
    files.model = xlm_roberta_model(files.model, files.source);
  if (convention != Convention::kAlbert) return files;
  std::optional<bool> lowercase, keep_accents, remove_space;
  config.read("do_lower_case", lowercase);
  config.read("keep_accents", keep_accents);
  config.read("remove_space", remove_space);
  files.albert = AlbertTextOptions{lowercase.value_or(true), keep_accents.value_or(false),
                                   remove_space.value_or(true)};
  return files;
}

// What a tokenizer.json that stands alone is; the earliest say no type.
std::string model_type(const JsonPart& tokenizer) {
  auto model = tokenizer.part("model");
  auto type = model.text("type");
  if (!type.empty()) return type;
  auto* vocabulary = model.find("vocab");
  if (vocabulary && vocabulary->is_array()) return "Unigram";
  return model.find("merges") ? "BPE" : "WordPiece";
}

TokenizerFiles read_tokenizer_json(const fs::path& file) {
  JsonObjectFile tokenizer(file, kMaxTokenizerBytes);
  JsonObjectFile config(file.parent_path() / kConfig, kMaxConfigBytes);
  auto type = model_type(tokenizer.whole());
  if (type == "BPE")
    return ByteBpeFiles{read_byte_bpe(config.whole(), tokenizer.whole()), file.string()};
  if (type == "Unigram")
    return SentencePieceFiles{unigram_json_model(tokenizer.whole()), {}, file.string()};
  check_input(type == "WordPiece",
              "{}: model: type: expected 'WordPiece', 'BPE' or 'Unigram', found '{}'",
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
  if (auto model = model_in(folder)) return sentencepiece(*model);
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
  if (path.extension() == ".model") return sentencepiece(path);
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
  return sentencepiece_hash(std::get<SentencePieceFiles>(files));
}

std::string sentencepiece_hash(const SentencePieceFiles& files) {
  if (!files.albert) return sha256("sentencepiece " + sha256(files.model));
  auto& text = *files.albert;
  return sha256(fmt::format("sentencepiece-albert lowercase={} keep_accents={} remove_space={} {}",
                            text.lowercase, text.keep_accents, text.remove_space,
                            sha256(files.model)));
}

}  // namespace mma
