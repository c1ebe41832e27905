#include "base/files.h"

#include <fcntl.h>
#include <openssl/evp.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <memory>
#include <random>
#include <regex>

#include "base/error.h"

namespace mma {
namespace {

// A file descriptor that closes itself.
struct Descriptor {
  int fd;
  ~Descriptor() {
    if (fd >= 0) ::close(fd);
  }
};

[[noreturn]] void machine_failed(const char* what, const fs::path& path) {
  throw MachineError(fmt::format("{}: cannot {}: {}", path.string(), what, std::strerror(errno)));
}

Descriptor open_to_read(const fs::path& file, struct stat& status) {
  Descriptor in{::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)};
  if (in.fd < 0) {
    bool absent = errno == ENOENT || errno == ENOTDIR;
    throw UserError(
        fmt::format("{}: {}", file.string(), absent ? "no such file" : std::strerror(errno)));
  }
  if (::fstat(in.fd, &status) != 0) machine_failed("look at", file);
  check_input(S_ISREG(status.st_mode), "{}: expected a file, found something else", file.string());
  return in;
}

// Calls use(bytes) for the pieces of a file until its end.
template <class Use>
void read_pieces(int fd, const fs::path& file, char* buffer, size_t size, Use use) {
  for (;;) {
    ssize_t n = ::read(fd, buffer, size);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) machine_failed("read", file);
    if (n == 0) return;
    use(static_cast<size_t>(n));
  }
}

// Reads until `into` is full or the file ends.
void fill(int fd, const fs::path& file, std::string& into) {
  size_t filled = 0;
  while (filled < into.size()) {
    ssize_t n = ::read(fd, into.data() + filled, into.size() - filled);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) machine_failed("read", file);
    if (n == 0) break;  // the file shrank meanwhile; readers check lengths
    filled += static_cast<size_t>(n);
  }
  into.resize(filled);
}

}  // namespace

void read_file(const fs::path& file, std::string& into, uint64_t max_bytes) {
  struct stat status;
  auto in = open_to_read(file, status);
  auto size = static_cast<uint64_t>(status.st_size);
  check_input(size <= max_bytes, "{}: {} bytes, expected at most {}", file.string(), size,
              max_bytes);
  into.resize(size);
  fill(in.fd, file, into);
}

std::string read_head(const fs::path& file, size_t size) {
  struct stat status;
  auto in = open_to_read(file, status);
  std::string bytes(size, '\0');
  fill(in.fd, file, bytes);
  return bytes;
}

std::string read_file(const fs::path& file, uint64_t max_bytes) {
  std::string bytes;
  read_file(file, bytes, max_bytes);
  return bytes;
}

fs::path path_under(const fs::path& root, const std::string& relative) {
  fs::path part(relative);
  bool climbs = relative.empty() || part.is_absolute() || relative.find('\0') != std::string::npos;
  for (auto& piece : part) climbs |= piece == "..";
  check_input(!climbs, "{}: leads out of the data root {}", printable(relative), root.string());
  fs::path whole = root;
  std::error_code ignored;
  bool linked = false;
  for (auto& piece : part) linked |= fs::is_symlink(whole /= piece, ignored);
  if (!linked) return whole;  // most are not, and canonical() looks at every folder from "/" on
  auto real_root = fs::canonical(root, ignored);
  auto real = fs::weakly_canonical(whole, ignored);
  auto inside = std::mismatch(real_root.begin(), real_root.end(), real.begin(), real.end());
  check_input(inside.first == real_root.end(), "{}: a link leads out of the data root {}",
              printable(relative), root.string());
  return whole;
}

void write_atomically(const fs::path& file, std::string_view bytes) {
  TemporaryFile temporary(file);
  {
    Descriptor out{
        ::open(temporary.path().c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666)};
    if (out.fd < 0) machine_failed("write", file);
    while (!bytes.empty()) {
      ssize_t n = ::write(out.fd, bytes.data(), bytes.size());
      if (n < 0 && errno == EINTR) continue;
      if (n < 0) machine_failed("write", file);
      bytes.remove_prefix(static_cast<size_t>(n));
    }
  }
  temporary.commit();
}

