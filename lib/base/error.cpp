#include "base/error.h"

#include <algorithm>
#include <csignal>
#include <cstring>
#include <new>
#include <system_error>

#include "base/log.h"
#include "base/utf8.h"

namespace mma {
namespace {
constexpr size_t kToldOfEachKind = 20;
}

Stopped::Stopped(int signal)
    : Error(fmt::format("stopped by signal {} ({})", signal, strsignal(signal))), signal(signal) {}

void Faults::add(std::string_view kind, std::string line) {
  auto it = std::find_if(kinds_.begin(), kinds_.end(), [&](auto& k) { return k.name == kind; });
  if (it == kinds_.end()) it = kinds_.insert(kinds_.end(), Kind{std::string(kind), 0, {}});
  if (++it->count <= kToldOfEachKind) it->first.push_back(std::move(line));
}

size_t Faults::count() const {
  size_t n = 0;
  for (auto& kind : kinds_) n += kind.count;
  return n;
}

std::string Faults::message() const {
  std::string text;
  for (auto& kind : kinds_) {
    for (auto& line : kind.first) text += line + "\n";
    if (kind.count > kind.first.size())
      text += fmt::format("... and {} more: {} ({} in all)\n", kind.count - kind.first.size(),
                          kind.name, kind.count);
  }
  if (!text.empty()) text.pop_back();
  return text;
}

void Faults::raise() const {
  if (!empty()) throw UserError(message());
}

Failure failure_of(const std::exception_ptr& exception) {
  try {
    std::rethrow_exception(exception);
  } catch (const Error& e) {
    return {e.exit_code(), e.what()};
  } catch (const std::bad_alloc&) {
    return {kMachineFailed, "out of memory"};
  } catch (const std::system_error& e) {
    return {kMachineFailed, e.what()};
  } catch (const std::exception& e) {
    return {kInternalError, fmt::format("internal error: {}", e.what())};
  }
}

int guarded(const std::function<void()>& work) {
  try {
    work();
    return kDone;
  } catch (const std::exception&) {
    auto failure = failure_of(std::current_exception());
    for (std::string_view rest = failure.message; !rest.empty();) {
      auto line = rest.substr(0, rest.find('\n'));
      log_line(Level::kError, "", std::string(line));
      rest.remove_prefix(std::min(rest.size(), line.size() + 1));
    }
    return failure.code;
  }
}

std::string printable(std::string_view text) {
  constexpr size_t kMaxBytes = 80;
  if (text.size() <= kMaxBytes) return escape_controls(text);
  size_t size = kMaxBytes;
  // Never inside a character, or the message would not be UTF-8.
  while (size > kMaxBytes - 3 && (text[size] & 0xC0) == 0x80) --size;
  return escape_controls(text.substr(0, size)) + "...";
}

}  // namespace mma
