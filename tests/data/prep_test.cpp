#include "data/prep.h"

#include <hdf5.h>

#include <catch2/catch_test_macros.hpp>
#include <cmath>

#include "base/error.h"
#include "base/files.h"
#include "data/pack.h"
#include "support/raw_data.h"

using namespace mma;

namespace {

// The message of the UserError of build, which must be that of check too; nothing may be written.
std::string faults_of(const test::RawData& raw, PrepOptions options) {
  auto message = [&](auto work) {
    try {
      work(options);
      return std::string();
    } catch (const UserError& e) {
      return raw.without_folder(e.what());
    }
  };
  auto built = message(build_pack);
  CHECK(message(check_data_set) == built);
  for (auto& file : fs::directory_iterator(raw.path()))
    CHECK(file.path().filename().string().rfind("x.h5", 0) != 0);
  return built;
}
std::string faults_of(const test::RawData& raw) { return faults_of(raw, test::prep_options(raw)); }

void replace(const test::RawData& raw, const std::string& file, const std::string& old,
             const std::string& now) {
  auto text = read_file(raw / file);
  auto at = text.find(old);
  REQUIRE(at != std::string::npos);
  raw.write(file, text.replace(at, old.size(), now));
}

}  // namespace

TEST_CASE("prep: a raw data set becomes the pack that it says", "[data]") {
  test::RawData raw;
  test::write_example(raw);
  auto summary = build_pack(test::prep_options(raw));
  CHECK(summary.find("train        3          1        0") != std::string::npos);
  Pack pack(raw / "x.h5");
  CHECK(pack.splits() == std::vector<std::string>{"train", "dev", "test"});
  CHECK(pack.info().labels == std::vector<std::string>{"drama", "war"});
  CHECK(pack.info().tokenizer_kind == "wordpiece-uncased");
  auto train = pack.read("train", {"video", "meta"});
  CHECK(train.ids == std::vector<std::string>{"t1", "t2", "3"});
  CHECK(train.labels == std::vector<uint8_t>{1, 1, 1, 0, 0, 0});
  CHECK(train.offsets == std::vector<int64_t>{0, 4, 12, 15});
  CHECK(train.tokens == std::vector<int32_t>{2, 8, 9, 3, 2, 5, 6, 7, 5, 6, 7, 3, 2, 9, 3});
  CHECK(train.truncated == 1);
  CHECK(train.modalities["video"].values == std::vector<float>{2, 3, 5, 6, 7, 8});
  CHECK(train.modalities["meta"].values == std::vector<float>{3, 3, 3, 1, 1, 1, 2, 2, 2});
  CHECK(pack.read("dev", {"meta"}).modalities["meta"].values == std::vector<float>{4, 4, 4});
  CHECK(pack.read("dev", {}).labels == std::vector<uint8_t>{1, 1});
  CHECK(pack.read("test", {"video"}).modalities["video"].values == std::vector<float>{11, 12});
}

TEST_CASE("prep: the bytes do not depend on the number of workers", "[data]") {
  test::RawData raw;
  test::write_example(raw);
  auto options = test::prep_options(raw);
  options.workers = 1;
  build_pack(options);
  auto one = sha256_file(options.out);
  options.workers = 8;
  build_pack(options);
  CHECK(sha256_file(options.out) == one);
}

