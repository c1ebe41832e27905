#!/usr/bin/env python3
"""Makes the reference numbers beside it, with PyTorch, transformers and scikit-learn:
  tiny-bert/                   a BERT of random weights; encoder.safetensors: inputs, hidden states, pooler
  mm_adapter.{json,safetensors}  a Multimodal Adapter on it, two modalities: parameters, logits, loss,
                               gradients, losses and parameters of 20 steps of AdamW with clipping
  lora.safetensors             LoRA on all six linear maps of its second layer; gradients
  parallel_adapter.safetensors a Multimodal Adapter beside each feed-forward, one modality, scaled; gradients
  metrics.json                 multilabel and multiclass figures, ties and samples without labels included
All is computed in double precision and stored as float32. The adapter is the one of bench/peer/peer.py.

Usage: bench/peer/setup && build/peer/python tests/reference/make_reference.py [FOLDER [NAME...]]
FOLDER: where to write, by default the script's own. NAME: lora or parallel_adapter, for these alone on the
tiny-bert that is there. The numbers depend on the versions' random streams:
a new set is as good as the old one.
"""
import json
import os
import pathlib
import sys
import types

os.environ["HF_HUB_OFFLINE"] = "1"
here = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(here.parents[1] / "bench" / "peer"))

import numpy
import torch
import transformers
from peer import Adapter, Classifier, Peer
from safetensors.torch import save_file
from sklearn import metrics
from torch.nn.functional import binary_cross_entropy_with_logits

LABELS, SAMPLES, LONGEST, STEPS = 5, 6, 14, 20
WIDTHS = {"video": 12, "poster": 7}


def randomise(module, scale=0.2):
    """Every number of its own, LayerNorms included, so that nothing is a special case."""
    with torch.no_grad():
        for name, p in module.named_parameters():
            norm_weight = p.dim() == 1 and name.endswith("weight")
            p.copy_(torch.randn_like(p) * scale + (1 if norm_weight else 0))


def numbers(tensors):
    return {name: (t.detach().float() if t.is_floating_point() else t).clone().contiguous()
            for name, t in tensors.items()}


def texts(vocabulary):
    mask = torch.zeros(SAMPLES, LONGEST, dtype=torch.int64)
    for row in mask:
        row[:int(torch.randint(3, LONGEST + 1, ()))] = 1
    mask[0], mask[1, 1:] = 1, 0  # the longest, and a text of one token
    mask[1, 0] = 1
    return torch.randint(1, vocabulary, mask.shape) * mask, mask


def make_bert(folder):
    config = transformers.BertConfig(
        vocab_size=60, hidden_size=32, num_hidden_layers=2, num_attention_heads=4, intermediate_size=48,
        max_position_embeddings=24)
    bert = transformers.BertModel(config)
    randomise(bert)
    bert.save_pretrained(folder)
    bert = bert.double().eval()
    ids, mask = texts(config.vocab_size)
    with torch.no_grad():
        out = bert(input_ids=ids, attention_mask=mask, output_hidden_states=True)
    tensors = {"input_ids": ids, "attention_mask": mask, "pooler_output": out.pooler_output}
    tensors.update({f"hidden_states.{i}": h for i, h in enumerate(out.hidden_states)})
    save_file(numbers(tensors), folder / "encoder.safetensors")
    return config


