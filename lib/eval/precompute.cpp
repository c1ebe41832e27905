#include "eval/precompute.h"

#include <torch/utils.h>

#include <algorithm>
#include <chrono>
#include <functional>
#include <optional>
#include <thread>

#include "base/error.h"
#include "base/files.h"
#include "base/log.h"
#include "base/owner_lock.h"
#include "base/stop.h"
#include "eval/batch_rounds.h"
#include "eval/evaluation.h"
#include "eval/length_batches.h"
#include "eval/precomputed_file.h"
#include "nn/tensor_file.h"

namespace mma {
namespace {

// Computes the rows of a split batch by batch, in the order in which they lie.
class RowMaker {
 public:
  RowMaker(Model& model, const Split& split, const Compute& compute, const ProcessGroup& group)
      : model_(model),
        split_(split),
        compute_(compute),
        group_(group),
        kind_(model.precomputed()),
        batches_(length_batches(split, {0, split.size()}, kEvaluationBatch)),
        first_(static_cast<size_t>(split.size())) {
    for (auto& batch : batches_) {
      begins_.push_back(rows_);
      for (int64_t sample : batch) {
        first_[static_cast<size_t>(sample)] = rows_;
        rows_ += kind_.per == Precomputed::Per::kToken ? split.length(sample) : 1;
      }
    }
    begins_.push_back(rows_);
  }
  int64_t rows() const { return rows_; }
  /// Each sample's first row.
  std::vector<int64_t> first() const { return first_; }

  /// `take` gets them at all processes, from row `begin` on.
  using Take = std::function<void(int64_t begin, const torch::Tensor& rows)>;
  void make(const std::string& name, const Take& take) {
    Progress progress(name, "samples", split_.size());
    torch::Tensor round;  // the rows of all processes' batches
    const auto size = static_cast<size_t>(group_.size()), rank = static_cast<size_t>(group_.rank());
    auto make_room = [&](size_t begin) {
      const auto end = std::min(batches_.size(), begin + size);
      if (!round.defined())
        round = torch::zeros({begins_[end] - begins_[begin], kind_.width},
                             torch::dtype(kind_.type).device(compute_.device));
    };
    RoundWork work;
    work.batch = [&](size_t number, const BatchPlan& plan) {
      make_room(number - rank);
      auto rows = model_.precompute(plan.input());
      const int64_t count = begins_[number + 1] - begins_[number];
      check(rows.scalar_type() == kind_.type && rows.sizes() == at::IntArrayRef{count, kind_.width},
            "precomputed rows: expected [{}, {}], found [{}]", count, kind_.width,
            fmt::join(rows.sizes(), ", "));
      round.narrow(0, begins_[number] - begins_[number - rank], count).copy_(rows);
    };
    work.round = [&](size_t begin, size_t) {
      make_room(begin);
      group_.merge(round);
      group_.together([&] { take(begins_[begin], round); });
      round.reset();
    };
    each_round(model_, split_, batches_, compute_, {}, group_, progress, work);
  }

 private:
  Model& model_;
  const Split& split_;
  const Compute& compute_;
  const ProcessGroup& group_;
  const Precomputed kind_;
  const std::vector<std::vector<int64_t>> batches_;
  std::vector<int64_t> first_, begins_;
  int64_t rows_ = 0;
};

// Rows in files: `held` are in memory as well, on the CPU.
class FiledRows {
 public:
  FiledRows(const fs::path& file, PrecomputedLayout layout, torch::Tensor held,
            const ProcessGroup& group)
      : file_(file), layout_(std::move(layout)), held_(std::move(held)), group_(group) {}

