#include "base/device_name.h"

#include <charconv>

#include "base/error.h"

namespace mma {

DeviceName parse_device_name(std::string_view text) {
  DeviceName name{std::string(text.substr(0, text.find(':')))};
  bool known = name.kind == "auto" || name.kind == "cpu" || name.kind == "cuda";
  if (name.kind == "cuda" && text.size() > 4) {
    auto* end = text.data() + text.size();
    auto [read, error] = std::from_chars(text.data() + 5, end, name.index);
    known = error == std::errc() && read == end && name.index >= 0 && name.index < 1024;
  } else if (text.size() != name.kind.size()) {
    known = false;
  }
  check_input(known, "unknown device '{}'; known: auto, cpu, cuda, cuda:0, cuda:1, ...",
              printable(text));
  return name;
}

}  // namespace mma
