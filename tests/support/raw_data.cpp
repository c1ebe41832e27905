#include "support/raw_data.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <catch2/catch_test_macros.hpp>
#include <fstream>

namespace mma::test {

void RawData::write(const std::string& file, const std::string& bytes) const {
  std::filesystem::create_directories((dir_ / file).parent_path());
  std::ofstream(dir_ / file, std::ios::binary) << bytes;
}

void RawData::write_npy(const std::string& file, const std::vector<int64_t>& shape,
                        const std::vector<float>& values) const {
  auto header = fmt::format("{{'descr': '<f4', 'fortran_order': False, 'shape': ({},), }}",
                            fmt::join(shape, ", "));
  header.resize(117, ' ');
  header += '\n';
  std::string bytes("\x93NUMPY\x01\x00\x76\x00", 10);
  write(file, bytes + header +
                  std::string(reinterpret_cast<const char*>(values.data()), values.size() * 4));
}

std::filesystem::path RawData::write_vocabulary() const {
  write("vocab.txt", "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\na\nb\nc\nwar\nlove\ncaf\xc3\xa9\n");
  return dir_ / "vocab.txt";
}

std::string RawData::without_folder(std::string text) const {
  auto folder = dir_.path.string() + "/";
  for (size_t at; (at = text.find(folder)) != std::string::npos;) text.erase(at, folder.size());
  return text;
}

PrepOptions prep_options(const RawData& raw) {
  PrepOptions options;
  options.description = raw / "data.yaml";
  options.root = raw.path();
  options.tokenizer = raw.write_vocabulary();
  options.out = raw / "x.h5";
  options.workers = 3;
  return options;
}

void write_example(const RawData& raw) {
  raw.write("data.yaml",
            "name: example\n"
            "splits: {train: train.jsonl, dev: dev.csv, test: test.tsv}\n"
            "id: id\ntext: text\n"
            "labels: {field: label, kind: multilabel, separator: \"|\"}\n"
            "max_length: 8\n"
            "modalities:\n"
            "  video: {path: \"video/{id}.npy\", dim: 2}\n"
            "  meta: {matrix: \"meta_{split}.npy\", index: \"meta_{split}.json\", split_names: "
            "{dev: val}, dim: 3}\n");
  raw.write("train.jsonl",
            "{\"id\": \"t1\", \"text\": \"war love\", \"label\": [\"war\", \"drama\"]}\n"
            "{\"id\": \"t2\", \"text\": \"a b c a b c a b c\", \"label\": [\"drama\"]}\n"
            "{\"id\": 3, \"text\": \"love\", \"label\": []}\n");
  raw.write("dev.csv", "id,text,label\r\nd1,\"a, b\",drama | war\r\n");
  raw.write("test.tsv", "id\ttext\tlabel\ne1\tc\twar\n");
  raw.write_npy("video/t1.npy", {2, 2}, {1, 2, 3, 4});
  raw.write_npy("video/t2.npy", {1, 1, 2}, {5, 6});
  raw.write_npy("video/3.npy", {2}, {7, 8});
  raw.write_npy("video/d1.npy", {1, 2}, {9, 10});
  raw.write_npy("video/e1.npy", {1, 2}, {11, 12});
  raw.write_npy("meta_train.npy", {3, 3}, {1, 1, 1, 2, 2, 2, 3, 3, 3});
  raw.write("meta_train.json", "{\"t2\": 0, \"3\": 1, \"t1\": 2}");
  raw.write_npy("meta_val.npy", {1, 3}, {4, 4, 4});
  raw.write("meta_val.json", "{\"d1\": 0}");
  raw.write_npy("meta_test.npy", {1, 3}, {5, 5, 5});
  raw.write("meta_test.json", "[\"e1\"]");
}

}  // namespace mma::test
