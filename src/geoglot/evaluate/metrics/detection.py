"""Detection: average precision in the manner of Pascal VOC and DOTA, and scores that need no confidences.

    each detection, best score first, belongs to the true object of its image and class that it overlaps most;
    true positive: IoU beyond the threshold and that object not yet taken; difficult objects count neither way
    AP (07) = mean over recall 0, 0.1 .. 1 of the best precision at that recall or beyond
    AP (area) = area under the precision envelope over recall

Detections of equal score: the DOTA script leaves their order to numpy's unstable sort, which differs between
processors, and its AP with it (ship class of the golden file: 20.59 with AVX-512, 20.58 with AVX2, 16.54
without). `detection/dota-voc07@1` follows the script; `detection/dota@1` takes ties in the order of the file.

Sources: CAPTAIN-WHU/DOTA_devkit dota_evaluation_task1.py (IoU > 0.5, polygons, 11 points, difficult);
rafaelpadilla/Object-Detection-Metrics lib/Evaluator.py (IoU >= t, boxes with +1).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from geoglot.evaluate.metrics.answers import need_samples
from geoglot.evaluate.metrics.grounding import overlaps
from geoglot.evaluate.metrics.interval import resamples, score_sums
from geoglot.evaluate.metrics.polygons import TIE, pair_iou
from geoglot.evaluate.metrics.protocol import Prediction, Protocol, Score, Scores
from geoglot.evaluate.metrics.shapes import Shapes, predicted_shapes, true_shapes

PairIou = Callable[[NDArray[np.float64], NDArray[np.float64]], NDArray[np.float64]]
Order = Callable[[NDArray[np.float64]], NDArray[np.intp]]
Average = Callable[[NDArray[np.float64], NDArray[np.float64]], NDArray[np.float64]]

_PAIRS_AT_ONCE = 500_000  # 64 MB of corners
_ELEVEN = np.arange(0.0, 1.1, 0.1)  # not linspace: its 0.30000000000000004 decides ties as the scripts do


def inclusive_iou(first: NDArray[np.float64], second: NDArray[np.float64]) -> NDArray[np.float64]:
    """Give the IoU of the bounding boxes of corners (n, 4, 2), each box holding its last pixel (+1)."""
    boxes = [np.hstack([corners.min(axis=1), corners.max(axis=1)]) for corners in (first, second)]
    return overlaps(boxes[0], boxes[1], pixel=1.0).iou


def best_truth(found: Shapes, true: Shapes, iou: PairIou) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
    """Give for each found object the true object of its image that it overlaps most, and that overlap.

    Ties go to the true object that stands first in the file; -1 and 0 where the image has none.
    """
    best = np.full(len(found.image), -1, np.intp)
    value = np.zeros(len(found.image))
    order = np.argsort(true.image, kind="stable")
    start = np.searchsorted(true.image[order], found.image, "left")
    count = np.searchsorted(true.image[order], found.image, "right") - start
    ends = np.cumsum(count)
    row = 0
    while row < len(found.image):
        stop = max(row + 1, int(np.searchsorted(ends, ends[row] - count[row] + _PAIRS_AT_ONCE, "right")))
        rows = np.repeat(np.arange(row, stop), count[row:stop])
        within = np.arange(len(rows)) - np.repeat(ends[row:stop] - count[row:stop], count[row:stop])
        columns = order[start[rows] + within + (ends[row] - count[row])]
        pairs = iou(found.corners[rows], true.corners[columns])
        by_value = np.lexsort((within, -pairs, rows))
        taken, first = np.unique(rows[by_value], return_index=True)
        best[taken], value[taken] = columns[by_value][first], pairs[by_value][first]
        row = stop
    return best, value


def eleven_points(recall: NDArray[np.float64], precision: NDArray[np.float64]) -> NDArray[np.float64]:
    """Give the VOC 2007 average (b,) of precision curves (k, b) over growing recall (k, b)."""
    envelope = np.maximum.accumulate(precision[::-1], axis=0)[::-1]
    envelope = np.vstack([envelope, np.zeros((1, envelope.shape[1]))])
    total = [envelope[np.searchsorted(curve, _ELEVEN), place].sum() for place, curve in enumerate(recall.T)]
    return np.array(total) / 11


def envelope_area(recall: NDArray[np.float64], precision: NDArray[np.float64]) -> NDArray[np.float64]:
    """Give the area (b,) under the precision envelope of curves (k, b) over growing recall (k, b)."""
    envelope = np.maximum.accumulate(precision[::-1], axis=0)[::-1]
    steps = np.diff(recall, axis=0, prepend=recall.dtype.type(0))
    area: NDArray[np.float64] = np.einsum("kb,kb->b", steps, envelope, dtype=np.float64)
    return area


def _file_order(score: NDArray[np.float64]) -> NDArray[np.intp]:
    return np.argsort(-score, kind="stable")


def _script_order(score: NDArray[np.float64]) -> NDArray[np.intp]:
    return np.argsort(-score)


@dataclass(frozen=True, slots=True)
class _Rule:
    iou: PairIou
    averages: tuple[tuple[str, Average], ...]
    thresholds: tuple[float, ...] = (0.5,)
    strict: bool = False
    order: Order = _file_order

    def over(self, iou: NDArray[np.float64], threshold: float) -> NDArray[np.bool_]:
        """Tell which overlaps reach the threshold."""
        return iou > threshold + TIE if self.strict else iou >= threshold - TIE


@dataclass(frozen=True, slots=True, eq=False)
class _Curve:
    """One class, detections that count, best first: their image and whether right; positives per image."""

    image: NDArray[np.intp]
    right: NDArray[np.bool_]
    positives: NDArray[np.float64]

    def average(self, weights: NDArray[np.floating], average: Average) -> NDArray[np.float64]:
        """Give the average precision (b,) for images drawn with weights (images, b), in the precision of these."""
        drawn = weights[self.image]  # (n, b): rows are contiguous, so that sums along a curve run over whole rows
        hits = np.flatnonzero(self.right)
        right = np.cumsum(drawn[hits], axis=0)
        taken = np.cumsum(drawn, axis=0)[hits]
        total = (self.positives @ weights).astype(drawn.dtype)
        with np.errstate(invalid="ignore", divide="ignore"):
            recall = right / total
            precision = np.where(taken > 0, right / taken, 0.0)
            known = average(recall, precision)
        return np.where(total > 0, known, np.nan)


def _curves(found: Shapes, true: Shapes, rule: _Rule, images: int) -> list[_Curve]:
    """Give the curve of one class at each threshold of the rule."""
    best, value = best_truth(found, true, rule.iou)
    order = rule.order(found.score)
    best, value, image = best[order], value[order], found.image[order]
    return [_curve(best, image, true, rule.over(value, threshold), images) for threshold in rule.thresholds]


def _curve(
    best: NDArray[np.intp],
    image: NDArray[np.intp],
    true: Shapes,
    over: NDArray[np.bool_],
    images: int,
) -> _Curve:
    over = over & (best >= 0)
    ignored = over & true.difficult[best] if len(true.image) else over
    open_ones = over & ~ignored
    first = np.zeros(len(best), np.bool_)
    positions = np.flatnonzero(open_ones)
    first[positions[np.unique(best[positions], return_index=True)[1]]] = True
    positives = np.bincount(true.image[~true.difficult], minlength=images).astype(np.float64)
    return _Curve(image[~ignored], first[~ignored], positives)


def _score(predictions: Sequence[Prediction], rule: _Rule, seed: int) -> Scores:
    need_samples(predictions)
    found, unread = predicted_shapes(predictions)
    true = true_shapes(predictions)
    images = len(predictions)
    labels = sorted(set(true.label[~true.difficult].tolist()))
    scores: dict[str, Score] = {}
    per_type: dict[str, dict[str, Score]] = {label: {} for label in labels}
    by_class = [_curves(found.of(name), true.of(name), rule, images) for name in labels]
    for position, threshold in enumerate(rule.thresholds):
        curves = [curves_of_class[position] for curves_of_class in by_class]
        for kind, average in rule.averages:
            key = f"{kind}@{threshold:g}"
            values, low, high = _intervals(curves, average, images, seed)
            sizes = [int(curve.positives.sum()) for curve in curves]
            for index, label in enumerate(labels):
                per_type[label][key] = Score(values[index], low[index], high[index], sizes[index])
            scores[f"m{key}"] = Score(values[-1], low[-1], high[-1], sum(sizes))
    extra = set(found.label.tolist()) - set(true.label.tolist())
    notes = [f"labels that no truth has are not scored: {', '.join(sorted(extra))}"] if extra else []
    if not found.scored:
        notes.append("no prediction has a score: detections are ranked by their order in the file")
    tied = sum(len(s) - len(np.unique(s)) for s in (found.of(name).score for name in labels))
    if tied and rule.order is _script_order:
        notes.append(f"{tied} detections tie with another of their class: their order varies by processor")
    return Scores(scores, per_type, unread, tuple(notes))


def _intervals(
    curves: Sequence[_Curve], average: Average, images: int, seed: int
) -> tuple[list[float], list[float], list[float]]:
    """Give value, low and high in percent for each curve and, last, for their mean."""

    def table(weights: NDArray[np.floating]) -> NDArray[np.float64]:
        rows = np.stack([100 * curve.average(weights, average) for curve in curves])
        known = ~np.isnan(rows)
        mean = np.where(known, rows, 0.0).sum(axis=0) / np.maximum(known.sum(axis=0), 1)
        return np.vstack([rows, mean])  # (classes + 1, b)

    step = max(1, 1_000_000 // max(1, *(len(curve.image) for curve in curves)))  # 4 MB of weights at once
    drawn = np.hstack(
        [
            table(batch[at : at + step].T.astype(np.float32, order="C"))  # whole counts: no sum is rounded
            for batch in resamples(images, seed=seed)
            for at in range(0, len(batch), step)
        ]
    )
    low, high = np.nanpercentile(drawn, (2.5, 97.5), axis=1)
    return table(np.ones((images, 1)))[:, 0].tolist(), low.tolist(), high.tolist()


def score_f1(predictions: Sequence[Prediction], seed: int) -> Scores:
    """Score detections without confidences: precision, recall, F1 at IoU >= 0.5, each true object used
    once."""
    need_samples(predictions)
    found, unread = predicted_shapes(predictions)
    true = true_shapes(predictions)
    parts = np.zeros((len(predictions), 3))  # right, found, true
    rule = _Rule(pair_iou, ())
    for label in sorted(set(true.label.tolist()) | set(found.label.tolist())):
        (curve,) = _curves(found.of(label), true.of(label), rule, len(predictions))
        np.add.at(parts[:, 0], curve.image[curve.right], 1)
        np.add.at(parts[:, 1], curve.image, 1)
        parts[:, 2] += curve.positives

    def statistic(sums: NDArray[np.float64]) -> NDArray[np.float64]:
        right, said, there = np.moveaxis(sums, -1, 0)
        return 100 * np.stack([right / said, right / there, 2 * right / (said + there)], axis=-1)

    return Scores(score_sums(parts, statistic, ["precision", "recall", "f1"], seed=seed), {}, unread)


_SEVEN = (("AP", eleven_points),)
_AREA = (("AP", envelope_area),)
_DOTA = _Rule(pair_iou, _SEVEN, strict=True)
_DOTA_07 = _Rule(pair_iou, _SEVEN, strict=True, order=_script_order)
_DOTA_AREA = _Rule(pair_iou, _AREA, strict=True, order=_script_order)
_VOC_07 = _Rule(inclusive_iou, _SEVEN, thresholds=(0.3, 0.5))
_VOC_AREA = _Rule(inclusive_iou, _AREA, thresholds=(0.3, 0.5))
_DIFFICULT = "a detection whose best true object is difficult counts neither way"
_TIES = "the order of detections of equal score is left to numpy's unstable sort, as in the script"
_MEAN = "the mean is over the classes that have a true object; the script divides by 15 or 16 in any case"

PROTOCOLS = (
    Protocol(
        "detection/dota-voc07@1",
        "DOTA Task 1: polygon IoU > 0.5, 11-point AP, mean over classes",
        "CAPTAIN-WHU/DOTA_devkit dota_evaluation_task1.py, main with use_07_metric=True",
        lambda predictions, seed: _score(predictions, _DOTA_07, seed),
        (
            _DIFFICULT,
            _MEAN,
            _TIES,
            "wants detections merged to the original images: patch AP is another quantity",
        ),
    ),
    Protocol(
        "detection/dota@1",
        "as detection/dota-voc07@1, with ties in the order of the file: the same on every machine",
        "geoglot, after CAPTAIN-WHU/DOTA_devkit dota_evaluation_task1.py",
        lambda predictions, seed: _score(predictions, _DOTA, seed),
        (_DIFFICULT, _MEAN),
    ),
    Protocol(
        "detection/dota-area@1",
        "DOTA Task 1: polygon IoU > 0.5, area under the precision envelope",
        "CAPTAIN-WHU/DOTA_devkit dota_evaluation_task1.py with use_07_metric=False",
        lambda predictions, seed: _score(predictions, _DOTA_AREA, seed),
        (_DIFFICULT, _MEAN, _TIES),
    ),
    Protocol(
        "detection/voc07@1",
        "boxes with their last pixel (+1), IoU >= 0.3 and >= 0.5, 11-point AP",
        "rafaelpadilla/Object-Detection-Metrics lib/Evaluator.py, ElevenPointInterpolatedAP",
        lambda predictions, seed: _score(predictions, _VOC_07, seed),
        ("+1 on widths and heights",),
    ),
    Protocol(
        "detection/voc-area@1",
        "boxes with their last pixel (+1), IoU >= 0.3 and >= 0.5, area under the precision envelope",
        "rafaelpadilla/Object-Detection-Metrics lib/Evaluator.py, EveryPointInterpolation",
        lambda predictions, seed: _score(predictions, _VOC_AREA, seed),
        ("+1 on widths and heights",),
    ),
    Protocol(
        "detection/f1@1",
        "precision, recall, F1 at polygon IoU >= 0.5, each true object used once",
        "geoglot",
        score_f1,
        (_DIFFICULT,),
    ),
)
