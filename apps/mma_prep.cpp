#include <cstdint>
#include <string>
#include <vector>

#include "base/stop.h"
#include "base/version.h"
#include "command_line.h"
#include "data/demo/demo.h"
#include "data/demo/untrained_backbone.h"
#include "data/pack_identity.h"
#include "data/pack_merge.h"
#include "data/prep.h"
#include "data/shard.h"

namespace {

void add_source(CLI::App& command, mma::PrepOptions& options) {
  command
      .add_option("description", options.description,
                  "YAML that says where the raw data are, as in data_prep/")
      ->required();
  command.add_option("--root", options.root, "folder of the raw data")->required();
  mma::add_missing(command, options.missing_absent, "a sample without a feature file");
  command
      .add_option("--workers", options.workers, "threads that read features (default: two a core)")
      ->check(CLI::Range(1, 1024));
  command
      .add_option("--max-memory", options.max_memory,
                  "memory for feature files that cannot be averaged as they are read, as 4GB "
                  "(default: 1GB)")
      ->transform(CLI::AsSizeValue(false));
}

}  // namespace

int main(int argc, char** argv) {
  mma::start_process();
  CLI::App app{"Prepares data for mma: raw tables and feature files in, one HDF5 file out."};
  app.set_version_flag("--version", mma::version());
  app.require_subcommand(1);
  mma::PrepOptions options;
  mma::BackboneOptions backbone;
  std::filesystem::path pack, demo;
  std::string shard;
  std::vector<std::filesystem::path> parts;
  bool all_labels = false;

  auto* build =
      app.add_subcommand("build", "read and check a raw data set and write it as one file");
  add_source(*build, options);
  build->add_option(
      "--tokenizer", options.tokenizer,
      "the backbone's folder, a vocab.txt, tokenizer.json or SentencePiece .model; not "
      "needed for data without text");
  build->add_option("--out", options.out, "the file to write (.h5)")->required();
  build->add_option("--shard", shard,
                    "write part I of N alone, as 3/16, for a data set on several machines; then "
                    "mma-prep merge");
  build->add_flag("--resume", options.resume,
                  "keep the features that were read in OUT.journal until the pack is written: "
                  "stopped, killed or refused for its data, the same command goes on from there");
  auto* merge = app.add_subcommand(
      "merge", "join the parts of build --shard to the bytes that one build of all gives");
  merge->add_option("parts", parts, "all N parts, in any order")->required();
  merge->add_option("--out", options.out, "the file to write (.h5)")->required();
  auto* check = app.add_subcommand("check", "report every fault of a raw data set; writes nothing");
  add_source(*check, options);
  auto* info = app.add_subcommand("info", "what is in a file that build wrote");
  info->add_option("pack", pack, "file to describe (.h5)")->required();
  info->add_flag("--all-labels", all_labels, "show every label, not the hundred most frequent");
  auto* verify = app.add_subcommand(
      "verify", "read a file that build wrote wholly, and compare it with the hashes in it");
  verify->add_option("pack", pack, "file to verify (.h5)")->required();
  auto* make_demo = app.add_subcommand(
      "demo", "a small synthetic raw data set and a tiny backbone, for trying things out");
  make_demo->add_option("folder", demo, "folder to write into")->required();
  auto* make_backbone =
      app.add_subcommand("backbone", "an untrained backbone, for smoke tests and benchmarks");
  make_backbone
      ->add_option("--size", backbone.size, "tiny (2 x 128), mini (4 x 256) or base (12 x 768)")
      ->required()
      ->check(CLI::IsMember({"tiny", "mini", "base"}));
  make_backbone->add_option("--vocab", backbone.vocab, "vocab.txt whose words it has")->required();
  make_backbone->add_option("--out", backbone.out, "folder to write")->required();

  if (auto code = mma::read_flags(app, argc, argv)) return *code;
  return mma::guarded([&] {
    mma::watch_stop_signals();
    if (!shard.empty()) options.shard = mma::parse_shard(shard);
    if (build->parsed()) mma::print_result(mma::build_pack(options));
    if (merge->parsed()) mma::print_result(mma::merge_parts(parts, options.out));
    if (check->parsed()) mma::print_result(mma::check_data_set(options));
    if (info->parsed()) mma::print_result(mma::describe_pack(pack, all_labels ? SIZE_MAX : 100));
    if (verify->parsed()) mma::print_result(mma::verify_pack(pack));
    if (make_demo->parsed()) mma::print_result(mma::write_demo(demo));
    if (make_backbone->parsed()) mma::print_result(mma::write_untrained_backbone(backbone));
  });
}
