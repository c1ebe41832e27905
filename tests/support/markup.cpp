#include "support/markup.h"

#include <fmt/format.h>

#include <stdexcept>

#include "base/utf8.h"

namespace mma::test {
namespace {

class MarkupReader {
 public:
  explicit MarkupReader(const std::string& page) : page_(page) {}

  std::vector<Element> read() {
    if (!valid_utf8(page_)) fail("not UTF-8");
    for (unsigned char c : page_)
      if (c < 0x20 && c != '\n') fail("a control character");
    if (page_.rfind("<!DOCTYPE html>\n", 0) == 0) at_ = 16;
    while (at_ < page_.size()) {
      if (page_[at_] == '<')
        tag();
      else
        content();
    }
    if (!open_.empty()) fail("<" + all_[open_.back()].name + "> is not closed");
    return std::move(all_);
  }

 private:
  [[noreturn]] void fail(const std::string& what) const {
    throw std::runtime_error(
        fmt::format("markup, byte {}: {}: {}", at_, what, page_.substr(at_, 60)));
  }
  std::string until(const std::string& ends) {
    auto begin = at_;
    while (at_ < page_.size() && ends.find(page_[at_]) == std::string::npos) ++at_;
    if (at_ == page_.size()) fail("ends too early");
    return page_.substr(begin, at_ - begin);
  }
  void expect(char c) {
    if (at_ >= page_.size() || page_[at_] != c) fail(fmt::format("expected '{}'", c));
    ++at_;
  }
  std::string resolved(const std::string& raw) const {
    static const std::map<std::string, std::string> entities{
        {"amp", "&"}, {"lt", "<"}, {"gt", ">"}, {"quot", "\""}, {"#39", "'"}};
    std::string out;
    for (size_t i = 0; i < raw.size(); ++i) {
      if (raw[i] != '&') {
        out += raw[i];
        continue;
      }
      auto end = raw.find(';', i);
      auto it = entities.find(raw.substr(i + 1, end == std::string::npos ? 0 : end - i - 1));
      if (it == entities.end()) fail("an unknown entity");
      out += it->second;
      i = end;
    }
    return out;
  }
  void content() {
    auto begin = at_;
    while (at_ < page_.size() && page_[at_] != '<') ++at_;
    auto raw = page_.substr(begin, at_ - begin);
    if (open_.empty() && raw.find_first_not_of('\n') != std::string::npos) fail("text outside");
    if (raw.find("]]>") != std::string::npos) fail("']]>' in a text");
    auto text = resolved(raw);
    for (auto i : open_) all_[i].text += text;
  }
  void tag() {
    expect('<');
    if (page_[at_] == '/') {
      ++at_;
      auto name = until(">");
      expect('>');
      if (open_.empty() || all_[open_.back()].name != name) fail("</" + name + "> closes nothing");
      open_.pop_back();
      return;
    }
    Element element;
    element.name = until(" />\n");
    if (element.name.empty() || element.name.find_first_of("<\"'&!") != std::string::npos)
      fail("no name of an element");
    element.parents = open_;
    if (open_.empty() && !all_.empty()) fail("a second root");
    while (page_[at_] == ' ') {
      ++at_;
      auto name = until("= />\"<");
      expect('=');
      expect('"');
      auto value = until("\"<");
      expect('"');
      if (!element.attributes.emplace(name, resolved(value)).second) fail("an attribute twice");
    }
    bool empty = page_[at_] == '/';
    if (empty) ++at_;
    expect('>');
    all_.push_back(std::move(element));
    if (!empty) open_.push_back(all_.size() - 1);
  }

  const std::string& page_;
  size_t at_ = 0;
  std::vector<size_t> open_;
  std::vector<Element> all_;
};

}  // namespace

std::vector<Element> read_markup(const std::string& page) { return MarkupReader(page).read(); }

std::vector<Element> elements(const std::vector<Element>& all, const std::string& name) {
  std::vector<Element> found;
  for (auto& element : all)
    if (element.name == name) found.push_back(element);
  return found;
}

}  // namespace mma::test
