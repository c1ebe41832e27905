// Crafted bad inputs for every reader, recipe and data description: each is refused with exit code
// 2 and lines that begin with "error:", leaves nothing behind, and takes no more than 64 MiB beyond
// what good input takes. mma-train starts slowly, so that a share of its cases runs each time;
// MMA_BAD_INPUTS=all runs them all.
#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <cstdlib>
#include <cstring>
#include <sstream>

#include "base/error.h"
#include "base/files.h"
#include "support/demo_pack.h"

using namespace mma;

namespace {

/// One spoiled copy of the good input.
struct Case {
  std::string what;
  std::function<void(const fs::path& folder)> spoil;
};
using Cases = std::vector<Case>;

std::string npy(const std::string& header, const std::string& data) {
  std::string text = header;
  while ((10 + text.size() + 1) % 64) text += ' ';
  text += '\n';
  std::string bytes = "\x93NUMPY\x01";
  bytes += '\0';
  bytes += static_cast<char>(text.size() & 255);
  bytes += static_cast<char>(text.size() >> 8);
  return bytes + text + data;
}

std::string floats(const std::vector<float>& values) {
  return {reinterpret_cast<const char*>(values.data()), values.size() * sizeof(float)};
}

std::string good_npy(int64_t rows, int64_t columns) {
  std::vector<float> values(static_cast<size_t>(rows * columns), 0.5f);
  return npy(
      fmt::format("{{'descr': '<f4', 'fortran_order': False, 'shape': ({}, {}), }}", rows, columns),
      floats(values));
}

constexpr const char* kDescription = R"(name: small
splits: {train: train.jsonl}
id: id
text: plot
labels: {field: genres, kind: multilabel, names: [comedy, drama]}
max_length: 32
modalities:
  video: {path: "video/{id}.npy", dim: 4}
  audio: {path: "audio/{id}.p", dim: 2}
  poster: {path: "poster/{id}.npz", dim: 2}
  metadata: {matrix: "{split}.npy", index: "{split}.json", dim: 3}
)";
constexpr const char* kTable =
    "{\"id\": \"m1\", \"plot\": \"A film.\", \"genres\": [\"comedy\"]}\n"
    "{\"id\": \"m2\", \"plot\": \"Another film.\", \"genres\": [\"drama\", \"comedy\"]}\n";
constexpr const char* kVocabulary = "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\na\nfilm\nan\n##other\n.\n";

std::string seed(const std::string& file) {
  return read_file(test::source_root() / "tests/fuzz/corpus" / file);
}

// A small raw data set, all of it good.
void write_good(const fs::path& folder) {
  for (auto* part : {"video", "audio", "poster"}) make_directories(folder / part);
  write_atomically(folder / "data.yaml", kDescription);
  write_atomically(folder / "train.jsonl", kTable);
  write_atomically(folder / "vocab.txt", kVocabulary);
  for (auto* id : {"m1", "m2"}) {
    write_atomically(folder / "video" / (std::string(id) + ".npy"), good_npy(3, 4));
    write_atomically(folder / "audio" / (std::string(id) + ".p"), seed("numpy_pickle/p2"));
    write_atomically(folder / "poster" / (std::string(id) + ".npz"), seed("zip/deflated"));
  }
  write_atomically(folder / "train.npy", good_npy(2, 3));
  write_atomically(folder / "train.json", "[\"m1\", \"m2\"]");
}

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  auto at = text.find(from);
  if (at == std::string::npos) throw std::runtime_error("test: no '" + from + "'");
  return text.replace(at, from.size(), to);
}

Case file_case(const std::string& file, const std::string& what, const std::string& bytes) {
  return {file + ": " + what,
          [=](const fs::path& folder) { write_atomically(folder / file, bytes); }};
}
Case line_case(const std::string& file, const std::string& good, const std::string& from,
               const std::string& to) {
  return file_case(file, from + " -> " + printable(to), replaced(good, from, to));
}

// The good bytes cut at so many places, evenly.
void add_cuts(Cases& cases, const std::string& file, const std::string& good, size_t count) {
  for (size_t i = 0; i < count; ++i)
    cases.push_back(file_case(file, fmt::format("cut to {}", good.size() * i / count),
                              good.substr(0, good.size() * i / count)));
}

