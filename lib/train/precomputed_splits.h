#pragma once
#include "models/precomputed_rows.h"
#include "run/run_dir.h"
#include "train/session.h"

namespace mma {

/// What a model's frozen parts make of the texts that a session learns from and is evaluated on.
struct PrecomputedSplits {
  PrecomputedRows train, dev;
};

/// Computed once, or taken from the recipe's `cache`, or, where data.memory does not hold them, in
/// the run directory until the run is finished. Throws as precompute_rows does.
PrecomputedSplits precompute_splits(const Session& session, const RunDirectory& directory);

}  // namespace mma
