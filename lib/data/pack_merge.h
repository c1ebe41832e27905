#pragma once
#include <filesystem>
#include <string>
#include <vector>

namespace mma {

/// Joins the parts that `mma-prep build --shard I/N` wrote, in any order, to the pack that one
/// build of the whole data set gives, byte for byte. Holds one split of one part in memory.
/// UserError, and nothing written, where a part is missing, given twice, damaged, or of another
/// data set, and where no sample of any part has a modality. Returns a summary to print.
std::string merge_parts(const std::vector<std::filesystem::path>& parts,
                        const std::filesystem::path& out);

}  // namespace mma
