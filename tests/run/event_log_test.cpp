#include "run/event_log.h"

#include <catch2/catch_test_macros.hpp>
#include <cmath>

#include "support/paths.h"

using namespace mma;

TEST_CASE("event log: the checksum is CRC-32C", "[run]") {
  CHECK(crc32c("123456789") == 0xE3069283u);
  CHECK(crc32c(std::string(32, '\0')) == 0x8A9136AAu);  // RFC 3720, B.4
  CHECK(crc32c("") == 0);
}

TEST_CASE("event log: records have length, checksums and an event each", "[run]") {
  test::ScratchDir dir;
  auto file = dir / "events";
  int64_t kept = 0;
  {
    EventLog log(file, 0);
    log.scalar(7, "dev/loss", 0.5);
    log.scalar(8, "dev/loss", std::nan(""));
    log.flush();
    kept = log.bytes();
    log.scalar(9, "dev/loss", 0.25);
    log.flush();
  }
  EventLog(file, kept).flush();  // a run that goes on
  auto bytes = read_file(file, 1 << 20);
  CHECK(std::ssize(bytes) == kept);
  std::vector<std::string> events;
  for (size_t at = 0; at < bytes.size();) {
    auto number = [&](size_t from, int width) {
      uint64_t value = 0;
      for (int i = width; i-- > 0;)
        value = value << 8 | static_cast<unsigned char>(bytes.at(from + static_cast<size_t>(i)));
      return value;
    };
    auto size = static_cast<size_t>(number(at, 8));
    auto masked = [](const std::string& part) {
      auto crc = crc32c(part);
      return (crc >> 15 | crc << 17) + 0xA282EAD8u;
    };
    CHECK(number(at + 8, 4) == masked(bytes.substr(at, 8)));
    events.push_back(bytes.substr(at + 12, size));
    CHECK(number(at + 12 + size, 4) == masked(events.back()));
    at += size + 16;
  }
  REQUIRE(events.size() == 2);  // NaN is no point of a curve
  CHECK(
      events[0].ends_with("\x1a\x0d"
                          "brain.Event:2"));
  // step 7; summary of one value: tag, and 0.5 as a float
  CHECK(events[1].substr(9) == std::string("\x10\x07\x2a\x11\x0a\x0f\x0a\x08"
                                           "dev/loss"
                                           "\x15\x00\x00\x00\x3f",
                                           21));
}
