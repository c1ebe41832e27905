#include "eval/precomputed_file.h"

#include <algorithm>
#include <vector>

#include "base/log.h"
#include "base/safetensors.h"
#include "base/stop.h"
#include "data/row_file.h"

namespace mma {
namespace {

constexpr int64_t kHashCharacters = 64;
constexpr uint64_t kPiece = 4 << 20;

std::string header_of(const PrecomputedLayout& layout) {
  return safetensors_header(
      {{"rows", layout.dtype, {layout.rows, layout.width}}, {"sha256", "U8", {kHashCharacters}}},
      {{"made_of", layout.made_of}});
}

}  // namespace

PrecomputedFile::PrecomputedFile(const fs::path& file, const PrecomputedLayout& layout)
    : file_(file) {
  file_.add(header_of(layout));
}

void PrecomputedFile::add(std::string_view rows) {
  hash_.add(rows.data(), rows.size());
  file_.add(rows);
}

void PrecomputedFile::commit() {
  file_.add(hash_.hex());
  file_.commit();
}

std::shared_ptr<const NumberSource<uint8_t>> open_precomputed(const fs::path& file,
                                                              const PrecomputedLayout& layout,
                                                              void* into) {
  auto refused = [&](const char* why) {
    log_warning("cache", "{}: {}: it is computed again", file.string(), why);
    return nullptr;
  };
  const auto header = header_of(layout);
  auto rows = std::make_shared<RowFile>(file.string(), open_to_read(file));
  // What is expected is known to the last byte, so that nothing of a stranger's is read as a
  // length.
  if (rows->size() != header.size() + layout.bytes() + kHashCharacters ||
      read_head(file, header.size()) != header)
    return refused("holds something else than is needed");
  const auto whole = static_cast<int64_t>(rows->size());
  const FileNumbers<uint8_t> all(rows, {{0, whole, 0}});
  Sha256 hash;
  std::vector<uint8_t> piece(into ? 0 : std::min(kPiece, layout.bytes()));
  for (uint64_t done = 0; done < layout.bytes(); done += kPiece) {
    stop_if_asked();
    const auto size = std::min(kPiece, layout.bytes() - done);
    auto* place = into ? static_cast<uint8_t*>(into) + done : piece.data();
    all.gather({{static_cast<int64_t>(header.size() + done), static_cast<int64_t>(size)}}, place);
    hash.add(place, size);
  }
  std::string stored(kHashCharacters, '\0');
  all.gather({{whole - kHashCharacters, kHashCharacters}},
             reinterpret_cast<uint8_t*>(stored.data()));
  if (hash.hex() != stored) return refused("is damaged");
  return std::make_shared<FileNumbers<uint8_t>>(
      rows, std::vector<Extent>{{0, static_cast<int64_t>(layout.bytes()), header.size()}});
}

}  // namespace mma
