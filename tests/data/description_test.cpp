#include "data/description.h"

#include <catch2/catch_test_macros.hpp>

#include "base/error.h"
#include "support/cpu_time.h"
#include "support/raw_data.h"

using namespace mma;

namespace {

std::string faults_of(const std::string& yaml) {
  test::RawData raw;
  raw.write("d.yaml", yaml);
  try {
    load_description(raw / "d.yaml");
    return "";
  } catch (const UserError& e) {
    return raw.without_folder(e.what());
  }
}

const std::string kHead =
    "name: x\nsplits: {train: t.jsonl}\nid: id\ntext: text\nlabels: {field: label}\n";

}  // namespace

TEST_CASE("description: every one in data_prep loads", "[data]") {
  int count = 0;
  for (auto& file :
       std::filesystem::recursive_directory_iterator(test::source_root() / "data_prep")) {
    if (file.path().extension() != ".yaml") continue;
    CAPTURE(file.path());
    auto description = load_description(file.path());
    CHECK(!description.modalities.empty());
    CHECK(!description.labels.field.empty());
    ++count;
  }
  CHECK(count >= 5);
}

TEST_CASE("description: the fields and their defaults", "[data]") {
  auto d = load_description(test::source_root() / "data_prep" / "moviescope.yaml");
  CHECK(d.name == "moviescope");
  CHECK(d.splits.size() == 3);
  CHECK(d.label_kind() == LabelKind::kMultilabel);
  CHECK(d.labels.names.size() == 13);
  CHECK(d.max_length == 512);
  REQUIRE(d.modalities.size() == 4);
  CHECK(d.modalities[0].info().width() == 4096);
  auto& metadata = d.modalities[3];
  CHECK(metadata.is_matrix());
  CHECK(metadata.expand(metadata.matrix, "dev") == "Metadata_matrices/val_metadata.npy");
  CHECK(metadata.expand(metadata.matrix, "train") == "Metadata_matrices/train_metadata.npy");
  // What stands for {id} is not expanded again.
  CHECK(d.modalities[0].expand("{id}/{id}-{split}", "dev", "{split}") == "{split}/{split}-dev");
}

TEST_CASE("description: train comes first, whatever the file's order", "[data]") {
  test::RawData raw;
  raw.write(
      "d.yaml",
      "name: x\nsplits: {test: e.csv, train: t.csv}\nid: id\ntext: text\nlabels: {field: l}\n");
  CHECK(load_description(raw / "d.yaml").splits ==
        OrderedMap{{"train", "t.csv"}, {"test", "e.csv"}});
}

TEST_CASE("description: real targets are called as their columns, or by names", "[data]") {
  test::RawData raw;
  auto labels_of = [&](const std::string& labels) {
    raw.write("d.yaml",
              "name: x\nsplits: {train: t.csv}\nid: id\ntext: text\nlabels: " + labels + "\n");
    return load_description(raw / "d.yaml");
  };
  auto one = labels_of("{field: score, kind: regression}");
  CHECK(one.label_kind() == LabelKind::kRegression);
  CHECK(one.labels.names == Names{"score"});
  CHECK(labels_of("{fields: [a, b], kind: regression}").labels.names == Names{"a", "b"});
  CHECK(labels_of("{fields: [a, b], kind: regression}").has_labels());
  CHECK(labels_of("{fields: [a, b], kind: regression, names: [x, y]}").labels.names ==
        Names{"x", "y"});
}

TEST_CASE("description: what does not belong to the kind of labels is refused", "[data]") {
  const std::string head = "name: x\nsplits: {train: t.csv}\nid: id\ntext: text\nlabels: ";
  CHECK(faults_of(head + "{field: a, fields: [b, b], kind: regression, form: bits, names: [x], "
                         "separator: \"|\"}\n") ==
        "d.yaml:5: labels.fields: expected one of field and fields\n"
        "d.yaml:5: labels.form: belongs to classes; a target is a number\n"
        "d.yaml:5: labels.separator: belongs to classes; several targets are `fields`, or a list\n"
        "d.yaml:5: labels.names: expected one for each of the 2 fields, found 1");
  CHECK(faults_of(head + "{fields: [b, b], kind: regression}\n") ==
        "d.yaml:5: labels.names: 'b' is given twice");
  CHECK(faults_of(head + "{fields: [b]}\n") ==
        "d.yaml:5: labels.fields: belongs to kind: regression; classes have one `field`");
  CHECK(faults_of(head + "{kind: regression}\n") ==
        "d.yaml:5: labels: `field` is missing: the column that holds a row's labels");
}

