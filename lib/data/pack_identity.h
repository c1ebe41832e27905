#pragma once
#include <filesystem>
#include <string>

namespace mma {

/// The SHA-256 by which a pack is known: of what it says of itself, and of each data set's name,
/// shape and own SHA-256, which mma-prep wrote beside it. Reads that alone, so that a pack of any
/// size is known at once; verify_pack tells whether the data sets are what they say. UserError.
std::string pack_identity(const std::filesystem::path& file);

/// Whether `hash` stands for this pack: its identity, or, as older runs have it, the
/// SHA-256 of the whole file, which is read only where it is not the identity.
bool is_hash_of_pack(const std::string& hash, const std::filesystem::path& file,
                     const std::string& identity);

/// Reads a pack wholly, in little memory: compares each data set with its SHA-256, and checks every
/// number as those who train on it would. Returns a line to print. UserError that tells every data
/// set that is not what was written.
std::string verify_pack(const std::filesystem::path& file);

}  // namespace mma
