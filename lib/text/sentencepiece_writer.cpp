#include <bit>

#include "text/sentencepiece_model.h"

namespace mma {
namespace {

// protobuf.dev/programming-guides/encoding
void put_varint(std::string& bytes, uint64_t value) {
  for (; value > 0x7F; value >>= 7) bytes += static_cast<char>(value | 0x80);
  bytes += static_cast<char>(value);
}
void put_number(std::string& bytes, uint32_t field, uint64_t value) {
  put_varint(bytes, field << 3);
  put_varint(bytes, value);
}
void put_float(std::string& bytes, uint32_t field, float value) {
  put_varint(bytes, field << 3 | 5);
  auto bits = std::bit_cast<uint32_t>(value);
  for (int i = 0; i < 4; ++i) bytes += static_cast<char>(bits >> 8 * i);
}
void put_bytes(std::string& bytes, uint32_t field, std::string_view value) {
  put_varint(bytes, field << 3 | 2);
  put_varint(bytes, value.size());
  bytes += value;
}

}  // namespace

std::string write_sentencepiece_model(const SentencePieceModel& model) {
  std::string bytes;
  for (auto& piece : model.pieces) {
    std::string message;
    put_bytes(message, 1, piece.text);
    put_float(message, 2, piece.score);
    put_number(message, 3, piece.type);
    put_bytes(bytes, 1, message);
  }
  std::string trainer, normalizer;
  put_number(trainer, 3, model.unigram ? 1 : 2);
  put_number(trainer, 35, model.byte_fallback);
  put_bytes(bytes, 2, trainer);
  put_bytes(normalizer, 2, model.charsmap);
  put_number(normalizer, 3, model.add_dummy_prefix);
  put_number(normalizer, 4, model.remove_extra_whitespaces);
  put_number(normalizer, 5, model.escape_whitespaces);
  put_bytes(bytes, 3, normalizer);
  return bytes;
}

}  // namespace mma
