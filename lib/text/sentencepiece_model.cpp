#include "text/sentencepiece_model.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <vector>

#include "base/error.h"

namespace mma {
namespace {

// The library's fixed room for matches that begin alike (src/normalizer.{h,cc}).
constexpr int kMaxRulesAlike = 32;
constexpr size_t kMaxPiecesAlike = 64;

enum WireType : uint32_t { kVarint = 0, kFixed64 = 1, kBytes = 2, kFixed32 = 5 };

// The fields of one protobuf message (protobuf.dev/programming-guides/encoding).
class Message {
 public:
  Message(std::string_view bytes, const std::string& file) : rest_(bytes), file_(file) {}

  // Moves to the next field; false at the end.
  bool next() {
    if (rest_.empty()) return false;
    uint64_t tag = varint();
    field = tag >> 3;
    type = static_cast<uint32_t>(tag & 7);
    switch (type) {
      case kVarint:
        number = varint();
        return true;
      case kFixed64:
        bytes = take(8);
        return true;
      case kBytes:
        bytes = take(varint());
        return true;
      case kFixed32:
        bytes = take(4);
        return true;
    }
    broken("a field of unknown type");
  }
  [[noreturn]] void broken(std::string_view found) const {
    throw UserError(fmt::format(
        "{}: expected a SentencePiece model, found {}; copy the model file again", file_, found));
  }

  uint64_t field = 0, number = 0;
  uint32_t type = 0;
  std::string_view bytes;

 private:
  uint64_t varint() {
    uint64_t value = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      if (rest_.empty()) broken("its end inside a number");
      auto byte = static_cast<unsigned char>(rest_.front());
      rest_.remove_prefix(1);
      value |= static_cast<uint64_t>(byte & 0x7F) << shift;
      if (byte < 0x80) return value;
    }
    broken("a number of more than 64 bits");
  }
  std::string_view take(uint64_t size) {
    if (size > rest_.size()) broken("a field longer than the file");
    auto part = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return part;
  }

  std::string_view rest_;
  const std::string& file_;
};

uint32_t little_endian_32(const char* bytes) {
  uint32_t value = 0;
  for (int i = 3; i >= 0; --i) value = value << 8 | static_cast<unsigned char>(bytes[i]);
  return value;
}

// The double array of darts-clone: unit i holds the label by which it is entered, a link to its
// children and whether the first of those holds a value. Words that end alike share units, so that
// it is a graph; without circles where it is sound.
class DoubleArray {
 public:
  DoubleArray(std::string_view units, size_t values) : units_(units), values_(values) {
    rules_.assign(units.size() / 4, kNew);
  }

  // What is wrong with the units that a text can reach, or nullptr.
  const char* fault() {
    if (rules_.empty()) return "a rule table without a root";
    std::vector<Visit> open;
    if (auto* fault = enter(0, open)) return fault;
    while (!open.empty()) {
      auto& visit = open.back();
      if (visit.label == 256) {
        // The root's own value is never asked for.
        int rules = visit.below + (visit.unit != 0 && has_value(visit.unit));
        if (rules > kMaxRulesAlike) return "too many rules that begin alike";
        rules_[visit.unit] = static_cast<int8_t>(rules);
        open.pop_back();
        if (!open.empty()) open.back().below = std::max(open.back().below, rules);
        continue;
      }
      size_t label = visit.label++, child = children(visit.unit) ^ label;
      if ((at(child) & kLabel) != label) continue;
      if (rules_[child] >= 0) {
        visit.below = std::max<int>(visit.below, rules_[child]);
      } else if (auto* fault = enter(child, open)) {
        return fault;
      }
    }
    return nullptr;
  }

 private:
  static constexpr uint32_t kLabel = 0x800000FF, kValue = 0x7FFFFFFF;
  static constexpr int8_t kNew = -1, kOpen = -2;
  struct Visit {
    size_t unit, label = 0;
    int below = 0;  // the most rules on a path behind this unit
  };

  const char* enter(size_t unit, std::vector<Visit>& open) {
    if (rules_[unit] == kOpen) return "a rule table that runs in circles";
    if ((children(unit) | 0xFF) >= rules_.size()) return "a rule table that leads out of itself";
    if (has_value(unit) && (at(children(unit)) & kValue) >= values_)
      return "a rule without its text";
    rules_[unit] = kOpen;
    open.push_back({unit});
    return nullptr;
  }
  uint32_t at(size_t unit) const { return little_endian_32(units_.data() + 4 * unit); }
  bool has_value(size_t unit) const { return at(unit) >> 8 & 1; }
  size_t children(size_t unit) const {
    uint32_t value = at(unit);
    return unit ^ static_cast<size_t>((value >> 10) << ((value & (1u << 9)) >> 6));
  }

