#include "data/line_reader.h"

#include <cstring>

#include "base/error.h"
#include "base/files.h"

namespace mma {

LineReader::LineReader(const std::filesystem::path& file)
    : name_(file.string()), buffer_(size_t{1} << 16, '\0') {
  auto head = read_head(file, 3);  // refuses what is no file, which ifstream would wait for
  in_.open(file, std::ios::binary);
  check_input(in_.is_open(), "{}: cannot be opened", name_);
  if (head == "\xef\xbb\xbf") in_.seekg(3);
}

bool LineReader::refill() {
  in_.read(buffer_.data(), static_cast<std::streamsize>(buffer_.size()));
  if (in_.bad()) throw MachineError(fmt::format("{}: cannot read", name_));
  at_ = 0;
  filled_ = static_cast<size_t>(in_.gcount());
  return filled_ > 0;
}

bool LineReader::next(std::string& line) {
  line.clear();
  if (peek() < 0) return false;
  while (at_ < filled_ || refill()) {
    auto* begin = buffer_.data() + at_;
    auto* end = static_cast<char*>(std::memchr(begin, '\n', filled_ - at_));
    auto size = end ? static_cast<size_t>(end - begin) : filled_ - at_;
    check_input(line.size() + size <= kMaxLine, "{}:{}: a line of more than {} bytes", name_, line_,
                kMaxLine);
    line.append(begin, size);
    at_ += size;
    if (end) {
      ++at_;
      ++line_;
      break;
    }
  }
  return true;
}

}  // namespace mma