TemporaryFile::TemporaryFile(fs::path final_name) : final_(std::move(final_name)) {
  temporary_ = final_;
  // Unlike that of any other process, on this host or another one that sees the folder.
  std::random_device random;
  temporary_ += fmt::format(".tmp{}-{:08x}", ::getpid(), random());
}

TemporaryFile::~TemporaryFile() {
  if (!temporary_.empty()) ::unlink(temporary_.c_str());
}

void TemporaryFile::commit() {
  sync_path(temporary_);
  if (::rename(temporary_.c_str(), final_.c_str()) != 0) machine_failed("rename to", final_);
  temporary_.clear();
  sync_path(final_.has_parent_path() ? final_.parent_path() : fs::path("."));
}

void remove_temporary_files(const fs::path& folder) {
  static const std::regex temporary(R"(.*\.tmp[0-9]+-[0-9a-f]{8})");  // see TemporaryFile
  std::vector<fs::path> left;
  std::error_code ignored;
  for (fs::recursive_directory_iterator it(folder, ignored), end; it != end; it.increment(ignored))
    if (it->is_regular_file(ignored) && std::regex_match(it->path().filename().string(), temporary))
      left.push_back(it->path());
  for (auto& file : left) fs::remove(file, ignored);
}

void sync_path(const fs::path& path) {
  Descriptor file{::open(path.c_str(), O_RDONLY | O_CLOEXEC)};
  if (file.fd < 0 || ::fsync(file.fd) != 0) machine_failed("sync", path);
}

void make_directories(const fs::path& folder) {
  std::error_code error;
  fs::create_directories(folder, error);
  if (error || !fs::is_directory(folder))
    throw MachineError(fmt::format("{}: cannot make this folder: {}", folder.string(),
                                   error ? error.message() : "a file has its name"));
}

void check_space(const fs::path& folder, int64_t bytes) {
  if (::access(folder.c_str(), W_OK | X_OK) != 0) machine_failed("write into", folder);
  std::error_code error;
  auto free = fs::space(folder, error).available;
  if (!error && free < static_cast<uintmax_t>(bytes))
    throw MachineError(fmt::format("{}: {:.1f} MB free on its disk, {:.1f} MB are needed",
                                   folder.string(), static_cast<double>(free) / 1e6,
                                   static_cast<double>(bytes) / 1e6));
}

struct Sha256::Context {
  EVP_MD_CTX* evp = EVP_MD_CTX_new();
  ~Context() { EVP_MD_CTX_free(evp); }
};

Sha256::Sha256() : context_(std::make_unique<Context>()) {
  check(context_->evp && EVP_DigestInit_ex(context_->evp, EVP_sha256(), nullptr) == 1,
        "sha256: no digest");
}

Sha256::Sha256(Sha256&&) noexcept = default;
Sha256::~Sha256() = default;

void Sha256::add(const void* data, size_t size) {
  check(EVP_DigestUpdate(context_->evp, data, size) == 1, "sha256: update failed");
}

std::string Sha256::hex() {
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  check(EVP_DigestFinal_ex(context_->evp, digest, &size) == 1, "sha256: final failed");
  return fmt::format("{:02x}", fmt::join(digest, digest + size, ""));
}

std::string sha256(std::string_view bytes) {
  Sha256 hash;
  hash.add(bytes.data(), bytes.size());
  return hash.hex();
}

std::string sha256_file(const fs::path& file, const std::function<void()>& between) {
  struct stat status;
  auto in = open_to_read(file, status);
  Sha256 hash;
  std::string buffer(1 << 20, '\0');
  read_pieces(in.fd, file, buffer.data(), buffer.size(), [&](size_t n) {
    if (between) between();
    hash.add(buffer.data(), n);
  });
  return hash.hex();
}

std::string sha256_files(const std::vector<fs::path>& files, const std::function<void()>& between) {
  std::string lines;
  for (auto& file : files)
    lines += file.filename().string() + " " + sha256_file(file, between) + "\n";
  return sha256(lines);
}

}  // namespace mma
