#include "base/config.h"

#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch_test_macros.hpp>
#include <csignal>
#include <fstream>

#include "base/stop.h"
#include "support/cpu_time.h"
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
  CHECK(faults_of("a: " + std::string(17, '[') + std::string(17, ']'), o) ==
        "r.yaml:1: nested deeper than 16");
  CHECK(faults_of(std::string(100000, '['), o).substr(0, 10) == "r.yaml:1: ");
  CHECK(faults_of("words: [\":[\", \":[\"]  # " + std::string(100, '['), o) == "");
  CHECK(faults_of("[a]: 1\n", o) == "r.yaml:1: expected a word as key, found a list or mapping");
  CHECK(faults_of("~: 1\n", o) == "r.yaml:1: expected a word as key, found none");
  CHECK(faults_of("- 1\n", o) == "r.yaml:1: expected a mapping of keys to values");
}

TEST_CASE("config: a dump reads back the same", "[base]") {
  Outer o, back;
  o.inner.lr = 0.1;
  o.words = {"", "null", "NULL", "a b", "1"};
  o.map = {{"k", "v: w"}};
  o.parts = {"p"};
  o.part = {Inner{0.25, "b"}};
  auto text = dump_yaml([&](Fields& f) { o.fields(f); });
  CHECK(faults_of(text, back) == "");
  CHECK(dump_yaml([&](Fields& f) { back.fields(f); }) == text);
  CHECK(back.inner.lr == 0.1);
  CHECK(back.words == o.words);
}

TEST_CASE("config: a key given twice is refused, at any place", "[base]") {
  Outer o;
  CHECK(
      faults_of("seed: 1\ninner:\n  lr: 0.1\n  lr: 0.2\nmap: {a: 1, b: 2, a: 3}\nparts:\n  p: {}\n"
                "  p: {}\nseed: 1\nother: {x: 1, x: 2}\n",
                o)
          .starts_with("r.yaml:4: inner.lr: given twice, first in line 3\n"
                       "r.yaml:5: map.a: given twice, first in line 5\n"
                       "r.yaml:8: parts.p: given twice, first in line 7\n"
                       "r.yaml:9: seed: given twice, first in line 1\n"
                       "r.yaml:10: other.x: given twice, first in line 10\n"
                       "r.yaml:10: other: unknown key"));
  CHECK(o.parts == Names{"p"});
}

TEST_CASE("config: one document, and no aliases", "[base]") {
  Outer o;
  CHECK(faults_of("seed: 1\n---\nseed: 2\n", o) ==
        "r.yaml:2: a second document begins here; expected one in a file");
  CHECK(faults_of("---\nseed: 1\n...\n", o) == "");
  CHECK(faults_of("words: &w [a]\nmap: *w\n", o) ==
        "r.yaml:2: aliases (*name) are not read; write out what it stands for");
  std::string bomb = "a0: &a0 [x]\n";
  for (int i = 1; i <= 12; ++i) {
    bomb += fmt::format("a{}: &a{} [*a{}", i, i, i - 1);
    for (int k = 1; k < 10; ++k) bomb += fmt::format(", *a{}", i - 1);
    bomb += "]\n";
  }
  CHECK(faults_of(bomb, o) ==
        "r.yaml:2: aliases (*name) are not read; write out what it stands for");
}

TEST_CASE("config: overrides reach into mappings with free names", "[base]") {
  Outer o;
  CHECK(faults_of("map: {a: 1}\nparts: {p: {lr: 0.1}, a.b: {lr: 0.2}}\n", o,
                  {"map.a=x", "map.b.c=runs/mm", "parts.p.kind=b", "parts.a.b.lr=0.3",
                   "parts.new.lr=0.4", "parts.whole={lr: 0.5}"}) == "");
  CHECK(o.map == OrderedMap{{"a", "x"}, {"b.c", "runs/mm"}});
  CHECK(o.parts == Names{"p", "a.b", "new", "whole"});
  CHECK(o.part[0].lr == 0.1);
  CHECK(o.part[0].kind == "b");
  CHECK(o.part[1].lr == 0.3);
  CHECK(o.part[2].lr == 0.4);
  CHECK(o.part[3].lr == 0.5);
  Outer empty;
  CHECK(faults_of("", empty, {"map.a=1", "parts.q.lr=1"}) == "");
  CHECK(empty.map == OrderedMap{{"a", "1"}});
  CHECK(empty.parts == Names{"q"});
  CHECK(faults_of("", empty, {"map.a=[1]", "parts.q=1", "parts.r.lrr=1"}) ==
        "--set map.a: expected a word\n"
        "--set parts.q: expected a mapping, as in {key: value}\n"
        "--set parts.r.lrr: unknown key 'parts.r.lrr', did you mean 'parts.r.lr'?; known: flag, "
        "inner, inner.kind, inner.lr, map, parts, parts.r.kind, parts.r.lr, seed, words");
}

