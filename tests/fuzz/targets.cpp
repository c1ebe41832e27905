#include "fuzz/targets.h"

#include <fcntl.h>
#include <unistd.h>

#include <filesystem>

#include "base/config.h"
#include "base/files.h"
#include "base/pickle.h"
#include "base/safetensors.h"
#include "base/zip.h"
#include "data/description.h"
#include "data/feature_file.h"
#include "data/npy.h"
#include "data/numpy_pickle.h"
#include "data/pack.h"
#include "data/prep_journal.h"
#include "data/table.h"
#include "run/evaluation_files.h"
#include "run/metrics_log.h"
#include "text/tokenizer.h"
#include "text/wordpiece.h"

namespace mma::fuzz {
namespace {

// The bytes as a file, written anew for each input, in memory where the system has such a folder.
fs::path as_file(std::string_view bytes, const char* extension) {
  static const auto folder =
      (fs::exists("/dev/shm") ? fs::path("/dev/shm") : fs::temp_directory_path());
  auto file = folder / fmt::format("mma-fuzz-{}{}", ::getpid(), extension);
  int out = ::open(file.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  check(out >= 0 && ::write(out, bytes.data(), bytes.size()) == static_cast<ssize_t>(bytes.size()),
        "{}: cannot write", file.string());
  ::close(out);
  return file;
}

// Mean and segments, and one row: all that is done with an array.
void use(const Array& array) {
  auto shape = frames_of(array, array.shape.empty() ? 0 : array.shape.back(), "input");
  make_pooling(1)->pool(array, shape, "input");
  make_pooling(3)->pool(array, shape, "input");
  array_row(array, 0, "input");
}

void pickle(std::string_view bytes) {
  auto options = numpy_pickle_options();
  options.constructors.push_back("collections OrderedDict");
  options.persistent_ids = true;
  Pickle read(bytes, "input", options);
}

void numpy_pickle(std::string_view bytes) { use(read_numpy_pickle(bytes, "input")); }

void npy(std::string_view bytes) { use(read_npy(bytes, "input")); }

void feature_file(std::string_view bytes) {  // npz, HDF5, or one of the above by its first bytes
  std::string buffer;
  use(read_feature_file(as_file(bytes, ".feature"), buffer, "",
                        [](uint64_t size, const std::string& why) {
                          check_input(size <= 1 << 26, "{}: too large", why);
                          return nullptr;
                        }));
}

void zip(std::string_view bytes) {
  ZipArchive archive(as_file(bytes, ".zip"));
  for (auto& entry : archive.entries()) archive.read(entry.name, 1 << 20);
}

void read_as_table(std::string_view bytes, const char* extension) {
  read_table(
      as_file(bytes, extension), {}, [](Row&&) {}, [](const std::string&) {});
}
void csv(std::string_view bytes) { read_as_table(bytes, ".csv"); }
void jsonl(std::string_view bytes) { read_as_table(bytes, ".jsonl"); }
void pickle_table(std::string_view bytes) { read_as_table(bytes, ".p"); }

void matrix_index(std::string_view bytes) { read_matrix_index(as_file(bytes, ".json")); }

void hdf5_ids(std::string_view bytes) { read_matrix_index(as_file(bytes, ".h5"), "ids"); }

void safetensors(std::string_view bytes) {
  Safetensors file(std::string(bytes), "input");
  for (auto& entry : file.entries()) file.bytes(entry);
}

void description(std::string_view bytes) { load_description(as_file(bytes, ".yaml")); }

// As a model card is read, whose own fields need LibTorch.
void json_fields(std::string_view bytes) {
  Description description;
  Faults faults;
  read_json_fields(bytes, "input", [&](Fields& f) { description.fields(f); }, faults, {"name"});
  faults.raise();
}

void evaluation_files(std::string_view bytes) {
  auto file = as_file(bytes, ".json");
  const Names labels{"war", "drama"};
  if (bytes.substr(0, 1) == "[")
    read_subsets(file, labels);
  else
    read_gates(file, labels);
}

void training_log(std::string_view bytes) { read_training_log(as_file(bytes, ".jsonl")); }

void pack(std::string_view bytes) {
  Pack read(as_file(bytes, ".h5"));
  std::vector<std::string> names;
  for (auto& modality : read.info().modalities) names.push_back(modality.name);
  for (auto& split : read.splits()) read.read(split, names);
}

void prep_journal(std::string_view bytes) {
  constexpr size_t kSamples = 4;
  PrepJournal journal(as_file(bytes, ".journal"), sha256(""), kSamples, {2, 0, 3});
  for (size_t i = 0; i < kSamples; ++i) journal.read(i);
}

void vocabulary(std::string_view bytes) {
  WordPieceTokenizer tokenizer(read_vocabulary(as_file(bytes, ".txt")), {}, "input");
  tokenizer.encode("A film about unaffable people, 1994.", 64);
}

void tokenizer_json(std::string_view bytes) {
  load_tokenizer(as_file(bytes, ".json"))->encode("A film about unaffable people, 1994.", 64);
}

void wordpiece_text(std::string_view bytes) {
  static const WordPieceTokenizer tokenizer({"[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "a",
                                             "film", "##s", "un", "##aff", "##able", ",", "."},
                                            {}, "input");
  tokenizer.encode(bytes, 64);
}

void sentencepiece_model(std::string_view bytes) {
  load_tokenizer(as_file(bytes, ".model"))->encode("A film about unaffable people.", 64);
}

}  // namespace

const Table<Target>& targets() {
  static const Table<Target> table = {{"pickle", pickle},
                                      {"numpy_pickle", numpy_pickle},
                                      {"npy", npy},
                                      {"feature_file", feature_file},
                                      {"zip", zip},
                                      {"csv", csv},
                                      {"jsonl", jsonl},
                                      {"pickle_table", pickle_table},
                                      {"matrix_index", matrix_index},
                                      {"hdf5_ids", hdf5_ids},
                                      {"safetensors", safetensors},
                                      {"description", description},
                                      {"json_fields", json_fields},
                                      {"evaluation_files", evaluation_files},
                                      {"training_log", training_log},
                                      {"pack", pack},
                                      {"prep_journal", prep_journal},
                                      {"vocabulary", vocabulary},
                                      {"tokenizer_json", tokenizer_json},
                                      {"wordpiece_text", wordpiece_text},
                                      {"sentencepiece_model", sentencepiece_model}};
  return table;
}

}  // namespace mma::fuzz
