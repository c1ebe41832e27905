#include "base/files.h"

#include <fcntl.h>
#include <openssl/evp.h>
#include <poll.h>
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

[[noreturn]] void machine_failed(const char* what, const fs::path& path) {
  throw MachineError(fmt::format("{}: cannot {}: {}", path.string(), what, std::strerror(errno)));
}

// Whether the name is at fault, and not the machine (too many open files, no memory, I/O).
bool is_users(int error) {
  return error == EACCES || error == EPERM || error == EROFS || error == ELOOP ||
         error == ENAMETOOLONG || error == ENXIO || error == ENODEV;
}

constexpr const char* kTemporaryEnding = R"(\.tmp[0-9]+-[0-9a-f]{8})";  // see TemporaryFile

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

Descriptor open_to_read(const fs::path& file, uint64_t* size) {
  // O_NONBLOCK: opening a FIFO would wait for its writer.
  Descriptor in(::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (in.get() < 0) {
    check_input(errno != ENOENT && errno != ENOTDIR, "{}: no such file", file.string());
    check_input(!is_users(errno), "{}: {}", file.string(), std::strerror(errno));
    machine_failed("open", file);
  }
  struct stat status = {};
  if (::fstat(in.get(), &status) != 0) machine_failed("look at", file);
  check_input(S_ISREG(status.st_mode), "{}: expected a file, found something else", file.string());
  if (size) *size = static_cast<uint64_t>(status.st_size);
  return in;
}

void read_file(const fs::path& file, std::string& into, uint64_t max_bytes) {
  uint64_t size = 0;
  auto in = open_to_read(file, &size);
  check_input(size <= max_bytes, "{}: {} bytes, expected at most {}", file.string(), size,
              max_bytes);
  into.resize(size);
  fill(in.get(), file, into);
}

std::string read_head(const fs::path& file, size_t size) {
  auto in = open_to_read(file);
  std::string bytes(size, '\0');
  fill(in.get(), file, bytes);
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

Descriptor::~Descriptor() {
  if (fd_ >= 0) ::close(fd_);
}

Descriptor& Descriptor::operator=(Descriptor&& other) noexcept {
  std::swap(fd_, other.fd_);
  return *this;
}

bool Descriptor::close() { return ::close(std::exchange(fd_, -1)) == 0; }

Descriptor open_to_write(const fs::path& file, int flags) {
  // Without O_NONBLOCK, opening a FIFO waits for its reader.
  Descriptor out(::open(file.c_str(), flags | O_CREAT | O_CLOEXEC | O_NONBLOCK, 0666));
  bool other = out.get() < 0 && (errno == ENXIO || errno == EISDIR);
  if (out.get() < 0 && !other) machine_failed("write", file);
  struct stat status = {};
  if (!other && ::fstat(out.get(), &status) != 0) machine_failed("look at", file);
  check_input(!other && S_ISREG(status.st_mode),
              "{}: expected a file, found something else; remove it", file.string());
  return out;
}

bool write_all(int descriptor, std::string_view bytes) {
  while (!bytes.empty()) {
    ssize_t n = ::write(descriptor, bytes.data(), bytes.size());
    if (n >= 0) {
      bytes.remove_prefix(static_cast<size_t>(n));
    } else if (errno == EAGAIN) {  // a pipe or a terminal that someone made non-blocking
      struct pollfd ready = {descriptor, POLLOUT, 0};
      ::poll(&ready, 1, -1);
    } else if (errno != EINTR) {
      return false;
    }
  }
  return true;
}

void write_atomically(const fs::path& file, std::string_view bytes) {
  TemporaryFile temporary(file);
  Descriptor out(::open(temporary.path().c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666));
  if (out.get() < 0 || !write_all(out.get(), bytes)) machine_failed("write", file);
  temporary.commit(std::move(out));
}

TemporaryFile::TemporaryFile(fs::path final_name) : final_(std::move(final_name)) {
  std::error_code ignored;
  auto there = fs::status(final_, ignored);
  check_input(!fs::exists(there) || fs::is_regular_file(there),
              "{}: cannot write: expected a file of this name or none, found something else",
              final_.string());
  temporary_ = final_;
  // Unlike that of any other process, on this host or another one that sees the folder.
  std::random_device random;
  temporary_ += fmt::format(".tmp{}-{:08x}", ::getpid(), random());
}

TemporaryFile::~TemporaryFile() {
  if (!temporary_.empty()) ::unlink(temporary_.c_str());
}

void TemporaryFile::commit(Descriptor written) {
  if (::fsync(written.get()) != 0) machine_failed("sync", final_);
  if (!written.close()) machine_failed("close", final_);
  if (::rename(temporary_.c_str(), final_.c_str()) != 0) machine_failed("rename to", final_);
  temporary_.clear();
  sync_path(final_.has_parent_path() ? final_.parent_path() : fs::path("."));
}

bool is_temporary_of(const fs::path& file, const fs::path& temporary) {
  const auto name = file.filename().string(), other = temporary.filename().string();
  static const std::regex ending(kTemporaryEnding);
  return other.starts_with(name) && std::regex_match(other.substr(name.size()), ending);
}

void remove_temporary_files(const fs::path& folder) {
  static const std::regex temporary(std::string(".*") + kTemporaryEnding);
  std::vector<fs::path> left;
  std::error_code ignored;
  for (fs::recursive_directory_iterator it(folder, ignored), end; it != end; it.increment(ignored))
    if (it->is_regular_file(ignored) && std::regex_match(it->path().filename().string(), temporary))
      left.push_back(it->path());
  for (auto& file : left) fs::remove(file, ignored);
}

void sync_path(const fs::path& path) {
  Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (file.get() < 0 || ::fsync(file.get()) != 0) machine_failed("sync", path);
}

void make_directories(const fs::path& folder) {
  std::error_code error;
  fs::create_directories(folder, error);
  if (!error && fs::is_directory(folder)) return;
  bool taken = !error || error == std::errc::not_a_directory || error == std::errc::file_exists;
  auto message = fmt::format("{}: cannot make this folder: {}", folder.string(),
                             taken ? "a file has its name" : error.message());
  check_input(!taken, "{}", message);
  throw MachineError(message);
}

void check_space(const fs::path& folder, int64_t bytes) {
  if (::access(folder.c_str(), W_OK | X_OK) != 0) {
    check_input(!is_users(errno), "{}: cannot write into: {}", folder.string(),
                std::strerror(errno));
    machine_failed("write into", folder);
  }
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
  auto in = open_to_read(file);
  Sha256 hash;
  std::string buffer(1 << 20, '\0');
  read_pieces(in.get(), file, buffer.data(), buffer.size(), [&](size_t n) {
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
