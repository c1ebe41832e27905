#include "data/prep.h"

#include <sched.h>

#include <algorithm>
#include <memory>
#include <optional>

#include "base/error.h"
#include "base/files.h"
#include "base/log.h"
#include "base/progress.h"
#include "base/stop.h"
#include "base/text_table.h"
#include "base/threads.h"
#include "base/utf8.h"
#include "base/version.h"
#include "data/description.h"
#include "data/feature_source.h"
#include "data/half_review.h"
#include "data/label_review.h"
#include "data/magnitude.h"
#include "data/memory_budget.h"
#include "data/output_file.h"
#include "data/pack.h"
#include "data/samples.h"
#include "data/text_store.h"
#include "text/tokenizer.h"

namespace mma {
namespace {

// Two threads for each core that this process may use (in a container or a batch job not all are):
// one reads while the other waits for the disk.
size_t default_workers() {
  cpu_set_t cores;
  CPU_ZERO(&cores);
  int count = sched_getaffinity(0, sizeof cores, &cores) == 0 ? CPU_COUNT(&cores) : 1;
  return 2 * static_cast<size_t>(std::max(count, 1));
}

constexpr size_t kShownLabels = 40;

// What a worker makes of one row.
struct Made {
  Sample sample;
  std::vector<FeatureResult> features;
  std::vector<Magnitude> magnitudes;  // of the features
  std::vector<HalfLoss> half_losses;  // of those that are stored as float16, else none
};

struct SplitCounts {
  std::string split;
  int64_t samples = 0, truncated = 0, dropped = 0;
  std::vector<int64_t> missing;  // a modality
};

// One pass over tables and features; with a tokenizer and an output it writes.
class Preparation {
 public:
  Preparation(const PrepOptions& options, bool writes)
      : options_(options), writes_(writes), description_(load_description(options.description)) {
    check_input(fs::is_directory(options.root), "{}: no such folder (the root of the raw data)",
                options.root.string());
    for (auto& modality : description_.modalities) names_.push_back(modality.name);
    magnitudes_.emplace(names_);
    halves_.emplace(names_);
    sources_.root = options.root;
    sources_.missing_absent = options.missing_absent;
    if (!writes) return;
    output_.emplace(options.out, inputs());
    sources_.output = &*output_;
    if (!description_.has_text()) {
      if (!options.tokenizer.empty())
        log_info("prep", "{}: without text, --tokenizer is not used", description_.name);
      return;
    }
    check_input(!options.tokenizer.empty(),
                "--tokenizer: missing: {} has text (`text`), which the backbone's tokenizer turns "
                "into tokens; give the backbone's folder",
                options.description.string());
    tokenizer_ = load_tokenizer(options.tokenizer);
    texts_.emplace(output_->folder());
  }

  void run() {
    log_info("prep", "{}: reading tables", description_.name);
    samples_ = read_samples(description_, options_.root, texts_ ? &*texts_ : nullptr, faults_);
    if (description_.has_labels())
      for (auto& line : review_labels(description_, samples_, faults_)) warn(line);
    int64_t total = 0;
    for (auto& rows : samples_.splits) {
      auto [begin, end] = shard_.share_of(rows.size());
      total += static_cast<int64_t>(end - begin);
    }
    // With a fault in the tables the features are still checked, and nothing is written.
    if (writes_ && faults_.empty()) writer_.emplace(options_.out, info(), part());
    {
      Progress progress("prep", "samples", total);
      for (auto& rows : samples_.splits) read_split(rows, progress);
    }
    look_at_missing();
    for (auto& line : magnitudes_->warnings()) warn(line);
    for (auto& line : halves_->lines()) log_info("prep", "{}", line);
    if (!faults_.empty()) {
      writer_.reset();
      log_info("prep", "{} faults in {} samples; nothing was written", faults_.count(), total);
      faults_.raise();
    }
    if (writer_) writer_->finish();
  }

