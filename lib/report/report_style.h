#pragma once

namespace mma {

/// The page's style sheet: light and dark as the reader's system is, paper, and telephones. Holds
/// neither "<" nor "&", so that it is the same text in HTML and in XML.
extern const char* const kReportStyle;

}  // namespace mma
