#include "base/device_name.h"

#include <charconv>
#include <optional>

#include "base/error.h"

namespace mma {
namespace {

std::optional<DeviceName> read_device_name(const std::string& text) {
  if (text == "auto" || text == "cpu" || text == "cuda") return DeviceName{text};
  if (!text.starts_with("cuda:")) return std::nullopt;
  DeviceName name{"cuda"};
  auto* end = text.data() + text.size();
  auto [stopped, error] = std::from_chars(text.data() + 5, end, name.index);
  const bool good = error == std::errc() && stopped == end && name.index >= 0 && name.index < 1024;
  return good ? std::optional(name) : std::nullopt;
}

}  // namespace

std::string device_name_fault(const std::string& text) {
  return read_device_name(text)
             ? ""
             : fmt::format("unknown device '{}'; known: auto, cpu, cuda, cuda:0, cuda:1, ...",
                           printable(text));
}

DeviceName parse_device_name(const std::string& text) {
  auto name = read_device_name(text);
  check_input(name.has_value(), "{}", device_name_fault(text));
  return *name;
}

}  // namespace mma