Cases description_cases() {
  Cases cases;
  std::string good = kDescription;
  auto change = [&](const std::string& from, const std::string& to) {
    cases.push_back(line_case("data.yaml", good, from, to));
  };
  for (auto* line : {"name: small\n", "splits: {train: train.jsonl}\n", "id: id\n", "text: plot\n",
                     "labels: {field: genres, kind: multilabel, names: [comedy, drama]}\n"})
    change(line, "");
  for (auto* value :
       {"[]", "{a: b}", "[a, [b]]", "", "&x *x", "{", "'", "\"\\q\"", "\t", "!!x y: z"}) {
    change("id: id", std::string("id: ") + value);
    change("splits: {train: train.jsonl}", std::string("splits: ") + value);
    change("labels: {field: genres, kind: multilabel, names: [comedy, drama]}",
           std::string("labels: ") + value);
  }
  for (auto* value : {"0", "-1", "x", "1e99", "[32]", "nan", "99999999999999999999", "1.5"}) {
    change("max_length: 32", std::string("max_length: ") + value);
    change("dim: 4", std::string("dim: ") + value);
  }
  for (auto* value : {"../train.jsonl", "/etc/passwd", "nowhere.jsonl", "video", "train.parquet",
                      "a\\0b", "..", "."})
    change("train: train.jsonl", std::string("train: \"") + value + "\"");
  for (auto* value :
       {"../{id}.npy", "/{id}.npy", "video/{name}.npy", "video/x.npy", "{id", "video/{id}.xyz", ""})
    change("video/{id}.npy", value);
  for (auto* kind : {"multi", "0", "[]", "multiclass"}) change("multilabel", kind);
  change("names: [comedy, drama]", "names: [comedy, comedy]");
  change("names: [comedy, drama]", "names: [comedy]");
  change("dim: 4}", "dim: 4, pool: max}");
  change("dim: 4}", "dim: 4, pol: mean}");
  change("dim: 4}", "dim: 4, segments: 0}");
  change("dim: 4}", "dim: 4, matrix: x.npy}");
  change("id: id", "idd: id");
  change("name: small", "name: small\nname: again");
  change("  metadata:", "  video:");
  change("  metadata:", "  text:");
  change("index: \"{split}.json\"", "index: \"{split}.nothing\"");
  cases.push_back(file_case("data.yaml", "empty", ""));
  cases.push_back(file_case("data.yaml", "a list", "[1, 2]"));
  cases.push_back(file_case("data.yaml", "deep", std::string(20000, '[')));
  cases.push_back(file_case("data.yaml", "not text", std::string("\xff\xfe\0\x01", 4)));
  cases.push_back(file_case("data.yaml", "billion laughs",
                            "a: &a [x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]\n"
                            "c: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b]\nd: &d [*c,*c,*c,*c,*c,*c,*c]\n"
                            "name: [*d,*d,*d,*d,*d,*d,*d,*d,*d]\n"));
  return cases;
}

