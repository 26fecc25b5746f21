"""Several labels per image (BigEarthNet).

    micro F1 = 2 TP / (2 TP + FP + FN), sums over images and classes
    macro F1 = mean over the classes that occur in the truth of 2 TP / (2 TP + FP + FN)
    AP of a class = sum over distinct scores, best first, of recall step × precision; mAP = their mean
    label-text-recall = mean over images of |words of truth ∩ words of answer| / words of truth

The last is printed as "recall" or "accuracy" by EarthDial, EarthMind and followers. It counts the commas: a
perfect answer with k comma-free labels reaches (k + 1) / (2k - 1), two wrong labels 0.333, and listing every
class scores like the perfect answer. It is kept as a named legacy metric.

Sources: hiyamdebary/EarthDial rs_classification/eval.py; shuyansy/EarthMind evaluation/ms_eval.py.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from geoglot.errors import InputError
from geoglot.evaluate.metrics.answers import Rule, empties, judged, need_samples
from geoglot.evaluate.metrics.interval import resamples, score_means, score_sums
from geoglot.evaluate.metrics.protocol import Prediction, Protocol, Score, Scores
from geoglot.evaluate.metrics.text import matching


def labels(value: object) -> frozenset[str]:
    """Give the labels of a text "A, B", of a list, or of a mapping label -> score (those of 0.5 and more).

    Case and outer spaces are dropped. A label that itself holds a comma must come in a list or mapping.
    """
    if value is None:
        return frozenset()
    if isinstance(value, str):
        names = value.rstrip(". \n").split(",")
    elif isinstance(value, Mapping):
        names = [str(name) for name, score in value.items() if float(score) >= 0.5]
    elif isinstance(value, Sequence):
        names = [str(name) for name in value]
    else:
        raise InputError("labels were expected", value=value, expected="text, list or mapping label -> score")
    return frozenset(name.strip().lower() for name in names) - {""}


def average_precision(
    scores: NDArray[np.float64], positive: NDArray[np.bool_], weights: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Give the area under the precision-recall steps, (b,), for samples drawn with weights (b, n).

    scores, positive: (n,). Equal scores are one step. NaN where no positive was drawn.
    Source: sum over thresholds of (R_k - R_{k-1}) P_k, as scikit-learn's average_precision_score.
    """
    order = np.argsort(-scores, kind="stable")
    drawn = weights[:, order]
    right = np.cumsum(drawn * positive[order], axis=1)  # (b, n)
    taken = np.cumsum(drawn, axis=1)
    last = np.append(np.diff(scores[order]) != 0, True)
    right, taken = right[:, last], taken[:, last]
    precision = np.divide(right, taken, out=np.zeros_like(right), where=taken > 0)
    steps = np.diff(right, axis=1, prepend=0.0)
    with np.errstate(invalid="ignore", divide="ignore"):
        area: NDArray[np.float64] = (steps * precision).sum(axis=1) / right[:, -1]
    return area


def score_sets(predictions: Sequence[Prediction], seed: int) -> Scores:
    """Score predicted label sets, and mAP where every prediction maps labels to scores."""
    need_samples(predictions)
    truths = [labels(p.truth) for p in predictions]
    answers = [labels(p.prediction) for p in predictions]
    names = sorted(frozenset().union(*truths))
    column = {name: index for index, name in enumerate(names)}
    true, said = np.zeros((len(truths), len(names))), np.zeros((len(truths), len(names)))
    foreign = np.zeros((len(truths), 1))  # said labels that no truth has
    for row, (truth, answer) in enumerate(zip(truths, answers, strict=True)):
        true[row, [column[name] for name in truth]] = 1
        known = [column[name] for name in answer if name in column]
        said[row, known] = 1
        foreign[row] = len(answer) - len(known)
    parts = np.hstack([true * said, true, said, foreign])
    width = len(names)

    def statistic(sums: NDArray[np.float64]) -> NDArray[np.float64]:
        hit, of_truth, of_said, extra = np.split(sums, [width, 2 * width, 3 * width], axis=-1)
        tp, truth = hit.sum(-1), of_truth.sum(-1)
        said_total = of_said.sum(-1) + extra[..., 0]
        macro = np.nanmean(2 * hit / np.where(of_truth > 0, of_truth + of_said, np.nan), axis=-1)
        return 100 * np.stack([tp / said_total, tp / truth, 2 * tp / (said_total + truth), macro], axis=-1)

    scores = score_sums(parts, statistic, ["precision", "recall", "f1_micro", "f1_macro"], seed=seed)
    scores |= score_means({"exact_match": [a == t for a, t in zip(answers, truths, strict=True)]}, seed=seed)
    scores |= score_means({"labels_per_answer": [len(answer) for answer in answers]}, seed=seed, scale=1.0)
    if all(isinstance(p.prediction, Mapping) for p in predictions):
        scores["map"] = _mean_average_precision(predictions, names, true.astype(np.bool_), seed)
    return Scores(scores, {}, sum(not answer for answer in answers))


def _mean_average_precision(
    predictions: Sequence[Prediction], names: Sequence[str], true: NDArray[np.bool_], seed: int
) -> Score:
    rows = [p.prediction if isinstance(p.prediction, Mapping) else {} for p in predictions]
    lowered = [{str(name).strip().lower(): score for name, score in row.items()} for row in rows]
    table = np.array([[float(str(row.get(name, 0.0))) for name in names] for row in lowered])

    def mean(weights: NDArray[np.float64]) -> NDArray[np.float64]:
        areas = [average_precision(table[:, k], true[:, k], weights) for k in range(len(names))]
        percent: NDArray[np.float64] = 100 * np.nanmean(areas, axis=0)
        return percent

    drawn = np.concatenate([mean(weights) for weights in resamples(len(rows), seed=seed)])
    low, high = np.percentile(drawn, (2.5, 97.5))
    return Score(float(mean(np.ones((1, len(rows))))[0]), float(low), float(high), len(rows))


def _recall(predictions: Sequence[Prediction], rule: Rule, seed: int) -> Scores:
    need_samples(predictions)
    flat = [Prediction(p.id, p.task, _joined(p.prediction), _joined(p.truth), p.type) for p in predictions]
    return Scores(score_means({"recall": judged(flat, rule)}, seed=seed), {}, empties(flat))


def _joined(value: object) -> str:
    """Give the label string that the scripts compare: lists are joined by a comma and a space."""
    if value is None:
        return ""
    return value if isinstance(value, str) else ", ".join(sorted(labels(value)))


_COMMAS = (
    "commas are words: a perfect answer of 3 labels scores 80.00 (label level), of 6 labels 63.64",
    "listing every class scores like the perfect answer; two wrong labels score 33.33",
)

PROTOCOLS = (
    Protocol(
        "multilabel/sets@1",
        "precision, recall, micro and macro F1, exact match, labels per answer; mAP where scores exist",
        "geoglot",
        score_sets,
        ("macro F1 is over the classes that occur in the truth",),
    ),
    Protocol(
        "multilabel/label-text-recall@1",
        "share of the truth's words in the answer, spaces deleted first (label level)",
        "hiyamdebary/EarthDial src/earthdial/eval/rs_classification/eval.py",
        lambda predictions, seed: _recall(predictions, matching.token_recall, seed),
        _COMMAS,
    ),
    Protocol(
        "multilabel/word-text-recall@1",
        "share of the truth's words in the answer, spaces kept (word level)",
        "shuyansy/EarthMind projects/llava_sam2/evaluation/ms_eval.py",
        lambda predictions, seed: _recall(predictions, matching.word_recall, seed),
        _COMMAS,
    ),
)
