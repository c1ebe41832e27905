#include "data/pack_merge.h"

#include <algorithm>
#include <map>
#include <memory>

#include "base/error.h"
#include "base/files.h"
#include "base/log.h"
#include "base/progress.h"
#include "base/stop.h"
#include "base/utf8.h"
#include "data/batch.h"
#include "data/output_file.h"
#include "data/pack.h"
#include "data/split_counts.h"

namespace mma {
namespace {

struct Part {
  fs::path file;
  std::unique_ptr<Pack> pack;
};

// The parts of one whole in their order. UserError with every fault.
std::vector<Part> open_parts(const std::vector<fs::path>& files) {
  std::map<int64_t, Part> by_number;
  std::string whole;
  Shard shard;
  Faults faults;
  for (auto& file : files) {
    stop_if_asked();
    try {
      auto pack = std::make_unique<Pack>(file, Pack::Kind::kPart);
      const auto part = pack->part();
      if (whole.empty()) {
        whole = part.whole;
        shard.count = part.shard.count;
      }
      if (part.whole != whole || part.shard.count != shard.count) {
        faults.add("part", fmt::format("{}: a part of another data set, or of other tables, "
                                       "options or numbers of parts, than {}",
                                       file.string(), files.front().string()));
        continue;
      }
      auto [before, is_new] = by_number.try_emplace(part.shard.number);
      if (is_new)
        before->second = {file, std::move(pack)};
      else
        faults.add("part", fmt::format("{}: part {}, as {} is", file.string(), part.shard.text(),
                                       before->second.file.string()));
    } catch (const UserError& e) {
      faults.add("part", e.what());
    }
  }
  std::vector<std::string> missing;
  for (int64_t i = 1; i <= shard.count; ++i)
    if (!by_number.count(i)) missing.push_back(Shard{i, shard.count}.text());
  constexpr size_t kShown = 20;
  const auto count = missing.size();
  missing.resize(std::min(count, kShown));
  // Where files could not be read, those are what is missing.
  if (count > 0 && faults.empty())
    faults.add("part", fmt::format("missing parts: {}{}", fmt::join(missing, ", "),
                                   count > kShown ? fmt::format(", ... ({})", count) : ""));
  faults.raise();
  std::vector<Part> parts;
  for (auto& [number, part] : by_number) parts.push_back(std::move(part));
  return parts;
}

class Merge {
 public:
  Merge(const std::vector<fs::path>& files, const fs::path& out)
      : output_(out, files), parts_(open_parts(files)), info_(parts_[0].pack->info()), out_(out) {}

  std::string run() {
    count();
    PackWriter writer(out_, info_);
    int64_t total = 0;
    for (auto& counts : counts_) total += counts.samples;
    {
      Progress progress("merge", "samples", total);
      for (auto& counts : counts_) {
        writer.begin_split(counts.split, counts.samples, counts.dropped);
        for (auto& part : parts_)
          add(writer, part.pack->read(counts.split, info_.modality_names()), progress);
      }
    }
    writer.finish();
    return summary();
  }

 private:
  void count() {
    const auto names = info_.modality_names();
    std::vector<int64_t> present(names.size());
    for (auto& split : parts_[0].pack->splits()) {
      SplitCounts all{split, 0, 0, 0, {}};
      all.missing.resize(names.size());
      for (auto& part : parts_) {
        stop_if_asked();
        for (size_t m = 0; m < names.size(); ++m) {
          auto there = part.pack->present(split, names[m]);
          auto ones = std::count(there.begin(), there.end(), 1);
          present[m] += ones;
          all.missing[m] += std::ssize(there) - ones;
        }
        RowBudget none(0);  // nothing of the texts is asked for
        const auto rows = part.pack->read(split, {}, none);
        all.samples += rows.size();
        all.truncated += rows.truncated;
        all.dropped += rows.dropped;
      }
      counts_.push_back(all);
    }
    Faults faults;
    for (size_t m = 0; m < names.size(); ++m)
      if (present[m] == 0)
        faults.add("modality without a sample",
                   fmt::format("{}: no sample of any split has it", printable(names[m])));
    faults.raise();
    for (auto& all : counts_)
      for (size_t m = 0; m < names.size(); ++m)
        if (all.samples > 0 && all.missing[m] == all.samples)
          log_warning("merge", "{}: no sample of {} has it", names[m], all.split);
  }

  void add(PackWriter& writer, const Split& rows, Progress& progress) const {
    const bool real = traits_of(info_.label_kind).real;
    for (int64_t i = 0; i < rows.size(); ++i) {
      stop_if_asked();
      auto row = assemble(rows, {i});
      Sample sample;
      sample.id = rows.ids[static_cast<size_t>(i)];
      if (real)
        sample.targets = row.labels;
      else
        sample.labels.assign(row.labels.begin(), row.labels.end());
      sample.tokens = row.tokens;
      // A pack tells how many texts were cut, not which.
      sample.truncated = i < rows.truncated;
      for (auto& modality : info_.modalities) {
        auto& table = row.modalities.at(modality.name);
        auto& vector = sample.features.emplace_back();
        if (table.present[0]) vector = table.values;
      }
      writer.add(sample);
      progress.advance();
    }
  }

  std::string summary() const {
    return fmt::format("{}\n{}: {} bytes, of {} parts\n",
                       counts_table(info_.modality_names(), counts_),
                       escape_controls(out_.string()), fs::file_size(out_), parts_.size());
  }

  OutputFile output_;
  std::vector<Part> parts_;
  PackInfo info_;
  fs::path out_;
  std::vector<SplitCounts> counts_;
};

}  // namespace

std::string merge_parts(const std::vector<fs::path>& parts, const fs::path& out) {
  return Merge(parts, out).run();
}

}  // namespace mma