def make_adapter(folder, config):
    options = types.SimpleNamespace(backbone=folder / "tiny-bert", attention="eager", bottleneck=8, dropout=0.0)
    samples = types.SimpleNamespace(widths=lambda: WIDTHS, label_names=range(LABELS))
    model = Peer(options, samples)
    randomise(model.adapters)
    randomise(model.classifier, 0.5)
    model = model.double()
    ids, mask = texts(config.vocab_size)
    modalities = {name: torch.randn(SAMPLES, width).double() for name, width in WIDTHS.items()}
    labels = (torch.rand(SAMPLES, LABELS) < 0.4).double()
    pos_weight = torch.rand(LABELS).double() * 3 + 0.5
    tensors = {"input_ids": ids, "attention_mask": mask, "labels": labels, "pos_weight": pos_weight}
    tensors.update({f"modality.{name}": values for name, values in modalities.items()})
    # What is computed from is what is stored.
    tensors = {k: v.float().double() if v.is_floating_point() else v for k, v in tensors.items()}
    batch = {"ids": ids, "mask": mask, "modalities": {name: tensors[f"modality.{name}"] for name in WIDTHS}}
    trained = {name: p for name, p in model.named_parameters() if p.requires_grad}
    tensors.update({f"param.{name}": p.detach().clone() for name, p in trained.items()})

    def loss():
        logits = model(batch)
        return logits, binary_cross_entropy_with_logits(logits, tensors["labels"], pos_weight=tensors["pos_weight"])

    logits, value = loss()
    value.backward()
    tensors.update({"logits": logits, "loss": value.reshape(1)})
    tensors.update({f"grad.{name}": p.grad.clone() for name, p in trained.items()})
    optimizer = torch.optim.AdamW(
        [{"params": [p for p in trained.values() if p.dim() > 1], "weight_decay": 0.01},
         {"params": [p for p in trained.values() if p.dim() <= 1], "weight_decay": 0.0}], lr=1e-3)
    losses, norms = [], []
    for _ in range(STEPS):
        optimizer.zero_grad()
        value = loss()[1]
        value.backward()
        norms.append(float(torch.nn.utils.clip_grad_norm_(trained.values(), 1.0)))
        optimizer.step()
        losses.append(value.item())
    assert max(norms) > 1.0, norms  # clipping must do something
    tensors["train_losses"] = torch.tensor(losses)
    tensors.update({f"after.{name}": p for name, p in trained.items()})
    save_file(numbers(tensors), folder / "mm_adapter.safetensors")
    settings = {
        "modalities": WIDTHS, "bottleneck": options.bottleneck, "labels": LABELS, "activation": "gelu_tanh",
        "optimizer": "AdamW lr=1e-3 betas=(0.9,0.999) eps=1e-8 weight_decay=0.01 on tensors of 2 or more dims only",
        "clip_grad_norm": 1.0, "steps": STEPS, "loss": "binary cross entropy with logits, pos_weight, mean",
        "made by": f"torch {torch.__version__}, transformers {transformers.__version__}"}
    (folder / "mm_adapter.json").write_text(json.dumps(settings, indent=1) + "\n")


class LowRank(torch.nn.Module):
    """y = W x + b + alpha / r B A x, written out."""

    def __init__(self, linear, rank, alpha):
        super().__init__()
        self.linear, self.scaling = linear, alpha / rank
        self.A = torch.nn.Parameter(torch.zeros(rank, linear.in_features))
        self.B = torch.nn.Parameter(torch.zeros(linear.out_features, rank))

    def forward(self, x):
        return self.linear(x) + self.scaling * (x @ self.A.T) @ self.B.T


def make_lora(folder):
    bert, parameters = frozen_bert(folder), {}
    layer = bert.encoder.layer[1]
    attention = layer.attention.self
    for holder, part, name in [(attention, "query", "query"), (attention, "key", "key"), (attention, "value", "value"),
                               (layer.attention.output, "dense", "attention_out"),
                               (layer.intermediate, "dense", "intermediate"), (layer.output, "dense", "output")]:
        lora = LowRank(getattr(holder, part), rank=3, alpha=5)
        setattr(holder, part, lora)
        parameters.update({f"lora.layer.1.{name}.{matrix}": getattr(lora, matrix) for matrix in "AB"})
    store(folder, "lora", bert, parameters, {})


class Beside(torch.nn.Module):
    """A layer's output sub-layer with what an adapter makes of the feed-forward's input before LayerNorm."""

    def __init__(self, output, adapter, modalities, scaling):
        super().__init__()
        self.output, self.adapter, self.modalities, self.scaling = output, adapter, modalities, scaling

    def forward(self, inner, x):
        added = self.scaling * (self.adapter(x, self.modalities) - x)  # Adapter adds x
        return self.output.LayerNorm(self.output.dense(inner) + added + x)


def make_parallel_adapter(folder):
    bert, parameters, modalities = frozen_bert(folder), {}, {}
    for number, layer in enumerate(bert.encoder.layer):
        adapter = Adapter(bert.config.hidden_size, 6, {"video": WIDTHS["video"]})
        layer.output = Beside(layer.output, adapter, modalities, scaling=4.0)
        parameters.update({f"adapters.layer.{number}.output.{name}": p for name, p in adapter.named_parameters()})
    modalities["video"] = torch.randn(SAMPLES, WIDTHS["video"]).double()
    store(folder, "parallel_adapter", bert, parameters, modalities)


def frozen_bert(folder):
    torch.manual_seed(2)
    bert = transformers.BertModel.from_pretrained(folder / "tiny-bert", dtype=torch.float32,
                                                  attn_implementation="eager")
    return bert.requires_grad_(False).eval()


