#pragma once
#include <string>
#include <string_view>

namespace mma {

/// Refuses a SentencePiece model whose tables would lead google's library out of its memory: it
/// trusts the normalizer's double array (links, values and how many rules begin alike) and the
/// user-defined pieces (how many begin alike), each of which decides what it reads. Also refuses
/// scores that are not finite. `file` names the model in the UserError.
void check_sentencepiece_model(std::string_view bytes, const std::string& file);

}  // namespace mma
