#include "parallel/rank.h"

#include <charconv>
#include <cstdint>
#include <string_view>

#include "base/error.h"
#include "base/random.h"

namespace mma {
namespace {

constexpr int kMostRanks = 65536;

// The variables in which a launcher tells of its processes.
struct Launcher {
  const char *name, *rank, *size, *local_rank, *job, *restart;
};
constexpr Launcher kLaunchers[] = {
    {kOwnLauncher, "MMA_RANK", "MMA_WORLD_SIZE", "MMA_LOCAL_RANK", "MMA_JOB", nullptr},
    {"torchrun", "RANK", "WORLD_SIZE", "LOCAL_RANK", "TORCHELASTIC_RUN_ID",
     "TORCHELASTIC_RESTART_COUNT"},
    {"Open MPI", "OMPI_COMM_WORLD_RANK", "OMPI_COMM_WORLD_SIZE", "OMPI_COMM_WORLD_LOCAL_RANK",
     "PMIX_NAMESPACE", nullptr},
    {"SLURM", "SLURM_PROCID", "SLURM_STEP_NUM_TASKS", "SLURM_LOCALID", "SLURM_JOB_ID",
     "SLURM_STEP_ID"},
    {"PMI", "PMI_RANK", "PMI_SIZE", "MPI_LOCALRANKID", "PMI_JOBID", nullptr},
};

std::string text_of(const Environment& environment, const char* name) {
  const char* value = name ? environment(name) : nullptr;
  return value ? value : "";
}

int number_of(const Environment& environment, const char* name, int least, int most) {
  const auto text = text_of(environment, name);
  int value = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  check_input(!text.empty() && error == std::errc() && end == text.data() + text.size() &&
                  value >= least && value <= most,
              "{}: expected a number from {} to {}, found \"{}\"", name, least, most,
              printable(text));
  return value;
}

bool says_something(const Launcher& launcher, const Environment& environment) {
  // A batch script of SLURM has its variables, too; only the processes of a step train together.
  if (std::string_view(launcher.name) == "SLURM" && text_of(environment, "SLURM_STEP_ID").empty())
    return false;
  return !text_of(environment, launcher.rank).empty() &&
         !text_of(environment, launcher.size).empty();
}

}  // namespace

RankInfo find_rank(const Environment& environment) {
  const Launcher* launcher = nullptr;
  for (auto& row : kLaunchers)
    if (!launcher && says_something(row, environment)) launcher = &row;
  RankInfo info;
  if (!launcher) return info;
  info.size = number_of(environment, launcher->size, 1, kMostRanks);
  if (info.size == 1) return info;
  info.launcher = launcher->name;
  info.rank = number_of(environment, launcher->rank, 0, info.size - 1);
  if (!text_of(environment, launcher->local_rank).empty())
    info.local_rank = number_of(environment, launcher->local_rank, 0, info.size - 1);
  info.job = text_of(environment, launcher->job) + "." + text_of(environment, launcher->restart);
  info.file = text_of(environment, "MMA_STORE");
  if (!info.file.empty()) return info;

  info.address = text_of(environment, "MASTER_ADDR");
  if (info.address.empty()) {
    const auto nodes = text_of(environment, "SLURM_STEP_NODELIST");
    info.address =
        info.launcher == "SLURM" && !nodes.empty() ? first_host(nodes) : std::string("127.0.0.1");
  }
  // Processes of one job find the same port, those of others, most likely, another one.
  constexpr int kFirstPort = 20000, kPorts = 10000;
  info.port = !text_of(environment, "MASTER_PORT").empty()
                  ? number_of(environment, "MASTER_PORT", 1, 65535)
                  : kFirstPort + static_cast<int>(derive_key(1, info.job) % kPorts);
  info.served = text_of(environment, "TORCHELASTIC_USE_AGENT_STORE") == "True";
  return info;
}

int find_jobs(const Environment& environment) {
  constexpr const char* kName = "MMA_JOBS";
  return text_of(environment, kName).empty() ? 1 : number_of(environment, kName, 1, kMostRanks);
}

std::string first_host(const std::string& list) {
  const auto bracket = list.find('['), comma = list.find(',');
  if (bracket == std::string::npos || comma < bracket) {
    auto host = list.substr(0, comma);
    check_input(!host.empty() && host.find(']') == std::string::npos,
                "SLURM_STEP_NODELIST: expected a list of hosts, found \"{}\"", printable(list));
    return host;
  }
  const auto closing = list.find(']', bracket);
  check_input(closing != std::string::npos,
              "SLURM_STEP_NODELIST: expected a list of hosts, found \"{}\"", printable(list));
  const auto inner = list.substr(bracket + 1, closing - bracket - 1);
  // What stands behind the bracket belongs to the name: n[1-2]-gpu.
  auto behind = list.substr(closing + 1);
  behind = behind.substr(0, behind.find(','));
  return list.substr(0, bracket) + inner.substr(0, inner.find_first_of(",-")) + behind;
}

}  // namespace mma
