#pragma once
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace mma {

/// One value of a pickle. Values point to each other but never in a circle; a Pickle owns them all.
struct PickleValue {
  enum class Kind : uint8_t {
    kNone,
    kBool,        ///< integer: 0 or 1
    kInt,         ///< integer
    kFloat,       ///< real
    kBytes,       ///< text: the bytes; also what Python 2 calls a string
    kFarBytes,    ///< integer: where its `size` bytes begin, which are not in memory
    kText,        ///< text: UTF-8 as the file has it, not yet validated
    kList,        ///< items
    kTuple,       ///< items
    kDict,        ///< items: key, value, key, value, ...; text: "collections OrderedDict" if one
    kGlobal,      ///< text: "module name"
    kObject,      ///< text: "module name" of the constructor; items: its arguments; state
    kPersistent,  ///< items: the one value that identifies it
  };
  Kind kind = Kind::kNone;
  uint32_t index = 0;  ///< place among the pickle's values
  int64_t integer = 0;
  double real = 0;
  uint64_t size = 0;
  std::string_view text;
  std::vector<const PickleValue*> items;
  const PickleValue* state = nullptr;  ///< what BUILD gave to an object or an OrderedDict

  bool is(Kind k) const { return kind == k; }
  bool is_string() const { return kind == Kind::kText || kind == Kind::kBytes; }
  bool is_sequence() const { return kind == Kind::kList || kind == Kind::kTuple; }
  bool is_integer() const { return kind == Kind::kInt || kind == Kind::kBool; }
  bool is_global(std::string_view name) const { return kind == Kind::kGlobal && text == name; }
  bool is_object(std::string_view name) const { return kind == Kind::kObject && text == name; }
};

/// Bytes of a file that are left out where it is given to a reader.
struct PickleGap {
  uint64_t begin = 0, size = 0;
};
/// A pickle whose gap holds something else than a part of one object of bytes.
struct PickleGapTouched : UserError {
  using UserError::UserError;
};

/// What a pickle may hold. `constructors` are literals "module name"; nothing is ever called, they
/// are only names that kGlobal and kObject carry. Two have a meaning where they are listed:
/// "_codecs encode" (latin1 text to bytes) and "collections OrderedDict" (a kDict).
struct PickleOptions {
  std::vector<std::string_view> constructors;
  bool persistent_ids = false;
  size_t max_values = 1 << 22;  ///< values, and references to them
  size_t max_depth = 64;
  /// What is not in memory of a large file. It must lie within one object of bytes, which becomes
  /// kFarBytes; where it does not, PickleGapTouched is thrown.
  PickleGap gap;
  /// How much the texts that the file holds in an escaped form may take.
  uint64_t max_decoded = UINT64_MAX;
};

/// A pickle of protocol 0 to 5 as a tree of values, read without executing anything. Text and bytes
/// are views into `bytes` where the file has them as they are, so `bytes` must live on.
/// Throws UserError, one line that begins with `name`: a constructor that is not listed, an opcode
/// that makes objects in another way, a truncated or circular pickle, one beyond a limit, bytes
/// after its end.
class Pickle {
 public:
  Pickle(std::string_view bytes, const std::string& name, const PickleOptions& options);
  Pickle(const Pickle&) = delete;
  Pickle& operator=(const Pickle&) = delete;
  const PickleValue& root() const { return *root_; }

 private:
  friend class PickleReader;
  std::deque<PickleValue> values_;
  std::deque<std::string> decoded_;  // bytes that the file holds in an escaped form
  const PickleValue* root_ = nullptr;
};

}  // namespace mma
