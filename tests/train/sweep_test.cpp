#include "train/sweep.h"

#include <catch2/catch_test_macros.hpp>

#include "base/error.h"
#include "train/jobs.h"

using namespace mma;

namespace {

std::vector<std::string> folders(const std::vector<PlannedRun>& runs) {
  std::vector<std::string> all;
  for (auto& run : runs) all.push_back(run.out.string());
  return all;
}

std::string fault_of(const std::vector<std::string>& grids,
                     const std::vector<std::string>& overrides = {},
                     const std::string& seeds = "") {
  try {
    plan_runs("x", overrides, grids, seeds);
  } catch (const UserError& e) {
    return e.what();
  }
  return "";
}

using Texts = std::vector<std::string>;

}  // namespace

TEST_CASE("sweep: a run for each combination and seed, the first grid slowest", "[train]") {
  auto one = plan_runs("x", {"optim.lr=1"}, {}, "");
  CHECK(folders(one) == Texts{"x"});
  CHECK(one[0].overrides == Texts{"optim.lr=1"});
  CHECK(folders(plan_runs("x", {}, {}, "1-2")) == Texts{"x/seed-1", "x/seed-2"});

  auto runs = plan_runs("x", {"train.epochs=2"},
                        {"optim.lr=3e-4,1e-3", "modalities=[],[video, audio]"}, "1,4");
  CHECK(folders(runs) == Texts{"x/lr=3e-4,modalities=[]/seed-1", "x/lr=3e-4,modalities=[]/seed-4",
                               "x/lr=3e-4,modalities=[video, audio]/seed-1",
                               "x/lr=3e-4,modalities=[video, audio]/seed-4",
                               "x/lr=1e-3,modalities=[]/seed-1", "x/lr=1e-3,modalities=[]/seed-4",
                               "x/lr=1e-3,modalities=[video, audio]/seed-1",
                               "x/lr=1e-3,modalities=[video, audio]/seed-4"});
  CHECK(runs[3].overrides ==
        Texts{"train.epochs=2", "optim.lr=3e-4", "modalities=[video, audio]", "seed=4"});
  CHECK(folders(plan_runs("x", {}, {"model.dropout=0", "other.dropout=1"}, "")) ==
        Texts{"x/model.dropout=0,other.dropout=1"});
}

TEST_CASE("sweep: what cannot be is told before anything is trained", "[train]") {
  CHECK(fault_of({"optim.lr"}).find("expected key=value,value") != std::string::npos);
  CHECK(fault_of({"optim.lr="}).find("expected key=value,value") != std::string::npos);
  CHECK(fault_of({"optim.lr=1,,2"}).find("named after it") != std::string::npos);
  CHECK(fault_of({"model.from.text=runs/a"}).find("without /") != std::string::npos);
  CHECK(fault_of({"optim.lr=1,1"}).find("given twice") != std::string::npos);
  CHECK(fault_of({"optim.lr=1", "optim.lr=2"}).find("given twice") != std::string::npos);
  CHECK(fault_of({"optim.lr=1"}, {"optim.lr=2"}).find("given twice") != std::string::npos);
  CHECK(fault_of({"seed=1,2"}, {}, "1-2").find("--seeds 1-2") != std::string::npos);
  CHECK(fault_of({}, {"seed=4"}, "1-2").find("--seeds 1-2") != std::string::npos);
  std::string many = "optim.lr=0";
  for (int i = 1; i <= 200; ++i) many += "," + std::to_string(i);
  CHECK(fault_of({many}, {}, "1-100").find("more than 10000") != std::string::npos);
}

TEST_CASE("sweep: the exit code of failed runs says whether the same command may help", "[train]") {
  auto code_of = [](const std::vector<int>& codes) -> int {
    FailedRuns failed;
    for (int code : codes) failed.add("x/run", code, "no reason");
    try {
      failed.raise(9);
    } catch (const AgreedError& e) {
      CHECK(std::string(e.what()).find(fmt::format("{} of 9 runs failed:\nx/run: exit code {}: no "
                                                   "reason",
                                                   codes.size(), codes[0])) == 0);
      return e.exit_code();
    }
    return 0;
  };
  CHECK(code_of({}) == 0);
  CHECK(code_of({4, 4}) == 4);
  CHECK(code_of({4, 2}) == 2);
  CHECK(code_of({4, 2, 3}) == 3);
  CHECK(code_of({3, 1, 2}) == 1);
}

TEST_CASE("sweep: each job has GPUs of its own", "[train]") {
  CHECK(share_gpus({"0", "1", "2"}, 2, 0) == Texts{"0", "1"});
  CHECK(share_gpus({"4", "5", "6", "7"}, 2, 2) == Texts{"4,5", "6,7"});
  CHECK_THROWS_AS(share_gpus({"0"}, 2, 0), UserError);
  try {
    share_gpus({"0", "1", "2"}, 2, 2);
  } catch (const UserError& e) {
    CHECK(std::string(e.what()).find("give at most --jobs 1") != std::string::npos);
  }
}

TEST_CASE("sweep: words of a shell", "[train]") {
  CHECK(shell_word("runs/lr=3e-4,x") == "runs/lr=3e-4,x");
  CHECK(shell_word("modalities=[]") == "'modalities=[]'");
  CHECK(shell_word("it's") == "'it'\\''s'");
  CHECK(shell_word("") == "''");
}
