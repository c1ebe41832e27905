"""What bench/versus and bench/gpu share: the programs, the peer, and the data that they measure on."""
import array
import itertools
import json
import os
import random
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
RECIPE = ROOT / "recipes/movies/mm_adapter.yaml"
BOTTLENECK, DROPOUT = 128, 0.2  # given to both sides
MODALITIES = {"video": 4096, "poster": 4096, "audio": 96, "metadata": 312}  # of `long`
PINS = ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE")  # kernels other than this processor's own


class Skip(Exception):
    """Why a row cannot be measured here."""


class Failure(Exception):
    """A program failed."""

    def __init__(self, text, code=None):
        super().__init__(text)
        self.code = code  # its exit code


def say(text):
    print(text, file=sys.stderr, flush=True)


def once(path, make):
    """A file or folder that is made if it is not there; an interrupted one does not count."""
    if not path.exists():
        part = path.with_name("part-" + path.name)
        shutil.rmtree(part, ignore_errors=True)
        make(part)
        part.rename(path)
    return path


def add_options(parser, programs):
    """The options that a Bench reads, beside `work` and `device`."""
    parser.add_argument("--shared", type=Path, default=Path(os.environ.get("MMA_SHARED", ROOT.parent / "shared")))
    parser.add_argument("--bin", type=Path, default=programs)
    parser.add_argument("--python", metavar="CMD", help="the peer's Python")
    parser.add_argument("--no-peer", action="store_true", help="measure mma alone")
    parser.add_argument("--attention", choices=["sdpa", "eager"], default="sdpa",
                        help="the peer's; sdpa is what transformers takes by itself")
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--size", choices=["tiny", "mini", "base"], default="base",
                        help="the backbone's; the targets are those of base, others are for trying this out")


