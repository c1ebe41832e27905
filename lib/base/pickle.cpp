#include "base/pickle.h"

#include <algorithm>
#include <bit>
#include <charconv>
#include <cstring>

#include "base/error.h"
#include "base/pickle_input.h"
#include "base/pickle_text.h"
#include "base/pickle_tree.h"

namespace mma {

/// Runs the opcodes of one pickle over a stack of values.
class PickleReader {
 public:
  PickleReader(Pickle& pickle, std::string_view in, const std::string& name,
               const PickleOptions& options)
      : pickle_(pickle), in_(in, options.gap), name_(name), options_(options) {}

  void read() {
    try {
      read_all();
    } catch (const PickleInput::Fault& fault) {
      refuse(fault.found);
    }
  }

 private:
  using Kind = PickleValue::Kind;
  void read_all() {
    none_ = make(Kind::kNone);
    no_ = make(Kind::kBool);
    yes_ = make(Kind::kBool);
    yes_->integer = 1;
    need(in_.size() > 0, "an empty file");
    while (!stopped_) {
      opcode_at_ = in_.at();
      step(static_cast<unsigned char>(in_.take(1)[0]));
    }
    opcode_at_ = in_.at();
    need(in_.at() == in_.size(), "bytes after the pickle's end");
    if (auto* fault = fault_of_tree(*pickle_.root_, pickle_.values_.size(), options_.max_depth))
      refuse(fault);
  }

  [[noreturn]] void refuse(const std::string& what) const {
    throw UserError(fmt::format("{}: expected a pickle of plain data, found {} at byte {}", name_,
                                what, opcode_at_));
  }
  void need(bool ok, const char* otherwise) const {
    if (!ok) refuse(otherwise);
  }
  int64_t decimal(std::string_view text) const {
    int64_t value = 0;
    auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    need(error == std::errc() && end == text.data() + text.size(),
         "a number that is no 64-bit integer");
    return value;
  }

  // --- values and the stack ---
  PickleValue* make(Kind kind) {
    count();
    auto& value = pickle_.values_.emplace_back();
    value.kind = kind;
    value.index = static_cast<uint32_t>(pickle_.values_.size() - 1);
    return &value;
  }
  void count() { need(++counted_ <= options_.max_values, "too many values"); }
  void push(PickleValue* value) {
    count();
    stack_.push_back(value);
  }
  void push_text(Kind kind, std::string_view text) {
    auto* value = make(kind);
    value->text = text;
    push(value);
  }
  void push_bytes(uint64_t size) {
    if (!in_.spans_gap(size)) return push_text(Kind::kBytes, in_.take(size));
    auto* value = make(Kind::kFarBytes);
    value->integer = static_cast<int64_t>(in_.at());
    value->size = size;
    in_.skip_gap(size);
    push(value);
  }
  void push_int(int64_t integer) {
    auto* value = make(Kind::kInt);
    value->integer = integer;
    push(value);
  }
  void push_real(double real) {
    auto* value = make(Kind::kFloat);
    value->real = real;
    push(value);
  }
  size_t floor() const { return marks_.empty() ? 0 : marks_.back(); }
  PickleValue* pop() {
    auto* value = top();
    stack_.pop_back();
    return value;
  }
  PickleValue* top() const {
    need(stack_.size() > floor(), "an opcode without its operand");
    return stack_.back();
  }
  // The values above the last mark; the mark goes too.
  std::vector<const PickleValue*> pop_mark() {
    need(!marks_.empty(), "an opcode without its mark");
    auto begin = stack_.begin() + static_cast<std::ptrdiff_t>(marks_.back());
    std::vector<const PickleValue*> items(begin, stack_.end());
    stack_.erase(begin, stack_.end());
    marks_.pop_back();
    return items;
  }
  void push_items(Kind kind, std::vector<const PickleValue*> items) {
    need(kind != Kind::kDict || items.size() % 2 == 0, "a dict with a key that has no value");
    auto* value = make(kind);
    value->items = std::move(items);
    push(value);
  }
  void push_tuple(size_t size) {
    std::vector<const PickleValue*> items(size);
    for (size_t i = size; i-- > 0;) items[i] = pop();
    push_items(Kind::kTuple, std::move(items));
  }
  // Adds items to the list or dict on top of the stack.
  void extend(Kind kind, const std::vector<const PickleValue*>& items) {
    auto* target = top();
    need(target->kind == kind, "items for something that takes none");
    need(kind != Kind::kDict || items.size() % 2 == 0, "a dict with a key that has no value");
    target->items.insert(target->items.end(), items.begin(), items.end());
  }

  // --- the memo ---
  void remember(uint64_t place) {
    // Whoever writes a pickle counts its values up; a place far ahead is there to take memory.
    need(place <= counted_, "a memo place far ahead");
    if (memo_.size() <= place) memo_.resize(place + 1);
    memo_[place] = top();
  }
  void recall(uint64_t place) {
    need(place < memo_.size() && memo_[place], "a memo place that holds nothing");
    push(memo_[place]);
  }

