#!/usr/bin/env python3
"""The same training as people run it today, in plain PyTorch: transformers' BertModel, frozen, with
Multimodal Adapters after both sub-layers of every layer, and an eager loop over padded batches.

Usage:
  peer.py train    --data P.h5 --backbone DIR --modalities metadata --steps 24 --warm 8
  peer.py evaluate --data P.h5 --backbone DIR --modalities metadata --split test --batch 32
  peer.py check    --data P.h5 --backbone DIR --modalities metadata --split test
                   --adapter RUN/model/adapter.safetensors --predictions RUN/eval/test/predictions.jsonl

P.h5 is a pack of mma-prep, DIR a BERT in Hugging Face's layout. Prints one JSON object: rates over
the steps after --warm (tokens without padding, and with it), the process's peak memory, versions.
`check` puts a model that mma-train made into this one and prints the largest difference of its
scores to those that mma-eval wrote: the evidence that both compute the same function.

Nothing here is tuned: the GMU is computed for each token as its formula says, batches are padded to
their longest text, every layer computes every token, dropout is PyTorch's.
"""
import argparse
import itertools
import json
import os
import resource
import time

os.environ["HF_HUB_OFFLINE"] = "1"

import h5py
import torch
import transformers
from order import EpochOrder
from safetensors.torch import load_file
from torch import nn
from torch.nn.functional import binary_cross_entropy_with_logits, cross_entropy, gelu


class Samples(torch.utils.data.Dataset):
    """A split of a pack, in memory."""

    def __init__(self, file, split, modalities):
        with h5py.File(file) as pack:
            kind = pack.attrs["label_kind"]
            self.multiclass = (kind.decode() if isinstance(kind, bytes) else kind) == "multiclass"
            self.label_names = [name.decode() for name in pack["labels/names"][:]]
            group = pack[split]
            self.ids = [name.decode() for name in group["id"][:]]
            self.labels = torch.from_numpy(group["labels"][:]).float()
            self.offsets = group["text/offsets"][:]
            self.tokens = torch.from_numpy(group["text/values"][:]).long()
            self.modalities = {name: torch.from_numpy(group[name][:]) for name in modalities}
            if not all(group[name + "_present"][:].all() for name in modalities):
                raise SystemExit(f"{file}: some samples lack a modality, which this model cannot express")

    def widths(self):
        return {name: values.shape[1] for name, values in self.modalities.items()}

    def __len__(self):
        return len(self.ids)

    def __getitem__(self, i):
        tokens = self.tokens[self.offsets[i]:self.offsets[i + 1]]
        return tokens, self.labels[i], {name: values[i] for name, values in self.modalities.items()}


def pad(samples):
    """A batch: each text padded to the longest."""
    tokens, labels, modalities = zip(*samples)
    mask = nn.utils.rnn.pad_sequence([torch.ones_like(ids) for ids in tokens], batch_first=True)
    return {"ids": nn.utils.rnn.pad_sequence(tokens, batch_first=True), "mask": mask,
            "labels": torch.stack(labels),
            "modalities": {name: torch.stack([m[name] for m in modalities]) for name in modalities[0]}}


class Adapter(nn.Module):
    """x + W_up GMU(h_text, h_1, ...), h_i = gelu(W_i LN(x_i)); parameters named as mma names them."""

    def __init__(self, hidden, bottleneck, widths):
        super().__init__()
        inputs = {"text": hidden, **widths}
        self.norm = nn.ModuleDict({name: nn.LayerNorm(width, eps=1e-5) for name, width in inputs.items()})
        self.down = nn.ModuleDict({name: nn.Linear(width, bottleneck) for name, width in inputs.items()})
        gates = [] if len(inputs) == 1 else ["text"] if len(inputs) == 2 else inputs
        self.gate = nn.ModuleDict({name: nn.Linear(len(inputs) * bottleneck, bottleneck, bias=False)
                                   for name in gates})
        self.up = nn.Linear(bottleneck, hidden)

    def project(self, name, x):
        return gelu(self.down[name](self.norm[name](x)), approximate="tanh")

    def forward(self, x, modalities):
        h = [self.project("text", x)]  # [B, T, p]
        for name, values in modalities.items():
            h.append(self.project(name, values).unsqueeze(1).expand(-1, x.shape[1], -1))
        return x + self.up(self.gmu(h))

    def gmu(self, h):
        if len(h) == 1:
            return h[0]
        c = torch.cat(h, dim=-1)
        if len(h) == 2:
            z = torch.sigmoid(self.gate["text"](c))
            return z * h[0] + (1 - z) * h[1]
        return sum(torch.sigmoid(gate(c)) * h_i for gate, h_i in zip(self.gate.values(), h))


