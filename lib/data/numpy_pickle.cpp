#include "data/numpy_pickle.h"

#include <algorithm>
#include <optional>

#include "base/error.h"
#include "data/npy.h"

namespace mma {
namespace {

using Kind = PickleValue::Kind;
using Items = std::vector<const PickleValue*>;

bool named(const PickleValue& value, std::string_view part) {
  return value.is(Kind::kObject) && (value.text == fmt::format("numpy.core.{}", part) ||
                                     value.text == fmt::format("numpy._core.{}", part));
}

// dtype("f4", False, True) with the state (3, "<", None, None, None, -1, -1, 0).
NumberType dtype(const PickleValue& value, const std::string& name) {
  bool plain =
      value.is_object("numpy dtype") && !value.items.empty() && value.items[0]->is_string();
  check_input(plain, "{}: expected a numpy array's dtype, found something else", name);
  std::string text(value.items[0]->text);
  if (value.state) {
    auto& state = value.state->items;
    check_input(value.state->is(Kind::kTuple) && state.size() >= 5 && state[1]->is_string() &&
                    state[1]->text.size() == 1,
                "{}: expected the state of a numpy dtype, found something else", name);
    bool record = std::any_of(state.begin() + 2, state.begin() + 5,
                              [](auto* part) { return !part->is(Kind::kNone); });
    check_input(!record, "{}: expected an array of numbers, found one of records", name);
    text = std::string(state[1]->text) + text;
  }
  return number_type(text, name);
}

void set_type(Array& array, const PickleValue& value, const std::string& name) {
  auto type = dtype(value, name);
  array.kind = type.kind;
  array.item_size = type.item_size;
  array.big_endian = type.big_endian;
}

PickleOptions options_of_one() {
  auto options = numpy_pickle_options();
  options.max_values = 1000;  // one array takes about 60
  return options;
}

bool is_bytes(const PickleValue& value) {
  return value.is(Kind::kBytes) || value.is(Kind::kFarBytes);
}

void set_data(Array& array, const PickleValue& value, const std::string& name,
              const std::shared_ptr<ByteSource>& file) {
  if (value.is(Kind::kBytes)) return set_bytes(array, value.text, name);
  check(file != nullptr, "{}: a pickle with a gap and no file", name);
  set_source(array, file, static_cast<uint64_t>(value.integer), value.size, name);
}

void set_shape(Array& array, const PickleValue& value, const std::string& name) {
  check_input(value.is(Kind::kTuple), "{}: expected the shape of an array, found something else",
              name);
  for (auto* axis : value.items) {
    check_input(axis->is(Kind::kInt), "{}: expected the length of an axis, found something else",
                name);
    array.shape.push_back(axis->integer);
  }
}

}  // namespace

PickleOptions numpy_pickle_options() {
  PickleOptions options;
  options.constructors = {"numpy.core.multiarray _reconstruct",
                          "numpy._core.multiarray _reconstruct",
                          "numpy.core.multiarray scalar",
                          "numpy._core.multiarray scalar",
                          "numpy.core.numeric _frombuffer",
                          "numpy._core.numeric _frombuffer",
                          "numpy ndarray",
                          "numpy dtype",
                          "_codecs encode"};
  return options;
}

bool is_numpy_array(const PickleValue& value) {
  return named(value, "multiarray _reconstruct") || named(value, "numeric _frombuffer");
}

Array numpy_array(const PickleValue& value, const std::string& name,
                  const std::shared_ptr<ByteSource>& file) {
  Array array;
  if (named(value, "numeric _frombuffer")) {
    // _frombuffer(bytes, dtype, shape, "C" or "F")
    auto& items = value.items;
    check_input(items.size() == 4 && is_bytes(*items[0]) && items[3]->is_string() &&
                    (items[3]->text == "C" || items[3]->text == "F"),
                "{}: expected a numpy array in C or Fortran order, found something else", name);
    set_type(array, *items[1], name);
    set_shape(array, *items[2], name);
    array.fortran_order = items[3]->text == "F";
    set_data(array, *items[0], name, file);
    return array;
  }
  // _reconstruct(ndarray, (0,), b"b") with the state (1, shape, dtype, is_fortran, bytes)
  bool known = named(value, "multiarray _reconstruct") && value.items.size() == 3 &&
               value.items[0]->is_global("numpy ndarray");
  check_input(known, "{}: expected a pickled numpy array, found something else", name);
  check_input(value.state && value.state->is(Kind::kTuple) && value.state->items.size() == 5,
              "{}: expected the state of a numpy array, found something else", name);
  auto& state = value.state->items;
  set_type(array, *state[2], name);
  set_shape(array, *state[1], name);
  check_input(state[3]->is_integer() && is_bytes(*state[4]),
              "{}: expected the bytes of a numpy array, found something else", name);
  array.fortran_order = state[3]->integer != 0;
  set_data(array, *state[4], name, file);
  return array;
}

std::optional<Array> numpy_scalar(const PickleValue& value, const std::string& name) {
  if (!named(value, "multiarray scalar")) return std::nullopt;
  check_input(value.items.size() == 2 && value.items[1]->is(Kind::kBytes),
              "{}: expected a numpy number, found something else", name);
  Array array;
  set_type(array, *value.items[0], name);
  set_bytes(array, value.items[1]->text, name);
  return array;
}

Array read_numpy_pickle(std::string_view bytes, const std::string& name) {
  auto pickle = std::make_shared<Pickle>(bytes, name, options_of_one());
  Array array = numpy_array(pickle->root(), name);
  array.owner = std::move(pickle);
  return array;
}

namespace {

// The whole file in memory, with what is made of it: text of up to two bytes for a byte of the
// file, and then the bytes themselves.
Array read_in_memory(ByteSource& file, uint64_t size, const std::string& name,
                     const TakeMemory& take) {
  struct Owner {
    std::shared_ptr<const void> memory;
    std::string bytes;
    std::optional<Pickle> pickle;
  };
  auto owner = std::make_shared<Owner>();
  owner->memory = take(size > UINT64_MAX / 4 ? UINT64_MAX : 4 * size,
                       fmt::format("{}: a pickle that holds an array as text is read as a whole (a "
                                   ".npy file is not)",
                                   name));
  owner->bytes.resize(size);
  file.read(0, owner->bytes.data(), size);
  auto options = options_of_one();
  options.max_decoded = 3 * size;
  owner->pickle.emplace(owner->bytes, name, options);
  Array array = numpy_array(owner->pickle->root(), name);
  array.owner = std::move(owner);
  return array;
}

}  // namespace

Array read_numpy_pickle(std::shared_ptr<ByteSource> file, uint64_t size, const std::string& name,
                        const TakeMemory& take) {
  constexpr uint64_t kEnd = 1 << 14;  // what stands before and after the bytes takes some 100 each
  if (size <= 2 * kEnd) return read_in_memory(*file, size, name, take);
  std::string ends(2 * kEnd, '\0');
  file->read(0, ends.data(), kEnd);
  file->read(size - kEnd, ends.data() + kEnd, kEnd);
  auto options = options_of_one();
  options.gap = {kEnd, size - 2 * kEnd};
  try {
    Pickle pickle(ends, name, options);
    Array array = numpy_array(pickle.root(), name, file);
    check_input(array.source != nullptr,
                "{}: expected a pickled numpy array and nothing beside it, found more", name);
    return array;
  } catch (const PickleGapTouched&) {
    return read_in_memory(*file, size, name, take);
  }
}

}  // namespace mma
