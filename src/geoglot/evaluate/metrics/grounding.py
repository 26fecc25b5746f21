"""Grounding: one expression, one horizontal box. Share of boxes above an IoU, mean IoU, cumulative IoU.

    P@t = samples with IoU >= t (or > t) / samples      mean_iou = mean of IoU over samples
    cum_iou = sum of intersections / sum of unions

The variants differ in how numbers are read out of an answer, whether a box holds its last pixel (+1), whether
the threshold itself counts, and what an unreadable answer costs.

Sources: lx709/VRSBench eval_fianl/compute_metrics.ipynb and eval_utils.py; NJU-LHRS/LHRS-Bot main_vg.py;
fitzpchao/RSEvalKit model_eval_mp.py; like413/OPT-RSVG utils/eval_utils.py.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from geoglot.errors import InputError
from geoglot.evaluate.metrics.interval import score_sums
from geoglot.evaluate.metrics.protocol import Prediction, Protocol, Scores
from geoglot.evaluate.metrics.shapes import corners_of
from geoglot.regions.codecs import CodecError, marked
from geoglot.regions.codecs import get as codec_named

Corners = tuple[float, float, float, float]

_DECIMAL = re.compile(r"[-+]?(?:\d+\.?\d*|\.\d+)")
_TIE = 1e-12  # rounding of a quotient of two areas


@dataclass(frozen=True, slots=True, eq=False)
class Overlaps:
    """Overlap of boxes in pairs, each (n,): IoU, intersection and union in squared units of the boxes."""

    iou: NDArray[np.float64]
    intersection: NDArray[np.float64]
    union: NDArray[np.float64]


def overlaps(first: NDArray[np.float64], second: NDArray[np.float64], *, pixel: float = 0.0) -> Overlaps:
    """Give the overlap of box i of `first` with box i of `second`; boxes (n, 4) = x0, y0, x1, y1.

    pixel: added to every width and height. 0 for continuous coordinates, 1 for inclusive pixel indices.
    """
    low, high = np.maximum(first[:, :2], second[:, :2]), np.minimum(first[:, 2:], second[:, 2:])
    common = np.prod(np.maximum(0.0, high - low + pixel), axis=1)
    area_first = np.prod(first[:, 2:] - first[:, :2] + pixel, axis=1)
    area_second = np.prod(second[:, 2:] - second[:, :2] + pixel, axis=1)
    union = area_first + area_second - common
    iou = np.divide(common, union, out=np.zeros(len(first)), where=union != 0)
    return Overlaps(iou, common, union)


def decimals(answer: object) -> Corners | None:
    """Read the first four numbers, sign and decimals included; None unless they make a box with an area."""
    numbers = _flat(answer) if not isinstance(answer, str) else [float(n) for n in _DECIMAL.findall(answer)]
    if numbers is None or len(numbers) < 4:
        return None
    x0, y0, x1, y1 = numbers[:4]
    return (x0, y0, x1, y1) if x1 > x0 and y1 > y0 else None


def digits(answer: object) -> Corners | None:
    r"""Read the first four runs of digits as VRSBench does (`\d+`): a sign and a decimal point are lost."""
    if not isinstance(answer, str):
        return decimals(answer)
    numbers = [float(n) for n in re.findall(r"\d+", answer)]
    return (numbers[0], numbers[1], numbers[2], numbers[3]) if len(numbers) >= 4 else None


def thousandths(answer: object) -> Corners | None:
    """Read the numbers between the first `[` and the last `]`, as RSEvalKit does; in 1/1000 of the image."""
    if not isinstance(answer, str):
        return decimals(answer)
    start, end = answer.find("["), answer.rfind("]")
    if start < 0 or end < 0:
        return None
    numbers = [float(n) for n in re.findall(r"[-+]?\d*\.?\d+", answer[start : end + 1])]
    return (numbers[0], numbers[1], numbers[2], numbers[3]) if len(numbers) >= 4 else None


@dataclass(frozen=True, slots=True)
class _Rule:
    read: Callable[[object], Corners | None]
    thresholds: tuple[float, ...]
    strict: bool = False
    pixel: float = 0.0
    extent: float | None = None  # answers are in 1/extent of the image, truths in pixels
    by_codec: bool = False  # texts are read by the codec that the sample names


def _score(predictions: Sequence[Prediction], rule: _Rule, seed: int) -> Scores:
    if not predictions:
        raise InputError("no predictions to score", expected="at least one sample")
    truth = np.array([_truth(p, rule) for p in predictions])
    answers = [_box(p.prediction, p, rule) for p in predictions]
    read = np.array([answer is not None for answer in answers])
    boxes = np.array([answer or (0.0, 0.0, 0.0, 0.0) for answer in answers])
    if rule.extent is not None:
        boxes *= np.array([_size(p) * 2 for p in predictions]) / rule.extent
    found = overlaps(boxes, truth, pixel=rule.pixel)
    read &= found.union != 0  # the scripts divide by it and count the failure as an invalid answer
    iou, common, union = (np.where(read, part, 0.0) for part in (found.iou, found.intersection, found.union))
    slack = _TIE if rule.strict else -_TIE
    hits = [(iou > t + slack) & read for t in rule.thresholds]
    parts = np.stack([*hits, iou, common, union, np.ones(len(truth))], axis=1).astype(np.float64)
    names = [*(f"P@{t:g}" for t in rule.thresholds), "mean_iou", "cum_iou"]
    types = [p.type for p in predictions]
    groups = [name for name in dict.fromkeys(types) if name is not None]
    per_type = {group: score_sums(parts[[t == group for t in types]], _shares, names, seed=seed) for group in groups}
    return Scores(score_sums(parts, _shares, names, seed=seed), per_type, int((~read).sum()))


def _shares(sums: NDArray[np.float64]) -> NDArray[np.float64]:
    hits, common, union, count = sums[..., :-3], sums[..., -3], sums[..., -2], sums[..., -1:]
    return 100 * np.concatenate([hits / count, (common / union)[..., None]], axis=-1)


def _truth(prediction: Prediction, rule: _Rule) -> Corners:
    read = digits if rule.read is digits else decimals
    box = _box(prediction.truth, prediction, rule) if rule.by_codec else read(prediction.truth)
    if box is None:
        raise InputError(
            f"the truth of sample {prediction.id} is no box",
            value=prediction.truth,
            expected="four numbers x0, y0, x1, y1",
        )
    return box


def _box(value: object, prediction: Prediction, rule: _Rule) -> Corners | None:
    """Give the box of an answer or a truth: a text as the rule or the sample's codec reads it, a list as it is."""
    if not rule.by_codec or prediction.codec is None or not isinstance(value, str):
        return rule.read(value)
    if prediction.image_size is None:
        if isinstance(prediction.truth, str):
            return rule.read(value)  # both in the codec's own numbers: overlap does not need the image
        raise InputError(
            f"sample {prediction.id} has a text of the form {prediction.codec} and a truth in pixels",
            value=prediction.truth,
            expected="its image_size (width, height)",
        )
    try:
        regions = marked(value, codec_named(prediction.codec), prediction.image_size)[1]
    except CodecError:
        return None
    bounds = regions[0].bounds if regions else None
    return None if bounds is None else (bounds.x0, bounds.y0, bounds.x1, bounds.y1)