class Classifier(nn.Module):
    def __init__(self, hidden, labels, dropout):
        super().__init__()
        self.dense = nn.Linear(hidden, hidden)
        self.dropout = nn.Dropout(dropout)
        self.norm = nn.LayerNorm(hidden, eps=1e-12)
        self.out = nn.Linear(hidden, labels)

    def forward(self, x):
        return self.out(self.norm(gelu(self.dropout(self.dense(x)), approximate="tanh")))


class Peer(nn.Module):
    """BertModel whose sub-layers' outputs go through an adapter before residual sum and LayerNorm."""

    def __init__(self, options, samples):
        super().__init__()
        dropout = {} if options.dropout is None else {
            "hidden_dropout_prob": options.dropout, "attention_probs_dropout_prob": options.dropout}
        self.bert = transformers.BertModel.from_pretrained(
            options.backbone, dtype=torch.float32, attn_implementation=options.attention, **dropout)
        config = self.bert.config
        self.modalities = {}  # of the batch in work
        layers = nn.ModuleList()
        for layer in self.bert.encoder.layer:
            places = {"attention": layer.attention.output, "output": layer.output}
            layers.append(nn.ModuleDict({name: self.insert(place, options.bottleneck, samples.widths())
                                         for name, place in places.items()}))
        self.adapters = nn.ModuleDict({"layer": layers})
        self.classifier = Classifier(config.hidden_size, len(samples.label_names), config.hidden_dropout_prob)
        for module in itertools.chain(self.adapters.modules(), self.classifier.modules()):
            if isinstance(module, nn.Linear):
                nn.init.normal_(module.weight, std=0.02)
                if module.bias is not None:
                    nn.init.zeros_(module.bias)
        self.bert.requires_grad_(False)

    def insert(self, sublayer, bottleneck, widths):
        """BERT computes LayerNorm(dropout(dense(x)) + input): the adapter stands behind the dropout."""
        adapter = Adapter(self.bert.config.hidden_size, bottleneck, widths)
        sublayer.dropout.register_forward_hook(lambda module, args, x: adapter(x, self.modalities))
        return adapter

    def forward(self, batch):
        self.modalities = batch["modalities"]
        out = self.bert(input_ids=batch["ids"], attention_mask=batch["mask"])
        return self.classifier(out.pooler_output)

    def trained(self):
        return [p for p in self.parameters() if p.requires_grad]

    def load(self, file):
        """Weights of mma-train's model/adapter.safetensors."""
        missing, unexpected = self.load_state_dict(load_file(file), strict=False)
        missing = [name for name in missing if not name.startswith("bert.")]
        if missing or unexpected:
            raise SystemExit(f"{file}: no {missing}, unknown {unexpected}")


def now():
    if torch.cuda.is_available():
        torch.cuda.synchronize()
    return time.perf_counter()


class Meter:
    """Rates since it was made."""

    def __init__(self):
        self.start = now()
        self.samples = self.tokens = self.padded = 0

    def add(self, batch):
        self.samples += len(batch["ids"])
        self.tokens += int(batch["mask"].sum())
        self.padded += batch["ids"].numel()

    def rates(self):
        seconds = now() - self.start
        return {"samples_per_second": self.samples / seconds, "tokens_per_second": self.tokens / seconds,
                "padded_tokens_per_second": self.padded / seconds, "seconds": seconds}


def loader(options, samples, order=None):
    # No worker processes: the ids are there already, padding a batch takes well under a millisecond,
    # and every core is busy with the step.
    return torch.utils.data.DataLoader(samples, options.batch, sampler=order, collate_fn=pad, num_workers=0,
                                       pin_memory=options.device != "cpu")


def autocast(options):
    return torch.autocast(torch.device(options.device).type, torch.bfloat16, enabled=options.precision == "bf16")


def moved(batch, options):
    """The batch on the device."""
    def to(tensor):
        return tensor.to(options.device, non_blocking=True)

    return {name: {key: to(t) for key, t in part.items()} if name == "modalities" else to(part)
            for name, part in batch.items()}


def built(options, samples):
    """The model on the device, and what calls it."""
    model = Peer(options, samples).to(options.device)
    return model, torch.compile(model, dynamic=True) if options.compile else model


