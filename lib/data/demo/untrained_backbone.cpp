#include "data/demo/untrained_backbone.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/files.h"
#include "base/log.h"
#include "base/names.h"
#include "base/random.h"
#include "base/safetensors.h"
#include "base/stop.h"
#include "data/encoder_layout.h"

namespace mma {
namespace {

constexpr uint64_t kMaxVocabularyBytes = 64 << 20;

// Tensors in the making; the bytes stay where they are until all are written.
class Tensors {
 public:
  explicit Tensors(const UntrainedBert& bert) : bert_(bert) {}

  void constant(const std::string& name, std::vector<int64_t> shape, float value) {
    add(name, shape, std::vector<float>(size_of(shape), value));
  }
  void normal(const std::string& name, std::vector<int64_t> shape) {
    stop_if_asked();
    RandomStream random(derive_key(bert_.seed, name));  // a tensor never depends on the others
    std::vector<float> values(size_of(shape));
    for (auto& value : values) value = static_cast<float>(bert_.shape.std * random.normal());
    add(name, shape, std::move(values));
  }
  void add(const std::string& name, const std::vector<int64_t>& shape, std::vector<float> values) {
    values_.push_back(std::move(values));
    auto& kept = values_.back();
    tensors_.push_back({name,
                        "F32",
                        shape,
                        {reinterpret_cast<const char*>(kept.data()), kept.size() * sizeof(float)}});
    numbers_ += kept.size();
  }
  void write(const fs::path& file) const { write_safetensors(file, tensors_, {{"format", "pt"}}); }
  size_t numbers() const { return numbers_; }

 private:
  static size_t size_of(const std::vector<int64_t>& shape) {
    size_t size = 1;
    for (auto side : shape) size *= static_cast<size_t>(side);
    return size;
  }
  const UntrainedBert& bert_;
  std::vector<std::vector<float>> values_;  // moving a vector leaves its numbers in place
  std::vector<SafetensorsTensor> tensors_;
  size_t numbers_ = 0;
};

void make_tensors(const UntrainedBert& bert, Tensors& tensors) {
  auto& shape = bert.shape;
  EncoderSizes sizes;
  sizes.vocabulary = static_cast<int64_t>(bert.vocabulary.size());
  sizes.hidden = shape.hidden;
  sizes.intermediate = shape.intermediate();
  sizes.positions = shape.max_positions;
  auto names = bert_names(shape.layers);
  for (auto& [name, sides, role] : encoder_layout(names, sizes)) {
    if (name == names.tokens && !bert.word_vectors.empty())
      tensors.add(name, sides, bert.word_vectors);
    else if (role == TensorRole::kMatrix)
      tensors.normal(name, sides);
    else
      tensors.constant(name, sides, role == TensorRole::kScale ? 1 : 0);
  }
}

std::string config_json(const UntrainedBert& bert) {
  auto& shape = bert.shape;
  nlohmann::ordered_json config = {
      {"architectures", {"BertModel"}},
      {"model_type", "bert"},
      {"vocab_size", bert.vocabulary.size()},
      {"hidden_size", shape.hidden},
      {"num_hidden_layers", shape.layers},
      {"num_attention_heads", shape.heads},
      {"intermediate_size", shape.intermediate()},
      {"hidden_act", "gelu"},
      {"hidden_dropout_prob", 0.1},
      {"attention_probs_dropout_prob", 0.1},
      {"max_position_embeddings", shape.max_positions},
      {"type_vocab_size", 2},
      {"initializer_range", shape.std},
      {"layer_norm_eps", 1e-12},
      {"pad_token_id", 0},
      {"position_embedding_type", "absolute"},
      {"torch_dtype", "float32"},
  };
  return config.dump(2) + "\n";
}

std::vector<std::string> read_vocabulary(const fs::path& file) {
  auto text = read_file(file, kMaxVocabularyBytes);
  std::vector<std::string> words;
  for (size_t start = 0; start < text.size();) {
    auto end = std::min(text.find('\n', start), text.size());
    auto length = end - start - (end > start && text[end - 1] == '\r');
    words.push_back(text.substr(start, length));
    start = end + 1;
  }
  for (auto* special : {"[PAD]", "[UNK]", "[CLS]", "[SEP]"})
    check_input(std::find(words.begin(), words.end(), special) != words.end(),
                "{}: expected a WordPiece vocabulary, one token a line; found no line {}",
                file.string(), special);
  return words;
}

// A cased vocabulary has words with capitals; in an uncased one only the special tokens do.
bool is_lowercase(const std::vector<std::string>& words) {
  return std::none_of(words.begin(), words.end(), [](const std::string& word) {
    return !word.starts_with('[') &&
           std::any_of(word.begin(), word.end(), [](char c) { return c >= 'A' && c <= 'Z'; });
  });
}

}  // namespace

void write_bert(const fs::path& folder, const UntrainedBert& bert) {
  Tensors tensors(bert);
  make_tensors(bert, tensors);
  nlohmann::ordered_json tokenizer = {{"do_lower_case", bert.lowercase},
                                      {"model_max_length", bert.shape.max_positions},
                                      {"tokenizer_class", "BertTokenizer"}};
  nlohmann::ordered_json about = {{"trained", false},
                                  {"about", bert.about},
                                  {"seed", bert.seed},
                                  {"parameters", tensors.numbers()}};
  make_directories(folder);
  write_atomically(folder / "ABOUT.json", about.dump(2) + "\n");
  write_atomically(folder / "config.json", config_json(bert));
  write_atomically(folder / "vocab.txt", fmt::format("{}\n", fmt::join(bert.vocabulary, "\n")));
  write_atomically(folder / "tokenizer_config.json", tokenizer.dump(2) + "\n");
  tensors.write(folder / "model.safetensors");
}

std::string write_untrained_backbone(const BackboneOptions& options) {
  const Table<BertShape> kSizes = {
      {"tiny", {.layers = 2, .hidden = 128, .heads = 2}},
      {"mini", {.layers = 4, .hidden = 256, .heads = 4}},
      {"base", {.layers = 12, .hidden = 768, .heads = 12}},
  };
  UntrainedBert bert;
  bert.shape = pick(kSizes, "size", options.size);
  bert.vocabulary = read_vocabulary(options.vocab);
  bert.lowercase = is_lowercase(bert.vocabulary);
  for (auto* model : {"model.safetensors", "pytorch_model.bin"})
    check_input(!fs::exists(options.out / model), "{}: holds a model already; name another folder",
                (options.out / model).string());
  bert.about =
      "Random numbers in the layout of a BERT: for smoke tests and benchmarks, never for results. "
      "It has seen no text.";
  write_bert(options.out, bert);
  log_warning("prep", "{}: this backbone is UNTRAINED, good for smoke tests and benchmarks only",
              options.out.string());
  return fmt::format("{}: untrained {} backbone, {} layers of {}, {} tokens ({})\n",
                     options.out.string(), options.size, bert.shape.layers, bert.shape.hidden,
                     bert.vocabulary.size(), bert.lowercase ? "uncased" : "cased");
}

}  // namespace mma