TEST_CASE("config: an override's last part is enough to be understood", "[base]") {
  Outer o;
  CHECK(faults_of("", o, {"lr=1"})
            .starts_with("--set lr: unknown key 'lr', did you mean 'inner.lr'?"));
}

TEST_CASE("config: JSON into the same fields, its types kept apart", "[base]") {
  Outer o;
  auto read = [&](const std::string& json, const std::vector<std::string>& required = {}) {
    Faults faults;
    read_json_fields(
        json, "c.json", [&](Fields& f) { o.fields(f); }, faults, required);
    return faults.message();
  };
  CHECK(read(R"({"seed": 7, "flag": true, "words": ["p", "null"], "map": {"b": "1", "a": "x"},
                 "inner": {"lr": 1e-3}, "parts": {"z": {"lr": 0.1}, "y": {"kind": "b"}}})") == "");
  CHECK(o.seed == 7);
  CHECK(o.words == Names{"p", "null"});
  CHECK(o.map == OrderedMap{{"b", "1"}, {"a", "x"}});
  CHECK(o.parts == Names{"z", "y"});
  Outer back;
  auto text = dump_json([&](Fields& f) { o.fields(f); });
  Faults none;
  read_json_fields(
      text, "c.json", [&](Fields& f) { back.fields(f); }, none);
  CHECK(none.empty());
  CHECK(dump_json([&](Fields& f) { back.fields(f); }) == text);
  CHECK(read(R"({"seed": "7", "flag": "true", "words": ["p", null], "map": {"b": 1},
                 "inner": {"lr": null, "kind": 1, "lrr": 2}, "parts": [1]})",
             {"seed", "inner.kind", "other"}) ==
        "c.json: seed: expected a number, true or false, found a text\n"
        "c.json: flag: expected a number, true or false, found a text\n"
        "c.json: words: expected a list of words\n"
        "c.json: map: expected a mapping from words to words\n"
        "c.json: inner.lr: expected one value, found none\n"
        "c.json: inner.kind: expected a text\n"
        "c.json: inner.lrr: unknown key 'lrr', did you mean 'lr'?; known: lr, kind\n"
        "c.json: parts: expected a mapping, as in {name: {key: value}}\n"
        "c.json: other: missing, and it has no default");
  CHECK(read(R"({"parts": {"a": {}, "b": {}, "a": {}}})") ==
        "c.json: expected a JSON object without repeated keys, found 'parts.a' twice");
  CHECK(read("[]") == "c.json: expected a JSON object, found something else");
}

TEST_CASE("config: any megabyte is read or refused within two seconds", "[base]") {
  constexpr int kBytes = 1 << 20;
  auto repeat = [](const std::string& head, const char* piece, const std::string& tail) {
    auto text = head;
    for (int i = 0; text.size() + 20 < kBytes; ++i) text += fmt::format(fmt::runtime(piece), i);
    return text + tail;
  };
  const std::string texts[] = {repeat("", "k{:06}: 1\n", ""),
                               repeat("", "k{:0100}: 1\n", ""),
                               repeat("", "{:x}:\n", ""),
                               repeat("", "a:\n", ""),
                               repeat("words: [", "a,", "]\n"),
                               repeat("words: [", "&a [],", "]\n"),
                               repeat("map:\n", "  p{}: a\n", ""),
                               repeat("parts:\n", "  p{}: {{x: 1}}\n", ""),
                               repeat("inner: {", "k{:07}: 1,", "}\n"),
                               repeat("", "- ", ""),
                               repeat("", "? ", ""),
                               repeat("a: ", "{{", ""),
                               repeat("a: \"", "\n", "\"\n"),
                               repeat("a: x", " ", "y\n")};
  for (auto& text : texts) {
    CAPTURE(text.substr(0, 40));
    Outer o;
    test::CpuTime time;
    faults_of(text, o, {"seeed=1"});
    CHECK(time.seconds() < 2);
  }
}

TEST_CASE("config: a signal ends a program while it reads", "[base]") {
  std::string text = "words: [";
  for (int i = 0; i < 10'000; ++i) text += "a,";
  pid_t child = ::fork();
  if (child == 0) {  // the flag of a signal stays for a program's life
    watch_stop_signals();
    std::raise(SIGTERM);
    Outer o;
    try {
      faults_of(text + "]\n", o);
    } catch (const Stopped& e) {
      ::_exit(e.exit_code());
    }
    ::_exit(0);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  CHECK(WIFEXITED(status));
  CHECK(WEXITSTATUS(status) == 128 + SIGTERM);
}