Cases table_cases() {
  Cases cases;
  std::string good = kTable;
  auto change = [&](const std::string& from, const std::string& to) {
    cases.push_back(line_case("train.jsonl", good, from, to));
  };
  for (auto* id : {"\"m2\"", "\"\"", "[]", "{}", "null", "\"../m1\"", "\"a/../../b\"", "\"m3\"",
                   "\"a\\u0000b\"", "\"\\ud800\"", "true"})
    change("\"m1\"", id);
  for (auto* plot : {"null", "[]", "\"\"", "\"  \"", "\"\xff\"", "\"\\ud800\"", "\"\x01\""})
    change("\"A film.\"", plot);
  for (auto* genres : {"null", "[\"western\"]", "[[\"comedy\"]]", "{\"a\": 1}", "[1]"})
    change("[\"comedy\"]", genres);
  for (auto* line : {"{", "]", "[1]", "1", "\"x\"", "{\"id\" \"m1\"}", "{'id': 'm1'}", "nul", "{}",
                     "{\"id\": \"m1\"}", "{\"id\": \"m3\", \"plot\": \"x\", \"genres\": []} {}",
                     "\xef\xbb\xbf{"})
    cases.push_back(
        file_case("train.jsonl", std::string("last line ") + printable(line), good + line + "\n"));
  cases.push_back(file_case("train.jsonl", "empty", ""));
  cases.push_back(file_case("train.jsonl", "blank", "\n\n\n"));
  cases.push_back(file_case("train.jsonl", "deep", good + std::string(100000, '[') + "\n"));
  cases.push_back(
      file_case("train.jsonl", "a line of 17 MiB", good + std::string(17 << 20, ' ') + "\n"));
  // The same table in other formats.
  auto other = [&](const std::string& name, const std::string& what, const std::string& bytes) {
    cases.push_back({name + ": " + what, [=](const fs::path& folder) {
                       fs::remove(folder / "train.jsonl");
                       write_atomically(folder / "data.yaml",
                                        replaced(kDescription, "train.jsonl", name));
                       write_atomically(folder / name, bytes);
                     }});
  };
  for (auto* text :
       {"", "id,plot\n", "id,id,plot,genres\n", "\"id,plot\n", "id,plot,genres\nm1,x\n",
        "id,plot,genres\nm1,x,comedy,y\n", "id,plot,genres\nm1,\"x,comedy\n",
        "id,plot,genres\nm1,\"x\"y,comedy\n", "id,plot,genres\nm1,\xff,comedy\n",
        "id;plot;genres\nm1;x;comedy\n", "id,plot,genres\n,x,comedy\n"})
    other("train.csv", printable(text), text);
  auto pickled = seed("pickle_table/list2");
  for (size_t i = 0; i < 12; ++i)
    other("train.p", fmt::format("cut {}", i), pickled.substr(0, pickled.size() * i / 12));
  other("train.p", "code", "cos\nsystem\n(S'true'\ntR.");
  other("train.p", "reduce of eval", "c__builtin__\neval\n(S'1'\ntR.");
  other("train.p", "a number", "I5\n.");
  other("train.p", "a circle",
        std::string("\x80\x02]q\x00h\x00"
                    "a.",
                    8));
  other("train.p", "a long that cannot be", "\x80\x02\x8b\xff\xff\xff\x7f.");
  other("train.p", "text that cannot be",
        "\x80\x04\x8d\xff\xff\xff\xff\xff\xff\xff\x7f"
        "x.");
  return cases;
}

