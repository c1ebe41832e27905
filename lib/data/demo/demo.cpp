#include "data/demo/demo.h"

#include <algorithm>
#include <cmath>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>
#include <vector>

#include "base/error.h"
#include "base/files.h"
#include "base/log.h"
#include "base/random.h"
#include "base/stop.h"
#include "data/demo/untrained_backbone.h"

namespace mma {
namespace {

constexpr const char* kDescription =
    R"(# Written by mma-prep demo: invented movies in which every modality carries part of the label.
name: demo
splits: {train: train.jsonl, dev: dev.jsonl, test: test.jsonl}
id: id
text: plot
labels: {field: genres, kind: multilabel}
max_length: 64
modalities:
  video:    {path: "video/{id}.npy", dim: 32, pool: mean}
  audio:    {path: "audio/{id}.npy", dim: 24, pool: mean}
  poster:   {path: "poster/{id}.npy", dim: 32}
  metadata: {matrix: "metadata_{split}.npy", index: "metadata_{split}.json", dim: 16}
)";

// A genre, the modality that shows it ("" is the text) and the words that go with it.
struct Genre {
  const char *name, *modality, *words;
};
const Genre kGenres[] = {
    {"action", "video",
     "chase explosion bomb rescue hostage agent mission assassin getaway bullet"},
    {"comedy", "", "joke prank clumsy awkward hilarious mishap goofy laughter silly roommate"},
    {"drama", "",
     "grief divorce illness regret funeral estranged addiction sorrow forgiveness widow"},
    {"horror", "poster", "ghost demon haunted scream curse corpse possessed cellar ritual vampire"},
    {"musical", "audio", "song dance stage choir melody rehearsal orchestra singer piano audition"},
    {"romance", "", "kiss wedding lover heart summer letter jealous bride affair passion"},
    {"war", "video",
     "soldier battle trench general invasion regiment grenade enemy tank surrender"},
    {"western", "metadata",
     "sheriff cowboy saddle outlaw saloon ranch cattle duel frontier stagecoach"},
};
constexpr size_t kGenreCount = std::size(kGenres);
constexpr const char* kFiller =
    "the a an and of to in on with for from by at as his her their its who when after before while "
    "into over under "
    "against between young old new last first lost hidden small great long dark quiet strange man "
    "woman boy girl "
    "family father mother son daughter brother sister friend stranger doctor teacher lawyer "
    "student writer town city "
    "village house road river island school hospital night day year week morning winter story life "
    "world past future "
    "secret truth promise dream plan journey search return discovers finds meets leaves follows "
    "learns tries begins "
    "decides must becomes goes comes takes gives helps loses keeps turns lives works travels hopes "
    "wants knows sees";

// A modality: how wide, how many frames (0: one vector), and how far a genre moves a frame.
struct Channel {
  const char* name;
  size_t dim;
  uint64_t min_frames, max_frames;
  double strength;
};
// The noise of one number is 1; over the frames it averages out, so that a frame needs less.
const Channel kChannels[] = {
    {"video", 32, 8, 24, 1.0},
    {"audio", 24, 10, 40, 0.8},
    {"poster", 32, 0, 0, 3.5},
    {"metadata", 16, 0, 0, 3.5},
};

std::vector<std::string> words_of(const char* text) {
  std::istringstream in(text);
  return {std::istream_iterator<std::string>(in), {}};
}

// Raw features are cheap to make again, so they are not synced one by one.
void write_plainly(const fs::path& file, const std::string& bytes) {
  std::ofstream out(file, std::ios::binary);
  out.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  out.close();
  if (!out) throw MachineError(fmt::format("{}: cannot be written", file.string()));
}

// numpy's .npy, version 1.
std::string npy_bytes(const std::vector<float>& values, size_t rows, size_t dim) {
  auto shape = rows ? fmt::format("({}, {})", rows, dim) : fmt::format("({},)", dim);
  auto header = fmt::format("{{'descr': '<f4', 'fortran_order': False, 'shape': {}, }}", shape);
  header.resize((10 + header.size() + 64) / 64 * 64 - 10 - 1, ' ');
  header += '\n';
  std::string bytes("\x93NUMPY\x01\x00", 8);
  bytes += static_cast<char>(header.size() & 255);
  bytes += static_cast<char>(header.size() >> 8);
  bytes += header;
  return bytes.append(reinterpret_cast<const char*>(values.data()), values.size() * sizeof(float));
}

// One random direction of length 1 for each genre that a channel shows.
std::vector<std::vector<double>> directions(const Channel& channel, uint64_t seed) {
  std::vector<std::vector<double>> all(kGenreCount);
  for (size_t g = 0; g < kGenreCount; ++g) {
    if (std::string_view(kGenres[g].modality) != channel.name) continue;
    RandomStream random(derive_key(seed, std::string("direction ") + kGenres[g].name));
    double square = 0;
    for (size_t d = 0; d < channel.dim; ++d) {
      all[g].push_back(random.normal());
      square += all[g][d] * all[g][d];
    }
    for (auto& x : all[g]) x /= std::sqrt(square);
  }
  return all;
}

class DemoWriter {
 public:
  DemoWriter(const fs::path& folder, const DemoOptions& options)
      : folder_(folder), options_(options), filler_(words_of(kFiller)) {
    for (auto& genre : kGenres) genre_words_.push_back(words_of(genre.words));
    for (auto& channel : kChannels) {
      directions_.push_back(directions(channel, options.seed));
      if (std::string_view(channel.name) != "metadata") make_directories(folder / channel.name);
    }
  }

