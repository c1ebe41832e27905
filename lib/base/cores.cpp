#include "base/cores.h"

#include <sched.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>

namespace mma {
namespace {

int affinity() {
  cpu_set_t set;
  CPU_ZERO(&set);
  if (::sched_getaffinity(0, sizeof(set), &set) == 0) return CPU_COUNT(&set);
  return static_cast<int>(std::thread::hardware_concurrency());  // more than CPU_SETSIZE of them
}

// "200000 100000" of cpu.max (control groups, version 2) is two processors; "max 100000" no bound.
double quota(const std::filesystem::path& group) {
  std::ifstream file(group / "cpu.max");
  std::string most;
  double period = 0;
  if (!(file >> most >> period) || most == "max" || !(period > 0)) return INFINITY;
  char* end = nullptr;
  double value = std::strtod(most.c_str(), &end);
  return *end == 0 && value > 0 ? value / period : INFINITY;
}

// The least quota of this process's group and those above it.
double group_quota() {
  const std::filesystem::path root = "/sys/fs/cgroup";
  double least = quota(root);
  std::ifstream groups("/proc/self/cgroup");
  for (std::string line; std::getline(groups, line);) {
    if (!line.starts_with("0::/")) continue;
    auto group = std::filesystem::path(line.substr(4)).lexically_normal();
    for (; !group.empty() && *group.begin() != ".."; group = group.parent_path())
      least = std::min(least, quota(root / group));
  }
  return least;
}

}  // namespace

int allowed_cores() {
  double cores = std::min(static_cast<double>(affinity()), std::ceil(group_quota()));
  return std::max(1, static_cast<int>(cores));
}

}  // namespace mma
