"""Grounding of several rotated boxes, as GeoChat-Bench is scored: precision over the predicted boxes.

    precision = predicted boxes with IoU >= t to any true box / predicted boxes

One true box may satisfy many predictions and a missed object costs nothing, so a model that prints one safe
box is favoured; `grounding/one-to-one@1` (best overlap first) shows whether a file uses that loophole.

Overlaps of integer boxes are often exactly one half, and then the last bit of the computed value decides: of
the 9,967 boxes that EarthDial published for GeoChat one falls on either side, by the machine. The protocols
of the scripts compare the raw value as the scripts do; one-to-one decides for the exact value (polygons.TIE).
With it the scripts would give the 31.76 and 34.29 printed in arXiv 2606.10819 instead of 31.73 and 34.27.

Sources: hiyamdebary/EarthDial src/earthdial/eval/{rs_detection,rs_change_detection,rs_grounding_description}
(eval.py, eval_detection.py). GeoChat released no scorer (mbzuai-oryx/GeoChat issues 32 and 70).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from geoglot.errors import InputError
from geoglot.evaluate.metrics.interval import score_sums
from geoglot.evaluate.metrics.polygons import TIE, greedy_pairs, pair_iou, rotated_corners
from geoglot.evaluate.metrics.protocol import Prediction, Protocol, Score, Scores

Rows = list[tuple[float, ...]]
"""Rotated boxes as x_left, y_top, x_right, y_bottom, angle in degrees, in 1/100 of the image."""

_NOTHING = (0.0,) * 5  # a box without area: it stays in the denominator and overlaps nothing


def earthdial_boxes(text: str) -> Rows:
    """Read `[[x0, y0, x1, y1, angle]]` in any nesting; a bracket without five numbers can match nothing."""
    found = re.findall(r"\[\s*(\d+(?:,\s*\d+)*)\s*\]", text)
    rows = [tuple(float(n) for n in numbers.split(",")) for numbers in found]
    return [row if len(row) == 5 else _NOTHING for row in rows]


def unrotated_boxes(text: str) -> Rows:
    """Read as `earthdial_boxes`, with every angle set to 0."""
    return [(*row[:4], 0.0) for row in earthdial_boxes(text)]


def described_boxes(text: str) -> Rows:
    """Read only brackets of exactly five integers out of running text."""
    five = r"\[\s*(\d+),\s*(\d+),\s*(\d+),\s*(\d+),\s*(\d+)\s*\]"
    return [tuple(float(n) for n in row) for row in re.findall(five, text)]


def geochat_boxes(text: str) -> Rows:
    """Read `{<x0><y0><x1><y1>|<angle>}` groups; without an angle the box is horizontal."""
    rows = re.findall(r"\{<(-?[\d.]+)><(-?[\d.]+)><(-?[\d.]+)><(-?[\d.]+)>(?:\|<(-?[\d.]+)>)?\}", text)
    return [tuple(float(n or 0) for n in row) for row in rows]


@dataclass(frozen=True, slots=True)
class _Rule:
    read: Callable[[str], Rows]
    threshold: float
    slack: float = 0.0
    read_truth: Callable[[str], Rows] | None = None
    most_truths: int | None = None  # samples with as many true boxes or more are left out


@dataclass(frozen=True, slots=True, eq=False)
class _Matches:
    """Per sample, each (n,): predicted and true boxes, hits many-to-one and one-to-one, first box a hit."""

    predicted: NDArray[np.float64]
    true: NDArray[np.float64]
    hits: NDArray[np.float64]
    matched: NDArray[np.float64]
    first: NDArray[np.float64]


def _match(answers: list[NDArray[np.float64]], truths: list[NDArray[np.float64]], threshold: float) -> _Matches:
    """Compare every answered box with every true box of its sample. threshold: the least IoU of a hit."""
    shapes = [(len(answer), len(truth)) for answer, truth in zip(answers, truths, strict=True)]
    empty = np.zeros((0, 4, 2))
    rows = [np.repeat(answer, len(truth), axis=0) for answer, truth in zip(answers, truths, strict=True)]
    columns = [np.tile(truth, (len(answer), 1, 1)) for answer, truth in zip(answers, truths, strict=True)]
    iou = pair_iou(np.concatenate([empty, *rows]), np.concatenate([empty, *columns]))
    tables = np.split(iou, np.cumsum([a * b for a, b in shapes])[:-1])
    result = np.zeros((3, len(shapes)))
    for index, (table, shape) in enumerate(zip(tables, shapes, strict=True)):
        if not table.size or table.max() < threshold:
            continue
        grid = table.reshape(shape)
        best = grid.max(axis=1)
        hits = np.count_nonzero(best >= threshold)
        result[:, index] = hits, len(greedy_pairs(grid, threshold)), best[0] >= threshold
    predicted, true = np.array(shapes, np.float64).T
    return _Matches(predicted, true, result[0], result[1], result[2])


def _score(predictions: Sequence[Prediction], rule: _Rule, seed: int) -> Scores:
    return _grouped(predictions, rule, seed, _precision)


def score_one_to_one(predictions: Sequence[Prediction], seed: int) -> Scores:
    """Score rotated boxes with each true box used once: precision, recall, F1; and the first box alone."""
    return _grouped(predictions, _ONE_TO_ONE, seed, _one_to_one)


def _grouped(
    predictions: Sequence[Prediction],
    rule: _Rule,
    seed: int,
    score: Callable[[_Matches, NDArray[np.bool_], int], dict[str, Score]],
) -> Scores:
    answers = _quads([p.prediction for p in predictions], rule.read, predictions)
    truths = _quads([_boxes_of(p.truth) for p in predictions], rule.read_truth or rule.read, predictions)
    kept = [i for i, truth in enumerate(truths) if rule.most_truths is None or len(truth) < rule.most_truths]
    if not kept:
        raise InputError("no predictions to score", expected="at least one sample with true boxes")
    found = _match([answers[i] for i in kept], [truths[i] for i in kept], rule.threshold - rule.slack)
    types = [predictions[i].type for i in kept]
    groups = {name: np.array([t == name for t in types]) for name in dict.fromkeys(types) if name is not None}
    groups["single"], groups["multiple"] = found.true == 1, found.true != 1
    per_type = {name: score(found, member, seed) for name, member in groups.items()}
    everything = np.ones(len(kept), np.bool_)
    return Scores(score(found, everything, seed), per_type, int((found.predicted == 0).sum()))


def _precision(found: _Matches, member: NDArray[np.bool_], seed: int) -> dict[str, Score]:
    parts = np.stack([found.hits, found.predicted], axis=1)[member]
    boxes = [int(parts[:, 1].sum())]
    return score_sums(parts, lambda sums: _share(sums[..., :1], sums[..., 1:]), ["precision"], seed=seed, counts=boxes)


def _one_to_one(found: _Matches, member: NDArray[np.bool_], seed: int) -> dict[str, Score]:
    single = found.true == 1
    columns = [found.hits, found.predicted, found.matched, found.true, found.first * single, single]
    parts = np.stack(columns, axis=1)[member].astype(np.float64)

    def statistic(sums: NDArray[np.float64]) -> NDArray[np.float64]:
        hits, predicted, matched, true, first, only = np.moveaxis(sums, -1, 0)
        pairs = ((matched, predicted), (matched, true), (2 * matched, predicted + true), (hits, predicted))
        return np.stack([*(_share(a, b) for a, b in pairs), 100 * first / only], axis=-1)

    boxes, true = int(parts[:, 1].sum()), int(parts[:, 3].sum())
    names = ["precision", "recall", "f1", "precision_many_to_one", "first_box_of_single"]
    counts = [boxes, true, boxes + true, boxes, int(parts[:, 5].sum())]
    return score_sums(parts, statistic, names, seed=seed, counts=counts)


def _share(part: NDArray[np.float64], whole: NDArray[np.float64]) -> NDArray[np.float64]:
    """Give percent; 0 of 0 is 0, as the scripts print it for a class without a predicted box."""
    return 100 * np.divide(part, whole, out=np.zeros_like(part), where=whole > 0)


def _boxes_of(truth: object) -> object:
    """Give the boxes of a truth that also carries a text."""
    return truth["boxes"] if isinstance(truth, Mapping) and "boxes" in truth else truth


def _quads(
    values: Sequence[object], read: Callable[[str], Rows], predictions: Sequence[Prediction]
) -> list[NDArray[np.float64]]:
    """Give the corners (boxes, 4, 2) of each sample's boxes, in 1/100 of the image."""
    texts = [read(value) if isinstance(value, str) else [] for value in values]
    ends = np.cumsum([len(rows) for rows in texts])
    corners = np.split(rotated_corners([row for rows in texts for row in rows]), ends[:-1]) if texts else []
    return [
        quads if value is None or isinstance(value, str) else _polygons(value, prediction)
        for quads, value, prediction in zip(corners, values, predictions, strict=True)
    ]


