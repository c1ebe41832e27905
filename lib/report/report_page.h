#pragma once
#include <optional>
#include <string>
#include <vector>

#include "report/comparison.h"
#include "report/reported_run.h"

namespace mma {

/// The whole report as one file that needs nothing else: HTML that is well-formed XML, pictures and
/// style inside, no script (and a policy that forbids any). A summary in words, the comparison
/// where there are several systems, and a chapter for each run. `left_out`: runs without a chapter,
/// beside the seeds that stand in the comparison alone.
std::string report_page(const std::vector<ReportedRun>& runs,
                        const std::optional<Comparison>& comparison, size_t left_out);

}  // namespace mma
