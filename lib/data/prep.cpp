#include "data/prep.h"

#include <algorithm>
#include <memory>
#include <optional>

#include "base/cores.h"
#include "base/error.h"
#include "base/files.h"
#include "base/log.h"
#include "base/owner_lock.h"
#include "base/progress.h"
#include "base/stop.h"
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
#include "data/prep_journal.h"
#include "data/samples.h"
#include "data/split_counts.h"
#include "data/text_store.h"
#include "text/tokenizer.h"

namespace mma {
namespace {

// One reads while the other waits for the disk.
constexpr size_t kWorkersOfACore = 2;

constexpr size_t kShownLabels = 40;

// What a worker makes of one row.
struct Made {
  Sample sample;
  std::vector<FeatureResult> features;
  std::vector<Magnitude> magnitudes;  // of the features
  std::vector<HalfLoss> half_losses;  // of those that are stored as float16, else none
  std::vector<bool> kept;             // those that the journal had
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
    try {
      make_all();
    } catch (const std::exception&) {
      if (journal_)
        log_info("prep", "{} keeps the features of {} samples: the same command goes on from there",
                 journal_file_.string(), journal_->size());
      throw;
    }
  }

  std::string summary() const {
    const auto table = counts_table(names_, counts_);
    if (!description_.has_labels()) return table + "\nno labels: to predict\n\n";
    std::vector<LabelCounts> labels;
    for (auto& rows : samples_.splits) labels.push_back(count_labels(rows, samples_.labels.size()));
    return table + "\n" + label_table(samples_.labels, labels, kShownLabels) + "\n";
  }
  // "no fault found", or that there is something to look at.
  std::string verdict() const {
    if (warnings_ == 0) return "no fault found";
    return fmt::format("no fault found, but {} {} wrong: see the warnings", warnings_,
                       warnings_ == 1 ? "thing looks" : "things look");
  }
  const Description& description() const { return description_; }

 private:
  void make_all() {
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
    if (writes_ && faults_.empty()) {
      open_journal(total);
      writer_.emplace(options_.out, info(), part());
    }
    {
      Progress progress("prep", "samples", total,
                        journal_ ? static_cast<int64_t>(journal_->size()) : 0);
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
    if (journal_) journal_->remove();
    journal_.reset();
  }

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
    const auto tokenizer = tokenizer_ ? tokenizer_->hash() : "";
    return PackPart{shard_, made_of(fmt::format("{}\n{}", options_.missing_absent, tokenizer))};
  }
  // SHA-256 of version, description, tables, number of parts, and the options that count.
  std::string made_of(const std::string& options) const {
    std::string all = fmt::format("{}\n{}\n{}\n{}\n", version(), sha256_file(options_.description),
                                  shard_.count, options);
    for (auto& [split, table] : description_.splits)
      all += fmt::format("{} {}\n", split,
                         sha256_file(path_under(options_.root, table), stop_if_asked));
    return sha256(all);
  }
  // A journal keeps what is there of features. What is missing is looked for again, and texts are
  // cut anew: --missing and the tokenizer may be others than before.
  void open_journal(int64_t total) {
    journal_file_ = PrepJournal::beside(options_.out);
    if (!options_.resume) return PrepJournal::tell_of(journal_file_);
    std::vector<size_t> widths;
    for (auto& modality : description_.modalities)  // a matrix is read as fast as a journal
      widths.push_back(modality.is_matrix() ? 0 : static_cast<size_t>(modality.info().width()));
    journal_.emplace(journal_file_, made_of("journal of " + shard_.text()),
                     static_cast<size_t>(total), widths);
    remove_abandoned(options_.out);  // each as large as the pack
    if (auto found = journal_->found(); !found.empty())
      log_info("prep", "{}: going on: {}", journal_file_.string(), found);
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
    const auto workers = options_.workers ? options_.workers
                                          : kWorkersOfACore * static_cast<size_t>(allowed_cores());
    const auto before = taken_;  // of other splits
    OrderedProducer<Made> made(size, workers, 4 * workers, [&](size_t i) {
      return make(rows, sources, first + i, before + i);
    });
    for (; !made.done(); ++taken_) {
      stop_if_asked();
      take(made.next(), counts);
      if (journal_ && journal_->had(taken_))
        progress.pass();
      else
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
            size_t i, size_t number) const {
    Made made;
    made.sample.id = rows.ids[i];
    if (writer_) {
      rows.put_labels(i, samples_.labels.size(), made.sample);
      if (tokenizer_) encode(texts_->get(rows.first_text + i), made.sample);
    }
    std::vector<std::vector<float>> kept(sources.size());
    if (journal_) kept = journal_->read(number);
    for (size_t m = 0; m < sources.size(); ++m) {
      made.kept.push_back(!kept[m].empty());
      if (made.kept[m])
        made.features.push_back({std::move(kept[m]), false, {}, {}});
      else
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
    std::vector<bool> good;
    for (size_t m = 0; m < made.features.size(); ++m) {
      auto& feature = made.features[m];
      const auto faults_before = faults_.count();
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
      good.push_back(faults_.count() == faults_before && !made.sample.features[m].empty());
    }
    if (writer_ && faults_.empty()) writer_->add(made.sample);
    if (journal_) keep(made, good);
  }
  // In the journal, if there is something that it had not. What is at fault is read again the next
  // time, by when it may be mended.
  void keep(Made& made, const std::vector<bool>& good) {
    bool more = false;
    for (size_t m = 0; m < good.size(); ++m) {
      const bool keeps = good[m] && journal_->keeps(m);
      if (!keeps) made.sample.features[m].clear();
      more |= keeps && !made.kept[m];
    }
    if (more) journal_->add(taken_, made.sample.features);
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
  fs::path journal_file_;
  std::optional<PrepJournal> journal_;
  size_t taken_ = 0;  // samples of all splits: a sample's number in the journal
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
