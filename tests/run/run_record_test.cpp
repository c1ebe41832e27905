#include "run/run_record.h"

#include <catch2/catch_test_macros.hpp>
#include <cmath>

#include "base/error.h"
#include "base/files.h"
#include "run/run_dir.h"
#include "support/paths.h"

using namespace mma;

namespace {

RunRecord example() {
  RunRecord run;
  run.version = "0.1.0";
  run.device = "cpu, 2 threads, fp32";
  run.precision = "fp32";
  run.host = "node1";
  run.seed = 7;
  run.data = {"movies", "", "da7a"};
  run.backbone = {"", "/models/bert", "bb01"};
  run.tokenizer = {"wordpiece", "", "70c3"};
  run.parts = {{"video", "runs/v", "aa"}, {"text", "runs/t", "bb"}};
  run.init_from = {"", "runs/before", "cc"};
  run.trained = 12;
  run.frozen = 345;
  run.threads = 2;
  return run;
}

std::string faults_of(const RunDirectory& directory, const RunRecord& now) {
  Recipe recipe;
  try {
    directory.check_same(now, recipe, false);
    return "";
  } catch (const UserError& e) {
    return e.what();
  }
}

}  // namespace

TEST_CASE("run record: what is read is what was written", "[run]") {
  test::ScratchDir dir;
  auto run = example();
  write_run_record(dir / "run.json", run);
  auto back = read_run_record(dir / "run.json");
  CHECK(back.status == "running");
  CHECK(back.device == run.device);
  CHECK(back.seed == 7);
  CHECK(back.data.name == "movies");
  CHECK(back.backbone.path == "/models/bert");
  CHECK(back.tokenizer.name == "wordpiece");
  REQUIRE(back.parts.size() == 2);
  CHECK(back.parts[0].name == "video");
  CHECK(back.parts[1].hash == "bb");
  CHECK(back.init_from.path == "runs/before");
  CHECK(back.init_from.hash == "cc");
  CHECK(back.trained == 12);
  CHECK(back.frozen == 345);
  CHECK(back.threads == 2);
  CHECK(back.best_step == -1);
  for (double metric : {0.1 + 0.2, std::nan("")}) {
    run.status = "finished";
    run.best_step = 40;
    run.best_metric = metric;
    write_run_record(dir / "run.json", run);
    auto finished = read_run_record(dir / "run.json");
    CHECK(finished.finished());
    CHECK(finished.best_step == 40);
    CHECK((std::isnan(metric) ? std::isnan(finished.best_metric) : finished.best_metric == metric));
  }
}

TEST_CASE("run record: one that an earlier version wrote is read", "[run]") {
  test::ScratchDir dir;
  write_atomically(dir / "run.json",
                   R"({"format": "mma-run", "version": "0.1.0", "status": "finished", "seed": 1,
 "device": "cpu, 1 threads, fp32", "precision": "fp32", "host": "h",
 "data": {"name": "d", "sha256": "aa"}, "backbone": {"path": "/b", "sha256": "bb"},
 "tokenizer": {"kind": "wordpiece", "sha256": "cc"},
 "parameters": {"trained": 1, "frozen": 2}, "best_step": 3, "best_metric": null})");
  auto run = read_run_record(dir / "run.json");
  CHECK(run.threads == 0);
  CHECK(run.best_step == 3);
  CHECK(std::isnan(run.best_metric));
}

TEST_CASE("run record: what is missing or of another kind is named", "[run]") {
  test::ScratchDir dir;
  auto refused = [&](const char* text) {
    write_atomically(dir / "run.json", text);
    try {
      read_run_record(dir / "run.json");
      return std::string("accepted");
    } catch (const UserError& e) {
      return std::string(e.what()).substr(dir.path.string().size() + 1);
    }
  };
  CHECK(refused(R"({"format": "other"})") == "run.json: not a run of mma-train");
  CHECK(refused(R"({"format": "mma-run"})") == "run.json: status is missing");
  CHECK(refused(R"({"format": "mma-run", "status": "finished", "seed": -1})") ==
        "run.json: seed: expected a whole number");
  CHECK(refused(R"({"format": "mma-run", "status": "finished", "seed": 1, "data": 3})") ==
        "run.json: data: expected a mapping");
  CHECK(refused(R"({"format": "mma-run", "status": "finished", "seed": 1, "data": {},
                    "backbone": {}})") == "run.json: data.sha256 is missing");
}

TEST_CASE("run directory: another content or precision is refused by name", "[run]") {
  test::ScratchDir dir;
  RunDirectory directory(dir.path);
  Recipe recipe;
  auto run = example();
  CHECK_FALSE(directory.begun());
  directory.begin(run, recipe);
  CHECK(directory.begun());
  CHECK_FALSE(directory.finished());
  CHECK(faults_of(directory, run) == "");
  auto other = run;
  other.data.hash = "0000";
  other.precision = "bf16";
  other.parts[1].hash = "cc";
  auto faults = faults_of(directory, other);
  CHECK(faults.find("data: this run was begun with another data (da7a, now 0000)") !=
        std::string::npos);
  CHECK(faults.find("parts.text: runs/t has changed") != std::string::npos);
  CHECK(faults.find("begun in fp32, this machine's is bf16") != std::string::npos);
  directory.finish(9, 0.5);
  CHECK(directory.finished());
  CHECK(read_run_record(directory.record()).best_step == 9);
}
