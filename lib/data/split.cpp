#include "data/split.h"

#include <cmath>

#include "base/names.h"

namespace mma {
namespace {

[[noreturn]] void fail_at(const Split& split, const std::string& data_set, int64_t sample,
                          const std::string& message) {
  throw UserError(fmt::format("{}/{}: row {} (sample {}): {}", split.where, data_set, sample,
                              printable(split.ids[static_cast<size_t>(sample)]), message));
}

void check_sample(const Split& split, int64_t sample) {
  check(sample >= 0 && sample < split.size(), "batch: no sample {}", sample);
}

// Reads numbers of these samples; where the machine fails, it says of which.
template <class T>
void gather(const Split& split, const std::string& data_set, const StoredNumbers<T>& numbers,
            const std::vector<Span>& spans, const std::vector<int64_t>& samples, T* into) {
  constexpr size_t kMostTold = 3;
  try {
    numbers.gather(spans, into);
  } catch (const MachineError& e) {
    std::vector<std::string> ids;
    for (int64_t sample : samples) ids.push_back(split.ids[static_cast<size_t>(sample)]);
    throw MachineError(fmt::format("{} (while {}/{} was read, of samples {})", e.what(),
                                   split.where, data_set, some_of(ids, kMostTold)));
  }
}

}  // namespace

void check_tokens(const Split& split, int64_t sample, const int32_t* tokens) {
  for (int64_t t = 0; t < split.length(sample); ++t)
    if (tokens[t] < 0 || tokens[t] >= split.vocabulary_size)
      fail_at(split, "text/values", sample,
              fmt::format("expected ids below {}, found {}", split.vocabulary_size, tokens[t]));
}

void check_vector(const Split& split, const std::string& modality, int64_t sample,
                  const float* row) {
  auto& rows = split.modalities.at(modality);
  const bool present = rows.present[static_cast<size_t>(sample)];
  for (int64_t k = 0; k < rows.width; ++k) {
    if (!std::isfinite(row[k]))
      fail_at(split, modality, sample, fmt::format("expected finite numbers, found {}", row[k]));
    if (!present && row[k] != 0)
      fail_at(split, modality, sample,
              fmt::format("expected zeros for an absent sample, found {}", row[k]));
  }
}

std::vector<int32_t> read_tokens(const Split& split, const std::vector<int64_t>& samples) {
  std::vector<Span> spans;
  int64_t total = 0;
  for (int64_t sample : samples) {
    check_sample(split, sample);
    spans.push_back({split.offsets[static_cast<size_t>(sample)], split.length(sample)});
    total += spans.back().count;
  }
  std::vector<int32_t> tokens(static_cast<size_t>(total));
  gather(split, "text/values", split.tokens, spans, samples, tokens.data());
  if (split.tokens.held()) return tokens;
  auto* at = tokens.data();
  for (int64_t sample : samples) {
    check_tokens(split, sample, at);
    at += split.length(sample);
  }
  return tokens;
}

std::vector<float> read_vectors(const Split& split, const std::string& modality,
                                const std::vector<int64_t>& samples) {
  auto& rows = split.modalities.at(modality);
  std::vector<float> values(samples.size() * static_cast<size_t>(rows.width));
  if (rows.values.empty()) return values;
  std::vector<Span> spans;
  for (int64_t sample : samples) {
    check_sample(split, sample);
    spans.push_back({sample * rows.width, rows.width});
  }
  gather(split, modality, rows.values, spans, samples, values.data());
  if (rows.values.held()) return values;
  for (size_t i = 0; i < samples.size(); ++i)
    check_vector(split, modality, samples[i], values.data() + i * static_cast<size_t>(rows.width));
  return values;
}

BatchMaking batch_making(const Split& split, bool more_is_read) {
  bool held = !more_is_read && split.tokens.held();
  for (auto& [name, rows] : split.modalities) held &= rows.values.held();
  return held ? BatchMaking{} : BatchMaking{4, 12};
}

}  // namespace mma
