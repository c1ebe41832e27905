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

TEST_CASE("utf8: what a terminal would obey is shown", "[base]") {
  CHECK(escape_controls("plain é 日本 😀 \\ ±") == "plain é 日本 😀 \\ ±");
  CHECK(escape_controls("\x1b[31m\r\n\t\x7f") == "\\x1b[31m\\x0d\\x0a\\x09\\x7f");
  CHECK(escape_controls(std::string_view("a\0b", 3)) == "a\\x00b");
  CHECK(escape_controls("\u0080\u009b2J\u009f\u00a0") == "\\x80\\x9b2J\\x9f\u00a0");
  CHECK(escape_controls("x\u202egpj.\u202c \u2066\u2069\u2028") ==
        "x\\u202egpj.\\u202c \\u2066\\u2069\\u2028");
  CHECK(escape_controls("\u200f\u2065\u206a") == "\u200f\u2065\u206a");
  CHECK(escape_controls("caf\xe9 \xc3\xa9 \xff\xed\xa0\x80") == "caf\\xe9 é \\xff\\xed\\xa0\\x80");
}
