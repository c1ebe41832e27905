#include "base/pickle.h"

#include <catch2/catch_test_macros.hpp>

#include "support/hostile.h"

using namespace mma;
using namespace std::string_literals;
using Kind = PickleValue::Kind;

namespace {

PickleOptions options() {
  PickleOptions o;
  o.constructors = {"_codecs encode", "collections OrderedDict", "my.module make"};
  return o;
}
// Reads a pickle and tells its value in a short form.
std::string shown(const PickleValue& v) {
  auto list = [&](char open, char close) {
    std::string out(1, open);
    for (auto* item : v.items) out += shown(*item) + " ";
    if (out.size() > 1) out.pop_back();
    return out + close;
  };
  auto state = [&] { return v.state ? fmt::format("+{}", shown(*v.state)) : std::string(); };
  switch (v.kind) {
    case Kind::kNone:
      return "None";
    case Kind::kBool:
      return v.integer ? "True" : "False";
    case Kind::kInt:
      return std::to_string(v.integer);
    case Kind::kFloat:
      return fmt::format("{}f", v.real);
    case Kind::kBytes:
      return fmt::format("b'{}'", v.text);
    case Kind::kFarBytes:
      return fmt::format("{} bytes at {}", v.size, v.integer);
    case Kind::kText:
      return fmt::format("'{}'", v.text);
    case Kind::kList:
      return list('[', ']');
    case Kind::kTuple:
      return list('(', ')');
    case Kind::kDict:
      return list('{', '}') + state();
    case Kind::kGlobal:
      return fmt::format("<{}>", v.text);
    case Kind::kObject:
      return std::string(v.text) + list('(', ')') + state();
    case Kind::kPersistent:
      return "pid" + list('(', ')');
  }
  return "?";
}
std::string read(const std::string& bytes, PickleOptions o = options()) {
  return shown(Pickle(bytes, "f.p", o).root());
}
std::string fault(const std::string& bytes, PickleOptions o = options()) {
  return test::refusal([&] { read(bytes, o); });
}

}  // namespace

TEST_CASE("pickle: plain values of every protocol", "[base]") {
  CHECK(read("N.") == "None");
  CHECK(read("I01\n.") == "True");
  CHECK(read("I-12\n.") == "-12");
  CHECK(read("L123456789012L\n.") == "123456789012");
  CHECK(read("F1.5\n.") == "1.5f");
  CHECK(read("G?\xf8\0\0\0\0\0\0."s) == "1.5f");
  CHECK(read("\x80\x02\x8a\x01\xff."s) == "-1");
  CHECK(read("\x80\x02\x8a\0."s) == "0");
  CHECK(read("\x80\x02\x8a\x09\xff\xff\xff\xff\xff\xff\xff\x7f\0."s) == "9223372036854775807");
  CHECK(read("J\xfe\xff\xff\xff."s) == "-2");
  CHECK(read("M\x01\x02.") == "513");
  CHECK(read("S'a\\n\\x41\\''\n.") == "b'a\nA''");
  CHECK(read("T\x02\0\0\0ab."s) == "b'ab'");
  CHECK(read("\x96\x02\0\0\0\0\0\0\0ab."s) == "b'ab'");
  CHECK(read("V\\u00e9\xe9\\U0001F600\n.") == "'éé😀'");
  CHECK(read("(lp0\nI1\naI2\na.") == "[1 2]");
  CHECK(read("\x80\x04]\x94(K\x01K\x02\x85\x94"
             "e.") == "[1 (2)]");
  CHECK(read("(dp0\nS'k'\nI1\ns.") == "{b'k' 1}");
  CHECK(read("}(X\x01\0\0\0aNX\x01\0\0\0b\x88u."s) == "{'a' None 'b' True}");
  CHECK(read("(K\x01K\x02"
             "1N.") == "None");
  CHECK(read("K\x05q\0h\0\x86."s) == "(5 5)");
}

TEST_CASE("pickle: known constructors are names, nothing is called", "[base]") {
  CHECK(read("cmy.module\nmake\n(I1\ntR}b.") == "my.module make(1)+{}");
  CHECK(read("\x8c\x09my.module\x8c\x04make\x93."s) == "<my.module make>");
  CHECK(read("c_codecs\nencode\n(V\xe9\nVlatin1\ntR.") == "b'\xe9'");
  CHECK(read("ccollections\nOrderedDict\n)R(V1\nI2\nu}b.") == "{'1' 2}+{}");
  CHECK(read("ccollections\nOrderedDict\n((lp0\n(lp1\nI1\naI2\naatR.") == "{1 2}");
  auto ids = options();
  ids.persistent_ids = true;
  CHECK(read("K\x01Q.", ids) == "pid(1)");
}

TEST_CASE("pickle: what makes objects in another way is refused by name", "[base]") {
  CHECK(fault("cposix\nsystem\n(S'ls'\ntR.") ==
        "f.p: expected a pickle of plain data, found the constructor 'posix.system' at byte 0");
  CHECK(fault("\x8c\x02os\x8c\x06system\x93."s).find("'os.system' at byte 12") !=
        std::string::npos);
  CHECK(fault("(S'x'\nios\nsystem\n.").find("instance of 'os.system'") != std::string::npos);
  // "my.module make" split at another place is another name.
  CHECK_FALSE(fault("cmy\nmodule make\n.").empty());
  for (std::string bad : {"(cmy.module\nmake\no."s, "cmy.module\nmake\n)\x81."s, "\x82\x01."s,
                          "cmy.module\nmake\n)}\x92."s, "Pid\n."s, "K\x01Q."s, "\x97."s, "\xff."s,
                          "K\x01)R."s, "]}b."s, "}}b."s})
    CHECK_FALSE(fault(bad).empty());
}