TEST_CASE("description: text is one column or several", "[data]") {
  test::RawData raw;
  auto load = [&](const std::string& text) {
    raw.write("d.yaml", "name: x\nsplits: {train: t.csv}\nid: id\nlabels: {field: l}\n" + text);
    return load_description(raw / "d.yaml");
  };
  CHECK(load("text: plot\n").texts == Names{"plot"});
  CHECK(load("text: [title, plot]\n").texts == Names{"title", "plot"});
  CHECK(load("text: [title, plot]\n").text_separator == "\n");
  CHECK(load("text: [a, b]\ntext_separator: \" | \"\n").text_separator == " | ");
  const std::string head = "name: x\nsplits: {train: t}\nid: id\nlabels: {field: l}\n";
  CHECK(faults_of(head + "text: [a, a, \"\"]\ntext_separator: " + std::string(65, 'x') + "\n") ==
        "d.yaml:5: text: 'a' is given twice\nd.yaml:5: text: a column without a name\n"
        "d.yaml:6: text_separator: expected at most 64 bytes, found 65");
  CHECK(faults_of(head + "text: {a: b}\n").find("d.yaml:5: text: expected a list, as in [a, b]") ==
        0);
}

TEST_CASE("description: without text there must be modalities", "[data]") {
  const std::string head = "name: x\nsplits: {train: t}\nid: id\nlabels: {field: l}\n";
  CHECK(faults_of(head) == "d.yaml:1: text: missing; a data set without text needs `modalities`");
  CHECK(faults_of(head + "text: []\n") ==
        "d.yaml:5: text: missing; a data set without text needs `modalities`");
  CHECK(faults_of(head + "modalities: {v: {path: \"{id}\", dim: 1}}\n") == "");
}

TEST_CASE("description: one table of several splits needs the column that tells them apart",
          "[data]") {
  const std::string head = "name: x\nid: id\ntext: text\nlabels: {field: label}\n";
  const std::string splits = head + "splits: {train: a.csv, dev: ./a.csv}\n";
  CHECK(faults_of(splits + "split_field: part\n") == "");
  CHECK(faults_of(splits + "split_field: part\nsplit_names: {dev: validation}\n") == "");
  CHECK(faults_of(splits) ==
        "d.yaml:5: splits: train and dev are the same table; `split_field: COLUMN` says which of "
        "its rows are whose");
  CHECK(faults_of(splits + "split_field: part\nsplit_names: {dev: train, val: x}\n") ==
        "d.yaml:7: split_names: unknown split 'val'; known: train, dev, test, new\n"
        "d.yaml:7: split_names: train and dev are both called 'train'");
  CHECK(faults_of(head + "splits: {train: a, dev: b}\nsplit_names: {dev: val}\n") ==
        "d.yaml:6: split_names: belongs to split_field: the column that holds these names");
}

TEST_CASE("description: the rows of a matrix are told in one way", "[data]") {
  auto matrix = [](const std::string& fields) {
    return faults_of(kHead + "modalities: {m: {matrix: m.h5, dim: 2, " + fields + "}}\n");
  };
  for (auto* one : {"index: i.json", "row_field: r", "rows: table", "index_data_set: ids",
                    "index: i.h5, index_data_set: ids, data_set: m"})
    CHECK(matrix(one) == "");
  for (auto* wrong : {"rows: index", "index: i.json, row_field: r", "rows: table, index: i",
                      "rows: table, row_field: r", "index_data_set: i, row_field: r"})
    CHECK(matrix(wrong) ==
          "d.yaml:6: modalities.m.matrix: expected one of index, row_field and `rows: table`");
  CHECK(faults_of(kHead + "modalities: {v: {path: \"{id}\", dim: 2, rows: table, "
                          "index_data_set: i}}\n") ==
        "d.yaml:6: modalities.v.index_data_set: belongs to a matrix\n"
        "d.yaml:6: modalities.v.rows: belongs to a matrix");
}