def _size(prediction: Prediction) -> tuple[int, int]:
    if prediction.image_size is None:
        raise InputError(f"sample {prediction.id} has no image_size", expected="(width, height) in pixels")
    return prediction.image_size


def _flat(value: object) -> list[float] | None:
    """Give the numbers of a list, or the bounds of an object {"box" …}; of several the best scored, else the first."""
    while isinstance(value, list | tuple) and value and not isinstance(value[0], int | float | str):
        scored = all(isinstance(item, Mapping) and item.get("score") is not None for item in value)
        value = max(value, key=lambda item: float(item["score"])) if scored else value[0]
    try:
        if isinstance(value, Mapping):
            corners = corners_of(value)
            xs, ys = corners[::2], corners[1::2]
            return [min(xs), min(ys), max(xs), max(ys)]
        return [float(number) for number in value] if isinstance(value, list | tuple) else None
    except (TypeError, ValueError):
        return None


_TENTHS = (0.5, 0.6, 0.7, 0.8, 0.9)
_STRICT = _Rule(decimals, _TENTHS, strict=True, by_codec=True)
_INCLUSIVE = _Rule(decimals, _TENTHS, by_codec=True)
_VRSBENCH = _Rule(digits, (0.5, 0.7), pixel=1.0)
_RSEVALKIT = _Rule(thousandths, (0.5,), extent=1000.0)


