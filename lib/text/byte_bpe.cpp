#include "text/byte_bpe.h"

#include <algorithm>
#include <cstddef>
#include <queue>
#include <tuple>
#include <unordered_map>

#include "base/error.h"
#include "base/files.h"
#include "base/unicode.h"

namespace mma {
namespace {

constexpr size_t kMaxMerges = 1 << 24;

std::string hash_of(const ByteBpeModel& model) {
  std::string lines;
  for (auto& piece : model.pieces) lines += piece + "\n";
  for (auto& [left, right] : model.merges) lines += left + " " + right + "\n";
  return sha256(fmt::format("byte-bpe add_prefix_space={} begin={} end={} pieces={} {}",
                            model.add_prefix_space, model.begin, model.end, model.pieces.size(),
                            sha256(lines)));
}

// The length of 's, 't, 're, 've, 'm, 'll or 'd at text[at]; 0 where there is none.
size_t contraction(std::string_view text, size_t at) {
  auto rest = text.substr(at);
  for (std::string_view ending : {"'s", "'t", "'re", "'ve", "'m", "'ll", "'d"})
    if (rest.starts_with(ending)) return ending.size();
  return 0;
}

}  // namespace

std::array<std::string, 256> byte_characters() {
  std::array<std::string, 256> characters;
  char32_t next = 0x100;
  for (unsigned byte = 0; byte < 256; ++byte) {
    bool printed = (byte >= '!' && byte <= '~') || (byte >= 0xA1 && byte <= 0xAC) || byte >= 0xAE;
    append_utf8(characters[byte], printed ? static_cast<char32_t>(byte) : next++);
  }
  return characters;
}

size_t gpt2_word_end(std::string_view text, size_t begin) {
  if (size_t size = contraction(text, begin)) return begin + size;
  size_t end = begin;
  auto kind = word_character(next_code_point(text, end));
  if (text[begin] == ' ' && end < text.size()) {  // " ?" of the pattern
    size_t behind = end;
    auto next = word_character(next_code_point(text, behind));
    if (next != WordCharacter::kSpace) {
      kind = next;
      end = behind;
    }
  }
  size_t last = begin;  // where the last character of the run begins
  while (end < text.size()) {
    size_t behind = end;
    if (word_character(next_code_point(text, behind)) != kind) break;
    last = end;
    end = behind;
  }
  // White space before a word leaves its last character to that word, where it has more than one.
  bool leaves_one = kind == WordCharacter::kSpace && end < text.size() && last > begin;
  return leaves_one ? last : end;
}

ByteBpeTokenizer::ByteBpeTokenizer(const ByteBpeModel& model, const std::string& source)
    : size_(static_cast<int64_t>(model.pieces.size())),
      add_prefix_space_(model.add_prefix_space),
      hash_(hash_of(model)) {
  std::unordered_map<std::string_view, int32_t> ids;
  Faults faults;
  for (size_t id = 0; id < model.pieces.size(); ++id)
    if (!model.pieces[id].empty()) ids[model.pieces[id]] = static_cast<int32_t>(id);
  auto id_of = [&](std::string_view piece, const char* kind, auto&& as) {
    auto it = ids.find(piece);
    if (it != ids.end()) return it->second;
    faults.add(kind, fmt::format("{}: expected {} among the pieces, found {} pieces without it; "
                                 "give the files that the backbone was trained with",
                                 source, as(), ids.size()));
    return 0;
  };
  begin_ = id_of(model.begin, "special piece", [&] { return printable(model.begin); });
  end_ = id_of(model.end, "special piece", [&] { return printable(model.end); });
  auto characters = byte_characters();
  for (size_t byte = 0; byte < 256; ++byte)
    byte_ids_[byte] = id_of(characters[byte], "byte", [&] {
      return fmt::format("'{}', which stands for byte {}", characters[byte], byte);
    });
  check_input(model.merges.size() <= kMaxMerges, "{}: expected at most {} merges, found {}", source,
              kMaxMerges, model.merges.size());

  struct Pair {
    int32_t left;
    Merge merge;
  };
  std::vector<Pair> pairs;
  pairs.reserve(model.merges.size());
  for (size_t rank = 0; rank < model.merges.size(); ++rank) {
    auto& [left, right] = model.merges[rank];
    auto part = [&](const std::string& piece) {
      return id_of(piece, "merge", [&] {
        return fmt::format("'{}' of merge {} ('{}' and '{}')", printable(piece), rank + 1,
                           printable(left), printable(right));
      });
    };
    pairs.push_back({part(left), {part(right), static_cast<int32_t>(rank), part(left + right)}});
  }
  faults.raise();
  std::sort(pairs.begin(), pairs.end(), [](const Pair& a, const Pair& b) {
    return std::tie(a.left, a.merge.right, a.merge.rank) <
           std::tie(b.left, b.merge.right, b.merge.rank);
  });
  merges_begin_.assign(model.pieces.size() + 1, 0);
  merges_.reserve(pairs.size());
  for (size_t i = 0; i < pairs.size(); ++i) {
    auto& [left, merge] = pairs[i];
    bool again = i > 0 && pairs[i - 1].left == left && merges_.back().right == merge.right;
    if (again) {
      auto& [first, second] = model.merges[static_cast<size_t>(merge.rank)];
      faults.add(
          "repeated merge",
          fmt::format("{}: expected each merge once, found '{}' and '{}' as merges {} and {}",
                      source, printable(first), printable(second), merges_.back().rank + 1,
                      merge.rank + 1));
    }
    merges_.push_back(merge);
    ++merges_begin_[static_cast<size_t>(left) + 1];
  }
  faults.raise();
  for (size_t i = 1; i < merges_begin_.size(); ++i) merges_begin_[i] += merges_begin_[i - 1];
}

const ByteBpeTokenizer::Merge* ByteBpeTokenizer::merge_of(int32_t left, int32_t right) const {
  auto* begin = merges_.data() + merges_begin_[static_cast<size_t>(left)];
  auto* end = merges_.data() + merges_begin_[static_cast<size_t>(left) + 1];
  auto* found = std::lower_bound(begin, end, right,
                                 [](const Merge& m, int32_t piece) { return m.right < piece; });
  return found != end && found->right == right ? found : nullptr;
}

// The pieces of one word as a list in both directions, and the merges that they allow. A merge
// whose pieces have changed meanwhile is passed over when its turn comes.
struct ByteBpeTokenizer::Scratch {
  struct Part {
    int32_t id;
    int64_t before, behind;  // -1: none
  };
  struct Candidate {
    int32_t rank, left_id, right_id, into;
    int64_t left;
    bool operator<(const Candidate& other) const {  // the heap's greatest is done first
      return std::tie(other.rank, other.left) < std::tie(rank, left);
    }
  };
  std::vector<Part> parts;
  std::priority_queue<Candidate> candidates;
};

void ByteBpeTokenizer::add_word(std::string_view word, Scratch& scratch,
                                std::vector<int32_t>& ids) const {
  auto& [parts, candidates] = scratch;
  auto size = static_cast<int64_t>(word.size());
  parts.resize(word.size());
  auto part = [&](int64_t i) -> Scratch::Part& { return parts[static_cast<size_t>(i)]; };
  auto offer = [&](int64_t left) {
    if (left < 0 || part(left).behind < 0) return;
    int32_t left_id = part(left).id, right_id = part(part(left).behind).id;
    if (auto* merge = merge_of(left_id, right_id))
      candidates.push({merge->rank, left_id, right_id, merge->into, left});
  };
  for (int64_t i = 0; i < size; ++i)
    part(i) = {byte_ids_[static_cast<unsigned char>(word[static_cast<size_t>(i)])], i - 1,
               i + 1 < size ? i + 1 : -1};
  for (int64_t i = 0; i + 1 < size; ++i) offer(i);
  constexpr int32_t kGone = -1;
  while (!candidates.empty()) {
    auto best = candidates.top();
    candidates.pop();
    auto& left = part(best.left);
    if (left.id != best.left_id || left.behind < 0 || part(left.behind).id != best.right_id)
      continue;
    auto& right = part(left.behind);
    right.id = kGone;
    left.id = best.into;
    left.behind = right.behind;
    if (left.behind >= 0) part(left.behind).before = best.left;
    offer(left.before);
    offer(best.left);
  }
  for (int64_t i = 0; i >= 0; i = part(i).behind) ids.push_back(part(i).id);
}

Encoding ByteBpeTokenizer::encode(std::string_view text, size_t max_length) const {
  check(max_length >= 2, "byte-bpe: expected room for two ids, found {}", max_length);
  std::string with_space;
  if (add_prefix_space_ && !text.empty() && text.front() != ' ') {
    with_space.append(" ").append(text);
    text = with_space;
  }
  Encoding encoding;
  auto& ids = encoding.ids;
  ids.reserve(std::min(max_length, text.size() / 3) + 2);
  ids.push_back(begin_);
  Scratch scratch;
  for (size_t at = 0; at < text.size() && ids.size() < max_length;) {
    size_t end = gpt2_word_end(text, at);
    add_word(text.substr(at, end - at), scratch, ids);
    at = end;
  }
  // The loop stops at max_length: one id too many already, for the last one has to follow.
  encoding.truncated = ids.size() >= max_length;
  if (encoding.truncated) ids.resize(max_length - 1);
  ids.push_back(end_);
  return encoding;
}

}  // namespace mma