TEST_CASE("prep: a missing feature is a fault, or absent where that is allowed", "[data]") {
  test::RawData raw;
  test::write_example(raw);
  fs::remove(raw / "video/t2.npy");
  replace(raw, "meta_train.json", "\"3\": 1, ", "");
  CHECK(faults_of(raw) ==
        "video/t2.npy: no such file; t2's video (--missing absent allows it)\n"
        "meta_train.npy: no row for 3 (--missing absent allows it)");
  auto options = test::prep_options(raw);
  options.missing_absent = true;
  CHECK(faults_of(raw, [&] {
          auto o = options;
          o.out = raw / "y.h5";
          return o;
        }()) == "");
  auto train = Pack(raw / "y.h5").read("train", {"video", "meta"});
  CHECK(train.modalities["video"].present == std::vector<uint8_t>{1, 0, 1});
  CHECK(train.modalities["video"].values == std::vector<float>{2, 3, 0, 0, 7, 8});
  CHECK(train.modalities["meta"].present == std::vector<uint8_t>{1, 1, 0});
  // A pattern that fits nothing is a fault all the same.
  replace(raw, "data.yaml", "video/{id}.npy", "vidio/{id}.npy");
  CHECK(faults_of(raw, options).find("video: no sample of any split has it; first: vidio/t1.npy") !=
        std::string::npos);
}

TEST_CASE("prep: one of every fault, all told at once", "[data]") {
  test::RawData raw;
  test::write_example(raw);
  replace(raw, "data.yaml", "kind: multilabel", "kind: multilabel, names: [drama, war]");
  raw.write("train.jsonl",
            "{\"id\": \"t1\", \"text\": \"war love\", \"label\": [\"waar\"]}\n"  // unknown label
            "{\"id\": \"t1\", \"text\": \"b\", \"label\": []}\n"                 // duplicate id
            "{\"text\": \"b\", \"label\": []}\n"                                 // no id
            "{\"id\": \"../x\", \"text\": \"b\", \"label\": []}\n"     // an id that climbs
            "{\"id\": \"t2\", \"text\": \"  \", \"label\": []}\n"      // empty text
            "{\"id\": \"3\", \"label\": []}\n"                         // no text
            "{\"id\": \"t4\", \"text\": \"b\"}\n"                      // no label, no files
            "{\"id\": \"t5\", \"text\": \"b\", \"label\": [}\n"        // not JSON
            "{\"id\": \"t6\", \"text\": \"\xff\", \"label\": []}\n");  // not UTF-8
  replace(raw, "dev.csv", "d1,", "t2,");                               // an id in two splits
  raw.write_npy("video/t1.npy", {2, 2}, {1, 2, NAN, 4});
  raw.write_npy("video/t2.npy", {1, 3}, {5, 6, 7});  // a wrong width
  raw.write("video/3.npy", "garbage");
  raw.write_npy("video/e1.npy", {0, 2}, {});  // no rows
  raw.write_npy("meta_test.npy", {1, 3}, {5, INFINITY, 5});
  auto message = faults_of(raw);
  CAPTURE(message);
  for (auto* part :
       {"train.jsonl:1: t1: unknown label 'waar', did you mean 'war'?",
        "train.jsonl:2: t1: the same id is at ", "train.jsonl:3: no field 'id'",
        "train.jsonl:4: '../x': an id may not hold a path",
        "train.jsonl:5: t2: text: an empty text", "train.jsonl:6: 3: ", "train.jsonl:7: t4: ",
        "train.jsonl:8: ", "train.jsonl:9: ", "dev.csv:2: t2: the same id is at ",
        "dev.csv: no sample in it",
        "video/t1.npy: ", "video/t2.npy: ", "video/3.npy: ", "video/t4.npy: no such file",
        "video/e1.npy: ", "meta_test.npy: expected finite numbers, found inf in row 0",
        "meta_train.npy: no row for t4"})
    CHECK(message.find(part) != std::string::npos);
}

TEST_CASE("prep: of many faults the first twenty and a count", "[data]") {
  test::RawData raw;
  test::write_example(raw);
  std::string table;
  for (int i = 0; i < 30; ++i)
    table += "{\"id\": \"n" + std::to_string(i) +
             "\", \"text\": \"a\", \"label\": [\"war\", \"drama\"]}\n";
  raw.write("train.jsonl", table);
  auto message = faults_of(raw);
  CHECK(message.find("video/n19.npy") != std::string::npos);
  CHECK(message.find("video/n20.npy") == std::string::npos);
  CHECK(message.find("missing video (30 in all)") != std::string::npos);
}

