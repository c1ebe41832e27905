#include "base/utf8.h"

#include <catch2/catch_test_macros.hpp>

using namespace mma;

TEST_CASE("utf8: what is valid", "[base]") {
  for (std::string good : {"", "plain text of more than eight bytes", "é", "日本語", "😀",
                           "\xf4\x8f\xbf\xbf", "12345678é", "\xed\x9f\xbf", "\xee\x80\x80"})
    CHECK(valid_utf8(good));
  for (std::string bad :
       {"\x80", "\xc3", "\xc0\x80", "\xc1\xbf", "\xe0\x80\x80", "\xe0\x9f\xbf", "\xed\xa0\x80",
        "\xf0\x8f\xbf\xbf", "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xff", "12345678\xe9",
        "caf\xe9 au lait", "\xe6\x97", "\xf0\x9f\x98"})
    CHECK_FALSE(valid_utf8(bad));
}

TEST_CASE("utf8: text that was read as Latin-1 turns back", "[base]") {
  CHECK(utf8_from_mojibake("cafÃ©") == "café");
  CHECK(utf8_from_mojibake("itâ€™s") == "it’s");                       // Windows-1252
  CHECK(utf8_from_mojibake("it\xc3\xa2\xc2\x80\xc2\x99s") == "it’s");  // Latin-1
  CHECK_FALSE(utf8_from_mojibake("café"));
  CHECK_FALSE(utf8_from_mojibake("it’s"));
  CHECK_FALSE(utf8_from_mojibake("plain"));
  CHECK_FALSE(utf8_from_mojibake("日本"));
  CHECK_FALSE(utf8_from_mojibake("cafÃ© 日本"));
  CHECK_FALSE(utf8_from_mojibake("\xff"));
  CHECK_FALSE(utf8_from_mojibake(""));
}

TEST_CASE("utf8: code points", "[base]") {
  std::string text;
  for (uint32_t code : {0x41u, 0xe9u, 0x65e5u, 0x1f600u}) append_utf8(text, code);
  CHECK(text == "Aé日😀");
}
