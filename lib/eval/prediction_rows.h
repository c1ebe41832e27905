#pragma once
#include <cstdint>
#include <string>
#include <vector>

namespace mma {

/// How predictions of samples whose truth is not known are written.
struct PredictionFormat {
  bool csv = false;  ///< else JSON lines
  int64_t top = 0;   ///< so many labels a sample, the highest scores first; 0: all, in their order
  /// Whether scores are what is predicted, real targets, and nothing is decided by them.
  bool real = false;
};

/// Rows of predictions as text: the sample's id, the labels that are given to it, and scores.
///   JSON lines   {"id":"tt01","predicted":["war"],"scores":{"drama":0.25,"war":0.75}}
///   CSV          id,predicted,drama,war              (RFC 4180; of several labels "a|b", in which
///   a
///                tt01,war,0.25,0.75                   | or backslash of a name has one before it)
///   CSV, top     id,predicted,label 1,score 1,label 2,...
/// Of real targets the numbers alone:
///   JSON lines   {"id":"u7","predicted":{"mood":-1.25}}
///   CSV          id,mood
/// In CSV a text that a spreadsheet would take for a formula begins with a quote (OWASP, CSV
/// injection).
class PredictionRows {
 public:
  /// `thresholds` [C]: scores above which a label is given; empty: the label with the highest score
  /// alone (one class a sample).
  PredictionRows(const PredictionFormat& format, std::vector<std::string> labels,
                 std::vector<double> thresholds);
  /// The first line, or "".
  std::string head() const;
  /// The line of a sample with scores [C].
  std::string row(const std::string& id, const double* scores) const;

 private:
  std::vector<size_t> shown(const double* scores) const;
  bool given(size_t label, const double* scores) const;
  PredictionFormat format_;
  std::vector<std::string> labels_;
  std::vector<double> thresholds_;
};

}  // namespace mma