TEST_CASE("prep: labels as bits, one of several, and mojibake", "[data]") {
  test::RawData raw;
  raw.write("data.yaml",
            "name: x\nsplits: {train: t.csv}\ntable: {delimiter: \";\"}\nid: id\ntext: "
            "text\ntext_repair: latin1\n"
            "labels: {field: bits, kind: multiclass, form: bits, names: [p, q, r]}\n");
  raw.write("t.csv", "id;text;bits\n1;caf\xc3\x83\xc2\xa9;010\n2;caf\xc3\xa9;001\n");
  build_pack(test::prep_options(raw));
  auto train = Pack(raw / "x.h5").read("train", {});
  CHECK(train.labels == std::vector<uint8_t>{0, 1, 0, 0, 0, 1});
  CHECK(train.tokens[1] == train.tokens[4]);
  fs::remove(raw / "x.h5");
  raw.write("t.csv", "id;text;bits\n1;a;011\n2;a;01\n3;a;0x1\n");
  CHECK(faults_of(raw) ==
        "t.csv:2: 1: bits: expected one label, found 2\n"
        "t.csv:3: 2: bits: expected 3 characters 0 or 1, found '01'\n"
        "t.csv:4: 3: bits: expected 3 characters 0 or 1, found '0x1'");
}

TEST_CASE("prep: real targets, of one column, of several, and as a list", "[data]") {
  test::RawData raw;
  const std::string head = "name: x\nsplits: {train: t.jsonl}\nid: id\ntext: text\nlabels: ";
  raw.write("t.jsonl",
            "{\"id\": 1, \"text\": \"a\", \"s\": -1.5, \"t\": \"2\", \"both\": [0.25, 7]}\n"
            "{\"id\": 2, \"text\": \"b\", \"s\": 3, \"t\": 4.0, \"both\": [1, 1e3]}\n");
  auto targets_of = [&](const std::string& labels) {
    fs::remove(raw / "x.h5");
    raw.write("data.yaml", head + labels + "\n");
    CHECK(build_pack(test::prep_options(raw)).find("target  split") != std::string::npos);
    Pack pack(raw / "x.h5");
    CHECK(pack.info().label_kind == LabelKind::kRegression);
    CHECK(describe_pack(raw / "x.h5").find("real targets: ") != std::string::npos);
    return pack.read("train", {}).targets;
  };
  CHECK(targets_of("{field: s, kind: regression}") == std::vector<float>{-1.5, 3});
  CHECK(targets_of("{fields: [t, s], kind: regression}") == std::vector<float>{2, -1.5, 4, 3});
  CHECK(targets_of("{field: both, kind: regression, names: [p, q]}") ==
        std::vector<float>{0.25, 7, 1, 1000});
}

TEST_CASE("prep: what is no real target is refused, by file, line and id", "[data]") {
  test::RawData raw;
  raw.write("data.yaml",
            "name: x\nsplits: {train: t.jsonl, dev: d.csv}\nid: id\ntext: text\n"
            "labels: {fields: [s, t], kind: regression}\n");
  raw.write("t.jsonl",
            "{\"id\": 1, \"text\": \"a\", \"s\": null, \"t\": 2}\n"
            "{\"id\": 2, \"text\": \"b\", \"s\": true, \"t\": [4]}\n"
            "{\"id\": 3, \"text\": \"b\", \"s\": 1, \"t\": [4, 5]}\n"
            "{\"id\": 4, \"text\": \"b\", \"s\": NaN, \"t\": 5}\n");
  raw.write("d.csv", "id,text,s,t\n5,a,nan,\n6,a,1,1e99\n");
  auto message = faults_of(raw);
  for (auto* line : {"t.jsonl:1: 1: no field 's', or a null; the row has id, t, text",
                     "t.jsonl:2: 2: s: expected a number, found 'true'",
                     "t.jsonl:3: 3: t: expected a number, found a list of 2",
                     "d.csv:2: 5: s: expected a finite number, found 'nan'",
                     "d.csv:2: 5: t: expected a number, found ''",
                     "d.csv:3: 6: t: expected a number that float32 holds, found '1e99'"})
    CHECK(message.find(line) != std::string::npos);
  CHECK(message.find("t.jsonl:4: ") != std::string::npos);
  CHECK(message.find("t.jsonl:2: 2: t:") == std::string::npos);
}