Cases feature_cases() {
  Cases cases;
  auto video = good_npy(3, 4);
  add_cuts(cases, "video/m1.npy", video, 24);
  auto header = [&](const std::string& text, const std::string& data) {
    cases.push_back(file_case("video/m1.npy", text, npy(text, data)));
  };
  auto twelve = floats(std::vector<float>(12, 1.0f));
  for (auto* shape : {"(3, 5)", "(0, 4)", "(-3, 4)", "(3, 4, 1)", "(4611686018427387904, 4)",
                      "(9223372036854775807, 9223372036854775807)", "(3.0, 4)", "(3 4)", "3, 4",
                      "()", "(12,)", "(2, 4)", "(4, 4)"})
    header(fmt::format("{{'descr': '<f4', 'fortran_order': False, 'shape': {}, }}", shape), twelve);
  for (auto* type : {"|O", "<c8", "<U4", "<M8[s]", "<f16", "f", "", "<f3", "[('a', '<f4')]"})
    header(fmt::format("{{'descr': '{}', 'fortran_order': False, 'shape': (3, 4), }}", type),
           twelve);
  for (auto* text : {"", "{}", "{'descr': '<f4'}", "[]",
                     "{'descr': '<f4', 'fortran_order': 0, 'shape': "
                     "(3, 4), }",
                     "{'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), 'x': 1}",
                     "__import__('os').system('true')"})
    header(text, twelve);
  for (float value : {NAN, INFINITY, -INFINITY}) {
    auto values = std::vector<float>(12, 1.0f);
    values[7] = value;
    header("{'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }", floats(values));
  }
  for (auto* bytes :
       {"", "x", "PK\x03\x04", "\x89HDF\r\n\x1a\n", "\x93NUMPY", "<html>", "\x80\x02."})
    cases.push_back(file_case("video/m1.npy", printable(bytes), bytes));
  cases.push_back(
      {"video/m1.npy: none", [](const fs::path& f) { fs::remove(f / "video/m1.npy"); }});
  cases.push_back({"video/m1.npy: a folder", [](const fs::path& f) {
                     fs::remove(f / "video/m1.npy");
                     make_directories(f / "video/m1.npy");
                   }});
  cases.push_back({"video/m1.npy: a link out", [](const fs::path& f) {
                     fs::remove(f / "video/m1.npy");
                     fs::create_symlink("/etc/passwd", f / "video/m1.npy");
                   }});
  for (auto* name : {"p0", "p1", "p2", "p3", "p4", "p5", "f2", "fortran", "big"})
    add_cuts(cases, "audio/m1.p", seed(std::string("numpy_pickle/") + name), 8);
  for (auto* code :
       {"cos\nsystem\n(S'true'\ntR.", "cnumpy\nload\n(S'x'\ntR.",
        "cnumpy.core.multiarray\n_reconstruct\n.", "N.", "(lp0\n.", "(dp0\n.",
        "cbuiltins\nexec\n(S'1'\ntR.", "]a.", "0.", "\x80\x09.", "(t.", "\x80\x02K\x01."})
    cases.push_back(file_case("audio/m1.p", printable(code), code));
  for (auto* name : {"stored", "deflated"})
    add_cuts(cases, "poster/m1.npz", seed(std::string("zip/") + name), 16);
  auto stored = seed("zip/stored");
  for (size_t at : {size_t{0}, size_t{1}, size_t{26}, stored.size() - 22, stored.size() - 12}) {
    auto damaged = stored;
    damaged[at] = static_cast<char>(damaged[at] ^ 0x55);
    cases.push_back(file_case("poster/m1.npz", fmt::format("byte {} changed", at), damaged));
  }
  add_cuts(cases, "train.npy", good_npy(2, 3), 12);
  cases.push_back(file_case("train.npy", "one row", good_npy(1, 3)));
  cases.push_back(file_case("train.npy", "another width", good_npy(2, 4)));
  for (auto* index :
       {"", "[", "{}", "[\"m1\"]", "[\"m1\", \"m1\"]", "[\"m1\", 2, [3]]", "7", "null",
        "{\"m1\": 5, \"m2\": 0}", "{\"m1\": -1, \"m2\": 0}", "{\"m1\": \"x\", \"m2\": 0}"})
    cases.push_back(file_case("train.json", printable(index), index));
  for (auto* hdf5 : {"feature_file/hdf5", "feature_file/hdf5_chunked"}) {
    if (!fs::exists(test::source_root() / "tests/fuzz/corpus" / hdf5)) continue;
    auto bytes = seed(hdf5);
    for (size_t i = 0; i < 12; ++i)
      cases.push_back(file_case("video/m1.npy", fmt::format("{} cut {}", hdf5, i),
                                bytes.substr(0, bytes.size() * i / 12)));
  }
  return cases;
}

Cases tokenizer_cases() {
  Cases cases;
  for (auto* text : {"", "\n", "[PAD]\n", "[CLS]\n[SEP]\na\n", "[UNK]\n[CLS]\na\n",
                     "[UNK]\n[CLS]\n[SEP]\na\na\n", "[UNK]\n[CLS]\n[SEP]\n\xff\n"})
    cases.push_back(file_case("vocab.txt", printable(text), text));
  auto pieces = seed("tokenizer_json/small");
  auto instead = [&](const std::string& what, const std::string& name, const std::string& bytes) {
    cases.push_back({what, [=](const fs::path& folder) {
                       fs::remove(folder / "vocab.txt");
                       write_atomically(folder / name, bytes);
                     }});
  };
  for (size_t i = 0; i < 12; ++i)
    instead(fmt::format("tokenizer.json: cut {}", i), "tokenizer.json",
            pieces.substr(0, pieces.size() * i / 12));
  for (auto* id : {"-1", "0", "16777215", "1e9", "18446744073709551615", "[]"}) {
    auto changed = pieces;
    changed.replace(changed.find("12}"), 2, id);
    instead(fmt::format("tokenizer.json: id {}", id), "tokenizer.json", changed);
  }
  instead("tokenizer.json: deep", "tokenizer.json", "{\"model\":" + std::string(1 << 20, '['));
  auto model = seed("sentencepiece_model/unigram");
  for (size_t i = 0; i < 24; ++i)
    instead(fmt::format("sentencepiece: cut {}", i), "spiece.model",
            model.substr(0, model.size() * i / 24));
  return cases;
}

