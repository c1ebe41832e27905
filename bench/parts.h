#pragma once
#include <chrono>
#include <map>
#include <string>
#include <vector>

namespace mma::bench {

/// Seconds of a training step by part, forward and backward together. A part is a scope that the
/// library names with RECORD_USER_SCOPE; a backward node belongs to the part whose forward made it,
/// which its sequence number tells. One at a time, on the thread that trains.
class Parts {
 public:
  /// By part, or by LibTorch's operator and backward node, without what they call.
  explicit Parts(bool operators = false);
  ~Parts();
  Parts(const Parts&) = delete;
  Parts& operator=(const Parts&) = delete;
  /// Around a step: what lies between two steps belongs to none.
  void begin_step();
  void end_step();
  /// What the steps since the last call took; "other" is what no scope claims.
  std::map<std::string, double> take();

  // Called by the profiler's hooks.
  void enter(const std::string& part);
  void leave();
  void enter_node(int64_t sequence);
  bool operators() const { return operators_; }

 private:
  using Clock = std::chrono::steady_clock;
  /// Books the time since the last change to the part on top, and the nodes made since then.
  void book();
  int part_number(const std::string& part);
  std::vector<std::string> names_{"other"};
  std::vector<double> seconds_{0};
  std::vector<int> stack_{0};
  Clock::time_point since_;
  std::vector<int> made_by_;  ///< of node first_ + i, the part that made it
  int64_t first_ = 0;
  uint64_t handle_ = 0;
  bool operators_;
};

}  // namespace mma::bench
