#!/usr/bin/env python3
"""Whether the `adapters` library (github.com/adapter-hub/adapters) and mma mean the same by an
adapter-hub folder. For each of SYSTEMS it trains a few steps with mma-train, exports, loads the folder
there, and compares the scores of the test split; trains on there for a few steps, saves, imports with
mma-eval, and compares again. Last, LoRA merged into its backbone is read by plain transformers.

Usage: hub_check.py --bin build/release/bin --data MOVIES.h5 --backbone DIR --work DIR [NAME...]
Needs a Python with torch, h5py and `pip install adapters` (which brings the transformers it wants), as
  python3 -m venv V && V/bin/pip install adapters torch h5py
Prints a line a comparison: the largest difference of a score, and ends with 1 where one is above 1e-5.
Not part of CI: no network there.
"""
import argparse
import json
import os
import pathlib
import shutil
import subprocess
import sys

os.environ["HF_HUB_OFFLINE"] = "1"

import adapters
import torch
import transformers
from peer import Classifier, Samples, pad
from safetensors.torch import load_file
from torch.nn.functional import binary_cross_entropy_with_logits

RECIPES = pathlib.Path(__file__).resolve().parents[2] / "recipes" / "movies"
NO_NORMS = "model.train_layer_norms=false"
SYSTEMS = {
    "houlsby": ("houlsby.yaml", [NO_NORMS, "model.layer_norm=false", "model.activation=silu"]),
    "houlsby_norm": ("houlsby.yaml", [NO_NORMS]),
    "pfeiffer": ("pfeiffer.yaml", ["model.layers=2-3"]),
    "parallel": ("parallel.yaml", []),
    "lora": ("lora.yaml", []),
    "lora_all": ("lora.yaml", ["model.targets=[query,key,value,intermediate,output]", "model.layers=1,3"]),
}
TOLERANCE = 1e-5


def run(options, program, *arguments):
    done = subprocess.run([options.bin / program, *map(str, arguments)], capture_output=True, text=True)
    if done.returncode != 0:
        raise SystemExit(f"{program} {' '.join(map(str, arguments))}:\n{done.stderr}")


def mma_scores(options, folder, names):
    run(options, "mma-eval", folder, "--data", options.data)
    with open(folder / "eval" / "test" / "predictions.jsonl") as lines:
        return torch.tensor([[json.loads(line)["scores"][name] for name in names] for line in lines])


def head_of(folder, config):
    stored = {key.removeprefix("classifier."): t for key, t in load_file(folder / "model_head.safetensors").items()}
    head = Classifier(config.hidden_size, len(stored["out.bias"]), 0.0)
    head.load_state_dict(stored)
    return head


def logits_of(bert, head, batch):
    return head(bert(input_ids=batch["ids"], attention_mask=batch["mask"]).pooler_output)


def their_scores(bert, head, samples):
    bert.eval()
    with torch.no_grad():
        return torch.cat([torch.sigmoid(logits_of(bert, head, batch))
                          for batch in torch.utils.data.DataLoader(samples, 32, collate_fn=pad)])


def train_there(bert, head, samples, steps):
    bert.train_adapter("plots")
    trained = [p for p in bert.parameters() if p.requires_grad]
    optimizer = torch.optim.AdamW(trained, lr=1e-3)
    bert.train()
    batches = iter(torch.utils.data.DataLoader(samples, 16, collate_fn=pad))
    for _ in range(steps):
        batch = next(batches)
        optimizer.zero_grad()
        binary_cross_entropy_with_logits(logits_of(bert, head, batch), batch["labels"]).backward()
        optimizer.step()


def plain_bert(folder):
    return transformers.BertModel.from_pretrained(folder, torch_dtype=torch.float32)


class Report:
    def __init__(self):
        self.worst = 0.0

    def compare(self, what, found, expected):
        difference = (found - expected).abs().max().item()
        spread = (expected.max() - expected.min()).item()
        print(f"{what:<40} {len(found)} samples  largest difference {difference:.1e}  (scores spread over {spread:.2f})")
        self.worst = max(self.worst, difference)


def check(options, name, report):
    recipe, changes = SYSTEMS[name]
    model, hub, there, back = (options.work / name / part for part in ("run", "hub", "there", "back"))
    shutil.rmtree(options.work / name, ignore_errors=True)
    changes = [*changes, "train.epochs=1", "train.max_steps=40", "optim.lr=5e-3", "model.dropout=0.1"]
    run(options, "mma-train", RECIPES / recipe, "--data", options.data, "--backbone", options.backbone, "--out", model,
        *(word for change in changes for word in ("--set", change)))
    run(options, "mma-eval", "export", model, "--out", hub, "--name", "plots")
    test, train = Samples(options.data, "test", []), Samples(options.data, "train", [])
    bert = plain_bert(options.backbone)
    head = head_of(hub, bert.config)
    without = their_scores(bert, head, test)
    adapters.init(bert)
    bert.load_adapter(str(hub), use_safetensors=True, set_active=True)
    before = their_scores(bert, head, test)
    ours = mma_scores(options, model, test.label_names)
    assert (without - before).abs().max() > 1e-2, "the adapters do nothing"
    report.compare(f"{name}: trained here, loaded there", before, ours)
    train_there(bert, head, train, steps=5)
    after = their_scores(bert, head, test)
    assert (after - before).abs().max() > 1e-2, "nothing was learned there"
    bert.save_adapter(str(there), "plots")
    for file in ("model_head.safetensors", "head_config.json"):
        shutil.copy(hub / file, there)
    run(options, "mma-eval", "import", there, "--out", back)
    report.compare(f"{name}: trained there, imported here", mma_scores(options, back, test.label_names), after)
    if name.startswith("lora"):
        merged = options.work / name / "merged"
        run(options, "mma-eval", "export", model, "--merged", merged)
        bert = transformers.AutoModel.from_pretrained(merged)  # as its config.json says
        report.compare(f"{name}: merged, read by transformers", their_scores(bert, head_of(merged, bert.config), test),
                       ours)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bin", required=True, type=pathlib.Path)
    parser.add_argument("--data", required=True, type=pathlib.Path, help="pack of data_prep/movies.yaml")
    parser.add_argument("--backbone", required=True, type=pathlib.Path, help="a BERT in Hugging Face's layout")
    parser.add_argument("--work", required=True, type=pathlib.Path, help="folder for runs and adapters")
    parser.add_argument("names", nargs="*", help=f"of {', '.join(SYSTEMS)}; default: all")
    options = parser.parse_args()
    transformers.logging.set_verbosity_error()
    torch.manual_seed(1)
    print("adapters", adapters.__version__, "transformers", transformers.__version__, "torch", torch.__version__)
    report = Report()
    for name in options.names or SYSTEMS:
        check(options, name, report)
    sys.exit(0 if report.worst < TOLERANCE else 1)


main()