// What a refusal must be like.
void check_refused(const test::ProgramResult& result, int64_t good_memory) {
  CAPTURE(result.err, result.out);
  CHECK(result.exit_code == 2);
  CHECK(result.out == "");
  std::istringstream lines(result.err);
  int told = 0;
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("[")) continue;  // a stage's progress
    CAPTURE(line);
    CHECK(line.starts_with("error: "));
    CHECK(line.size() < 600);
    ++told;
  }
  CHECK(told >= 1);
#ifndef __SANITIZE_ADDRESS__  // which counts the test program's own growing memory with it
  CHECK(result.peak_memory_bytes < good_memory + (64 << 20));
#else
  (void)good_memory;
#endif
}

std::vector<std::string> list(const fs::path& folder) {
  std::vector<std::string> names;
  for (auto& entry : fs::recursive_directory_iterator(folder))
    names.push_back(entry.path().string());
  std::sort(names.begin(), names.end());
  return names;
}

bool all_cases() {
  auto* text = std::getenv("MMA_BAD_INPUTS");
  return text && std::strcmp(text, "all") == 0;
}

}  // namespace

TEST_CASE("bad input: mma-prep refuses each, tidily and in little memory", "[apps][bad]") {
  auto build = [](const fs::path& folder) {
    fs::path tokenizer;
    for (auto* name : {"vocab.txt", "tokenizer.json", "spiece.model"})
      if (tokenizer.empty() && fs::exists(folder / name)) tokenizer = folder / name;
    // Whole stacks tell the leak sanitizer which leaks on damaged files are HDF5's own.
    return test::run_program(
        {test::program("mma-prep"), "build", (folder / "data.yaml").string(), "--root",
         folder.string(), "--tokenizer", tokenizer.string(), "--out", (folder / "x.h5").string()},
        {"ASAN_OPTIONS=detect_odr_violation=0:fast_unwind_on_malloc=0"});
  };
  test::ScratchDir good;
  write_good(good.path);
  auto first = build(good.path);
  INFO(first.err);
  REQUIRE(first.exit_code == 0);
  const size_t every = all_cases() ? 1 : 2;
  size_t number = 0, count = 0;
  for (auto& cases : {description_cases(), table_cases(), feature_cases(), tokenizer_cases()})
    for (auto& bad : cases) {
      if (number++ % every != 0) continue;
      CAPTURE(bad.what);
      test::ScratchDir dir;
      write_good(dir.path);
      bad.spoil(dir.path);
      auto before = list(dir.path);
      check_refused(build(dir.path), first.peak_memory_bytes);
      CHECK(list(dir.path) == before);
      ++count;
    }
  WARN(fmt::format("{} of {} bad inputs refused by mma-prep", count, number));
}

namespace {

constexpr const char* kRecipe = R"(precision: fp32
device: cpu
modalities: [video]
model: {name: mm_adapter, bottleneck: 8, layers: all}
loss: {positive_weights: none}
optim: {lr: 1.0e-3, warmup: 0.1, batch_size: 4}
train: {epochs: 1, select_by: ap_micro}
checkpoint: {every_minutes: 10}
)";

Cases recipe_cases() {
  Cases cases;
  auto change = [&](const std::string& from, const std::string& to) {
    cases.push_back(line_case("recipe.yaml", kRecipe, from, to));
  };
  for (auto* value : {"-1", "x", "[1]", "nan", "1e400", "{}", "99999999999999999999"}) {
    for (auto* key : {"bottleneck: 8", "batch_size: 4", "epochs: 1", "lr: 1.0e-3", "warmup: 0.1",
                      "every_minutes: 10"}) {
      std::string from = key;
      change(from, from.substr(0, from.find(':') + 2) + value);
    }
  }
  for (auto* value : {"[vido]", "video", "[video, video]", "[text]", "{a: b}", "[[video]]"})
    change("[video]", value);
  for (auto* value : {"mm_adaptor", "[]", "", "houlsby", "adapter_fusion", "mmbt, segments: 2"})
    change("name: mm_adapter", std::string("name: ") + value);
  for (auto* value : {"0", "3-2", "9", "none", "[1]"})
    change("layers: all", std::string("layers: ") + value);
  change("select_by: ap_micro", "select_by: accuracy_of_everything");
  change("positive_weights: none", "positive_weights: some");
  change("device: cpu", "device: tpu");
  change("precision: fp32", "precision: fp8");
  change("optim:", "optimizer:");
  change("optim: {", "optim: {lrr: 1, ");
  change("optim: {", "optim: [");
  for (auto* text : {"[]", "{", "\xff", "a: &a [*a]", "model: {name: &x mm_adapter, <<: *y}"})
    cases.push_back(file_case("recipe.yaml", printable(text), text));
  cases.push_back(file_case("recipe.yaml", "deep", std::string(20000, '{')));
  return cases;
}

