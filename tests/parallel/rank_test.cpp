#include "parallel/rank.h"

#include <catch2/catch_test_macros.hpp>
#include <map>

#include "base/error.h"

using namespace mma;

namespace {

RankInfo rank_in(const std::map<std::string, std::string>& variables) {
  return find_rank([&](const char* name) {
    auto it = variables.find(name);
    return it == variables.end() ? nullptr : it->second.c_str();
  });
}

std::string fault_in(const std::map<std::string, std::string>& variables) {
  try {
    rank_in(variables);
  } catch (const UserError& e) {
    return e.what();
  }
  return "";
}

}  // namespace

TEST_CASE("rank: alone where no launcher says otherwise", "[parallel]") {
  CHECK(rank_in({}).size == 1);
  CHECK(rank_in({{"RANK", "0"}, {"WORLD_SIZE", "1"}}).launcher.empty());
  // A batch script of SLURM, which is no step.
  CHECK(
      rank_in({{"SLURM_PROCID", "0"}, {"SLURM_STEP_NUM_TASKS", "2"}, {"SLURM_JOB_ID", "7"}}).size ==
      1);
}

TEST_CASE("rank: as each launcher says", "[parallel]") {
  auto torchrun = rank_in({{"RANK", "3"},
                           {"WORLD_SIZE", "4"},
                           {"LOCAL_RANK", "1"},
                           {"MASTER_ADDR", "n7"},
                           {"MASTER_PORT", "29501"},
                           {"TORCHELASTIC_RUN_ID", "x"},
                           {"TORCHELASTIC_USE_AGENT_STORE", "True"}});
  CHECK(torchrun.launcher == "torchrun");
  CHECK((torchrun.rank == 3 && torchrun.size == 4 && torchrun.local_rank == 1));
  CHECK((torchrun.address == "n7" && torchrun.port == 29501 && torchrun.served));

  const std::map<std::string, std::string> slurm{
      {"SLURM_PROCID", "2"},  {"SLURM_STEP_NUM_TASKS", "4"},
      {"SLURM_LOCALID", "0"}, {"SLURM_JOB_ID", "71"},
      {"SLURM_STEP_ID", "0"}, {"SLURM_STEP_NODELIST", "gpu[08-09,12]"}};
  auto step = rank_in(slurm);
  CHECK((step.launcher == "SLURM" && step.rank == 2 && step.size == 4 && step.local_rank == 0));
  CHECK(step.address == "gpu08");
  CHECK((step.port >= 20000 && step.port < 30000 && !step.served));
  auto other = slurm;
  other["SLURM_STEP_ID"] = "1";
  CHECK(rank_in(other).job != step.job);
  CHECK(rank_in(other).port != step.port);
  other["MASTER_ADDR"] = "127.0.0.1";
  CHECK(rank_in(other).address == "127.0.0.1");
  other["MMA_RANK"] = "0";  // our own come first
  other["MMA_WORLD_SIZE"] = "2";
  other["MMA_STORE"] = "/tmp/x/store";
  CHECK((rank_in(other).launcher == kOwnLauncher && rank_in(other).file == "/tmp/x/store"));

  auto mpi = rank_in({{"OMPI_COMM_WORLD_RANK", "1"},
                      {"OMPI_COMM_WORLD_SIZE", "2"},
                      {"OMPI_COMM_WORLD_LOCAL_RANK", "1"},
                      {"PMIX_NAMESPACE", "prterun-1"}});
  CHECK((mpi.launcher == "Open MPI" && mpi.rank == 1 && mpi.address == "127.0.0.1"));
  CHECK(rank_in({{"PMI_RANK", "1"}, {"PMI_SIZE", "2"}}).launcher == "PMI");
}

TEST_CASE("rank: what is no number names its variable", "[parallel]") {
  CHECK(fault_in({{"RANK", "1"}, {"WORLD_SIZE", "two"}}).starts_with("WORLD_SIZE: "));
  CHECK(fault_in({{"RANK", "2"}, {"WORLD_SIZE", "2"}}) ==
        "RANK: expected a number from 0 to 1, found \"2\"");
  CHECK(fault_in({{"RANK", "-1"}, {"WORLD_SIZE", "2"}}).starts_with("RANK: "));
  CHECK(fault_in({{"RANK", "1"}, {"WORLD_SIZE", "2"}, {"MASTER_PORT", "0"}})
            .starts_with("MASTER_PORT: "));
  CHECK(fault_in({{"RANK", "1"}, {"WORLD_SIZE", "2"}, {"MASTER_PORT", "123456789012"}})
            .starts_with("MASTER_PORT: "));
}

TEST_CASE("rank: the first host of a list", "[parallel]") {
  CHECK(first_host("n1") == "n1");
  CHECK(first_host("n1,n2") == "n1");
  CHECK(first_host("n[1-2]") == "n1");
  CHECK(first_host("gpu[08-11,14],m2") == "gpu08");
  CHECK(first_host("a,b[1-2]") == "a");
  CHECK(first_host("r[3,5]-gpu,x") == "r3-gpu");
  CHECK_THROWS_AS(first_host("n[1-2"), UserError);
  CHECK_THROWS_AS(first_host(""), UserError);
  CHECK_THROWS_AS(first_host("n]"), UserError);
}

TEST_CASE("rank: how many runs share the machine", "[parallel]") {
  auto jobs_in = [](const char* value) {
    return find_jobs(
        [&](const char* name) { return std::string(name) == "MMA_JOBS" ? value : nullptr; });
  };
  CHECK(jobs_in(nullptr) == 1);
  CHECK(jobs_in("3") == 3);
  CHECK_THROWS_AS(jobs_in("0"), UserError);
  CHECK_THROWS_AS(jobs_in("x"), UserError);
}
