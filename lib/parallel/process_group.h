#pragma once
#include <torch/types.h>

#include <chrono>
#include <cstring>
#include <functional>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "base/error.h"
#include "parallel/rank.h"

namespace mma {

/// A process of the group is gone, or did not answer in time: the group can do nothing more.
struct LostError : MachineError {
  using MachineError::MachineError;
};

/// The processes that train one model together: LibTorch's c10d with Gloo, over TCP
/// between the addresses of the job. Every function is called by all of them, in the same
/// order. Rank 0 leads: it alone writes files and speaks. Of one process alone each does its work
/// at once. Anything but together()'s work that fails at one rank ends the group: LostError at all.
class ProcessGroup {
 public:
  /// One process alone.
  ProcessGroup() = default;
  /// Meets the others. `timeout`: for meeting, and later for each answer. MachineError where they
  /// do not come.
  static ProcessGroup meet(const RankInfo& info, std::chrono::milliseconds timeout);

  int rank() const { return info_.rank; }
  int size() const { return info_.size; }
  int local_rank() const { return info_.local_rank; }
  const std::string& launcher() const { return info_.launcher; }
  bool leads() const { return info_.rank == 0; }

  /// Sum over all ranks, in place, the same bytes at every rank; of two ranks exactly a + b, of
  /// more in an order that depends on the rank's number, the group's size and the tensor's alone.
  void sum(const torch::Tensor& tensor) const;
  /// Puts together what the ranks filled in, each number by one rank and 0 at the others: the same
  /// bytes at every rank, of any type.
  void merge(const torch::Tensor& tensor) const;
  void merge(std::vector<float>& values) const;
  void merge(std::vector<double>& values) const;
  /// Rank 0's numbers, at all ranks.
  void broadcast(const torch::Tensor& tensor) const;
  std::string from_leader(std::string text) const;
  template <class Value>
  Value from_leader(Value value) const {
    static_assert(std::is_trivially_copyable_v<Value>);
    std::string bytes(sizeof(Value), '\0');
    std::memcpy(bytes.data(), &value, sizeof(Value));
    bytes = from_leader(std::move(bytes));
    std::memcpy(&value, bytes.data(), sizeof(Value));
    return value;
  }
  /// Runs `work` at each rank. Where it throws at one, or at several, all throw an error with the
  /// same exit code, which rank 0 tells; faults come before signals (Stopped).
  void together(const std::function<void()>& work) const;
  /// The exceptions of work that was done before, as together() does; null where there was none.
  void agree(const std::exception_ptr& fault) const;
  /// UserError where a rank has another value than rank 0: of "name" -> value.
  void check_same(const std::vector<std::pair<std::string, std::string>>& facts) const;
  /// How many processes of this group may run on this one's cores, itself among them.
  int sharing_cores() const;

 private:
  struct Engine;  // c10d's
  RankInfo info_;
  std::shared_ptr<Engine> engine_;  // null: alone
};

}  // namespace mma
