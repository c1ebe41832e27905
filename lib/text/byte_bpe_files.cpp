#include "text/byte_bpe_files.h"

#include <algorithm>

#include "base/error.h"
#include "base/json_file.h"
#include "base/utf8.h"

namespace mma {
namespace {

using nlohmann::json;
using Merges = std::vector<std::pair<std::string, std::string>>;

// "left right": one space, and a piece on each side of it. False for anything else.
bool add_merge(std::string_view line, Merges& merges) {
  size_t space = line.find(' ');
  bool good = space != std::string_view::npos && space > 0 && space + 1 < line.size() &&
              line.find(' ', space + 1) == std::string_view::npos;
  if (good) merges.emplace_back(line.substr(0, space), line.substr(space + 1));
  return good;
}

Merges read_merges(const fs::path& file) {
  auto bytes = read_file(file, kMaxTokenizerBytes);
  check_input(valid_utf8(bytes), "{}: expected merges as UTF-8 text, found other bytes",
              file.string());
  Merges merges;
  size_t number = 0;
  for (std::string_view rest = bytes; !rest.empty();) {
    auto line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(rest.size(), line.size() + 1));
    if (line.ends_with('\r')) line.remove_suffix(1);
    ++number;
    if (line.empty() || (number == 1 && line.starts_with("#version"))) continue;
    check_input(add_merge(line, merges),
                "{}:{}: expected two pieces with a space between them, found '{}'", file.string(),
                number, printable(line));
  }
  return merges;
}

// A list of "left right", or of ["left", "right"] as later versions write it.
Merges json_merges(const JsonPart& model) {
  Merges merges;
  auto* list = model.find("merges");
  check_input(list && list->is_array(), "{}: merges: expected a list", model.where);
  for (auto& merge : *list) {
    bool pair =
        merge.is_array() && merge.size() == 2 && merge[0].is_string() && merge[1].is_string();
    if (pair) merges.emplace_back(merge[0].get<std::string>(), merge[1].get<std::string>());
    check_input(pair || (merge.is_string() && add_merge(merge.get<std::string>(), merges)),
                "{}: merges: expected two pieces, found {} as merge {}", model.where, shown(merge),
                merges.size() + 1);
  }
  return merges;
}

// What a tokenizer.json says beside pieces and merges. tokenizer_config.json wins, as where Hugging
// Face's RobertaTokenizer reads both.
void read_options(const JsonPart& config, const JsonPart& tokenizer, ByteBpeModel& model) {
  auto bpe = tokenizer.part("model"), words = tokenizer.part("pre_tokenizer");
  bpe.expect("type", "BPE");
  words.expect("type", "ByteLevel");
  check_input(!tokenizer.find("normalizer"), "{}: normalizer: expected null, found {}",
              tokenizer.where, tokenizer.part("normalizer").text("type"));
  for (auto* key : {"continuing_subword_prefix", "end_of_word_suffix"})
    check_input(bpe.text(key).empty(), "{}: {}: expected '', found '{}'", bpe.where, key,
                printable(bpe.text(key)));
  std::optional<bool> add_prefix_space, use_regex, ignore_merges;
  words.read("add_prefix_space", add_prefix_space);
  words.read("use_regex", use_regex);
  bpe.read("ignore_merges", ignore_merges);
  check_input(use_regex.value_or(true), "{}: use_regex: expected true, found false", words.where);
  check_input(!ignore_merges.value_or(false), "{}: ignore_merges: expected false, found true",
              bpe.where);
  config.read("add_prefix_space", add_prefix_space);
  model.add_prefix_space = add_prefix_space.value_or(false);
  if (!tokenizer.find("post_processor")) return;
  auto frame = text_frame(tokenizer);
  check_input(!frame.begin.empty() && !frame.end.empty(),
              "{}: post_processor: expected a special token before and after the text",
              tokenizer.where);
  model.begin = frame.begin;
  model.end = frame.end;
}

}  // namespace

ByteBpeModel read_byte_bpe(const fs::path& folder, const JsonPart& config,
                           const JsonPart& tokenizer) {
  ByteBpeModel model;
  read_options(config, tokenizer, model);
  auto vocabulary = folder / "vocab.json";
  model.pieces =
      pieces_by_id(read_json_object<json>(vocabulary, kMaxTokenizerBytes), vocabulary.string());
  model.merges = read_merges(folder / "merges.txt");
  return model;
}

ByteBpeModel read_byte_bpe(const JsonPart& config, const JsonPart& tokenizer) {
  ByteBpeModel model;
  read_options(config, tokenizer, model);
  auto bpe = tokenizer.part("model"), vocabulary = bpe.part("vocab");
  auto* pieces = bpe.find("vocab");
  model.pieces = pieces_by_id(pieces ? *pieces : json(), vocabulary.where);
  model.merges = json_merges(bpe);
  return model;
}

}  // namespace mma
