#include "models/batch_plan.h"

#include <cstring>
#include <utility>

namespace mma {
namespace {

// Puts numbers of several types into one buffer, each tensor's at a multiple of 64 bytes.
class BufferLayout {
 public:
  // `view` will look at a copy of these numbers, which must stay until write().
  template <class Number>
  void add(torch::Tensor& view, const std::vector<Number>& values, std::vector<int64_t> shape) {
    add(view, values, c10::CppTypeToScalarType<Number>::value, std::move(shape));
  }
  template <class Number>
  void add(torch::Tensor& view, const std::vector<Number>& values) {
    add(view, values, {std::ssize(values)});
  }
  // Of numbers that `values` hold the bytes of.
  template <class Number>
  void add(torch::Tensor& view, const std::vector<Number>& values, torch::ScalarType type,
           std::vector<int64_t> shape) {
    const auto bytes = static_cast<int64_t>(values.size() * sizeof(Number));
    parts_.push_back({&view, values.data(), bytes_, bytes, type, std::move(shape)});
    bytes_ += (bytes + 63) / 64 * 64;
  }
  torch::Tensor write(bool pinned) const {
    auto buffer = torch::empty({bytes_}, torch::dtype(torch::kUInt8).pinned_memory(pinned));
    for (auto& part : parts_) {
      auto place = buffer.narrow(0, part.place, part.bytes);
      if (part.bytes > 0)
        std::memcpy(place.data_ptr(), part.values, static_cast<size_t>(part.bytes));
      *part.view = place.view(part.type).view(part.shape);
    }
    return buffer;
  }

 private:
  struct Part {
    torch::Tensor* view;
    const void* values;
    int64_t place, bytes;
    torch::ScalarType type;
    std::vector<int64_t> shape;
  };
  std::vector<Part> parts_;
  int64_t bytes_ = 0;
};

// The same numbers in a copy of the buffer.
void look_into(torch::Tensor& view, const torch::Tensor& buffer) {
  if (!view.defined()) return;
  const auto place = view.storage_offset() * static_cast<int64_t>(view.element_size());
  view = buffer.narrow(0, place, static_cast<int64_t>(view.nbytes()))
             .view(view.scalar_type())
             .view(view.sizes());
}

// Where the rows of a batch's samples lie.
std::vector<Span> rows_of(const PrecomputedRows& precomputed, const Batch& batch) {
  std::vector<Span> rows;
  for (size_t i = 0; i < batch.samples.size(); ++i)
    rows.push_back({precomputed.first.at(static_cast<size_t>(batch.samples[i])),
                    precomputed.kind.per == Precomputed::Per::kToken ? batch.lengths[i] : 1});
  return rows;
}

std::vector<int64_t> places_of(const std::vector<Span>& rows) {
  std::vector<int64_t> places;
  for (auto [begin, count] : rows)
    for (int64_t i = 0; i < count; ++i) places.push_back(begin + i);
  return places;
}

// The bytes of these rows, from the file that has them.
std::vector<uint8_t> read_rows(const PrecomputedRows& precomputed, std::vector<Span> rows) {
  const auto& kind = precomputed.kind;
  const int64_t bytes = kind.width * static_cast<int64_t>(c10::elementSize(kind.type));
  int64_t all = 0;
  for (auto& span : rows) {
    span.begin *= bytes;
    span.count *= bytes;
    all += span.count;
  }
  std::vector<uint8_t> found(static_cast<size_t>(all));
  precomputed.file->gather(rows, found.data());
  return found;
}

}  // namespace

BatchPlan::BatchPlan(Batch batch, const Sequences& sequences, const torch::Device& device,
                     const PrecomputedRows& precomputed)
    : batch_(std::move(batch)), device_(device), precomputed_rows_(precomputed.rows) {
  BufferLayout layout;
  const int64_t samples = batch_.size();
  const std::vector<int64_t> ids(batch_.tokens.begin(), batch_.tokens.end());
  layout.add(host_.ids, ids);
  layout.add(host_.positions, sequences.positions);
  layout.add(host_.segments, sequences.segments);
  if (!sequences.source.empty()) layout.add(host_.source, sequences.source);
  const auto rows = row_indices(sequences.lengths);
  host_.rows.offsets = rows.offsets;
  layout.add(host_.rows.starts, rows.offsets);
  layout.add(host_.rows.sample, rows.sample);
  layout.add(host_.rows.padded, rows.padded);
  layout.add(host_.labels, batch_.labels,
             {samples, static_cast<int64_t>(batch_.labels.size()) / samples});
  layout.add(host_.places, batch_.places);
  std::map<std::string, std::vector<float>> present;
  for (auto& [name, table] : batch_.modalities) {
    auto& given = present[name];
    given.assign(table.present.begin(), table.present.end());
    auto& modality = host_.modalities[name];
    layout.add(modality.values, table.values, {samples, table.width});
    layout.add(modality.present, given, {samples, 1});
  }
  std::vector<int64_t> places;
  std::vector<uint8_t> read;
  if (precomputed_rows_.defined()) {
    places = places_of(rows_of(precomputed, batch_));
    layout.add(precomputed_places_, places);
  } else if (precomputed.file) {
    read = read_rows(precomputed, rows_of(precomputed, batch_));
    layout.add(host_.precomputed, read, precomputed.kind.type, {-1, precomputed.kind.width});
  }
  buffer_ = layout.write(device_.is_cuda());
}

ModelInput BatchPlan::input() const {
  ModelInput input = host_;
  auto buffer = buffer_.to(device_, /*non_blocking=*/true);
  auto places = precomputed_places_;
  for (auto* view : {&input.ids, &input.positions, &input.segments, &input.source,
                     &input.rows.starts, &input.rows.sample, &input.rows.padded, &input.labels,
                     &input.places, &input.precomputed, &places})
    look_into(*view, buffer);
  for (auto& [name, modality] : input.modalities) {
    look_into(modality.values, buffer);
    look_into(modality.present, buffer);
  }
  if (precomputed_rows_.defined()) input.precomputed = precomputed_rows_.index_select(0, places);
  return input;
}

}  // namespace mma
