#include "data/row_file.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <bit>
#include <cerrno>
#include <cstring>

namespace mma {
namespace {

static_assert(std::endian::native == std::endian::little, "packs hold little-endian numbers");

// Neighbours are read at once up to so many bytes, and across gaps of so many, which come from the
// disk anyway.
constexpr uint64_t kMostAtOnce = 1 << 20, kGap = 4096;

struct stat state_of(const std::string& name, int file) {
  struct stat state;
  if (::fstat(file, &state) != 0)
    throw MachineError(fmt::format("{}: cannot be read: {}", name, std::strerror(errno)));
  return state;
}

}  // namespace

RowFile::RowFile(std::string name, Descriptor file)
    : name_(std::move(name)), file_(std::move(file)) {
  const auto state = state_of(name_, file_.get());
  size_ = static_cast<uint64_t>(state.st_size);
  written_ = state.st_mtim;
}

void RowFile::check_unchanged() const {
  const auto state = state_of(name_, file_.get());
  if (static_cast<uint64_t>(state.st_size) != size_)
    throw MachineError(
        fmt::format("{}: has {} bytes, {} when it was opened: leave the file alone "
                    "while it is read",
                    name_, state.st_size, size_));
  if (state.st_mtim.tv_sec != written_.tv_sec || state.st_mtim.tv_nsec != written_.tv_nsec)
    throw MachineError(fmt::format(
        "{}: was written to since it was opened: leave the file alone while it is read", name_));
}

void RowFile::read(uint64_t place, char* into, uint64_t bytes) const {
  while (bytes > 0) {
    const auto n = ::pread(file_.get(), into, bytes, static_cast<off_t>(place));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0)
      throw MachineError(fmt::format("{}: cannot be read: {}", name_, std::strerror(errno)));
    if (n == 0) {
      check_unchanged();
      throw MachineError(fmt::format("{}: cannot be read beyond {} bytes", name_, place));
    }
    into += n;
    place += static_cast<uint64_t>(n);
    bytes -= static_cast<uint64_t>(n);
  }
}

std::vector<RowFile::Piece> RowFile::pieces_of(const std::vector<Extent>& extents,
                                               const std::vector<Span>& spans, size_t number_bytes,
                                               char* into) const {
  std::vector<Piece> pieces;
  for (auto [begin, count] : spans) {
    if (count == 0) continue;
    auto extent = std::upper_bound(extents.begin(), extents.end(), begin,
                                   [](int64_t at, const Extent& e) { return at < e.first; });
    check(extent != extents.begin(), "{}: no number {}", name_, begin);
    for (--extent; count > 0; ++extent) {
      check(extent != extents.end() && begin < extent->first + extent->count, "{}: no number {}",
            name_, begin);
      const int64_t here = std::min(count, extent->first + extent->count - begin);
      const auto bytes = static_cast<uint64_t>(here) * number_bytes;
      const auto before = static_cast<uint64_t>(begin - extent->first) * number_bytes;
      pieces.push_back({extent->place + before, bytes, into});
      into += bytes;
      begin += here;
      count -= here;
    }
  }
  std::sort(pieces.begin(), pieces.end(),
            [](const Piece& a, const Piece& b) { return a.place < b.place; });
  return pieces;
}

void RowFile::gather(const std::vector<Extent>& extents, const std::vector<Span>& spans,
                     size_t number_bytes, char* into) const {
  const auto pieces = pieces_of(extents, spans, number_bytes, into);
  std::vector<char> together;
  for (size_t begin = 0, end = 0; begin < pieces.size(); begin = end) {
    const uint64_t place = pieces[begin].place;
    uint64_t bytes = pieces[begin].bytes;
    for (end = begin + 1; end < pieces.size() && pieces[end].place <= place + bytes + kGap; ++end) {
      const auto more = std::max(bytes, pieces[end].place + pieces[end].bytes - place);
      if (more > kMostAtOnce) break;
      bytes = more;
    }
    if (end == begin + 1) {
      read(place, pieces[begin].into, bytes);
      continue;
    }
    together.resize(bytes);
    read(place, together.data(), bytes);
    for (size_t i = begin; i < end; ++i)
      std::memcpy(pieces[i].into, together.data() + (pieces[i].place - place), pieces[i].bytes);
  }
  check_unchanged();  // of what was read
}

void HalfNumbers::gather(const std::vector<Span>& spans, float* into) const {
  size_t count = 0;
  for (auto& span : spans) count += static_cast<size_t>(span.count);
  std::vector<Half> halves(count);
  halves_.gather(spans, halves.data());
  for (size_t i = 0; i < count; ++i) into[i] = static_cast<float>(halves[i]);
}

}  // namespace mma