  void write_split(const std::string& split, int64_t count) {
    std::string table;
    std::vector<float> metadata;
    nlohmann::ordered_json index = nlohmann::ordered_json::object();
    for (int64_t i = 0; i < count; ++i) {
      stop_if_asked();
      auto id = fmt::format("{}{:04}", split, i);
      RandomStream random(derive_key(options_.seed, split, static_cast<uint64_t>(i)));
      auto genres = draw_genres(random);
      nlohmann::ordered_json row = {
          {"id", id}, {"plot", draw_plot(genres, random)}, {"genres", genre_names(genres)}};
      table += row.dump() + "\n";
      for (size_t c = 0; c < std::size(kChannels); ++c) {
        auto& channel = kChannels[c];
        size_t frames =
            channel.max_frames == 0
                ? 0
                : channel.min_frames + random.below(channel.max_frames - channel.min_frames + 1);
        auto values = draw_frames(c, genres, std::max<size_t>(frames, 1), random);
        if (std::string_view(channel.name) == "metadata") {
          index[id] = i;
          metadata.insert(metadata.end(), values.begin(), values.end());
        } else {
          write_plainly(folder_ / channel.name / (id + ".npy"),
                        npy_bytes(values, frames, channel.dim));
        }
      }
    }
    write_plainly(folder_ / ("metadata_" + split + ".json"), index.dump(1) + "\n");
    write_plainly(folder_ / ("metadata_" + split + ".npy"),
                  npy_bytes(metadata, static_cast<size_t>(count), 16));
    write_plainly(folder_ / (split + ".jsonl"), table);
  }

  void write_backbone() const {
    UntrainedBert bert;
    // Wider than BERT's 0.02: what an untrained attention hands on must not drown in the residual.
    bert.shape = {.layers = 2, .hidden = 64, .heads = 2, .max_positions = 128, .std = 0.1};
    bert.seed = options_.seed;
    bert.about =
        "A tiny BERT for trying things out. Its weights are random; the words of one genre share "
        "half of "
        "their vectors, as they would after training. It has seen no text.";
    std::vector<const std::vector<std::string>*> themes;
    vocabulary(bert.vocabulary, themes);
    std::vector<std::vector<double>> shared(kGenreCount);
    for (size_t g = 0; g < kGenreCount; ++g) {
      RandomStream random(derive_key(options_.seed, std::string("theme ") + kGenres[g].name));
      for (int64_t d = 0; d < bert.shape.hidden; ++d) shared[g].push_back(random.normal());
    }
    for (size_t w = 0; w < bert.vocabulary.size(); ++w) {
      RandomStream random(derive_key(options_.seed, "word", w));
      auto theme = static_cast<size_t>(
          std::find(themes.begin(), themes.end(), theme_of(bert.vocabulary[w])) - themes.begin());
      for (size_t d = 0; d < static_cast<size_t>(bert.shape.hidden); ++d) {
        double own = random.normal();
        double value = theme < kGenreCount ? std::sqrt(0.5) * (own + shared[theme][d]) : own;
        bert.word_vectors.push_back(static_cast<float>(bert.shape.std * value));
      }
    }
    write_bert(folder_ / "backbone", bert);
  }