class Bench:
    """What the rows share: programs, the peer, data made in WORK."""

    def __init__(self, options):
        self.options = options
        self.work = options.work.resolve()
        self.bin = options.bin.resolve()
        self.environment = {k: v for k, v in os.environ.items() if k not in PINS}
        self.environment["OMP_NUM_THREADS"] = str(options.threads)
        self.python = None if options.no_peer else self.find_python()
        self.no_peer = "" if self.python else "no Python with PyTorch and transformers (bench/peer/setup makes one)"
        if options.no_peer:
            self.no_peer = "--no-peer"

    # Programs.
    def run(self, command):
        done = subprocess.run([str(word) for word in command], env=self.environment, capture_output=True, text=True)
        if done.returncode != 0:
            tail = "\n".join((done.stderr or done.stdout).splitlines()[-15:])
            raise Failure(f"{shlex.join(map(str, command))}\nexit code {done.returncode}:\n{tail}", done.returncode)
        return done

    def mma(self, program, *arguments):
        return self.run([self.bin / program, *arguments])

    def find_python(self):
        given = self.options.python
        ours = ROOT / "build/peer/python"
        command = shlex.split(given) if given else [str(ours)] if ours.exists() else ["python3"]
        try:
            self.run([*command, "-c", "import h5py, torch, transformers"])
        except (Failure, FileNotFoundError) as error:
            if given:
                raise Failure(f"--python {given}: {error}") from None
            return None
        return command

    def peer(self, command, pack, modalities, *arguments):
        """What the peer measured, or None without a peer."""
        if not self.python:
            return None
        done = self.run([*self.python, ROOT / "bench/peer/peer.py", command, "--data", pack,
                         "--backbone", self.backbone(), "--modalities", *modalities, "--bottleneck", BOTTLENECK,
                         "--dropout", DROPOUT, "--threads", self.options.threads,
                         "--attention", self.options.attention, "--device", self.options.device, *arguments])
        return json.loads(done.stdout.splitlines()[-1])

    def train(self, name, pack, seed, *settings, flags=()):
        """Trains WORK/runs/NAME anew with the recipe of movies; its step reports."""
        run = self.work / "runs" / name
        shutil.rmtree(run, ignore_errors=True)
        run.parent.mkdir(exist_ok=True)
        self.mma("mma-train", *self.train_arguments(run, pack, seed, *settings), *flags)
        lines = [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()]
        return [line for line in lines if "samples_per_second" in line]

    def evaluate(self, run, pack, device, *arguments):
        """Evaluates the test split; samples/s, as mma-eval says them."""
        said = self.mma("mma-eval", run, "--data", pack, "--backbone", self.backbone(), "--split", "test",
                        "--device", device, *arguments).stderr
        rate = re.search(r"([\d.]+) samples/s; written", said)
        if not rate:
            raise Failure(f"mma-eval gives no samples/s:\n{said}")
        return float(rate[1])

    def train_arguments(self, run, pack, seed, *settings):
        return [*self.recipe_arguments(pack, seed, *settings), "--out", run]

    def recipe_arguments(self, pack, seed, *settings):
        """What mma-train and mma-bench both read."""
        sets = [f"device={self.options.device}", f"seed={seed}", f"model.bottleneck={BOTTLENECK}",
                f"model.dropout={DROPOUT}", "model.summary=auto", *settings]
        return [RECIPE, "--data", pack, "--backbone", self.backbone(),
                *itertools.chain.from_iterable(("--set", setting) for setting in sets)]

    # Data.
    def backbone(self):
        """An untrained BERT."""
        size = self.options.size
        return once(self.work / f"backbone-{size}", lambda out: self.mma(
            "mma-prep", "backbone", "--size", size, "--vocab", self.vocabulary(), "--out", out))

    def vocabulary(self):
        return self.shared("vocab/bert_base_uncased_vocab.txt")

    def shared(self, name):
        path = self.options.shared / name
        if not path.exists():
            raise Skip(f"{name} is not in the shared folder ({self.options.shared})")
        return path.resolve()

    def movies(self, **rows):
        """The movies as a pack, splits cut to so many rows."""
        name = "-".join(["movies", *(f"{split}{count}" for split, count in rows.items())])
        source = self.shared("data/movies")

        def copy(folder):
            for file in source.rglob("*"):
                if file.is_file():
                    to = folder / file.relative_to(source)
                    to.parent.mkdir(parents=True, exist_ok=True)
                    shutil.copyfile(file, to)
            for split, count in rows.items():
                table = folder / f"{split}.jsonl"
                table.write_text("".join(table.read_text().splitlines(keepends=True)[:count]))

        raw = once(self.work / name, copy)
        return self.build(name, ROOT / "data_prep/movies.yaml", raw)

    def long_texts(self):
        """64 texts that are cut at 512 tokens, with four modalities."""
        words = [word for word in self.vocabulary().read_text().split("\n") if word.isascii() and word.isalpha()]

        def write(folder):
            draw = random.Random(1)
            for name in MODALITIES:
                (folder / name).mkdir(parents=True)
            with open(folder / "train.jsonl", "w") as table:
                for i in range(64):
                    text = " ".join(draw.choices(words, k=600))
                    labels = [["a"], ["b"], ["a", "b"]][i % 3]
                    table.write(json.dumps({"id": f"s{i}", "text": text, "labels": labels}) + "\n")
                    for name, width in MODALITIES.items():
                        write_npy(folder / name / f"s{i}.npy", [draw.gauss(0, 1) for _ in range(width)])
            modalities = "".join(f'  {name}: {{path: "{name}/{{id}}.npy", dim: {width}}}\n'
                                 for name, width in MODALITIES.items())
            (folder / "data.yaml").write_text(
                "name: long\nsplits: {train: train.jsonl}\nid: id\ntext: text\nmax_length: 512\n"
                f"labels: {{field: labels, kind: multilabel}}\nmodalities:\n{modalities}")

        raw = once(self.work / "long", write)
        return self.build("long", raw / "data.yaml", raw)

    def build(self, name, description, raw):
        pack = self.work / f"{name}.h5"
        if not pack.exists():  # mma-prep leaves no half-written pack
            self.mma("mma-prep", "build", description, "--root", raw, "--tokenizer", self.backbone(), "--out", pack)
        return pack


def write_npy(path, values):
    """A float32 vector in numpy's format, version 1.0."""
    header = f"{{'descr': '<f4', 'fortran_order': False, 'shape': ({len(values)},), }}"
    header = header.ljust(128 - 10 - 1) + "\n"
    numbers = array.array("f", values)
    if sys.byteorder == "big":
        numbers.byteswap()
    path.write_bytes(b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header.encode() + numbers.tobytes())


def over_time(reports, warm):
    """The reports after step `warm` as one: rates averaged over time."""
    used, before = [], 0
    for report in reports:
        if report["step"] > warm:
            # The number of samples cancels out: all batches are full.
            used.append(((report["step"] - before) / report["samples_per_second"], report))
        before = report["step"]
    total = sum(seconds for seconds, _ in used)
    mean = {key: sum(seconds * report[key] for seconds, report in used) / total
            for key in ("samples_per_second", "tokens_per_second", "matrix_peak_share", "data_wait_fraction")}
    return {**mean, "peak_memory_bytes": used[-1][1]["peak_memory_bytes"], "loss": used[-1][1]["loss"],
            "steps": used[-1][1]["step"]}


def number(value):
    return "-" if value is None else f"{value:.0f}" if value >= 100 else f"{value:.3g}"
