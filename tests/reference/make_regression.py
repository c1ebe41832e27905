#!/usr/bin/env python3
"""Makes regression.json beside it, with scikit-learn and SciPy: figures of real targets, ties, zeros and
constants included; undefined ones are null.

Usage: python3 tests/reference/make_regression.py [FOLDER]      needs numpy, scipy, scikit-learn
FOLDER: where to write, by default the script's own. Each case has `targets` and `scores` [N, C] (both are
float32), `expected` (of several targets the mean) and `per_target`.
"""
import json
import pathlib
import sys
import warnings

import numpy
from scipy import stats
from sklearn import metrics


def of_sign(truth, predicted):
    """Accuracy and weighted F1; null where the truth has one sign: of that they say nothing."""
    if len(set(truth)) < 2:
        return None, None
    return (metrics.accuracy_score(truth, predicted),
            metrics.f1_score(truth, predicted, average="weighted", zero_division=0))


def one_target(y, s):
    figures = {"mae": metrics.mean_absolute_error(y, s), "rmse": metrics.mean_squared_error(y, s) ** 0.5}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", stats.ConstantInputWarning)
        figures["pearson"] = stats.pearsonr(y, s)[0]
        figures["spearman"] = stats.spearmanr(y, s)[0]
    has0 = of_sign(y >= 0, s >= 0)
    non0 = of_sign(y[y != 0] > 0, s[y != 0] > 0)
    figures.update(acc2_has0=has0[0], acc2_non0=non0[0], f1_sign_has0=has0[1], f1_sign_non0=non0[1])
    return {name: None if value is None or numpy.isnan(value) else float(value) for name, value in figures.items()}


def case(name, targets, scores):
    targets = numpy.asarray(targets, dtype=numpy.float32).astype(numpy.float64)
    scores = numpy.asarray(scores, dtype=numpy.float32).astype(numpy.float64)
    columns = [one_target(targets[:, c], scores[:, c]) for c in range(targets.shape[1])]
    expected = {}
    for figure in columns[0]:
        defined = [column[figure] for column in columns if column[figure] is not None]
        expected[figure] = float(numpy.mean(defined)) if defined else None
    return {"name": name, "targets": targets.tolist(), "scores": scores.tolist(), "expected": expected,
            "per_target": columns}


def main():
    folder = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else pathlib.Path(__file__).resolve().parent
    random = numpy.random.default_rng(5)
    sentiment = numpy.round(random.uniform(-3, 3, (60, 1)), 1)
    sentiment[::7] = 0
    several = random.normal(size=(40, 3)) * [1, 1e4, 1e-3] + [0, 1e6, 2]
    steps = random.integers(-2, 3, (50, 1)).astype(float)  # five values, so that most are ties
    cases = [
        case("sentiment", sentiment, sentiment * 0.7 + random.normal(size=sentiment.shape)),
        case("three targets, three scales", several, several + random.normal(size=several.shape) * [0.5, 9e3, 2e-4]),
        case("ties", steps, random.integers(-2, 3, steps.shape)),
        case("constant predictions", sentiment[:9], numpy.full((9, 1), 0.25)),
        case("a constant target beside another", numpy.column_stack([several[:, 0], numpy.full(40, 2.0)]),
             random.normal(size=(40, 2))),
    ]
    (folder / "regression.json").write_text(json.dumps(cases) + "\n")


main()