  std::string summary() const {
    std::vector<std::vector<std::string>> table{{"split", "samples", "truncated", "dropped"}};
    for (auto& name : names_) table[0].push_back("no " + name);
    for (auto& counts : counts_) {
      std::vector<std::string> row{counts.split};
      for (auto count : {counts.samples, counts.truncated, counts.dropped})
        row.push_back(fmt::format("{}", count));
      for (auto count : counts.missing) row.push_back(fmt::format("{}", count));
      table.push_back(row);
    }
    if (!description_.has_labels()) return text_table(table) + "\nno labels: to predict\n\n";
    std::vector<LabelCounts> labels;
    for (auto& rows : samples_.splits) labels.push_back(count_labels(rows, samples_.labels.size()));
    return text_table(table) + "\n" + label_table(samples_.labels, labels, kShownLabels) + "\n";
  }
  // "no fault found", or that there is something to look at.
  std::string verdict() const {
    if (warnings_ == 0) return "no fault found";
    return fmt::format("no fault found, but {} {} wrong: see the warnings", warnings_,
                       warnings_ == 1 ? "thing looks" : "things look");
  }
  const Description& description() const { return description_; }

 private:
  // What the build reads before it looks at features.
  std::vector<fs::path> inputs() const {
    std::vector<fs::path> files{options_.description};
    if (!options_.tokenizer.empty()) files.push_back(options_.tokenizer);
    // Where a name leads out of the root, the path is none that is read.
    for (auto& [split, table] : description_.splits) files.push_back(options_.root / table);
    std::error_code ignored;
    for (auto& entry : fs::directory_iterator(options_.tokenizer, ignored))
      if (!is_pack(entry.path())) files.push_back(entry.path());  // a pack may lie beside them
    return files;
  }
  // What a part says of itself: parts of one pack are made of the same description and tables, with
  // the same tokenizer and options, by one version.
  std::optional<PackPart> part() const {
    if (!options_.shard) return {};
    std::string all =
        fmt::format("{}\n{}\n{}\n{}\n{}\n", version(), sha256_file(options_.description),
                    shard_.count, options_.missing_absent, tokenizer_ ? tokenizer_->hash() : "");
    for (auto& [split, table] : description_.splits)
      all += fmt::format("{} {}\n", split,
                         sha256_file(path_under(options_.root, table), stop_if_asked));
    return PackPart{shard_, sha256(all)};
  }
  PackInfo info() const {
    PackInfo info;
    info.name = description_.name;
    info.label_kind = description_.label_kind();
    info.labels = samples_.labels;
    for (auto& modality : description_.modalities) info.modalities.push_back(modality.info());
    if (!tokenizer_) return info;
    info.tokenizer_kind = tokenizer_->kind();
    info.tokenizer_hash = tokenizer_->hash();
    info.vocabulary_size = tokenizer_->vocabulary_size();
    info.max_length = description_.max_length;
    return info;
  }

  void read_split(const SplitRows& rows, Progress& progress) {
    std::vector<std::unique_ptr<FeatureSource>> sources;
    for (size_t m = 0; m < description_.modalities.size(); ++m)
      sources.push_back(open_source(description_, m, sources_, rows, faults_));
    const auto [begin, end] = shard_.share_of(rows.size());
    const auto first = begin, size = end - begin;
    // Of all parts together, rows that were left out count once.
    const auto dropped = shard_.number == 1 ? rows.dropped : 0;
    SplitCounts counts{rows.split, static_cast<int64_t>(size), 0, dropped, {}};
    counts.missing.resize(sources.size());
    first_missing_.resize(sources.size());
    if (writer_ && faults_.empty()) writer_->begin_split(rows.split, counts.samples, dropped);
    auto workers = options_.workers ? options_.workers : default_workers();
    OrderedProducer<Made> made(size, workers, 4 * workers,
                               [&](size_t i) { return make(rows, sources, first + i); });
    while (!made.done()) {
      stop_if_asked();
      take(made.next(), counts);
      progress.advance();
    }
    counts_.push_back(counts);
  }