def train(options):
    samples = Samples(options.data, options.split or "train", options.modalities)
    model, forward = built(options, samples)
    model.train()
    optimizer = torch.optim.AdamW(model.trained(), lr=1e-3, weight_decay=0.01)
    schedule = transformers.get_linear_schedule_with_warmup(optimizer, options.steps // 10, options.steps)
    batches = loader(options, samples, EpochOrder(len(samples), options.seed))
    epochs = itertools.chain.from_iterable(itertools.repeat(batches))
    meter = Meter()
    for step, batch in enumerate(itertools.islice(epochs, options.steps), 1):
        sizes, batch = batch, moved(batch, options)
        with autocast(options):
            logits = forward(batch).float()
            loss = (cross_entropy(logits, batch["labels"].argmax(1)) if samples.multiclass
                    else binary_cross_entropy_with_logits(logits, batch["labels"]))
        loss.backward()
        nn.utils.clip_grad_norm_(model.trained(), 1.0)
        optimizer.step()
        schedule.step()
        optimizer.zero_grad()
        last = loss.item()
        meter.add(sizes)
        if step == options.warm:
            meter = Meter()
    return {**meter.rates(), "loss": last, "steps": options.steps,
            "trained_numbers": sum(p.numel() for p in model.trained())}


def evaluate(options):
    samples = Samples(options.data, options.split or "test", options.modalities)
    model, forward = built(options, samples)
    model.eval()
    meter = Meter()
    steps = 0
    with torch.no_grad(), autocast(options):
        for batch in itertools.islice(loader(options, samples), options.steps or None):
            torch.sigmoid(forward(moved(batch, options)))
            meter.add(batch)
            steps += 1
            if steps == options.warm:
                meter = Meter()
    return {**meter.rates(), "steps": steps}


def check(options):
    samples = Samples(options.data, options.split or "test", options.modalities)
    model, _ = built(options, samples)
    model.eval()
    model.load(options.adapter)
    with open(options.predictions) as lines:
        expected = [json.loads(line) for line in itertools.islice(lines, options.count)]
    if [line["id"] for line in expected] != samples.ids[:len(expected)]:
        raise SystemExit(f"{options.predictions}: not of this split of {options.data}")
    expected = torch.tensor([[line["scores"][name] for name in samples.label_names] for line in expected])
    subset = torch.utils.data.Subset(samples, range(len(expected)))
    with torch.no_grad(), autocast(options):
        logits = torch.cat([model(moved(batch, options)).float().cpu() for batch in loader(options, subset)])
    scores = torch.softmax(logits, 1) if samples.multiclass else torch.sigmoid(logits)
    return {"samples": len(expected), "scores": expected.numel(),
            "smallest_score": expected.min().item(), "largest_score": expected.max().item(),
            "largest_difference": (scores - expected).abs().max().item()}


def blas_libraries():
    """The libraries that really do the products, links followed."""
    with open("/proc/self/maps") as lines:
        files = {line.split()[-1] for line in lines}
    paths = {os.path.realpath(file) for file in files if "blas" in file or "libmkl" in file}
    return sorted("/".join(path.split("/")[-2:]) for path in paths)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    shared = argparse.ArgumentParser(add_help=False)
    shared.add_argument("--data", required=True, help="pack of mma-prep")
    shared.add_argument("--backbone", required=True, help="BERT in Hugging Face's layout")
    shared.add_argument("--modalities", nargs="*", default=[], help="in the recipe's order; none: text alone")
    shared.add_argument("--bottleneck", type=int, default=128)
    shared.add_argument("--dropout", type=float, help="default: as the backbone's config.json says")
    shared.add_argument("--batch", type=int, default=16)
    shared.add_argument("--split", help="default: train, or test")
    shared.add_argument("--steps", type=int, default=0, help="0: the whole split once (evaluate)")
    shared.add_argument("--warm", type=int, default=0, help="so many steps first are not timed")
    shared.add_argument("--seed", type=int, default=1)
    shared.add_argument("--precision", choices=["fp32", "tf32", "bf16"], default="fp32")
    shared.add_argument("--attention", choices=["sdpa", "eager"], default="sdpa")
    shared.add_argument("--threads", type=int, default=os.cpu_count())
    shared.add_argument("--device", default="cpu", help="cpu, cuda or cuda:N")
    shared.add_argument("--compile", action="store_true", help="torch.compile, for texts of any length")
    commands = parser.add_subparsers(dest="command", required=True)
    for command in (train, evaluate, check):
        one = commands.add_parser(command.__name__, parents=[shared])
        one.set_defaults(run=command)
        if command is check:
            one.add_argument("--adapter", required=True)
            one.add_argument("--predictions", required=True)
            one.add_argument("--count", type=int, default=64, help="samples from the split's first on")
    options = parser.parse_args()
    if options.run is train and options.steps <= options.warm:
        parser.error("train needs more --steps than --warm")
    transformers.logging.set_verbosity_error()
    transformers.logging.disable_progress_bar()
    torch.set_num_threads(options.threads)
    torch.backends.cuda.matmul.allow_tf32 = options.precision == "tf32"
    torch.manual_seed(options.seed)
    result = options.run(options)
    device = torch.device(options.device)
    peak = (torch.cuda.max_memory_allocated(device) if device.type == "cuda"
            else resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024)
    print(json.dumps({**result, "peak_memory_bytes": peak, "device": options.device, "compiled": options.compile,
                      "threads": torch.get_num_threads(), "precision": options.precision,
                      "attention": options.attention, "torch": torch.__version__,
                      "transformers": transformers.__version__, "blas": blas_libraries()}))


if __name__ == "__main__":
    main()
