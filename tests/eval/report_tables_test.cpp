#include "eval/report_tables.h"

#include <catch2/catch_test_macros.hpp>
#include <cmath>

using namespace mma;
using Json = nlohmann::ordered_json;

namespace {

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("report tables: all labels in their order, of many those with the most positives",
          "[eval]") {
  LabelFigures labels;
  labels.rows.resize(50);
  for (int64_t i = 0; i < 50; ++i) labels.positives.push_back(i % 7);
  auto all = shown_labels(labels);
  REQUIRE(all.size() == 50);
  CHECK((all.front() == 0 && all.back() == 49));
  CHECK(labels_not_shown(labels, "metrics.json") == "");

  labels.rows.resize(20000);
  labels.positives.resize(20000);
  labels.positives[19999] = 9;
  labels.positives[400] = 8;
  auto most = shown_labels(labels);
  REQUIRE(most.size() == 50);
  CHECK(std::vector<size_t>(most.begin(), most.begin() + 4) ==
        std::vector<size_t>{19999, 400, 6, 13});
  CHECK(contains(labels_not_shown(labels, "metrics.json"), "the other 19950 are in metrics.json"));
}

TEST_CASE("report tables: figures", "[eval]") {
  CHECK(figure_cell(0.25) == "0.2500");
  CHECK(figure_cell(NAN) == "-");
  CHECK(figure_json(NAN).is_null());
  Json object;
  append(object, "b", 1);
  append(object, "a", {{"x", 2}});
  CHECK(object.dump() == R"({"b":1,"a":{"x":2}})");
}

TEST_CASE("report tables: runs and their mean, without what is undefined", "[eval]") {
  auto table =
      runs_table({{"seed-1", {{"accuracy", 0.5}, {"ap_macro", NAN}, {"recall_micro", 1}}},
                  {"seed-2", {{"accuracy", 0.75}, {"ap_macro", 0.5}, {"recall_micro", 1}}}},
                 {"ap_macro", "accuracy"});
  CHECK(contains(table, "run     accuracy  ap_macro\n"));
  CHECK(contains(table, "seed-1    0.5000         -\n"));
  CHECK(contains(table, "mean      0.6250    0.5000\n"));
}
