#pragma once

namespace mma {

/// Runs this program's command line again in `count` processes of this machine that train together
/// (parallel/rank.h), and waits for them. They meet in a file of a folder that only this user
/// enters. A stop signal is passed on to all; where one ends badly, the others get ten seconds to
/// follow, and are killed then; where this process is killed, they stop as by SIGTERM. Returns
/// where all ended well; else AgreedError with the exit code of the one that failed first, told
/// here where no process could tell it.
void run_local_processes(int count);

}  // namespace mma