def store(folder, name, bert, parameters, modalities):
    """Draws the parameters, and stores them with inputs, logits, loss and gradients."""
    classifier = Classifier(bert.config.hidden_size, LABELS, 0.0)
    parameters.update({f"classifier.{key}": p for key, p in classifier.named_parameters()})
    for key, p in parameters.items():
        norm_weight = ".norm." in key and key.endswith("weight")
        p.data = torch.randn_like(p) * 0.3 + (1 if norm_weight else 0)
        p.requires_grad_(True)
    bert, classifier = bert.double(), classifier.double()
    ids, mask = texts(bert.config.vocab_size)
    labels = (torch.rand(SAMPLES, LABELS) < 0.4).double()
    for key in modalities:
        modalities[key] = modalities[key].float().double()  # what is computed from is what is stored
    tensors = {"input_ids": ids, "attention_mask": mask, "labels": labels}
    tensors.update({f"modality.{key}": values for key, values in modalities.items()})
    tensors.update({f"param.{key}": p.detach().clone() for key, p in parameters.items()})
    logits = classifier(bert(input_ids=ids, attention_mask=mask).pooler_output)
    loss = binary_cross_entropy_with_logits(logits, labels)
    loss.backward()
    tensors.update({"logits": logits, "loss": loss.reshape(1)})
    tensors.update({f"grad.{key}": p.grad for key, p in parameters.items()})
    save_file(numbers(tensors), folder / f"{name}.safetensors")


def averaged(truth, predicted, averages):
    out = {}
    for average in averages:
        p, r, f, _ = metrics.precision_recall_fscore_support(truth, predicted, average=average, zero_division=0)
        out.update({f"precision_{average}": p, f"recall_{average}": r, f"f1_{average}": f})
    return out


def multilabel(random, rows, labels, tied, empty):
    truth = (random.random((rows, labels)) < 0.3).astype(int)
    truth[:empty] = 0
    truth[empty:empty + labels] |= numpy.eye(labels, dtype=int)  # each label somewhere
    scores = numpy.clip(random.random((rows, labels)) * 0.7 + truth * 0.3, 0, 1)
    scores = scores.round(1 if tied else 7)
    expected = averaged(truth, (scores > 0.5).astype(int), ["micro", "macro", "weighted", "samples"])
    for average in ["micro", "macro", "weighted", "samples"]:
        expected[f"ap_{average}"] = metrics.average_precision_score(truth, scores, average=average)
    for average in ["micro", "macro", "weighted"]:
        expected[f"auroc_{average}"] = metrics.roc_auc_score(truth, scores, average=average)
    expected["subset_accuracy"] = metrics.accuracy_score(truth, (scores > 0.5).astype(int))
    expected["ap_per_class"] = metrics.average_precision_score(truth, scores, average=None).tolist()
    return {"labels": truth.tolist(), "scores": scores.tolist(), "threshold": 0.5, "expected": expected}


def multiclass(random, rows, classes):
    truth = random.integers(0, classes, rows)
    scores = (random.random((rows, classes)) + 0.6 * numpy.eye(classes)[truth]).round(1)  # with ties
    predicted = scores.argmax(1)  # the first of a tie
    one_hot = numpy.eye(classes, dtype=int)[truth]
    expected = averaged(truth, predicted, ["micro", "macro", "weighted"])
    expected["accuracy"] = metrics.accuracy_score(truth, predicted)
    expected["auroc_macro"] = metrics.roc_auc_score(one_hot, scores, average="macro")
    expected["ap_macro"] = metrics.average_precision_score(one_hot, scores, average="macro")
    return {"labels": truth.tolist(), "logits": scores.tolist(), "expected": expected}


def make_metrics(folder):
    random = numpy.random.default_rng(3)
    figures = {
        "multilabel": [multilabel(random, 60, 6, tied=False, empty=0), multilabel(random, 60, 6, tied=True, empty=9)],
        "multiclass": multiclass(random, 80, 4), "source": f"scikit-learn {__import__('sklearn').__version__}"}
    (folder / "metrics.json").write_text(json.dumps(figures) + "\n")


def main():
    folder = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else here
    apart = {"lora": make_lora, "parallel_adapter": make_parallel_adapter}
    torch.manual_seed(1)
    torch.use_deterministic_algorithms(True)
    if len(sys.argv) > 2:
        for name in sys.argv[2:]:
            apart[name](folder)
        return
    (folder / "tiny-bert").mkdir(parents=True, exist_ok=True)
    make_adapter(folder, make_bert(folder / "tiny-bert"))
    for make in apart.values():
        make(folder)
    make_metrics(folder)


main()
