#pragma once
#include <map>
#include <string>
#include <vector>

namespace mma::test {

/// An element of a page, in the order of the page.
struct Element {
  std::string name;
  std::map<std::string, std::string> attributes;  ///< entities resolved
  std::string text;                               ///< of it and all in it, entities resolved
  std::vector<size_t> parents;                    ///< indices, the outermost first
};

/// Reads HTML that is to be well-formed XML: every element closed where it should be, every
/// attribute quoted and given once, no entity but the five of XML, no control character, nothing
/// behind the root. Throws std::runtime_error with the place where it is not.
std::vector<Element> read_markup(const std::string& page);

/// Those of that name.
std::vector<Element> elements(const std::vector<Element>& all, const std::string& name);

}  // namespace mma::test