  std::string_view units_;
  size_t values_;
  std::vector<int8_t> rules_;  // the most rules on a path from each unit, or kNew, kOpen
};

// NormalizerSpec: 2 precompiled_charsmap = [u32 size][double array][texts, each ended by 0].
void check_normalizer(std::string_view spec, const std::string& file) {
  for (Message m(spec, file); m.next();) {
    if (m.field != 2) continue;
    if (m.type != kBytes) m.broken("rules of an unknown kind");
    auto map = m.bytes;
    if (map.empty()) continue;
    if (map.size() < 4) m.broken("rules that end at once");
    uint64_t size = little_endian_32(map.data());
    if (size % 4 != 0 || size > map.size() - 4) m.broken("a rule table longer than the rules");
    auto texts = map.substr(4 + size);
    if (texts.empty() || texts.back() != '\0') m.broken("rules whose texts have no end");
    if (auto* fault = DoubleArray(map.substr(4, size), texts.size()).fault()) m.broken(fault);
  }
}

// NormalizerSpec: 2 precompiled_charsmap, 3 add_dummy_prefix, 4 remove_extra_whitespaces,
// 5 escape_whitespaces.
void read_normalizer(std::string_view spec, const std::string& file, SentencePieceModel& model) {
  for (Message m(spec, file); m.next();) {
    if (m.field == 2 && m.type == kBytes) model.charsmap = m.bytes;
    if (m.type != kVarint) continue;
    if (m.field == 3) model.add_dummy_prefix = m.number != 0;
    if (m.field == 4) model.remove_extra_whitespaces = m.number != 0;
    if (m.field == 5) model.escape_whitespaces = m.number != 0;
  }
}

// SentencePiece: 1 piece, 2 score, 3 type.
SentencePiece read_piece(std::string_view bytes, const std::string& file) {
  SentencePiece piece;
  for (Message m(bytes, file); m.next();) {
    if (m.field == 1 && m.type == kBytes) piece.text = m.bytes;
    if (m.field == 2 && m.type == kFixed32)
      piece.score = std::bit_cast<float>(little_endian_32(m.bytes.data()));
    if (m.field == 3 && m.type == kVarint && m.number >= SentencePiece::kNormal &&
        m.number <= SentencePiece::kByte)
      piece.type = static_cast<SentencePiece::Type>(m.number);
    if (!std::isfinite(piece.score)) m.broken("a piece whose score is not finite");
  }
  return piece;
}

// TrainerSpec: 3 model_type (1 is unigram), 35 byte_fallback.
void read_trainer(std::string_view bytes, const std::string& file, SentencePieceModel& model) {
  for (Message m(bytes, file); m.next();) {
    if (m.type != kVarint) continue;
    if (m.field == 3) model.unigram = m.number == 1;
    if (m.field == 35) model.byte_fallback = m.number != 0;
  }
}

bool too_many_alike(const std::vector<SentencePiece>& pieces) {
  std::vector<std::string_view> texts, alike;  // each of the latter begins the next
  for (auto& piece : pieces)
    if (piece.type == SentencePiece::kUserDefined) texts.push_back(piece.text);
  std::sort(texts.begin(), texts.end());
  for (auto text : texts) {
    while (!alike.empty() && !text.starts_with(alike.back())) alike.pop_back();
    alike.push_back(text);
    if (alike.size() > kMaxPiecesAlike) return true;
  }
  return false;
}

}  // namespace

SentencePieceModel read_sentencepiece_model(std::string_view bytes, const std::string& file) {
  // ModelProto: 1 pieces, 2 trainer_spec, 3 normalizer_spec, 5 denormalizer_spec.
  SentencePieceModel model;
  Message m(bytes, file);
  while (m.next()) {
    if (m.type != kBytes) continue;
    if (m.field == 1) model.pieces.push_back(read_piece(m.bytes, file));
    if (m.field == 2) read_trainer(m.bytes, file, model);
    if (m.field == 3 || m.field == 5) check_normalizer(m.bytes, file);
    if (m.field == 3) read_normalizer(m.bytes, file, model);
  }
  if (too_many_alike(model.pieces)) m.broken("too many user-defined pieces that begin alike");
  return model;
}

}  // namespace mma