  // --- text in an escaped form ---
  std::string_view keep(std::string text) {
    // One text may be encoded again and again: what that makes is bounded by the file's size.
    decoded_bytes_ += text.size();
    need(decoded_bytes_ <= 4 * in_.size(), "text that grows beyond the file");
    need(decoded_bytes_ <= options_.max_decoded, "text that takes too much memory");
    return pickle_.decoded_.emplace_back(std::move(text));
  }
  // Text of a line with its escapes resolved; in the file itself where it has none.
  std::string_view unescaped(std::string_view text,
                             bool (*decode)(std::string_view, std::string&)) {
    std::string out;
    need(decode(text, out), "a broken text");
    return keep(std::move(out));
  }
  std::string_view quoted(std::string_view text) {
    need(text.size() >= 2 && (text[0] == '\'' || text[0] == '"') && text.back() == text[0],
         "a string without quotes");
    text = text.substr(1, text.size() - 2);
    return text.find('\\') == std::string_view::npos ? text : unescaped(text, decode_repr);
  }
  std::string_view raw_unicode(std::string_view text) {
    // The bytes as unsigned: whether a plain char has a sign differs between processors.
    bool plain = std::none_of(text.begin(), text.end(),
                              [](unsigned char c) { return c == '\\' || c >= 0x80; });
    return plain ? text : unescaped(text, decode_raw_unicode);
  }

  // --- constructors ---
  void push_global(std::string_view module, std::string_view name) {
    for (auto known : options_.constructors) {
      if (known.size() == module.size() + 1 + name.size() && known.starts_with(module) &&
          known[module.size()] == ' ' && known.ends_with(name))
        return push_text(Kind::kGlobal, known);
    }
    refuse(fmt::format("the constructor '{}.{}'", printable(module), printable(name)));
  }
  void stack_global() {
    auto* name = pop();
    auto* module = pop();
    need(name->is_string() && module->is_string(), "a constructor whose name is no text");
    push_global(module->text, name->text);
  }
  void reduce() {
    auto* arguments = pop();
    auto* callee = pop();
    need(callee->is(Kind::kGlobal) && arguments->is(Kind::kTuple),
         "a call of something that is no constructor");
    auto& items = arguments->items;
    if (callee->text == "_codecs encode") {
      need(items.size() == 2 && items[0]->is(Kind::kText) && items[1]->is_string() &&
               (items[1]->text == "latin1" || items[1]->text == "latin-1"),
           "an encoding other than latin1");
      std::string bytes;
      need(latin1_from_utf8(items[0]->text, bytes), "text that is not latin1");
      return push_text(Kind::kBytes, keep(std::move(bytes)));
    }
    bool ordered = callee->text == "collections OrderedDict";
    auto* value = make(ordered ? Kind::kDict : Kind::kObject);
    value->text = callee->text;
    if (!ordered) {
      for (size_t i = 0; i < items.size(); ++i) count();
      value->items = items;
    } else if (!items.empty()) {
      // Python 2 gives the pairs as arguments; later ones set them afterwards.
      need(items.size() == 1 && items[0]->is_sequence(), "an OrderedDict of something strange");
      for (auto* pair : items[0]->items) {
        count();
        need(pair->is_sequence() && pair->items.size() == 2, "an OrderedDict of something strange");
        value->items.insert(value->items.end(), pair->items.begin(), pair->items.end());
      }
    }
    push(value);
  }
  void build() {
    auto* state = pop();
    auto* target = top();
    bool takes = target->is(Kind::kObject) || (target->is(Kind::kDict) && !target->text.empty());
    need(takes && !target->state, "a state for something that takes none");
    target->state = state;
  }

  int64_t long_integer(uint64_t size) {
    auto bytes = in_.take(size);
    if (size == 0) return 0;
    bool negative = static_cast<signed char>(bytes[size - 1]) < 0;
    uint64_t value = negative ? ~uint64_t{0} : 0;
    for (size_t i = size; i-- > 0;) {
      auto byte = static_cast<unsigned char>(bytes[i]);
      need(i < 8 || byte == (negative ? 0xff : 0), "an integer of more than 64 bits");
      if (i < 8) value = (value & ~(uint64_t{0xff} << 8 * i)) | uint64_t{byte} << 8 * i;
    }
    auto result = static_cast<int64_t>(value);
    need((result < 0) == negative, "an integer of more than 64 bits");
    return result;
  }