def _polygons(value: object, prediction: Prediction) -> NDArray[np.float64]:
    """Give polygons of four points in pixels as hundredths of the image."""
    polygons = np.asarray(value, np.float64)
    if (polygons.size and polygons.shape[1:] != (4, 2)) or prediction.image_size is None:
        raise InputError(
            f"sample {prediction.id} has no readable boxes",
            value=value,
            expected="text, or polygons [[x, y] × 4] in pixels together with image_size",
        )
    return polygons.reshape(-1, 4, 2) * 100.0 / np.array(prediction.image_size, np.float64)


_EARTHDIAL = _Rule(earthdial_boxes, 0.5)
_ONE_TO_ONE = _Rule(earthdial_boxes, 0.5, slack=TIE)
_GEOCHAT = _Rule(geochat_boxes, 0.5)
_XBD = _Rule(unrotated_boxes, 0.25, read_truth=earthdial_boxes)
_DESCRIBED_50 = _Rule(described_boxes, 0.5, most_truths=50)
_DESCRIBED_25 = _Rule(described_boxes, 0.25, most_truths=50)


def score_description(predictions: Sequence[Prediction], seed: int) -> Scores:
    """Score the boxes inside grounded descriptions at IoU 0.5 and 0.25."""
    half, quarter = _score(predictions, _DESCRIBED_50, seed), _score(predictions, _DESCRIBED_25, seed)
    pair = {"P@0.5": half.scores["precision"], "P@0.25": quarter.scores["precision"]}
    few = [name for name, score in pair.items() if round(score.value * score.n / 100) <= 1]
    notes: tuple[str, ...] = (f"the script prints nothing for {' and '.join(few)}: one hit or none",) if few else ()
    truths = _quads([_boxes_of(p.truth) for p in predictions], described_boxes, predictions)
    left_out = sum(len(truth) >= 50 for truth in truths)
    if left_out:
        notes += (f"{left_out} samples with 50 true boxes or more were left out, as in the script",)
    return Scores(pair, {}, half.unparsed, notes)


