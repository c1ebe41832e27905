#pragma once
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/files.h"
#include "base/input_file.h"

namespace mma {

/// What reading and averaging feature files gave, sample by sample, in a file beside the pack that
/// is being built: a build that was stopped, killed or refused for its data goes on from there. A
/// record is there wholly or not at all, as soon as it is added, and says by a checksum whether it
/// is as it was written. Numbers are float32, also of what the pack stores as float16.
///
///     "mma-prep journal 1\n", 64 hexadecimal digits (what the build is made of), "\n"
///     a record: u64 sample; u8 a modality, 1: its vector is here; checksum of the vectors;
///               checksum of these; the vectors
///
/// Integers and numbers are little-endian, a checksum is the first 16 hexadecimal digits of a
/// SHA-256. Of two records of a sample the later one counts.
class PrepJournal {
 public:
  /// Its name: that of the pack and ".journal".
  static std::filesystem::path beside(const std::filesystem::path& pack);
  /// Logs what it is for if there is one, of any build and version, for a build that leaves it.
  static void tell_of(const std::filesystem::path& file);

  /// Opens a journal, or begins one where none is. `made_of`: SHA-256 of all that decides which
  /// sample has which number and how its vectors come about, but for the feature files; `widths`:
  /// numbers in a vector of each modality, 0 where none is kept. What follows the last whole
  /// record is cut off. UserError where something else has the name, a symbolic link among them,
  /// where it is the journal of another build, or where a build that runs has it.
  PrepJournal(std::filesystem::path file, const std::string& made_of, size_t samples,
              std::vector<size_t> widths);
  /// What it held when it was opened, to tell; empty where that was nothing.
  std::string found() const;
  /// Samples that it has vectors of.
  size_t size() const { return size_; }
  /// Whether it had vectors of this sample when it was opened.
  bool had(size_t sample) const { return places_[sample] != 0; }
  bool keeps(size_t modality) const { return widths_[modality] > 0; }
  /// The vectors that it had of a sample when it was opened, one a modality, empty where it has
  /// none or where the record is damaged. From any thread.
  std::vector<std::vector<float>> read(size_t sample) const;
  /// `vectors`: one a modality; empty ones are not kept. MachineError where they cannot be written.
  void add(size_t sample, const std::vector<std::vector<float>>& vectors);
  /// Removes the file: the pack is written.
  void remove();

 private:
  struct Head {
    uint64_t sample = 0;
    std::vector<uint8_t> has;  // a modality
    std::string checksum;      // of the vectors
    uint64_t bytes = 0;        // of the vectors
  };
  void begin(const std::string& made_of);
  void find_records();
  size_t head_bytes() const;
  std::optional<Head> head_at(uint64_t place) const;

  std::filesystem::path file_;
  std::vector<size_t> widths_;
  Descriptor out_;
  InputFile in_;
  std::vector<uint64_t> places_;  // of the samples' records; 0: none
  size_t size_ = 0;
  uint64_t cut_off_ = 0;  // bytes
};

}  // namespace mma
