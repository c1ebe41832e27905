#pragma once
#include <string>
#include <string_view>
#include <vector>

namespace mma {

struct SentencePiece {
  enum Type { kNormal = 1, kUnknown = 2, kControl = 3, kUserDefined = 4, kUnused = 5, kByte = 6 };
  std::string_view text;
  float score = 0;
  Type type = kNormal;
};

/// What of a SentencePiece model's file (the protobuf message ModelProto) is read here.
struct SentencePieceModel {
  std::vector<SentencePiece> pieces;  ///< by id; they point into the bytes read
  bool unigram = true;
  bool byte_fallback = false;  ///< what no piece spells becomes pieces for its bytes
  std::string_view charsmap;   ///< the normalizer's rules, as google's library compiles them
  bool add_dummy_prefix = true, remove_extra_whitespaces = true, escape_whitespaces = true;
};

/// Reads a model and refuses one whose tables would lead google's library out of its memory: it
/// trusts the normalizer's double array (links, values and how many rules begin alike) and the
/// user-defined pieces (how many begin alike), each of which decides what it reads. Also refuses
/// scores that are not finite. `file` names the model in the UserError.
SentencePieceModel read_sentencepiece_model(std::string_view bytes, const std::string& file);

/// The bytes of such a model, from which google's library reads the same.
std::string write_sentencepiece_model(const SentencePieceModel& model);

}  // namespace mma
