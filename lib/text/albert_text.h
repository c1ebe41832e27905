#pragma once
#include <string>
#include <string_view>

namespace mma {

/// How ALBERT prepares text; the names of Hugging Face's AlbertTokenizer.
struct AlbertTextOptions {
  bool lowercase = true;
  bool keep_accents = false;
  bool remove_space = true;
};

/// Text as ALBERT's SentencePiece model is to read it (Lan et al. 2020, arXiv:1909.11942; Hugging
/// Face's AlbertTokenizer.preprocess_text): white space at the ends is dropped and each run of it
/// becomes one space; `` and '' become "; NFKD without combining marks; Unicode's lower case.
std::string albert_text(std::string_view text, const AlbertTextOptions& options);

}  // namespace mma