TEST_CASE("prep: a label that train lacks is unknown", "[data]") {
  test::RawData raw;
  test::write_example(raw);
  replace(raw, "test.tsv", "war", "comedy");
  CHECK(faults_of(raw) ==
        "test.tsv:2: e1: unknown label 'comedy'; known: drama, war (the labels of train)");
}

TEST_CASE("prep: rows without text are dropped where the description says so", "[data]") {
  test::RawData raw;
  test::write_example(raw);
  replace(raw, "train.jsonl", "\"love\"", "\"\"");
  CHECK(faults_of(raw).find("empty_text: drop") != std::string::npos);
  replace(raw, "data.yaml", "text: text\n", "text: text\nempty_text: drop\n");
  build_pack(test::prep_options(raw));
  auto train = Pack(raw / "x.h5").read("train", {});
  CHECK(train.ids == std::vector<std::string>{"t1", "t2"});
  CHECK(train.dropped == 1);
}

TEST_CASE("prep: segments, row numbers in a column, and spectrograms", "[data]") {
  test::RawData raw;
  raw.write("data.yaml",
            "name: x\nsplits: {train: t.csv}\nid: id\ntext: text\nlabels: {field: y}\nmodalities:\n"
            "  s: {path: \"{split}/{id}.npy\", dim: 1, segments: 2}\n"
            "  m: {matrix: m.npy, row_field: row, dim: 2}\n"
            "  a: {path: \"{id}.npy\", dim: 2, time_axis: last, clips: 2}\n");
  raw.write("t.csv", "id,text,y,row\ni,a,p,1\nj,a,q,0\n");
  raw.write_npy("train/i.npy", {4, 1}, {1, 3, 5, 7});
  raw.write_npy("train/j.npy", {1, 1}, {9});
  raw.write_npy("m.npy", {2, 2}, {1, 2, 3, 4});
  raw.write_npy("i.npy", {1, 3, 2, 2}, {1, 3, 10, 30, 5, 7, 50, 70, 1000, 1000, 1000, 1000});
  raw.write_npy("j.npy", {2, 3}, {1, 2, 3, 10, 20, 30});
  build_pack(test::prep_options(raw));
  Pack pack(raw / "x.h5");
  CHECK(pack.info().modalities[0].segments == 2);
  auto train = pack.read("train", {"s", "m", "a"});
  CHECK(train.modalities["s"].values == std::vector<float>{2, 6, 9, 9});
  CHECK(train.modalities["m"].values == std::vector<float>{3, 4, 1, 2});
  CHECK(train.modalities["a"].values == std::vector<float>{4, 40, 2, 20});
  fs::remove(raw / "x.h5");
  raw.write("t.csv", "id,text,y,row\ni,a,p,2\nj,a,q,-1\n");
  raw.write_npy("j.npy", {3, 2}, {1, 2, 3, 10, 20, 30});
  auto message = faults_of(raw);
  CHECK(message.find("m.npy: i: expected a row below 2, found 2") != std::string::npos);
  CHECK(message.find("t.csv:3: j: row: expected a row number, found '-1'") != std::string::npos);
  CHECK(message.find("j.npy: ") != std::string::npos);
}

