#pragma once
#include <functional>
#include <string>

namespace mma {

/// The launcher that mma-train --processes is.
constexpr const char* kOwnLauncher = "mma-train";

/// Which of the processes that train together this one is, and where they meet.
struct RankInfo {
  std::string launcher;  ///< who started them: mma-train, torchrun, Open MPI, SLURM, PMI; "": alone
  int rank = 0, size = 1;
  int local_rank = 0;  ///< among those of this machine
  std::string file;    ///< they meet in this file, all on one machine; or, where it is empty:
  std::string address;
  int port = 0;
  bool served = false;  ///< the launcher listens there; else rank 0 does
  std::string job;      ///< tells this meeting from others at the same place
};

/// A variable of the environment, or nullptr.
using Environment = std::function<const char*(const char*)>;

/// The first of these that says something: MMA_RANK and MMA_WORLD_SIZE (set by mma-train
/// --processes, or by hand), torchrun's, Open MPI's, SLURM's (in a job step) and PMI's variables;
/// else this process is alone. MASTER_ADDR and MASTER_PORT say where to meet for all of them.
/// UserError, which names the variable, where one is missing or no number.
RankInfo find_rank(const Environment& environment);

/// MMA_JOBS, which mma-train --jobs sets: how many runs share this machine's cores. 1 without.
int find_jobs(const Environment& environment);

/// The first host of SLURM's "n[08-11,14],m2": n08. UserError for what is no such list.
std::string first_host(const std::string& list);

}  // namespace mma
