#include "data/samples.h"

#include <catch2/catch_test_macros.hpp>

#include "data/prep.h"
#include "support/raw_data.h"

using namespace mma;

namespace {

// What the tables of a data set give: its samples with their texts, or its faults.
struct Read {
  Samples samples;
  std::vector<std::string> texts;
  std::string faults;
};
Read read(const test::RawData& raw, const std::string& yaml) {
  raw.write("d.yaml", "name: x\nid: id\nlabels: {field: y}\n" + yaml);
  Read all;
  TextStore texts(raw.path());
  Faults faults;
  try {
    all.samples = read_samples(load_description(raw / "d.yaml"), raw.path(), &texts, faults);
    faults.raise();
  } catch (const UserError& e) {
    all.faults = raw.without_folder(e.what());
  }
  size_t count = 0;
  for (auto& rows : all.samples.splits) count += rows.size();
  for (size_t i = 0; i < count; ++i) all.texts.push_back(texts.get(i));
  return all;
}

}  // namespace

TEST_CASE("samples: several columns of text are joined, those that a row lacks left out",
          "[data]") {
  test::RawData raw;
  raw.write("t.jsonl",
            "{\"id\": 1, \"title\": \"Alien\", \"plot\": \"A crew\", \"y\": [\"p\"]}\n"
            "{\"id\": 2, \"title\": null, \"plot\": \"A man\", \"y\": [\"q\"]}\n"
            "{\"id\": 3, \"title\": \"Heat\", \"plot\": \" \", \"y\": [\"q\"]}\n"
            "{\"id\": 4, \"title\": \"CafÃ©\", \"plot\": \"plain\", \"y\": []}\n");
  const std::string splits = "splits: {train: t.jsonl}\n";
  auto joined = read(raw, splits + "text: [title, plot]\ntext_repair: latin1\n");
  CHECK(joined.faults == "");
  CHECK(joined.texts == std::vector<std::string>{"Alien\nA crew", "A man", "Heat", "Café\nplain"});
  CHECK(read(raw, splits + "text: [plot, title]\ntext_separator: \" / \"\n").texts[0] ==
        "A crew / Alien");
  // A column that no row has is a wrong name, not a missing text.
  raw.write("t.jsonl", "{\"id\": 1, \"title\": \"Alien\", \"plot\": \"A crew\", \"y\": [\"p\"]}\n");
  CHECK(read(raw, splits + "text: [title, plott]\n").faults ==
        "text: no row of any table has the column 'plott'");
}

TEST_CASE("samples: a row that lacks all of its columns of text", "[data]") {
  test::RawData raw;
  raw.write("t.jsonl",
            "{\"id\": 1, \"a\": \"x\", \"b\": \"z\", \"y\": [\"p\"]}\n"
            "{\"id\": 2, \"a\": \"\", \"y\": [\"q\"]}\n"
            "{\"id\": 3, \"y\": [\"q\"]}\n"
            "{\"id\": 4, \"a\": \"x\", \"b\": [\"z\"], \"y\": []}\n");
  const std::string yaml = "splits: {train: t.jsonl}\ntext: [a, b]\n";
  CHECK(read(raw, yaml).faults ==
        "t.jsonl:2: 2: a, b: an empty text (`empty_text: drop` leaves such rows out)\n"
        "t.jsonl:3: 3: no field 'a' or 'b', or a null; the row has id, y\n"
        "t.jsonl:4: 4: b: expected a text, found a list");
  raw.write("t.jsonl",
            "{\"id\": 1, \"a\": \"x\", \"b\": \"z\", \"y\": [\"p\"]}\n"
            "{\"id\": 2, \"a\": \"\", \"b\": \" \", \"y\": [\"q\"]}\n");
  auto dropped = read(raw, yaml + "empty_text: drop\n");
  CHECK(dropped.faults == "");
  CHECK(dropped.texts == std::vector<std::string>{"x\nz"});
  CHECK(dropped.samples.splits[0].dropped == 1);
}

TEST_CASE("samples: one table of several splits", "[data]") {
  test::RawData raw;
  raw.write("all.csv",
            "id,part,text,y\n"
            "d1,validation,one,q\n"
            "t1,train,two,p\n"
            "t2, train,three,q\n"
            "e1,test,four,p\n"
            "d2,validation,five,p\n");
  const std::string yaml =
      "text: text\nsplits: {train: all.csv, test: all.csv, dev: all.csv}\nsplit_field: part\n"
      "split_names: {dev: validation}\n";
  auto all = read(raw, yaml);
  CHECK(all.faults == "");
  REQUIRE(all.samples.splits.size() == 3);
  auto& splits = all.samples.splits;
  CHECK(splits[0].ids == std::vector<std::string>{"t1", "t2"});
  CHECK(splits[1].ids == std::vector<std::string>{"e1"});
  CHECK(splits[2].ids == std::vector<std::string>{"d1", "d2"});
  CHECK(all.texts == std::vector<std::string>{"two", "three", "four", "one", "five"});
  CHECK(splits[2].first_text == 3);
  CHECK(splits[2].label_ids == std::vector<int32_t>{1, 0});
  CHECK(splits[2].table_rows == 5);
}

TEST_CASE("samples: what is wrong with a table of several splits is told once", "[data]") {
  test::RawData raw;
  raw.write("all.csv",
            "id,part,text,y\n"
            "t1,train,a,p\n"
            "d1,dev,b,p\n"
            "x1,Train,c,p\n"
            "x2,,d,p\n"
            "x3,test,e,p\n"
            "t1,dev,f,p\n"
            "broken\n");
  const std::string yaml =
      "text: text\nsplits: {train: all.csv, dev: all.csv}\nsplit_field: part\n";
  CHECK(read(raw, yaml).faults ==
        "all.csv:4: part: unknown split 'Train', did you mean 'train'?; known: train, dev\n"
        "all.csv:5: part: unknown split ''; known: train, dev\n"
        "all.csv:6: part: unknown split 'test'; known: train, dev\n"
        "all.csv:8: expected 4 fields, found 1\n"
        "all.csv:7: t1: the same id is at all.csv:2");
  raw.write("all.csv", "id,part,text,y\nt1,train,a,p\n");
  CHECK(read(raw, yaml).faults == "all.csv: no sample of dev in it (part: dev)");
  raw.write("all.csv", "id,text,y\nt1,a,p\n");
  CHECK(read(raw, yaml).faults.find(
            "all.csv:2: no field 'part', or a null; the row has id, text, y") == 0);
  // The row's split has another table.
  raw.write("all.csv", "id,part,text,y\nt1,train,a,p\nd1,dev,a,p\n");
  raw.write("dev.csv", "id,part,text,y\nd2,dev,a,p\n");
  CHECK(
      read(raw, "text: text\nsplits: {train: all.csv, dev: dev.csv}\nsplit_field: part\n").faults ==
      "all.csv:3: part: unknown split 'dev'; known: train");
}
