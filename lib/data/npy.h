#pragma once
#include <string>
#include <string_view>

#include "data/feature_file.h"

namespace mma {

/// How one number is stored.
struct NumberType {
  char kind;  ///< as Array::kind
  int64_t item_size;
  bool big_endian;
};

/// The type that numpy spells "<f4", ">i2", "|b1", "f8". UserError for text, objects, complex
/// numbers, records and floats of more than 8 bytes; `name` is the file.
NumberType number_type(std::string_view text, const std::string& name);

/// UserError where the shape has a negative axis or more than 32, or where product(shape) *
/// item_size overflows or is not `size`.
void check_size(const Array& array, uint64_t size, const std::string& name);
/// Gives the array its bytes, after check_size.
void set_bytes(Array& array, std::string_view bytes, const std::string& name);
/// The same of bytes that a source has.
void set_source(Array& array, std::shared_ptr<ByteSource> source, uint64_t begin, uint64_t size,
                const std::string& name);

/// Whether these bytes begin as a .npy file does.
bool is_npy(std::string_view bytes);
/// Reads a .npy file (versions 1 to 3) from memory that must live as long as the array.
Array read_npy(std::string_view bytes, const std::string& name);
/// The same of a file of `size` bytes that stays where it is: only its header is read.
Array read_npy(std::shared_ptr<ByteSource> file, uint64_t size, const std::string& name);

}  // namespace mma
