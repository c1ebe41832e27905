#include "text/albert_text.h"

#include <catch2/catch_test_macros.hpp>

using namespace mma;

// Expected texts by AlbertTokenizer.preprocess_text of transformers 4.46.3.
TEST_CASE("albert_text: spaces, quotes, accents, case", "[text]") {
  auto text = [](std::string_view t) { return albert_text(t, {}); };
  CHECK(text("") == "");
  CHECK(text(" \t a \n\u3000b\x1c") == "a b");
  CHECK(text("``He said'' ```'''") == "\"he said\" \"`\"'");
  CHECK(text("Na\u00efve \ufb01ne \u212b \u00bd") == "naive fine a 1\u20442");
  CHECK(text("\u0130stanbul \u1e9e") == "istanbul \u00df");
  CHECK(text("\uac00") == "\u1100\u1161");
  CHECK(text("\u039f\u03a3 \u03a3\u03a3 \u03a3") == "\u03bf\u03c2 \u03c3\u03c2 \u03c3");
}

TEST_CASE("albert_text: each option turns one step off", "[text]") {
  CHECK(albert_text("\u00c9 \u0130", {true, true, true}) == "\u00e9 i\u0307");
  CHECK(albert_text("\u00c9t\u00e9", {false, false, true}) == "Ete");
  CHECK(albert_text(" A  b ", {true, false, false}) == " a  b ");
}