TEST_CASE("prep: one HDF5 file that holds all samples", "[data]") {
  test::RawData raw;
  raw.write("data.yaml",
            "name: x\nsplits: {train: t.csv}\nid: id\ntext: text\nlabels: {field: y}\nmodalities:\n"
            "  v: {path: all.h5, data_set: \"v/{id}\", dim: 2}\n"
            "  m: {matrix: all.h5, data_set: m, index: ids.txt, dim: 2}\n");
  raw.write("t.csv", "id,text,y\ni,a,p\nj,a,q\n");
  raw.write("ids.txt", "j\ni\n");
  hid_t file = H5Fcreate((raw / "all.h5").c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
  auto put = [&](const char* name, std::vector<float> values) {
    hsize_t sides[] = {values.size() / 2, 2};
    hid_t space = H5Screate_simple(2, sides, nullptr);
    hid_t data =
        H5Dcreate2(file, name, H5T_IEEE_F32LE, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
    H5Dwrite(data, H5T_NATIVE_FLOAT, H5S_ALL, H5S_ALL, H5P_DEFAULT, values.data());
    H5Dclose(data);
    H5Sclose(space);
  };
  H5Gclose(H5Gcreate2(file, "v", H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT));
  put("v/i", {1, 2, 3, 4});
  put("m", {5, 6, 7, 8});
  H5Fclose(file);
  CHECK(faults_of(raw) ==
        "all.h5: data set 'v/j': no such data set; j's v (--missing absent allows it)");
  auto options = test::prep_options(raw);
  options.missing_absent = true;
  build_pack(options);
  auto train = Pack(raw / "x.h5").read("train", {"v", "m"});
  CHECK(train.modalities["v"].values == std::vector<float>{2, 3, 0, 0});
  CHECK(train.modalities["v"].present == std::vector<uint8_t>{1, 0});
  CHECK(train.modalities["m"].values == std::vector<float>{7, 8, 5, 6});
}

TEST_CASE("prep: data without text are their modalities alone", "[data]") {
  test::RawData raw;
  test::write_example(raw);
  replace(raw, "data.yaml", "text: text\n", "");
  auto options = test::prep_options(raw);
  options.tokenizer.clear();
  build_pack(options);
  Pack pack(raw / "x.h5");
  CHECK_FALSE(pack.info().has_text());
  CHECK(pack.info().max_length == 0);
  auto train = pack.read("train", {"video", "meta"});
  CHECK(train.ids == std::vector<std::string>{"t1", "t2", "3"});
  CHECK(train.labels == std::vector<uint8_t>{1, 1, 1, 0, 0, 0});
  CHECK(train.tokens.empty());
  CHECK(train.offsets == std::vector<int64_t>(4, 0));
  CHECK(train.modalities["video"].values == std::vector<float>{2, 3, 5, 6, 7, 8});
  auto shown = describe_pack(raw / "x.h5");
  CHECK(shown.find("any number of 2 labels, no texts\n") != std::string::npos);
  CHECK(shown.find("train        3        0\n") != std::string::npos);
}

TEST_CASE("prep: what lies outside of the root is not read", "[data]") {
  test::RawData raw, elsewhere;
  test::write_example(raw);
  elsewhere.write_npy("t1.npy", {1, 2}, {1, 2});
  fs::remove(raw / "video/t1.npy");
  fs::create_symlink(elsewhere / "t1.npy", raw / "video/t1.npy");
  CHECK(faults_of(raw).find("leads out of the data root") != std::string::npos);
}

TEST_CASE("prep: info shows labels, lengths and what is missing", "[data]") {
  test::RawData raw;
  test::write_example(raw);
  fs::remove(raw / "video/t2.npy");
  auto options = test::prep_options(raw);
  options.missing_absent = true;
  build_pack(options);
  auto text = describe_pack(raw / "x.h5");
  CAPTURE(text);
  CHECK(text.find("any number of 2 labels, tokenizer wordpiece-uncased (11 tokens") !=
        std::string::npos);
  CHECK(text.find("train        3      15          1        0         3     4       4     8     8  "
                  "      8") != std::string::npos);
  CHECK(text.find("drama      2  66.7    1  100.0     0    0.0") != std::string::npos);
  CHECK(text.find("video       2         1         1       0        0    video/{id}.npy") !=
        std::string::npos);
}
