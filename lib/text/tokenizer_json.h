#pragma once
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/files.h"

namespace mma {

/// An object in a file of Hugging Face's (tokenizer.json, tokenizer_config.json), with its place
/// for messages. It does not own it: a vocabulary is large. What is absent or null is empty.
class JsonPart {
 public:
  JsonPart() = default;
  JsonPart(std::string where, const nlohmann::json& object)
      : where(std::move(where)), object_(&object) {}
  /// An object in this one. UserError where it is something else.
  JsonPart part(const char* key) const;
  /// The value, or nullptr where there is none or null.
  const nlohmann::json* find(const char* key) const;
  /// Sets `value` where the file says so. UserError where it is no true or false.
  void read(const char* key, std::optional<bool>& value) const;
  /// The same for numbers from 0 to 1000000.
  void read(const char* key, size_t& value) const;
  /// The text, "" where there is none. UserError where it is something else.
  std::string text(const char* key) const;
  /// UserError where the value is there, null included, and is not this text.
  void expect(const char* key, std::string_view expected) const;

  std::string where;

 private:
  const nlohmann::json* object_ = nullptr;
};

/// A whole file, an object of at most `max_bytes`; empty where there is none. UserError.
class JsonObjectFile {
 public:
  JsonObjectFile(const fs::path& file, uint64_t max_bytes);
  JsonPart whole() const { return {name_, value_}; }

 private:
  std::string name_;
  nlohmann::json value_;
};

/// Largest file with a vocabulary that is read.
constexpr uint64_t kMaxTokenizerBytes = 64 << 20;

/// A value as messages show it.
std::string shown(const nlohmann::json& value);

/// Pieces by id from an object {"piece": id}. Some ids may be left out (an empty piece stands
/// there), but not so many that a small file asks for much memory. UserError for ids that are out
/// of range or there twice.
std::vector<std::string> pieces_by_id(const nlohmann::json& vocabulary, const std::string& where);

/// The special tokens that a tokenizer.json puts around one text, "" where it puts none.
struct TextFrame {
  std::string begin, end;
};
/// From post_processor: RobertaProcessing, or TemplateProcessing with at most one token on each
/// side; empty where there is none. UserError for another one.
TextFrame text_frame(const JsonPart& tokenizer);

}  // namespace mma