  // A table, one opcode a line.
  // clang-format off
  void step(unsigned char opcode) {
    switch (opcode) {
      case 0x80: need(in_.number(1) <= 5, "a protocol later than 5"); break;
      case 0x95: need(in_.number(8) <= in_.size() - in_.at(), "a truncated frame"); break;
      case '.': finish(); break;
      case '(': count(); marks_.push_back(stack_.size()); break;
      case '0': stack_.size() > floor() ? void(pop()) : void(pop_mark()); break;
      case '1': pop_mark(); break;
      case '2': push(top()); break;
      case 'N': push(none_); break;
      case 0x88: case 0x89: push(opcode == 0x88 ? yes_ : no_); break;
      case 'J': push_int(static_cast<int32_t>(in_.number(4))); break;
      case 'K': push_int(static_cast<int64_t>(in_.number(1))); break;
      case 'M': push_int(static_cast<int64_t>(in_.number(2))); break;
      case 'I': read_int(in_.line()); break;
      case 'L': read_long(in_.line()); break;
      case 0x8a: push_int(long_integer(in_.number(1))); break;
      case 0x8b: push_int(long_integer(in_.number(4))); break;
      case 'F': read_float(in_.line()); break;
      case 'G': push_real(std::bit_cast<double>(__builtin_bswap64(in_.number(8)))); break;
      case 'S': push_text(Kind::kBytes, quoted(in_.line())); break;
      case 'T': case 'B': push_bytes(in_.number(4)); break;
      case 'U': case 'C': push_bytes(in_.number(1)); break;
      case 0x8e: case 0x96: push_bytes(in_.number(8)); break;
      case 'V': push_text(Kind::kText, raw_unicode(in_.line())); break;
      case 'X': push_text(Kind::kText, in_.take(in_.number(4))); break;
      case 0x8c: push_text(Kind::kText, in_.take(in_.number(1))); break;
      case 0x8d: push_text(Kind::kText, in_.take(in_.number(8))); break;
      case ']': push_items(Kind::kList, {}); break;
      case '}': push_items(Kind::kDict, {}); break;
      case ')': push_items(Kind::kTuple, {}); break;
      case 'l': push_items(Kind::kList, pop_mark()); break;
      case 'd': push_items(Kind::kDict, pop_mark()); break;
      case 't': push_items(Kind::kTuple, pop_mark()); break;
      case 0x85: push_tuple(1); break;
      case 0x86: push_tuple(2); break;
      case 0x87: push_tuple(3); break;
      case 'a': { const auto* item = pop(); extend(Kind::kList, {item}); break; }
      case 'e': { auto items = pop_mark(); extend(Kind::kList, items); break; }
      case 's': { const auto* value = pop(); const auto* key = pop(); extend(Kind::kDict, {key, value}); break; }
      case 'u': { auto items = pop_mark(); extend(Kind::kDict, items); break; }
      case 'p': remember(static_cast<uint64_t>(decimal(in_.line()))); break;
      case 'q': case 'r': remember(in_.number(opcode == 'q' ? 1 : 4)); break;
      case 0x94: remember(memo_.size()); break;
      case 'g': recall(static_cast<uint64_t>(decimal(in_.line()))); break;
      case 'h': case 'j': recall(in_.number(opcode == 'h' ? 1 : 4)); break;
      case 'c': { auto module = in_.line(); push_global(module, in_.line()); break; }
      case 0x93: stack_global(); break;
      case 'R': reduce(); break;
      case 'b': build(); break;
      case 'Q': persistent(); break;
      case 'i': { auto module = in_.line(); refuse(fmt::format("an instance of '{}.{}'", printable(module), printable(in_.line()))); }
      case 'o': refuse("the object opcode OBJ");
      case 0x81: refuse("the object opcode NEWOBJ");
      case 0x92: refuse("the object opcode NEWOBJ_EX");
      case 0x82: case 0x83: case 0x84: refuse("an extension code");
      case 'P': refuse(fmt::format("the persistent id '{}'", printable(in_.line())));
      default: refuse(fmt::format("the unknown opcode 0x{:02x}", opcode));
    }
  }
  // clang-format on
  void finish() {
    need(marks_.empty() && stack_.size() == 1, "an end with values left over");
    pickle_.root_ = pop();
    stopped_ = true;
  }
  void read_int(std::string_view text) {
    if (text == "00" || text == "01") return push(text == "01" ? yes_ : no_);
    push_int(decimal(text));
  }
  void read_long(std::string_view text) {
    if (text.ends_with('L')) text.remove_suffix(1);
    push_int(decimal(text));
  }
  void read_float(std::string_view text) {
    double value = 0;
    auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    need(error == std::errc() && end == text.data() + text.size(), "a broken number");
    push_real(value);
  }
  void persistent() {
    auto* id = pop();
    need(options_.persistent_ids, "a persistent id");
    push_items(Kind::kPersistent, {id});
  }

  Pickle& pickle_;
  PickleInput in_;
  const std::string& name_;
  const PickleOptions& options_;
  size_t counted_ = 0;
  uint64_t opcode_at_ = 0, decoded_bytes_ = 0;
  bool stopped_ = false;
  std::vector<PickleValue*> stack_, memo_;
  std::vector<size_t> marks_;
  PickleValue *none_ = nullptr, *no_ = nullptr, *yes_ = nullptr;
};

Pickle::Pickle(std::string_view bytes, const std::string& name, const PickleOptions& options) {
  PickleReader(*this, bytes, name, options).read();
}

}  // namespace mma
