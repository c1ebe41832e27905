#pragma once
#include <filesystem>
#include <string>

#include "data/row_budget.h"
#include "models/model.h"
#include "parallel/process_group.h"

namespace mma {

/// Where precomputed rows are that other runs use too, or that memory does not hold.
struct PrecomputedPlace {
  std::filesystem::path folder;  ///< of their files
  bool shared = false;           ///< whether rows that memory holds are there too
  std::string made_of;           ///< what they depend on beside the model: pack and backbone
  RowBudget memory = {};         ///< what may be held
};

/// What Model::precompute makes of every sample of a split called `name`, in the batches of
/// evaluate_split, so that it has the same bytes whenever it is computed. The processes of `group`
/// share the work, and all have the result; of files rank 0 alone writes, and all must see them.
/// A file that is there already is read. One process at a time computes a file, others wait for it.
/// MachineError where memory or the disk do not suffice, UserError where the folder cannot be used.
PrecomputedRows precompute_rows(Model& model, const Split& split, const Compute& compute,
                                const std::string& name, PrecomputedPlace& place,
                                const ProcessGroup& group = {});
/// The same in memory.
PrecomputedRows precompute_rows(Model& model, const Split& split, const Compute& compute,
                                const std::string& name);

}  // namespace mma
