#!/usr/bin/env python3
"""Writes curves.json: scikit-learn's calibration_curve and precision_recall_curve of scores with ties and with
scores on the edges of bins. Usage: make_curves.py FOLDER (by default the one of this file)"""
import json
import pathlib
import sys

import numpy
from sklearn import calibration, metrics


def case(scores, truth, bins):
    share, mean = calibration.calibration_curve(truth, scores, n_bins=bins, strategy="uniform")
    precision, recall, thresholds = metrics.precision_recall_curve(truth, scores)
    return {
        "scores": scores.tolist(), "truth": truth.tolist(), "bins": bins,
        "positive_rate": share.tolist(), "mean_score": mean.tolist(),  # of the bins that are not empty
        "precision": precision.tolist(), "recall": recall.tolist(), "thresholds": thresholds.tolist(),
    }


def main():
    folder = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else pathlib.Path(__file__).parent)
    random = numpy.random.default_rng(7)
    cases = []
    for rows, bins, tied in [(60, 10, False), (80, 10, True), (50, 15, False)]:
        scores = random.random(rows) ** 2
        if tied:
            scores = numpy.round(scores, 1)
        scores = scores.astype(numpy.float32).astype(numpy.float64)  # as mma keeps them
        truth = (random.random(rows) < scores * 0.8 + 0.1).astype(int)
        cases.append(case(scores, truth, bins))
    (folder / "curves.json").write_text(json.dumps(cases) + "\n")


main()
