#include "text/tokenizer_json.h"

#include "base/json_file.h"

namespace mma {

using nlohmann::json;

std::string shown(const json& value) {
  return printable(value.dump(-1, ' ', false, json::error_handler_t::replace));
}

JsonObjectFile::JsonObjectFile(const fs::path& file, uint64_t max_bytes)
    : name_(file.string()),
      value_(fs::exists(file) ? read_json_object<json>(file, max_bytes) : json::object()) {}

const json* JsonPart::find(const char* key) const {
  if (!object_) return nullptr;
  auto it = object_->find(key);
  return it == object_->end() || it->is_null() ? nullptr : &*it;
}

JsonPart JsonPart::part(const char* key) const {
  JsonPart found;
  found.where = where + ": " + key;
  if (auto* value = find(key)) {
    check_input(value->is_object(), "{}: expected an object, found {}", found.where,
                value->type_name());
    found.object_ = value;
  }
  return found;
}

void JsonPart::read(const char* key, std::optional<bool>& value) const {
  auto* found = find(key);
  if (!found) return;
  check_input(found->is_boolean(), "{}: {}: expected true or false, found {}", where, key,
              shown(*found));
  value = found->get<bool>();
}

void JsonPart::read(const char* key, size_t& value) const {
  auto* found = find(key);
  if (!found) return;
  check_input(found->is_number_unsigned() && found->get<uint64_t>() <= 1'000'000,
              "{}: {}: expected a number from 0 to 1000000, found {}", where, key, shown(*found));
  value = found->get<size_t>();
}

std::string JsonPart::text(const char* key) const {
  auto* found = find(key);
  if (!found) return "";
  check_input(found->is_string(), "{}: {}: expected a text, found {}", where, key, shown(*found));
  return found->get<std::string>();
}

void JsonPart::expect(const char* key, std::string_view expected) const {
  if (!object_ || !object_->contains(key)) return;
  auto& value = object_->at(key);
  check_input(value.is_string() && value.get_ref<const std::string&>() == expected,
              "{}: {}: expected '{}', found {}; give a folder with the files that the backbone's "
              "own tokenizer is published as (vocab.txt, vocab.json and merges.txt, or a "
              "SentencePiece model)",
              where, key, expected, shown(value));
}

std::vector<std::string> pieces_by_id(const json& vocabulary, const std::string& where) {
  check_input(vocabulary.is_object() && !vocabulary.empty(),
              "{}: expected pieces and their ids, found none", where);
  uint64_t limit = 2 * vocabulary.size() + 1000;
  std::vector<std::string> pieces;
  for (auto& [piece, id] : vocabulary.items()) {
    check_input(id.is_number_unsigned() && id.get<uint64_t>() < limit,
                "{}: '{}': expected an id below {}, as there are {} pieces, found {}", where,
                printable(piece), limit, vocabulary.size(), shown(id));
    auto index = id.get<size_t>();
    if (pieces.size() <= index) pieces.resize(index + 1);
    check_input(pieces[index].empty(), "{}: expected one piece an id, found '{}' and '{}' with {}",
                where, printable(pieces[index]), printable(piece), index);
    pieces[index] = piece;
  }
  return pieces;
}

TextFrame text_frame(const JsonPart& tokenizer) {
  auto post = tokenizer.part("post_processor");
  auto type = post.text("type");
  TextFrame frame;
  if (type.empty()) return frame;
  // RobertaProcessing: "cls": ["<s>", 0], "sep": ["</s>", 2].
  if (type == "RobertaProcessing") {
    for (auto [key, token] : {std::pair{"cls", &frame.begin}, {"sep", &frame.end}}) {
      auto* found = post.find(key);
      check_input(found && found->is_array() && found->size() == 2 && found->at(0).is_string(),
                  "{}: {}: expected a token and its id", post.where, key);
      *token = found->at(0).get<std::string>();
    }
    return frame;
  }
  // TemplateProcessing: "single": [{"SpecialToken": {"id": "<s>"}}, {"Sequence": {"id": "A"}}, ..].
  check_input(type == "TemplateProcessing",
              "{}: type: expected 'RobertaProcessing' or 'TemplateProcessing', found '{}'",
              post.where, printable(type));
  auto* single = post.find("single");
  bool good = single && single->is_array(), text_seen = false;
  for (size_t i = 0; good && i < single->size(); ++i) {
    JsonPart item(post.where + ": single", single->at(i));
    good = single->at(i).is_object();
    if (!good) break;
    auto token = item.part("SpecialToken").text("id");
    auto& place = text_seen ? frame.end : frame.begin;
    if (token.empty()) {
      good = item.find("Sequence") && !text_seen;
      text_seen = true;
    } else {
      good = place.empty();
      place = token;
    }
  }
  check_input(good && text_seen,
              "{}: single: expected at most one special token before and after the text",
              post.where);
  return frame;
}

}  // namespace mma