  // A split may lack a modality; that nothing has it is a pattern that fits no file.
  void look_at_missing() {
    if (!options_.missing_absent || options_.shard) return;  // a part may lack it
    for (size_t m = 0; m < names_.size(); ++m) {
      std::vector<std::string> without;
      for (auto& counts : counts_)
        if (counts.samples > 0 && counts.missing[m] == counts.samples)
          without.push_back(counts.split);
      if (without.size() == counts_.size()) {
        faults_.add("modality without a sample",
                    fmt::format("{}: no sample of any split has it; first: {}", names_[m],
                                first_missing_[m]));
      } else if (!without.empty()) {
        warn(fmt::format("{}: no sample of {} has it; first: {}", names_[m],
                         fmt::join(without, ", "), first_missing_[m]));
      }
    }
  }
  void warn(const std::string& line) {
    ++warnings_;
    log_warning("prep", "{}", line);
  }

  // Runs on worker threads.
  Made make(const SplitRows& rows, const std::vector<std::unique_ptr<FeatureSource>>& sources,
            size_t i) const {
    Made made;
    made.sample.id = rows.ids[i];
    if (writer_) {
      rows.put_labels(i, samples_.labels.size(), made.sample);
      if (tokenizer_) encode(texts_->get(rows.first_text + i), made.sample);
    }
    for (size_t m = 0; m < sources.size(); ++m) {
      made.features.push_back(sources[m] ? sources[m]->get(i) : FeatureResult{});
      auto& values = made.features.back().values;
      made.magnitudes.push_back(magnitude_of(values));
      const bool half = description_.modalities[m].info().half;
      made.half_losses.push_back(half ? half_loss(values) : HalfLoss{});
    }
    return made;
  }

  void encode(const std::string& text, Sample& sample) const {
    auto encoding = tokenizer_->encode(text, static_cast<size_t>(description_.max_length));
    sample.tokens = std::move(encoding.ids);
    sample.truncated = encoding.truncated;
  }

  void take(Made made, SplitCounts& counts) {
    counts.truncated += made.sample.truncated;
    for (size_t m = 0; m < made.features.size(); ++m) {
      auto& feature = made.features[m];
      magnitudes_->add(m, counts.split, made.sample.id, made.magnitudes[m], faults_);
      if (!feature.values.empty() && description_.modalities[m].info().half)
        halves_->add(m, counts.split, made.sample.id, made.half_losses[m], faults_);
      if (!feature.kind.empty()) faults_.add(feature.kind, feature.fault);
      if (feature.missing) {
        if (first_missing_[m].empty()) first_missing_[m] = feature.fault;
        ++counts.missing[m];
        if (!options_.missing_absent)
          faults_.add("missing " + description_.modalities[m].name,
                      feature.fault + " (--missing absent allows it)");
      }
      made.sample.features.push_back(std::move(feature.values));
    }
    if (writer_ && faults_.empty()) writer_->add(made.sample);
  }

  const PrepOptions& options_;
  bool writes_;
  Shard shard_ = options_.shard.value_or(Shard{});  // of the samples
  Description description_;
  MemoryBudget memory_{options_.max_memory};
  std::vector<std::string> names_;  // of the modalities
  std::optional<OutputFile> output_;
  SourceOptions sources_{memory_, {}, nullptr, false};
  std::optional<MagnitudeReview> magnitudes_;
  std::optional<HalfReview> halves_;
  std::unique_ptr<Tokenizer> tokenizer_;
  std::optional<TextStore> texts_;
  std::optional<PackWriter> writer_;
  Faults faults_;
  Samples samples_;
  std::vector<SplitCounts> counts_;
  std::vector<std::string> first_missing_;  // a modality, of all splits
  int64_t warnings_ = 0;
};

}  // namespace

std::string build_pack(const PrepOptions& options) {
  Preparation preparation(options, true);
  preparation.run();
  return fmt::format("{}{}: {} bytes; {}\n", preparation.summary(),
                     escape_controls(options.out.string()), fs::file_size(options.out),
                     preparation.verdict());
}

std::string check_data_set(const PrepOptions& options) {
  Preparation preparation(options, false);
  preparation.run();
  return fmt::format("{}{}: {}\n", preparation.summary(), printable(preparation.description().name),
                     preparation.verdict());
}

}  // namespace mma
