#include "bench/parts.h"

#include <ATen/SequenceNumber.h>
#include <ATen/record_function.h>

#include <algorithm>

namespace mma::bench {
namespace {

Parts* measuring = nullptr;  // the hooks are plain functions

struct Scope : at::ObserverContext {};

std::unique_ptr<at::ObserverContext> on_enter(const at::RecordFunction& function) {
  if (function.scope() == at::RecordScope::BACKWARD_FUNCTION && !measuring->operators())
    measuring->enter_node(function.seqNr());
  else
    measuring->enter(function.name());
  return std::make_unique<Scope>();
}

void on_leave(const at::RecordFunction&, at::ObserverContext*) { measuring->leave(); }

}  // namespace

Parts::Parts(bool operators)
    : since_(Clock::now()),
      first_(static_cast<int64_t>(at::sequence_number::peek())),
      operators_(operators) {
  measuring = this;
  std::unordered_set<at::RecordScope> scopes{at::RecordScope::USER_SCOPE,
                                             at::RecordScope::BACKWARD_FUNCTION};
  if (operators) scopes.insert(at::RecordScope::FUNCTION);
  handle_ =
      at::addThreadLocalCallback(at::RecordFunctionCallback(on_enter, on_leave).scopes(scopes));
}

Parts::~Parts() {
  at::removeCallback(handle_);
  measuring = nullptr;
}

int Parts::part_number(const std::string& part) {
  auto at = std::find(names_.begin(), names_.end(), part);
  if (at == names_.end()) {
    names_.push_back(part);
    seconds_.push_back(0);
    return static_cast<int>(names_.size()) - 1;
  }
  return static_cast<int>(at - names_.begin());
}

void Parts::book() {
  auto now = Clock::now();
  int part = stack_.back();
  seconds_[static_cast<size_t>(part)] += std::chrono::duration<double>(now - since_).count();
  since_ = now;
  made_by_.resize(at::sequence_number::peek() - static_cast<uint64_t>(first_), part);
}

void Parts::enter(const std::string& part) {
  book();
  stack_.push_back(part_number(part));
}

void Parts::leave() {
  book();
  stack_.pop_back();
}

void Parts::enter_node(int64_t sequence) {
  book();
  auto at = sequence - first_;
  bool known = sequence >= first_ && at < std::ssize(made_by_);
  stack_.push_back(known ? made_by_[static_cast<size_t>(at)] : part_number("gradient sums"));
}

void Parts::begin_step() { since_ = Clock::now(); }

void Parts::end_step() { book(); }

std::map<std::string, double> Parts::take() {
  std::map<std::string, double> all;
  for (size_t i = 0; i < names_.size(); ++i) all[names_[i]] = seconds_[i];
  std::fill(seconds_.begin(), seconds_.end(), 0.0);
  made_by_.clear();
  first_ = static_cast<int64_t>(at::sequence_number::peek());
  return all;
}

}  // namespace mma::bench