def score_lhrs(predictions: Sequence[Prediction], seed: int) -> Scores:
    """Score as LHRS-Bot main_vg.py does: boxes zipped in order, +1 on coordinates of 0..1, IoU > 0.5.

    Truths and answers are texts. P@0.5 leaves unreadable answers out; P@0.5_with_failures counts them.
    """
    parts = np.zeros((len(predictions), 3))  # hits, compared pairs, failures
    unread = 0
    for row, prediction in zip(parts, predictions, strict=True):
        answer = _lhrs_boxes(prediction.prediction)
        truth = _lhrs_boxes(prediction.truth)
        if not answer:
            row[2] += 1  # no bracket at all, or one that is no list of numbers
            unread += 1
            continue
        for box, true in zip(answer, truth or [], strict=False):
            if len(box) < 4:
                row[2] += 1
                continue
            found = overlaps(np.array([box[:4]]), np.array([true[:4]]), pixel=1.0)
            row[:2] += float(found.iou[0] > 0.5), 1
    names = ["P@0.5", "P@0.5_with_failures"]
    scores = score_sums(parts, _lhrs_shares, names, seed=seed)
    return Scores(scores, {}, unread)


def _lhrs_shares(sums: NDArray[np.float64]) -> NDArray[np.float64]:
    hits, pairs, failures = sums[..., 0], sums[..., 1], sums[..., 2]
    return 100 * np.stack([hits / pairs, hits / (pairs + failures)], axis=-1)


def _lhrs_boxes(text: object) -> list[list[float]] | None:
    if not isinstance(text, str):
        box = decimals(text)
        return None if box is None else [list(box)]
    try:
        return [[float(n) for n in found.split(",")] for found in re.findall(r"\[([0-9., ]+)\]", text)]
    except ValueError:
        return None


PROTOCOLS = (
    Protocol(
        "grounding/strict-gt@1",
        "continuous IoU, hit if IoU > t, t = 0.5 .. 0.9; every sample counts",
        "geoglot; the strict sign is that of LHRS-Bot and of DOTA and VOC matching",
        lambda predictions, seed: _score(predictions, _STRICT, seed),
        (
            "a text is read by the codec that the sample names, its first region counts; without one, by its first "
            "four numbers, which must be in the coordinates of the truth",
        ),
    ),
    Protocol(
        "grounding/rsvg@1",
        "continuous IoU, hit if IoU >= t, t = 0.5 .. 0.9; mean and cumulative IoU (DIOR-RSVG, OPT-RSVG)",
        "like413/OPT-RSVG utils/eval_utils.py",
        lambda predictions, seed: _score(predictions, _INCLUSIVE, seed),
        ("cum_iou is over the coordinates of the file; the script takes boxes divided by 640",),
    ),
    Protocol(
        "grounding/vrsbench@1",
        "IoU of inclusive boxes (+1), hit if IoU >= t, t = 0.5, 0.7; per type unique and non-unique",
        "lx709/VRSBench eval_fianl/compute_metrics.ipynb, computeIoU",
        lambda predictions, seed: _score(predictions, _VRSBENCH, seed),
        (
            "numbers are read as runs of digits: 0.25 becomes 0 and 25",
            "+1 on widths and heights lifts the IoU of small boxes: 0.1429 becomes 0.2857",
            "mean_iou counts unreadable answers as 0, cum_iou leaves them out",
        ),
    ),
    Protocol(
        "grounding/lhrs@1",
        "IoU with +1, hit if IoU > 0.5, several boxes of one answer compared in order",
        "NJU-LHRS/LHRS-Bot main_vg.py",
        score_lhrs,
        (
            "+1 on coordinates of 0..1 is wrong: two disjoint boxes reach 0.6923",
            "P@0.5 leaves unreadable answers out; P@0.5_with_failures adds them to the denominator",
        ),
    ),
    Protocol(
        "grounding/rsevalkit@1",
        "answers in 1/1000 of the image, truths in pixels, continuous IoU >= 0.5",
        "fitzpchao/RSEvalKit model_eval_mp.py, eval_results_bbox",
        lambda predictions, seed: _score(predictions, _RSEVALKIT, seed),
    ),
)
