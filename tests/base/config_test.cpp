#include "base/config.h"

#include <catch2/catch_test_macros.hpp>
#include <fstream>

#include "support/paths.h"

using namespace mma;

namespace {

struct Inner {
  double lr = 0.5;
  std::string kind = "a";
  void fields(Fields& f) {
    f.field("lr", lr, "rate", {0, 1});
    f.field("kind", kind, "which", {"a", "b"});
  }
};
struct Outer {
  int64_t seed = 1;
  bool flag = false;
  Names words{"x"};
  OrderedMap map;
  Inner inner;
  Names parts;
  std::vector<Inner> part;
  void fields(Fields& f) {
    f.field("seed", seed, "the seed", {0, 100});
    f.field("flag", flag, "a flag");
    f.field("words", words, "words");
    f.field("map", map, "a map");
    f.section(
        "inner", [this](Fields& g) { inner.fields(g); }, "the inner part");
    f.sections(
        "parts", parts,
        [this](const std::string& name, Fields& g) {
          auto i = static_cast<size_t>(std::find(parts.begin(), parts.end(), name) - parts.begin());
          if (part.size() <= i) part.resize(i + 1);
          part[i].fields(g);
        },
        "named parts");
  }
};

std::string faults_of(const std::string& yaml, Outer& outer, std::vector<std::string> set = {}) {
  test::ScratchDir dir;
  std::ofstream(dir / "r.yaml") << yaml;
  Faults faults;
  read_yaml(
      dir / "r.yaml", [&](Fields& f) { outer.fields(f); }, faults, set);
  auto text = faults.message();
  for (size_t at; (at = text.find(dir.path.string() + "/")) != std::string::npos;)
    text.erase(at, dir.path.string().size() + 1);
  return text;
}

}  // namespace

TEST_CASE("config: values, order of named parts, overrides", "[base]") {
  Outer o;
  CHECK(faults_of("seed: 7\nflag: true\nwords: [p, q]\nmap: {b: 1, a: 2}\ninner: {lr: 1e-3}\n"
                  "parts: {z: {lr: 0.1}, y: {kind: b}}\n",
                  o, {"inner.kind=b", "seed=9"}) == "");
  CHECK(o.seed == 9);
  CHECK(o.flag);
  CHECK(o.words == Names{"p", "q"});
  CHECK(o.map == OrderedMap{{"b", "1"}, {"a", "2"}});
  CHECK(o.inner.lr == 1e-3);
  CHECK(o.inner.kind == "b");
  CHECK(o.parts == Names{"z", "y"});
  CHECK(o.part[1].kind == "b");
}

TEST_CASE("config: every fault at once, with line and nearest name", "[base]") {
  Outer o;
  CHECK(faults_of("sed: 7\nflag: maybe\ninner:\n  lr: 3\n  kind: c\n  lr2: 1\nseed: 1.5\n", o,
                  {"inner.lrr=1", "words=x"}) ==
        "r.yaml:7: seed: expected a whole number, found '1.5'\n"
        "r.yaml:2: flag: expected true or false, found 'maybe'\n"
        "--set words: expected a list, as in [a, b]\n"
        "r.yaml:4: inner.lr: 3 is out of range, expected 0 to 1\n"
        "r.yaml:5: inner.kind: unknown value 'c', did you mean 'a'?; known: a, b\n"
        "r.yaml:6: inner.lr2: unknown key 'lr2', did you mean 'lr'?; known: lr, kind\n"
        "r.yaml:1: sed: unknown key 'sed', did you mean 'seed'?; known: seed, flag, words, map, "
        "inner, parts\n"
        "--set inner.lrr: unknown key 'inner.lrr', did you mean 'inner.lr'?; known: flag, inner, "
        "inner.kind, inner.lr, map, parts, seed, words");
}

TEST_CASE("config: what is not YAML or nests without end is one line", "[base]") {
  Outer o;
  CHECK(faults_of("a: [1, 2", o).substr(0, 7) == "r.yaml:");
  CHECK(faults_of(std::string(100000, '['), o) == "r.yaml: more than 64 open brackets");
  CHECK(faults_of("- 1\n", o) == "r.yaml:1: expected a mapping of keys to values");
}

TEST_CASE("config: a dump reads back the same", "[base]") {
  Outer o, back;
  o.inner.lr = 0.1;
  o.words = {"", "null", "a b", "1"};
  o.map = {{"k", "v: w"}};
  o.parts = {"p"};
  o.part = {Inner{0.25, "b"}};
  auto text = dump_yaml([&](Fields& f) { o.fields(f); });
  CHECK(faults_of(text, back) == "");
  CHECK(dump_yaml([&](Fields& f) { back.fields(f); }) == text);
  CHECK(back.inner.lr == 0.1);
  CHECK(back.words == o.words);
}
