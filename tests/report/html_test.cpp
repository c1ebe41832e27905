#include "report/html.h"

#include <catch2/catch_test_macros.hpp>
#include <cmath>
#include <stdexcept>

#include "base/utf8.h"
#include "support/markup.h"

using namespace mma;

TEST_CASE("html: texts mean nothing to a browser", "[report]") {
  CHECK(html_text("a < b & \"c\" > 'd'") == "a &lt; b &amp; &quot;c&quot; &gt; &#39;d&#39;");
  CHECK(html_text("</script><img src=x onerror=alert(1)>") ==
        "&lt;/script&gt;&lt;img src=x onerror=alert(1)&gt;");
  CHECK(html_text("café 日本") == "café 日本");
}

TEST_CASE("html: what shows another text than it is, is shown escaped", "[report]") {
  CHECK(html_text(std::string("a\0b\x1b[2J\n", 8)) == "a\\x00b\\x1b[2J\\x0a");
  CHECK(html_text("\u202egpj.exe\u2066") == "\\u202egpj.exe\\u2066");
  CHECK(html_text("a\xff\xc0") == "a\\xff\\xc0");
  CHECK(html_text("\xef\xbf\xbe\xef\xbf\xbf") == "\\ufffe\\uffff");
}

TEST_CASE("html: names are cut between characters", "[report]") {
  CHECK(shortened("abcdef", 6) == "abcdef");
  CHECK(shortened("abcdefg", 6) == "abcde…");
  CHECK(shortened("日本語日本語", 4) == "日本語…");
  CHECK(shortened("", 4) == "");
  auto long_name = shown_name(std::string(1000, 'x'));
  CHECK(valid_utf8(long_name));
  CHECK(long_name == std::string(59, 'x') + "…");
}

TEST_CASE("html: figures and counts", "[report]") {
  CHECK(shown_figure(0.12345) == "0.1235");
  CHECK(shown_figure(NAN) == "-");
  CHECK(shown_figure(INFINITY) == "-");
  CHECK(shown_count(0) == "0");
  CHECK(shown_count(999) == "999");
  CHECK(shown_count(1234567) == "1,234,567");
  CHECK(shown_count(-1234) == "-1,234");
}

TEST_CASE("html: a table has heads for rows and columns, and a caption", "[report]") {
  auto all =
      test::read_markup(html_table({"a < b", {"label", "F1"}, {{"war", "0.5"}, {"&", "-"}}}));
  CHECK(test::elements(all, "caption").at(0).text == "a < b");
  auto heads = test::elements(all, "th");
  REQUIRE(heads.size() == 4);
  CHECK(heads[1].text == "F1");
  CHECK(heads[1].attributes.at("scope") == "col");
  CHECK(heads[3].text == "&");
  CHECK(heads[3].attributes.at("scope") == "row");
  CHECK(test::elements(all, "td").at(1).text == "-");
  CHECK(all.at(0).attributes.at("tabindex") == "0");  // a keyboard reaches what scrolls
  CHECK(all.at(0).attributes.at("aria-label") == "a < b");
}

TEST_CASE("html: long tables are folded", "[report]") {
  HtmlTable table{"many", {"a"}, {}};
  auto folded = [&](bool wanted) {
    return html_numbers(table, wanted).find("<details>") != std::string::npos;
  };
  table.rows.resize(12, {"x"});
  CHECK(!folded(false));
  CHECK(folded(true));
  table.rows.resize(13, {"x"});
  CHECK(folded(false));
}

TEST_CASE("the tests' reader of markup refuses what is not well-formed", "[report]") {
  for (auto* bad : {"<p>", "<p></b>", "<p a=b></p>", "<p a=\"1\" a=\"2\"></p>", "<p>&nbsp;</p>",
                    "<p>a & b</p>", "<p/>x", "<p/><p/>", "<p>\x1b</p>", "<p a=\"<\"></p>", "</p>"})
    CHECK_THROWS_AS(test::read_markup(bad), std::runtime_error);
  CHECK(test::read_markup("<p a=\"&lt;\">x<b>y</b></p>").at(0).text == "xy");
}
