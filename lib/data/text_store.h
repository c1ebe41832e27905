#pragma once
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace mma {

/// The texts of a data set while it is prepared: in a file without a name, so that memory does not
/// grow with the data set and nothing is left behind.
class TextStore {
 public:
  /// The file lies in `folder`. Throws MachineError; UserError where that folder takes no files.
  explicit TextStore(const std::filesystem::path& folder);
  ~TextStore();
  TextStore(const TextStore&) = delete;
  TextStore& operator=(const TextStore&) = delete;
  void add(std::string_view text);
  /// Comes after the last add().
  void seal();
  /// The text of that number; from any thread.
  std::string get(size_t index) const;

 private:
  std::string name_;
  int fd_ = -1;
  std::string pending_;
  std::vector<uint64_t> ends_;
};

}  // namespace mma
