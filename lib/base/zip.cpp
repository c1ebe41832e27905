#include "base/zip.h"

#include <zip.h>

#include <map>

#include "base/error.h"
#include "base/files.h"

namespace mma {
namespace {
// No deflated byte unpacks to more than this many.
constexpr uint64_t kMostDeflated = 1032;
}  // namespace

struct ZipArchive::Impl {
  std::string file;
  std::unique_ptr<zip_t, decltype(&zip_discard)> archive{nullptr, zip_discard};
  std::vector<ZipEntry> entries;
  std::map<std::string, size_t> places;

  void add(size_t index, uint64_t& room) {
    zip_stat_t stat;
    check_input(zip_stat_index(archive.get(), index, ZIP_FL_ENC_RAW, &stat) == 0,
                "{}: expected a zip archive, found a broken entry: {}", file,
                zip_strerror(archive.get()));
    constexpr uint64_t kNeeded = ZIP_STAT_NAME | ZIP_STAT_SIZE | ZIP_STAT_COMP_SIZE |
                                 ZIP_STAT_COMP_METHOD | ZIP_STAT_ENCRYPTION_METHOD;
    check_input((stat.valid & kNeeded) == kNeeded, "{}: a zip entry lacks its size or name", file);
    auto shown = printable(stat.name);
    check_input(stat.encryption_method == ZIP_EM_NONE, "{}: entry '{}' is encrypted", file, shown);
    bool stored = stat.comp_method == ZIP_CM_STORE;
    check_input(stored || stat.comp_method == ZIP_CM_DEFLATE,
                "{}: entry '{}': expected it stored or deflated, found zip method {}", file, shown,
                stat.comp_method);
    check_input(stat.comp_size <= room, "{}: entry '{}': the file cannot hold {} bytes", file,
                shown, stat.comp_size);
    room -= stat.comp_size;
    check_input(stored ? stat.size == stat.comp_size : stat.size / kMostDeflated <= stat.comp_size,
                "{}: entry '{}': {} bytes cannot unpack to {}", file, shown, stat.comp_size,
                stat.size);
    check_input(places.emplace(stat.name, entries.size()).second, "{}: two entries are named '{}'",
                file, shown);
    entries.push_back({stat.name, stat.size, stored});
  }
};

ZipArchive::ZipArchive(const std::filesystem::path& file) : impl_(std::make_unique<Impl>()) {
  impl_->file = file.string();
  // libzip would wait for ever on a pipe.
  check_input(read_head(file, 2) == "PK", "{}: expected a zip archive, found something else",
              impl_->file);
  int code = 0;
  impl_->archive.reset(zip_open(file.c_str(), ZIP_RDONLY | ZIP_CHECKCONS, &code));
  if (!impl_->archive) {
    zip_error_t error;
    zip_error_init_with_code(&error, code);
    std::string why =
        code == ZIP_ER_EXISTS ? "two entries have the same name" : zip_error_strerror(&error);
    zip_error_fini(&error);
    throw UserError(fmt::format("{}: expected a zip archive: {}", impl_->file, why));
  }
  auto count = zip_get_num_entries(impl_->archive.get(), 0);
  uint64_t room = std::filesystem::file_size(file);
  for (zip_int64_t i = 0; i < count; ++i) impl_->add(static_cast<size_t>(i), room);
}

ZipArchive::~ZipArchive() = default;

const std::vector<ZipEntry>& ZipArchive::entries() const { return impl_->entries; }

const ZipEntry* ZipArchive::find(const std::string& name) const {
  auto it = impl_->places.find(name);
  return it == impl_->places.end() ? nullptr : &impl_->entries[it->second];
}

std::string ZipArchive::read(const std::string& name, uint64_t max_bytes) const {
  auto it = impl_->places.find(name);
  auto shown = printable(name);
  check_input(it != impl_->places.end(), "{}: the archive has no entry '{}'", impl_->file, shown);
  auto size = impl_->entries[it->second].size;
  check_input(size <= max_bytes, "{}: entry '{}': {} bytes, expected at most {}", impl_->file,
              shown, size, max_bytes);
  std::unique_ptr<zip_file_t, decltype(&zip_fclose)> in(
      zip_fopen_index(impl_->archive.get(), it->second, 0), zip_fclose);
  check_input(in != nullptr, "{}: entry '{}': {}", impl_->file, shown,
              zip_strerror(impl_->archive.get()));
  std::string bytes(size, '\0');
  size_t filled = 0;
  for (;;) {
    // The last call, for a byte too many, makes libzip compare the CRC.
    char extra;
    bool full = filled == size;
    auto n = full ? zip_fread(in.get(), &extra, 1)
                  : zip_fread(in.get(), bytes.data() + filled, size - filled);
    check_input(n >= 0, "{}: entry '{}' is damaged: {}", impl_->file, shown,
                zip_file_strerror(in.get()));
    check_input(full ? n == 0 : n > 0, "{}: entry '{}': expected {} bytes, found {}", impl_->file,
                shown, size, full ? "more" : "fewer");
    if (full) return bytes;
    filled += static_cast<size_t>(n);
  }
}

}  // namespace mma
