#pragma once
#include <filesystem>

#include "base/private_folder.h"

namespace mma {

/// The pack of a raw data set, made by the mma-prep beside this program (which has what reads
/// SentencePiece, whose protobuf cannot live in one process with LibTorch's), and gone with this.
class PreparedRawData {
 public:
  /// `tokenizer`: none for data without text. What mma-prep says goes to stderr. AgreedError with
  /// its exit code where it fails.
  PreparedRawData(const std::filesystem::path& description, const std::filesystem::path& root,
                  const std::filesystem::path& tokenizer, bool missing_absent);
  std::filesystem::path pack() const { return folder_.path() / "new.h5"; }

 private:
  PrivateFolder folder_;
};

}  // namespace mma