_LOOPHOLES = (
    "a true box may satisfy several predictions, a missed object and an empty answer cost nothing",
    "a box with other than five numbers, or without area, stays in the denominator",
    "single and multiple are told by the number of true boxes, not by the question",
)

PROTOCOLS = (
    Protocol(
        "grounding/one-to-one@1",
        "rotated boxes, IoU >= 0.5, each true box used once, best overlap first: precision, recall, F1",
        "geoglot",
        score_one_to_one,
    ),
    Protocol(
        "grounding/earthdial@1",
        "share of predicted rotated boxes with IoU >= 0.5 to any true box; per size, single and multiple",
        "hiyamdebary/EarthDial src/earthdial/eval/rs_detection/eval.py",
        lambda predictions, seed: _score(predictions, _EARTHDIAL, seed),
        _LOOPHOLES,
    ),
    Protocol(
        "grounding/geochat@1",
        "the rule of grounding/earthdial@1 over GeoChat's text {<x0><y0><x1><y1>|<angle>}",
        "hiyamdebary/EarthDial src/earthdial/eval/rs_detection/eval.py; GeoChat published no scorer",
        lambda predictions, seed: _score(predictions, _GEOCHAT, seed),
        _LOOPHOLES,
    ),
    Protocol(
        "grounding/earthdial-xbd@1",
        "share of predicted boxes with IoU >= 0.25 to any true box, their angle set to 0",
        "hiyamdebary/EarthDial src/earthdial/eval/rs_change_detection/eval_detection.py",
        lambda predictions, seed: _score(predictions, _XBD, seed),
        (*_LOOPHOLES, "the angle of predictions is dropped, that of true boxes is not"),
    ),
    Protocol(
        "grounding/earthdial-description@1",
        "share of the boxes inside a description with IoU >= 0.5 and >= 0.25 to any true box",
        "hiyamdebary/EarthDial src/earthdial/eval/rs_grounding_description/eval.py",
        score_description,
        (*_LOOPHOLES, "samples with 50 true boxes or more are skipped"),
    ),
)
