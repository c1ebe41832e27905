#!/usr/bin/env python3
"""Logistic regression on the movies, the floor that any network has to beat: on words (TF-IDF), on a backbone's frozen
sentence vectors, and on each with metadata. scikit-learn, PyTorch and transformers; on the splits and by the metrics of mma.

Usage: bench/peer/regression.py MOVIES [--backbone DIR] [--ids FILE] [--run RUN...]
  MOVIES      data/movies: {train,dev,test}.jsonl and Metadata_matrices
  --backbone  a folder in Hugging Face layout; its vectors are means over tokens, of length 1
  --ids       ids of the training movies to fit on, one a line (bench/learning_curve writes them); all otherwise
  --run       finished runs of mma that mma-eval has evaluated on test; each is compared with every regression: the
              difference in AP micro and the share of 2,000 resamples of the test samples, doubled, in which it is lost

The strength of the penalty is chosen on dev by AP micro, one for all labels.
"""
import argparse
import json
import pickle
from pathlib import Path

import numpy as np
from scipy.sparse import csr_matrix, hstack
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import average_precision_score
from sklearn.multiclass import OneVsRestClassifier
from sklearn.preprocessing import StandardScaler

STRENGTHS = (0.03, 0.1, 0.3, 1, 3, 10, 30, 100)
RESAMPLES = 2000


def read(folder, split):
    rows = [json.loads(line) for line in open(folder / f"{split}.jsonl", encoding="utf-8")]
    there = "val" if split == "dev" else split
    matrices = folder / "Metadata_matrices"
    ids = pickle.load(open(matrices / f"{there}_ids.pickle", "rb"))  # of ours: no stranger's
    place = {name: i for i, name in enumerate(ids)}
    matrix = np.load(matrices / f"{there}_metadata.npy")
    return rows, matrix[[place[row["id"]] for row in rows]]


def sentence_vectors(folder, texts):
    import torch
    from transformers import AutoModel, AutoTokenizer

    tokenizer, model = AutoTokenizer.from_pretrained(folder), AutoModel.from_pretrained(folder).eval()
    found = []
    with torch.no_grad():
        for i in range(0, len(texts), 32):
            batch = tokenizer(texts[i : i + 32], padding=True, truncation=True, max_length=512, return_tensors="pt")
            hidden = model(**batch).last_hidden_state
            mask = batch["attention_mask"].unsqueeze(2)
            mean = (hidden * mask).sum(1) / mask.sum(1)
            found.append(torch.nn.functional.normalize(mean).numpy())
    return np.concatenate(found)


def fit(x, y):
    """Scores of test by the model whose strength is best on dev."""
    best = (-1, None, None)
    for c in STRENGTHS:
        model = OneVsRestClassifier(LogisticRegression(C=c, max_iter=2000)).fit(x["train"], y["train"])
        dev = average_precision_score(y["dev"], model.predict_proba(x["dev"]), average="micro")
        best = max(best, (dev, c, model), key=lambda item: item[0])
    return best[1], best[0], best[2].predict_proba(x["test"])


def averages(truth, scores):
    return [average_precision_score(truth, scores, average=kind) for kind in ("micro", "macro", "samples")]


def run_scores(run, ids, names):
    rows = [json.loads(line) for line in open(run / "eval/test/predictions.jsonl", encoding="utf-8")]
    by_id = {row["id"]: [row["scores"][name] for name in names] for row in rows}
    return np.array([by_id[name] for name in ids])


def difference(truth, one, other, random):
    """one - other in AP micro, and how often it is not above 0 in resamples, doubled."""
    micro = lambda at, scores: average_precision_score(truth[at], scores[at], average="micro")
    everything = np.arange(len(truth))
    found = []
    for _ in range(RESAMPLES):
        at = random.integers(0, len(truth), len(truth))
        found.append(micro(at, one) - micro(at, other))
    lost = (np.sum(np.array(found) <= 0) + 1) / (RESAMPLES + 1)
    return micro(everything, one) - micro(everything, other), min(1.0, 2 * min(lost, 1 - lost))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("movies", type=Path)
    parser.add_argument("--backbone", type=Path)
    parser.add_argument("--ids", type=Path)
    parser.add_argument("--run", type=Path, nargs="*", default=[])
    options = parser.parse_args()
    rows, metadata = {}, {}
    for split in ("train", "dev", "test"):
        rows[split], metadata[split] = read(options.movies, split)
    if options.ids:
        kept = set(options.ids.read_text(encoding="utf-8").split("\n"))
        places = [i for i, row in enumerate(rows["train"]) if row["id"] in kept]
        rows["train"], metadata["train"] = [rows["train"][i] for i in places], metadata["train"][places]
    names = sorted({label for row in rows["train"] for label in row["label"]})
    truth = {s: np.array([[int(n in row["label"]) for n in names] for row in r]) for s, r in rows.items()}
    texts = {s: [row["synopsis"] for row in r] for s, r in rows.items()}

    words = TfidfVectorizer(sublinear_tf=True, min_df=2).fit(texts["train"])
    scale = StandardScaler().fit(metadata["train"])
    inputs = {"words": {s: words.transform(t) for s, t in texts.items()}}
    if options.backbone:
        inputs["sentence vectors"] = {s: csr_matrix(sentence_vectors(options.backbone, t)) for s, t in texts.items()}
    plain = {s: csr_matrix(m) for s, m in metadata.items()}
    scaled = {s: csr_matrix(scale.transform(m)) for s, m in metadata.items()}
    for name in list(inputs):
        inputs[f"{name} and metadata"] = {s: hstack([x, plain[s]]).tocsr() for s, x in inputs[name].items()}
        inputs[f"{name} and metadata, scaled"] = {s: hstack([x, scaled[s]]).tocsr() for s, x in inputs[name].items()}

    print("| logistic regression on | C | dev AP micro | AP micro | AP macro | AP samples |\n|---|---:|---:|---:|---:|---:|")
    scores = {}
    for name, x in inputs.items():
        strength, dev, scores[name] = fit(x, truth)
        micro, macro, samples = averages(truth["test"], scores[name])
        print(f"| {name} | {strength:g} | {dev:.3f} | {micro:.3f} | {macro:.3f} | {samples:.3f} |", flush=True)
    if not options.run:
        return
    ids, random = [row["id"] for row in rows["test"]], np.random.default_rng(1)
    print("\n| run | AP micro | than logistic regression on | difference | p |\n|---|---:|---|---:|---:|")
    for run in options.run:
        own = run_scores(run, ids, names)
        for name, theirs in scores.items():
            gain, p = difference(truth["test"], own, theirs, random)
            print(f"| {run} | {averages(truth['test'], own)[0]:.3f} | {name} | {gain:+.3f} | {p:.4f} |", flush=True)


if __name__ == "__main__":
    main()
