#include "eval/prediction_rows.h"

#include <catch2/catch_test_macros.hpp>

using namespace mma;

namespace {
const double kScores[] = {0.25, 0.75, 0.5};
}

TEST_CASE("prediction rows: JSON lines, labels above their thresholds", "[eval]") {
  PredictionRows rows({}, {"drama", "war", "sci-fi"}, {0.2, 0.75, 0.4});
  CHECK(rows.head().empty());
  // A score that equals its threshold is not above it, as in mma-eval's decisions.
  CHECK(rows.row("tt\"1", kScores) ==
        "{\"id\":\"tt\\\"1\",\"predicted\":[\"drama\",\"sci-fi\"],\"scores\":{\"drama\":0.25,"
        "\"war\":0.75,\"sci-fi\":0.5}}\n");
  PredictionRows top({false, 2}, {"drama", "war", "sci-fi"}, {0.9, 0.9, 0.9});
  CHECK(top.row("a", kScores) ==
        "{\"id\":\"a\",\"predicted\":[],\"scores\":{\"war\":0.75,\"sci-fi\":0.5}}\n");
}

TEST_CASE("prediction rows: one class a sample is the first of the highest scores", "[eval]") {
  PredictionRows rows({}, {"a", "b", "c"}, {});
  const double scores[] = {0.25, 0.375, 0.375};
  CHECK(rows.row("x", scores).find("\"predicted\":[\"b\"]") != std::string::npos);
}

TEST_CASE("prediction rows: of real targets the numbers alone", "[eval]") {
  const double numbers[] = {-1.25, 2000};
  PredictionRows rows({false, 0, true}, {"mood", "year"}, {});
  CHECK(rows.row("x", numbers) ==
        "{\"id\":\"x\",\"predicted\":{\"mood\":-1.25,\"year\":2000.0}}\n");
  PredictionRows csv({true, 0, true}, {"mood", "ye,ar"}, {});
  CHECK(csv.head() == "id,mood,\"ye,ar\"\n");
  CHECK(csv.row("x", numbers) == "x,-1.25,2000.0\n");
}

TEST_CASE("prediction rows: CSV, quoted where it must be, and no formula", "[eval]") {
  PredictionRows rows({true, 0}, {"a|b", "c,d", "=1+1"}, {0.2, 0.2, 0.2});
  CHECK(rows.head() == "id,predicted,a|b,\"c,d\",'=1+1\n");
  CHECK(rows.row("-x", kScores) == "'-x,\"a\\|b|c,d|=1+1\",0.25,0.75,0.5\n");
  PredictionRows top({true, 2}, {"a", "b", "c"}, {0.9, 0.9, 0.9});
  CHECK(top.head() == "id,predicted,label 1,score 1,label 2,score 2\n");
  CHECK(top.row("x", kScores) == "x,,b,0.75,c,0.5\n");
  // More than there are is all of them, in their order.
  CHECK(PredictionRows({true, 9}, {"a", "b", "c"}, {0.9, 0.9, 0.9}).head() ==
        "id,predicted,a,b,c\n");
}
