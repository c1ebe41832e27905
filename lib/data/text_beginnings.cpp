#include "data/text_beginnings.h"

#include <algorithm>

#include "base/error.h"
#include "base/log.h"
#include "text/tokenizer.h"

namespace mma {
namespace {

constexpr size_t kMostPieces = 48;
constexpr std::string_view kReplacement = "\ufffd";

}  // namespace

std::string text_beginning(const Split& split, size_t row, const Detokenizer& detokenizer) {
  const auto tokens = read_tokens(split, {static_cast<int64_t>(row)});
  const auto shown = std::min(tokens.size(), kMostPieces);
  auto text = detokenizer.text({tokens.data(), shown});
  if (!text) return "";
  if (shown == tokens.size()) return *text;
  while (text->ends_with(kReplacement))  // a character that was cut
    text->resize(text->size() - kReplacement.size());
  return *text + " …";
}

Detokenizer detokenizer_of(const PackInfo& pack, const std::filesystem::path& folder) {
  if (folder.empty() || !std::filesystem::is_directory(folder)) return {};
  try {
    if (tokenizer_hash(folder) != pack.tokenizer_hash) return {};
    return Detokenizer(find_tokenizer(folder));
  } catch (const UserError& e) {
    log_warning("mma-eval", "texts are not shown: {}", e.what());
    return {};
  }
}

TextBeginnings::TextBeginnings(Split split, Detokenizer detokenizer)
    : split_(std::move(split)), detokenizer_(std::move(detokenizer)) {
  for (size_t i = 0; i < split_.ids.size(); ++i) rows_.emplace(split_.ids[i], i);
}

std::string TextBeginnings::of(const std::string& id) const {
  auto row = rows_.find(id);
  return row == rows_.end() ? "" : text_beginning(split_, row->second, detokenizer_);
}

TextBeginnings read_text_beginnings(const Pack& pack, const std::string& split,
                                    const std::filesystem::path& folder) {
  auto splits = pack.splits();
  if (std::find(splits.begin(), splits.end(), split) == splits.end()) return {};
  auto detokenizer = detokenizer_of(pack.info(), folder);
  if (!detokenizer.known()) return {};
  RowBudget none(0);  // few are asked for
  return {pack.read(split, {}, none), std::move(detokenizer)};
}

}  // namespace mma
