#include "data/prep_journal.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <bit>
#include <cerrno>
#include <cmath>
#include <cstring>

#include "base/error.h"
#include "base/log.h"
#include "base/owner_lock.h"
#include "base/stop.h"

namespace mma {
namespace {

static_assert(std::endian::native == std::endian::little, "journals hold little-endian numbers");

constexpr std::string_view kJournalMagic = "mma-prep journal ";
constexpr std::string_view kJournalVersion = "1\n";
constexpr size_t kMadeOfBytes = 64, kChecksumBytes = 16;
constexpr size_t kBeginning = kJournalMagic.size() + kJournalVersion.size() + kMadeOfBytes + 1;

std::string checksum_of(std::string_view bytes) { return sha256(bytes).substr(0, kChecksumBytes); }

// A link is not followed: it may lead to anything.
Descriptor open_journal(const fs::path& file) {
  std::error_code ignored;
  const auto there = fs::symlink_status(file, ignored);
  check_input(!fs::exists(there) || fs::is_regular_file(there),
              "{}: expected the journal of a build or nothing, found something else; remove it, or "
              "choose another --out",
              file.string());
  auto opened = open_to_write(file, O_RDWR | O_APPEND | O_NOFOLLOW);
  check_input(lock_file(opened, file),
              "{}: in use by another build of this pack; wait for it, or choose another --out",
              file.string());
  return opened;
}

}  // namespace

fs::path PrepJournal::beside(const fs::path& pack) { return fs::path(pack) += ".journal"; }

void PrepJournal::tell_of(const fs::path& file) {
  try {
    if (read_head(file, kJournalMagic.size()) == kJournalMagic)
      log_info("prep", "{}: a build that did not end left it; --resume goes on from there",
               file.string());
  } catch (const Error&) {  // none, or nothing that can be read
  }
}

PrepJournal::PrepJournal(fs::path file, const std::string& made_of, size_t samples,
                         std::vector<size_t> widths)
    : file_(std::move(file)),
      widths_(std::move(widths)),
      out_(open_journal(file_)),
      in_(file_.string(), Descriptor(::dup(out_.get()))),
      places_(samples) {
  begin(made_of);
  find_records();
}

void PrepJournal::begin(const std::string& made_of) {
  const auto beginning = fmt::format("{}{}{}\n", kJournalMagic, kJournalVersion, made_of);
  check(beginning.size() == kBeginning, "journal: '{}' is no SHA-256", made_of);
  std::string found(std::min<uint64_t>(in_.size(), kBeginning), '\0');
  in_.read(0, found.data(), found.size());
  if (found == beginning) return;
  // Of one that was killed before all of this was written.
  const bool torn =
      found.empty() || (found.starts_with(kJournalMagic) && beginning.starts_with(found));
  check_input(torn || found.starts_with(kJournalMagic),
              "{}: not a journal of mma-prep, and would be lost; choose another --out",
              file_.string());
  check_input(torn,
              "{}: of another build: another description, tables, --shard or version of mma-prep; "
              "remove it to begin anew, or build with what it was begun with",
              file_.string());
  if (::ftruncate(out_.get(), 0) != 0 || !write_all(out_.get(), beginning))
    throw MachineError(
        fmt::format("{}: cannot be written: {}", file_.string(), std::strerror(errno)));
}

void PrepJournal::find_records() {
  uint64_t end = kBeginning;
  while (auto head = head_at(end)) {
    stop_if_asked();
    auto& place = places_[head->sample];
    size_ += place == 0;
    place = end;
    end += head_bytes() + head->bytes;
  }
  if (in_.size() <= end) return;
  cut_off_ = in_.size() - end;
  if (::ftruncate(out_.get(), static_cast<off_t>(end)) != 0)
    throw MachineError(fmt::format("{}: cannot be cut: {}", file_.string(), std::strerror(errno)));
}

std::string PrepJournal::found() const {
  if (size_ == 0 && cut_off_ == 0) return {};
  auto text = fmt::format("the features of {} of {} samples are there", size_, places_.size());
  if (cut_off_ > 0) text += fmt::format("; its last {} bytes are no whole record", cut_off_);
  return text;
}

size_t PrepJournal::head_bytes() const {
  return sizeof(uint64_t) + widths_.size() + 2 * kChecksumBytes;
}

// Nothing where no record begins, or one that does not end within the file.
std::optional<PrepJournal::Head> PrepJournal::head_at(uint64_t place) const {
  if (place + head_bytes() > in_.size()) return {};
  std::string bytes(head_bytes(), '\0');
  in_.read(place, bytes.data(), bytes.size());
  const auto summed = bytes.size() - kChecksumBytes;
  if (checksum_of({bytes.data(), summed}) != bytes.substr(summed)) return {};
  Head head;
  std::memcpy(&head.sample, bytes.data(), sizeof head.sample);
  const auto* flags = bytes.data() + sizeof head.sample;
  head.has.assign(flags, flags + widths_.size());
  head.checksum = bytes.substr(summed - kChecksumBytes, kChecksumBytes);
  if (head.sample >= places_.size()) return {};
  for (size_t m = 0; m < widths_.size(); ++m) {
    if (head.has[m] > (keeps(m) ? 1 : 0)) return {};
    head.bytes += head.has[m] * widths_[m] * sizeof(float);
  }
  if (head.bytes > in_.size() - place - head_bytes()) return {};
  return head;
}

std::vector<std::vector<float>> PrepJournal::read(size_t sample) const {
  std::vector<std::vector<float>> vectors(widths_.size());
  const auto place = places_[sample];
  const auto head = place == 0 ? std::nullopt : head_at(place);
  if (!head) return vectors;
  std::string bytes(head->bytes, '\0');
  in_.read(place + head_bytes(), bytes.data(), bytes.size());
  if (checksum_of(bytes) != head->checksum) return vectors;
  const char* at = bytes.data();
  for (size_t m = 0; m < widths_.size(); ++m) {
    if (!head->has[m]) continue;
    vectors[m].resize(widths_[m]);
    std::memcpy(vectors[m].data(), at, widths_[m] * sizeof(float));
    at += widths_[m] * sizeof(float);
    // None of ours, whatever its checksum says.
    if (!std::all_of(vectors[m].begin(), vectors[m].end(),
                     [](float x) { return std::isfinite(x); }))
      vectors[m].clear();
  }
  return vectors;
}

void PrepJournal::add(size_t sample, const std::vector<std::vector<float>>& vectors) {
  check(sample < places_.size() && vectors.size() == widths_.size(),
        "journal: sample {} with {} vectors, expected one below {} with {}", sample, vectors.size(),
        places_.size(), widths_.size());
  const uint64_t number = sample;
  std::string record(reinterpret_cast<const char*>(&number), sizeof number), numbers;
  for (size_t m = 0; m < widths_.size(); ++m) {
    auto& vector = vectors[m];
    check(vector.empty() || vector.size() == widths_[m],
          "journal: a vector of {} numbers, expected {}", vector.size(), widths_[m]);
    record += vector.empty() ? '\0' : '\1';
    numbers.append(reinterpret_cast<const char*>(vector.data()), vector.size() * sizeof(float));
  }
  record += checksum_of(numbers);
  record += checksum_of(record);
  record += numbers;
  // At once and not with others: it costs microseconds, and what a row was made of may have taken
  // minutes to read.
  if (!write_all(out_.get(), record))
    throw MachineError(
        fmt::format("{}: cannot be written: {}", file_.string(), std::strerror(errno)));
  size_ += !had(sample);
}

void PrepJournal::remove() {
  if (::unlink(file_.c_str()) != 0)
    log_warning("prep", "{}: cannot be removed: {}; the pack is written, and it is needed no more",
                file_.string(), std::strerror(errno));
}

}  // namespace mma