TEST_CASE("pickle: limits", "[base]") {
  CHECK(fault("\x80\x06N.").find("protocol") != std::string::npos);
  CHECK(fault("N.N").find("after the pickle's end") != std::string::npos);
  CHECK(fault("NN.").find("left over") != std::string::npos);
  CHECK(fault("\x8a\x09\0\0\0\0\0\0\0\x80\0."s).find("64 bits") != std::string::npos);
  CHECK(fault("I99999999999999999999\n.").find("64-bit") != std::string::npos);
  CHECK(fault("B\xff\xff\xff\xff.").find("truncated") != std::string::npos);
  CHECK(fault("\x8d\xff\xff\xff\xff\xff\xff\xff\xff.").find("truncated") != std::string::npos);
  CHECK(fault("\x95\xff\xff\xff\xff\xff\xff\xff\x7fN.").find("frame") != std::string::npos);
  CHECK(fault("Nr\xff\xff\xff\xff.").find("memo") != std::string::npos);
  CHECK(fault("Np-1\n.").find("memo") != std::string::npos);
  CHECK(fault("g0\n.").find("memo") != std::string::npos);
  CHECK(fault("]q\0h\0a."s).find("contains itself") != std::string::npos);
  CHECK(fault("cmy.module\nmake\n)Rq\0h\0b."s).find("contains itself") != std::string::npos);
  CHECK(fault(std::string(1000000, ']') + std::string(999999, 'a') + ".").find("deep") !=
        std::string::npos);
  CHECK(fault(std::string(5000000, 'N') + ".").find("too many") != std::string::npos);
  // Billion laughs: each list holds the one before ten times.
  std::string laughs = "]q\0"s;
  for (char i = 0; i < 20; ++i)
    laughs += "]("s +
              [&] {
                std::string s;
                for (int k = 0; k < 10; ++k) s += "h"s + i;
                return s;
              }() +
              "eq" + static_cast<char>(i + 1);
  laughs +=
      "h"
      "\x14"
      "\x86."s;
  CHECK_FALSE(fault(laughs).empty());
  // One text encoded again and again.
  std::string grows = "(Va" + std::string(1000, 'b') + "\nq\0"s;
  for (int i = 0; i < 100; ++i) grows += "c_codecs\nencode\nh\0Vlatin1\n\x86R"s;
  CHECK(fault(grows + "t.").find("grows") != std::string::npos);
}

TEST_CASE("pickle: truncations and flips", "[base]") {
  std::string good =
      "\x80\x04\x95\x10\0\0\0\0\0\0\0]\x94(K\x01X\x02\0\0\0abC\x01xG?\xf8\0\0\0\0\0\0"
      "}\x94(\x8c\x01kM\x01\x02uc_codecs\nencode\nV\xe9\nVlatin1\n\x86Rccollections\nOrderedDict\n)"
      "R}"
      "bcmy.module\nmake\nK\x01\x85RNbh\x01L12L\nF1.5\nS'a\\x41'\ne."s;
  CHECK(
      read(good) ==
      "[1 'ab' b'x' 1.5f {'k' 513} b'\xe9' {}+{} my.module make(1)+None {'k' 513} 12 1.5f b'aA']");
  test::refuse_truncations(good, [](const std::string& bytes) { read(bytes); });
  test::flip_bytes(good, 5000, [](const std::string& bytes) { read(bytes); });
}

TEST_CASE("pickle: a gap within one object of bytes", "[base]") {
  // A tuple of 1000 bytes and 7, of which the 100 bytes before the gap and 100 after it are there.
  auto whole = "(B\xe8\x03\0\0"s + std::string(1000, 'x') + "K\x07t.";
  auto with_gap = [&](const std::string& all, size_t begin, size_t end) {
    PickleOptions options;
    options.gap = {begin, end - begin};
    auto ends = all.substr(0, begin) + all.substr(end);
    return shown(Pickle(ends, "f", options).root());
  };
  CHECK(with_gap(whole, 100, whole.size() - 100) == "(1000 bytes at 6 7)");
  CHECK(with_gap(whole, 6, 1006) == "(1000 bytes at 6 7)");
  // The gap reaches beyond the bytes, begins before them, or lies in a text or a line.
  CHECK_THROWS_AS(with_gap(whole, 100, 1007), PickleGapTouched);
  CHECK_THROWS_AS(with_gap(whole, 5, 1000), PickleGapTouched);
  auto text = whole;
  text[1] = 'X';
  CHECK_THROWS_AS(with_gap(text, 100, 900), PickleGapTouched);
  CHECK_THROWS_AS(with_gap("V"s + std::string(1000, 'x') + "\n.", 100, 900), PickleGapTouched);
  CHECK_THROWS_AS(with_gap("K\x01."s + std::string(1000, 'x'), 100, 900), UserError);
}

TEST_CASE("pickle: a memo place far ahead takes no memory", "[base]") {
  auto far = "(B\x80\x96\x98\0"s + std::string(10000000, 'x') + "r\x70\x96\x98\0t."s;
  CHECK(test::refusal([&] { Pickle(far, "f", {}); }).find("a memo place far ahead") !=
        std::string::npos);
}