TEST_CASE("description: every fault at once, with its line", "[data]") {
  CHECK(faults_of(
            "name: x\nsplits: {dev: a.csv, val: b.csv}\nid: id\nlabels: {kind: many, form: bits}\n"
            "modalities:\n  text: {path: a, dim: 2}\n  v: {path: \"{name}/{id}\", dim: -1}\n  w: "
            "{dim: 2}\n"
            "  x: {matrix: m, dim: 3, segments: 2}\n") ==
        "d.yaml:2: splits: unknown split 'val'; known: train, dev, test, new\n"
        "d.yaml:4: labels.kind: unknown value 'many'; known: multilabel, multiclass, regression\n"
        "d.yaml:4: labels.form: bits need `names` to say what each stands for\n"
        "d.yaml:4: labels: `field` is missing: the column that holds a row's labels\n"
        "d.yaml:6: modalities.text.path: the same file for every sample: {id} is missing\n"
        "d.yaml:7: modalities.v.dim: -1 is out of range, expected 0 to 16777216\n"
        "d.yaml:7: modalities.v.dim: missing, and it has no default\n"
        "d.yaml:7: modalities.v.path: unknown placeholder 'name'; known: id, split\n"
        "d.yaml:8: modalities.w.matrix: expected one of path and matrix\n"
        "d.yaml:9: modalities.x.matrix: expected one of index, row_field and `rows: table`\n"
        "d.yaml:9: modalities.x.segments: a matrix holds one vector a sample\n"
        "d.yaml:5: modalities: 'text': this name has a meaning of its own in a pack");
}

TEST_CASE("description: samples to predict need no labels, those to train on do", "[data]") {
  const std::string columns = "id: id\ntext: text\n";
  CHECK(faults_of("name: x\nsplits: {new: n.csv}\n" + columns) == "");
  CHECK(faults_of("name: x\nsplits: {dev: d.csv, test: t.csv}\n" + columns) == "");
  CHECK(faults_of("name: x\nsplits: {new: n.csv, train: t.csv}\n" + columns)
            .find("labels: `field` is missing") != std::string::npos);
  const std::string test = "name: x\nsplits: {test: t.csv}\n" + columns;
  CHECK(faults_of(test + "labels: {field: l, names: [a, b]}\n") == "");
  CHECK(faults_of(test + "labels: {field: l}\n").find("labels: `names` is missing") !=
        std::string::npos);
  CHECK(faults_of(test + "labels: {names: [a, b]}\n").find("labels: `field` is missing") !=
        std::string::npos);
}

TEST_CASE("description: names that a pack cannot hold", "[data]") {
  CHECK(faults_of(kHead) == "");
  for (std::string name : {"a b", "a/b", "labels", "x_present", "\"\""})
    CHECK(faults_of(kHead + "modalities: {" + name + ": {path: \"{id}\", dim: 1}}\n")
              .find("modalities: '") != std::string::npos);
  CHECK(
      faults_of(kHead + "modalities: {v: {path: \"{id}\", dim: 1}, v: {path: \"{id}\", dim: 1}}\n")
          .find("modalities.v: given twice, first in line") != std::string::npos);
}

TEST_CASE("description: a pattern of a million braces is refused in time", "[data]") {
  test::CpuTime time;
  CHECK(faults_of(kHead + "modalities: {v: {dim: 1, path: \"" + std::string(1'000'000, '{') +
                  "\"}}\n")
            .find("v.path: unknown placeholder") != std::string::npos);
  CHECK(time.seconds() < 2);
}

TEST_CASE("description: what would make a pack that nothing opens", "[data]") {
  CHECK(faults_of("name: caf\xe9\nsplits: {train: t}\n") ==
        "d.yaml:1: expected UTF-8, found 'name: caf\\xe9'");
  CHECK(faults_of(kHead + "# caf\xc3\xa9\nmodalities: {v: {path: \"\xff{id}\", dim: 1}}\n")
            .find("d.yaml:7: expected UTF-8") == 0);
  auto labels = [](const std::string& names) {
    auto yaml = kHead;
    return yaml.replace(yaml.find("label}"), 6, "label, names: [" + names + "]}");
  };
  CHECK(faults_of(labels("a, " + std::string(1024, 'q'))) == "");
  CHECK(faults_of(labels("a, " + std::string(1025, 'q'))).find("expected a name of at most 1024") !=
        std::string::npos);
  CHECK(faults_of(labels("a, \"b\\0c\"")).find("none of them zero") != std::string::npos);
  auto named = kHead;
  CHECK(faults_of(named.replace(6, 1, std::string(1025, 'x'))) ==
        "d.yaml: name: expected at most 1024 bytes, found 1025");
  CHECK(faults_of(kHead + "modalities: {v: {path: \"{id}" + std::string(40000, 'x') +
                  "\", dim: 1}}\n") == "d.yaml: v: expected at most 32768 bytes, found 40004");
}
