#include "data/npy.h"

#include <algorithm>
#include <bit>
#include <charconv>

#include "base/error.h"

namespace mma {
namespace {

constexpr std::string_view kMagic = "\x93NUMPY";
constexpr uint64_t kMaxHeader = 1 << 16;  // of numbers it is some 100 bytes long
constexpr size_t kMaxAxes = 32;

// The header is a Python dict of literals with three known keys; this reads that and nothing else.
class HeaderParser {
 public:
  HeaderParser(std::string_view text, const std::string& name) : text_(text), name_(name) {}

  Array parse() {
    Array array;
    bool has_type = false, has_order = false, has_shape = false;
    expect('{');
    while (!accept('}')) {
      auto key = quoted();
      expect(':');
      if (key == "descr" && !has_type) {
        need(peek() == '\'' || peek() == '"', "one type of numbers");
        auto type = number_type(quoted(), name_);
        array.kind = type.kind;
        array.item_size = type.item_size;
        array.big_endian = type.big_endian;
        has_type = true;
      } else if (key == "fortran_order" && !has_order) {
        array.fortran_order = boolean();
        has_order = true;
      } else if (key == "shape" && !has_shape) {
        array.shape = tuple();
        has_shape = true;
      } else {
        need(false, "the keys descr, fortran_order and shape, once each");
      }
      if (!accept(',')) {
        expect('}');
        break;
      }
    }
    need(has_type && has_order && has_shape, "the keys descr, fortran_order and shape");
    skip_space();
    need(at_ == text_.size(), "the end of the header");
    return array;
  }

 private:
  void need(bool ok, std::string_view what) const {
    check_input(ok, "{}: .npy header: expected {}, found '{}'", name_, what,
                printable(text_.substr(std::min(at_, text_.size()))));
  }
  void skip_space() {
    while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\n')) ++at_;
  }
  char peek() {
    skip_space();
    return at_ < text_.size() ? text_[at_] : '\0';
  }
  bool accept(char c) {
    if (peek() != c) return false;
    ++at_;
    return true;
  }
  void expect(char c) { need(accept(c), std::string_view(&c, 1)); }
  std::string_view quoted() {
    char quote = peek();
    need(quote == '\'' || quote == '"', "a quoted word");
    auto end = text_.find(quote, at_ + 1);
    need(end != std::string_view::npos, "a closing quote");
    auto word = text_.substr(at_ + 1, end - at_ - 1);
    need(word.find('\\') == std::string_view::npos, "a plain word");
    at_ = end + 1;
    return word;
  }
  bool boolean() {
    skip_space();
    bool yes = text_.substr(at_).starts_with("True");
    need(yes || text_.substr(at_).starts_with("False"), "True or False");
    at_ += yes ? 4 : 5;
    return yes;
  }
  std::vector<int64_t> tuple() {
    std::vector<int64_t> numbers;
    expect('(');
    while (!accept(')')) {
      skip_space();
      int64_t n = 0;
      auto* begin = text_.data() + at_;
      auto [end, error] = std::from_chars(begin, text_.data() + text_.size(), n);
      need(error == std::errc() && n >= 0 && numbers.size() < kMaxAxes, "the length of an axis");
      at_ += static_cast<size_t>(end - begin);
      if (at_ < text_.size() && text_[at_] == 'L') ++at_;  // as Python 2 wrote long integers
      numbers.push_back(n);
      if (!accept(',')) {
        expect(')');
        break;
      }
    }
    return numbers;
  }

  const std::string_view text_;
  const std::string& name_;
  size_t at_ = 0;
};

struct Header {
  Array array;
  size_t end;  // where the data begin
};

// `head` is the beginning of a file of `size` bytes, or all of it.
Header read_header(std::string_view head, uint64_t size, const std::string& name) {
  check_input(is_npy(head) && size >= 10, "{}: expected a .npy file, found {} other bytes", name,
              size);
  int version = static_cast<unsigned char>(head[6]);
  check_input(version >= 1 && version <= 3, "{}: expected .npy version 1 to 3, found {}", name,
              version);
  size_t start = version == 1 ? 10 : 12;
  check_input(size >= start, "{}: a truncated .npy file", name);
  uint64_t length = 0;
  for (size_t i = start; i-- > 8;) length = length << 8 | static_cast<unsigned char>(head[i]);
  check_input(length <= kMaxHeader && length <= size - start,
              "{}: a .npy header of {} bytes in a file of {}", name, length, size);
  return {HeaderParser(head.substr(start, length), name).parse(), start + length};
}

}  // namespace

NumberType number_type(std::string_view text, const std::string& name) {
  auto rest = text;
  constexpr bool kBigMachine = std::endian::native == std::endian::big;
  NumberType type{'\0', 0, kBigMachine};
  if (!rest.empty() && std::string_view("<>=|").find(rest[0]) != std::string_view::npos) {
    if (rest[0] == '<') type.big_endian = false;
    if (rest[0] == '>') type.big_endian = true;
    rest.remove_prefix(1);
  }
  if (rest == "?") rest = "b1";
  if (rest.size() == 2) {
    type.kind = rest[0];
    type.item_size = rest[1] - '0';
  }
  auto size = type.item_size;
  bool whole =
      (type.kind == 'i' || type.kind == 'u') && (size == 1 || size == 2 || size == 4 || size == 8);
  bool real = type.kind == 'f' && (size == 2 || size == 4 || size == 8);
  check_input(whole || real || (type.kind == 'b' && size == 1),
              "{}: expected numbers (float of 2 to 8 bytes, integer or bool), found the type '{}'",
              name, printable(text));
  if (size == 1) type.big_endian = false;
  return type;
}

void check_size(const Array& array, uint64_t size, const std::string& name) {
  check_input(array.shape.size() <= kMaxAxes, "{}: an array of {} axes, expected at most {}", name,
              array.shape.size(), kMaxAxes);
  uint64_t expected = static_cast<uint64_t>(array.item_size);
  bool fits = true;
  for (auto n : array.shape)
    fits &= n >= 0 && !__builtin_mul_overflow(expected, static_cast<uint64_t>(n), &expected);
  check_input(fits && expected == size && size <= INT64_MAX,
              "{}: shape [{}] with numbers of {} bytes does not fit the {} bytes of data", name,
              fmt::join(array.shape, ", "), array.item_size, size);
}

void set_bytes(Array& array, std::string_view bytes, const std::string& name) {
  check_size(array, bytes.size(), name);
  array.bytes = bytes;
}

void set_source(Array& array, std::shared_ptr<ByteSource> source, uint64_t begin, uint64_t size,
                const std::string& name) {
  check_size(array, size, name);
  array.source = std::move(source);
  array.source_begin = begin;
  array.source_size = size;
}

bool is_npy(std::string_view bytes) { return bytes.starts_with(kMagic); }

Array read_npy(std::string_view bytes, const std::string& name) {
  auto header = read_header(bytes, bytes.size(), name);
  set_bytes(header.array, bytes.substr(header.end), name);
  return std::move(header.array);
}

Array read_npy(std::shared_ptr<ByteSource> file, uint64_t size, const std::string& name) {
  std::string head(std::min(size, kMaxHeader + 12), '\0');
  file->read(0, head.data(), head.size());
  auto header = read_header(head, size, name);
  set_source(header.array, std::move(file), header.end, size - header.end, name);
  return std::move(header.array);
}

}  // namespace mma