 private:
  std::vector<bool> draw_genres(RandomStream& random) const {
    std::vector<bool> genres(kGenreCount);
    do {
      for (size_t g = 0; g < kGenreCount; ++g) genres[g] = random.uniform() < 0.25;
    } while (std::find(genres.begin(), genres.end(), true) == genres.end());
    return genres;
  }
  std::vector<std::string> genre_names(const std::vector<bool>& genres) const {
    std::vector<std::string> names;
    for (size_t g = 0; g < kGenreCount; ++g)
      if (genres[g]) names.push_back(kGenres[g].name);
    return names;
  }
  // Words of a genre that the text shows come in most plots of it; of the others only now and then,
  // so that the text hints at them and no more.
  std::string draw_plot(const std::vector<bool>& genres, RandomStream& random) const {
    std::vector<std::string> words;
    for (auto n = 14 + random.below(16); n > 0; --n)
      words.push_back(filler_[random.below(filler_.size())]);
    for (size_t g = 0; g < kGenreCount; ++g) {
      bool shown = *kGenres[g].modality == '\0';
      double chance = shown ? (genres[g] ? 0.8 : 0.01) : (genres[g] ? 0.08 : 0.02);
      for (int k = 0; k < 3; ++k) {
        if (random.uniform() >= chance) continue;
        auto at = static_cast<std::ptrdiff_t>(random.below(words.size() + 1));
        words.insert(words.begin() + at, genre_words_[g][random.below(genre_words_[g].size())]);
      }
    }
    words.front()[0] =
        static_cast<char>(std::toupper(static_cast<unsigned char>(words.front()[0])));
    return fmt::format("{}.", fmt::join(words, " "));
  }
  std::vector<float> draw_frames(size_t channel, const std::vector<bool>& genres, size_t frames,
                                 RandomStream& random) const {
    auto dim = kChannels[channel].dim;
    std::vector<float> values;
    for (size_t f = 0; f < frames; ++f) {
      for (size_t d = 0; d < dim; ++d) {
        double value = random.normal();
        for (size_t g = 0; g < kGenreCount; ++g)
          if (auto& direction = directions_[channel][g]; genres[g] && !direction.empty())
            value += kChannels[channel].strength * direction[d];
        values.push_back(static_cast<float>(value));
      }
    }
    return values;
  }
  const std::vector<std::string>* theme_of(const std::string& word) const {
    for (auto& words : genre_words_)
      if (std::find(words.begin(), words.end(), word) != words.end()) return &words;
    return nullptr;
  }
  // The special tokens, characters, and all words; `themes` are the genres' words in order.
  void vocabulary(std::vector<std::string>& tokens,
                  std::vector<const std::vector<std::string>*>& themes) const {
    tokens = {"[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"};
    for (char c = '!'; c <= '~'; ++c)
      if (c < 'A' || c > 'Z') tokens.emplace_back(1, c);
    for (char c = 'a'; c <= 'z'; ++c) tokens.push_back(std::string("##") + c);
    for (char c = '0'; c <= '9'; ++c) tokens.push_back(std::string("##") + c);
    std::set<std::string> words(filler_.begin(), filler_.end());
    for (auto& of_genre : genre_words_) {
      words.insert(of_genre.begin(), of_genre.end());
      themes.push_back(&of_genre);
    }
    for (auto& word : words)
      if (word.size() > 1) tokens.push_back(word);
  }

  fs::path folder_;
  DemoOptions options_;
  std::vector<std::string> filler_;
  std::vector<std::vector<std::string>> genre_words_;
  std::vector<std::vector<std::vector<double>>> directions_;  // a channel, a genre: [dim] or empty
};

}  // namespace

std::string write_demo(const fs::path& folder, const DemoOptions& options) {
  auto description = folder / "data.yaml";
  check_input(!fs::exists(description) || read_file(description, 1 << 20) == kDescription,
              "{}: exists and is not the demo's; name another folder", description.string());
  make_directories(folder);
  DemoWriter demo(folder, options);
  log_info("prep", "writing {} invented movies into {}", options.train + options.dev + options.test,
           folder.string());
  demo.write_split("train", options.train);
  demo.write_split("dev", options.dev);
  demo.write_split("test", options.test);
  demo.write_backbone();
  write_atomically(description, kDescription);
  auto name = folder.string();
  return fmt::format(
      "{0}: {1} + {2} + {3} samples, 4 modalities, backbone/\nnext: mma-prep build {0}/data.yaml "
      "--root {0} "
      "--tokenizer {0}/backbone --out {0}/demo.h5\n",
      name, options.train, options.dev, options.test);
}

}  // namespace mma
