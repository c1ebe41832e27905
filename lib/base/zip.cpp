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

namespace {

class EntryStream : public ZipStream {
 public:
  EntryStream(zip_t* archive, size_t index, std::string name)
      : name_(std::move(name)), in_(zip_fopen_index(archive, index, 0), zip_fclose) {
    check_input(in_ != nullptr, "{}: {}", name_, zip_strerror(archive));
  }
  void read(char* into, size_t size) override {
    while (size > 0) {
      auto n = next(into, size);
      check_input(n > 0, "{}: expected {} more bytes, found the end", name_, size);
      into += n;
      size -= n;
    }
  }
  void finish() override {
    // libzip compares the CRC when it is asked for a byte too many.
    char extra;
    check_input(next(&extra, 1) == 0, "{}: expected the end, found more bytes", name_);
  }

 private:
  size_t next(char* into, size_t size) {
    auto n = zip_fread(in_.get(), into, size);
    check_input(n >= 0, "{} is damaged: {}", name_, zip_file_strerror(in_.get()));
    return static_cast<size_t>(n);
  }

  std::string name_;
  std::unique_ptr<zip_file_t, decltype(&zip_fclose)> in_;
};

}  // namespace

std::unique_ptr<ZipStream> ZipArchive::open(const std::string& name) const {
  auto it = impl_->places.find(name);
  auto shown = printable(name);
  check_input(it != impl_->places.end(), "{}: the archive has no entry '{}'", impl_->file, shown);
  return std::make_unique<EntryStream>(impl_->archive.get(), it->second,
                                       fmt::format("{}: entry '{}'", impl_->file, shown));
}

std::string ZipArchive::read(const std::string& name, uint64_t max_bytes) const {
  auto* entry = find(name);
  check_input(!entry || entry->size <= max_bytes, "{}: entry '{}': {} bytes, expected at most {}",
              impl_->file, printable(name), entry ? entry->size : 0, max_bytes);
  auto in = open(name);
  std::string bytes(entry->size, '\0');
  in->read(bytes.data(), bytes.size());
  in->finish();
  return bytes;
}

}  // namespace mma