  // Waits until no other process computes this file.
  void lock() {
    for (bool told = false;; told = true) {
      std::string owner;
      group_.together([&] {
        stop_if_asked();
        if (group_.leads()) lock_ = OwnerLock::if_free(file_.string() + ".lock", owner);
      });
      if (group_.from_leader(lock_.has_value())) break;
      if (!told && group_.leads())
        log_info("cache", "{}: {} computes it: waiting", file_.string(), owner);
      std::this_thread::sleep_for(std::chrono::seconds(1));
    }
  }
  // Whether it is there, wholly, and what is needed.
  bool find() {
    group_.together([&] {
      if (group_.leads() && fs::exists(file_)) open();
    });
    if (!group_.from_leader(source_ != nullptr)) return false;
    if (group_.leads()) log_info("cache", "{}: computed before", file_.string());
    open_at_others();
    return true;
  }
  void make(RowMaker& maker, const std::string& name) {
    std::optional<PrecomputedFile> out;
    group_.together([&] {
      if (!group_.leads()) return;
      remove_abandoned(file_);
      check_space(file_.parent_path(), static_cast<int64_t>(layout_.bytes()));
      out.emplace(file_, layout_);
    });
    maker.make(name, [&](int64_t begin, const torch::Tensor& rows) {
      auto host = rows.to(torch::kCPU);
      if (held_.defined()) held_.narrow(0, begin, host.size(0)).copy_(host);
      if (out) out->add({static_cast<const char*>(host.data_ptr()), host.nbytes()});
    });
    group_.together([&] {
      if (!out) return;
      out->commit();
      log_info("cache", "{}: {:.1f} MB written", file_.string(),
               static_cast<double>(layout_.bytes()) / 1e6);
    });
    if (held_.defined()) return;
    group_.together([&] {
      if (group_.leads()) open();
    });
    open_at_others();
  }
  std::shared_ptr<const NumberSource<uint8_t>> source() const { return source_; }

 private:
  void open() {
    source_ = open_precomputed(file_, layout_, held_.defined() ? held_.data_ptr() : nullptr);
  }
  void open_at_others() {
    group_.together([&] {
      if (group_.leads()) return;
      open();
      check_input(source_ != nullptr,
                  "{}: rank {} finds another file there than rank 0: give a `cache` folder that "
                  "all processes see",
                  file_.string(), group_.rank());
    });
  }

  fs::path file_;
  PrecomputedLayout layout_;
  torch::Tensor held_;
  const ProcessGroup& group_;
  std::optional<OwnerLock> lock_;
  std::shared_ptr<const NumberSource<uint8_t>> source_;
};

}  // namespace

PrecomputedRows precompute_rows(Model& model, const Split& split, const Compute& compute,
                                const std::string& name, PrecomputedPlace& place,
                                const ProcessGroup& group) {
  torch::NoGradGuard no_grad;
  PrecomputedRows all;
  all.kind = model.precomputed();
  if (split.size() == 0 || all.kind.per == Precomputed::Per::kNothing) return all;
  RowMaker maker(model, split, compute, group);
  all.first = maker.first();
  PrecomputedLayout layout{maker.rows(), all.kind.width, dtype_name(all.kind.type),
                           static_cast<int64_t>(c10::elementSize(all.kind.type)),
                           fmt::format("{}, {} of {}, on {}", all.kind.what, name, place.made_of,
                                       compute.device.is_cpu() ? "CPUs" : "GPUs")};
  const bool held = group.from_leader(place.memory.take(layout.bytes()));
  const auto options = torch::dtype(all.kind.type);
  auto room = [&](torch::Device device) {
    if (held) all.rows = torch::empty({layout.rows, layout.width}, options.device(device));
  };
  if (held && !place.shared) {
    group.together([&] { room(compute.device); });
    maker.make(name, [&](int64_t begin, const torch::Tensor& rows) {
      all.rows.narrow(0, begin, rows.size(0)).copy_(rows);
    });
    return all;
  }
  group.together([&] {
    if (group.leads()) make_directories(place.folder);
    room(torch::kCPU);
  });
  FiledRows rows(place.folder / fmt::format("{}-{:.16}.safetensors", name, sha256(layout.made_of)),
                 layout, all.rows, group);
  rows.lock();
  if (!rows.find()) rows.make(maker, name);
  if (held)
    all.rows = all.rows.to(compute.device);
  else
    all.file = rows.source();
  return all;
}

PrecomputedRows precompute_rows(Model& model, const Split& split, const Compute& compute,
                                const std::string& name) {
  PrecomputedPlace memory;
  return precompute_rows(model, split, compute, name, memory);
}

}  // namespace mma