Cases pack_and_backbone_cases(const test::DemoPack& demo) {
  Cases cases;
  add_cuts(cases, "demo.h5", read_file(demo.pack), 16);
  cases.push_back(file_case("demo.h5", "text", "not a pack"));
  auto config = read_file(demo.backbone / "config.json");
  add_cuts(cases, "backbone/config.json", config, 10);
  for (auto* key : {"\"hidden_size\": ", "\"num_hidden_layers\": ", "\"num_attention_heads\": ",
                    "\"vocab_size\": ", "\"intermediate_size\": "})
    for (auto* value : {"0", "-1", "7", "1e9", "99999999999", "\"x\"", "[1]"}) {
      auto at = config.find(key);
      if (at == std::string::npos) continue;
      auto end = config.find_first_of(",}\n", at);
      auto bad = config;
      cases.push_back(file_case("backbone/config.json", std::string(key) + value,
                                bad.replace(at, end - at, std::string(key) + value)));
    }
  auto weights = read_file(demo.backbone / "model.safetensors");
  add_cuts(cases, "backbone/model.safetensors", weights, 16);
  for (size_t at : {size_t{0}, size_t{4}, size_t{7}, size_t{8}, size_t{20}, size_t{60}}) {
    auto damaged = weights;
    damaged[at] = static_cast<char>(damaged[at] ^ 0x77);
    cases.push_back(
        file_case("backbone/model.safetensors", fmt::format("byte {} changed", at), damaged));
  }
  for (auto* bytes : {"", "PK\x03\x04", "cos\nsystem\n(S'true'\ntR."})
    cases.push_back(
        {std::string("pytorch_model.bin: ") + printable(bytes), [=](const fs::path& folder) {
           fs::remove(folder / "backbone/model.safetensors");
           write_atomically(folder / "backbone/pytorch_model.bin", bytes);
         }});
  cases.push_back({"no weights", [](const fs::path& folder) {
                     fs::remove(folder / "backbone/model.safetensors");
                   }});
  return cases;
}

}  // namespace

TEST_CASE("bad input: mma-train --check refuses each, tidily and in little memory", "[apps][bad]") {
  test::DemoPack demo({.train = 8, .dev = 4, .test = 4, .seed = 1});
  auto check = [](const fs::path& folder) {
    return test::run_program({test::program("mma-train"), (folder / "recipe.yaml").string(),
                              "--data", (folder / "demo.h5").string(), "--backbone",
                              (folder / "backbone").string(), "--out", (folder / "run").string(),
                              "--check"});
  };
  auto write = [&](const fs::path& folder) {
    fs::copy(demo.pack, folder / "demo.h5");
    fs::copy(demo.backbone, folder / "backbone", fs::copy_options::recursive);
    write_atomically(folder / "recipe.yaml", kRecipe);
  };
  test::ScratchDir good;
  write(good.path);
  auto first = check(good.path);
  INFO(first.err);
  REQUIRE(first.exit_code == 0);
  const size_t every = all_cases() ? 1 : 12;
  size_t number = 0, count = 0;
  for (auto& cases : {recipe_cases(), pack_and_backbone_cases(demo)})
    for (auto& bad : cases) {
      if (number++ % every != 0) continue;
      CAPTURE(bad.what);
      test::ScratchDir dir;
      write(dir.path);
      bad.spoil(dir.path);
      auto before = list(dir.path);
      check_refused(check(dir.path), first.peak_memory_bytes);
      CHECK(list(dir.path) == before);
      ++count;
    }
  WARN(fmt::format("{} of {} bad inputs given to mma-train --check", count, number));
}
