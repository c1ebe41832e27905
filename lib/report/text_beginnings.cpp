#include "report/text_beginnings.h"

#include <algorithm>

#include "base/error.h"
#include "base/log.h"
#include "text/tokenizer.h"
#include "text/wordpiece.h"

namespace mma {
namespace {

constexpr int64_t kMostPieces = 48;

}  // namespace

TextBeginnings::TextBeginnings(Split split, std::vector<std::string> pieces)
    : split_(std::move(split)), pieces_(std::move(pieces)) {
  for (size_t i = 0; i < split_.ids.size(); ++i) rows_.emplace(split_.ids[i], i);
}

std::string TextBeginnings::of(const std::string& id) const {
  auto row = rows_.find(id);
  if (row == rows_.end()) return "";
  auto begin = split_.offsets[row->second], end = split_.offsets[row->second + 1];
  auto shown = std::min(end, begin + kMostPieces);
  std::string text;
  for (auto at = begin; at < shown; ++at) {
    auto piece = static_cast<size_t>(split_.tokens[static_cast<size_t>(at)]);
    if (piece >= pieces_.size()) return "";
    auto& letters = pieces_[piece];
    if (letters == "[CLS]" || letters == "[SEP]") continue;
    if (letters.starts_with("##")) {
      text += letters.substr(2);
    } else {
      if (!text.empty()) text += ' ';
      text += letters;
    }
  }
  if (shown < end) text += " …";
  return text;
}

TextBeginnings read_text_beginnings(const Pack& pack, const std::string& split,
                                    const std::filesystem::path& folder) {
  auto splits = pack.splits();
  auto file = folder / "vocab.txt";
  if (std::find(splits.begin(), splits.end(), split) == splits.end() ||
      !pack.info().tokenizer_kind.starts_with("wordpiece") || !std::filesystem::exists(file))
    return {};
  try {
    if (tokenizer_hash(folder) != pack.info().tokenizer_hash) return {};
    return {pack.read(split, {}), read_vocabulary(file)};
  } catch (const UserError& e) {
    log_warning("report", "texts are not shown: {}", e.what());
    return {};
  }
}

}  // namespace mma
