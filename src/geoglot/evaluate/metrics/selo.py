"""Semantic localisation: a map of how well each place of a large image fits a sentence (SeLo, AIR-SLT).

With prob = map / 255, M the mask of the true regions (area A of H·W), S sums of prob:

    Rsu = 1 - exp(-0.707 · S_in / (S_all - S_in + 1e-7) · (HW - A) / A)
    Ras = (e^{3g} - 1) / (e^3 - 1), g the mean over regions of distance of attention centres / radius
    Rda = mean over regions of 0, 1, or 0.5 (1 - spread / radius) + exp(-0.5 (n + 2)) for n = 0, 1, more centres
    Rmi = 0.4 Rsu + 0.35 (1 - Ras) + 0.25 Rda

A region's centre is the mean of its points, its radius 1.5 times their mean distance from it. Attention centres are
the maxima, over 1000 pixels, of the map smoothed five times over 50 pixels, where prob is at least 0.5. A constant
map reaches Rmi 0.74 when one region lies in the middle: hold every score against that baseline.

Source: xiaoyuan1996/SemanticLocalizationMetrics evaluations/SLM.py (with OpenCV's and SciPy's borders).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from geoglot.errors import InputError
from geoglot.evaluate.metrics.answers import need_samples
from geoglot.evaluate.metrics.interval import score_means
from geoglot.evaluate.metrics.masks import read_array
from geoglot.evaluate.metrics.protocol import Prediction, Protocol, Scores

Points = NDArray[np.float64]  # (n, 2) x, y in pixels
Centre = tuple[int, int]

_SMOOTHINGS, _BOX, _NEIGHBOURHOOD = 5, 50, 1000


def polygon_mask(regions: Sequence[Points], shape: tuple[int, int]) -> NDArray[np.bool_]:
    """Fill polygons, their points cut to whole numbers, as OpenCV does: edges included, overlaps left out.

    shape: (height, width). Differs from OpenCV by single pixels along slanted edges.
    """
    height, width = shape
    rows = np.arange(height)
    flips = np.zeros((height, width + 1), np.int8)
    edge = np.zeros(shape, np.bool_)
    for region in regions:
        points = region.astype(np.int32).astype(np.int64)
        for (x0, y0), (x1, y1) in zip(points.tolist(), np.roll(points, -1, axis=0).tolist(), strict=True):
            steps = max(abs(x1 - x0), abs(y1 - y0), 1)
            along = np.arange(steps + 1) / steps
            xs, ys = np.rint(x0 + (x1 - x0) * along).astype(int), np.rint(y0 + (y1 - y0) * along).astype(int)
            inside = (xs >= 0) & (xs < width) & (ys >= 0) & (ys < height)
            edge[ys[inside], xs[inside]] = True
            crossed = rows[max(0, min(y0, y1)) : max(0, max(y0, y1))]
            at = np.ceil(x0 + (x1 - x0) * (crossed - y0) / (y1 - y0)) if y1 != y0 else np.zeros(0)
            flips[crossed[: len(at)], np.clip(at, 0, width).astype(int)] ^= 1
    filled: NDArray[np.bool_] = (np.cumsum(flips, axis=1)[:, :width] % 2).astype(np.bool_)
    return filled | edge


def attention_centres(gray: NDArray[np.uint8]) -> list[Centre]:
    """Give the attention centres (x, y) of an 8-bit map, the most probable first."""
    smooth = gray
    for _ in range(_SMOOTHINGS):
        smooth = _boxed(smooth)
    top = _largest_around(_largest_around(smooth).T).T
    centres = components((smooth == top) & (smooth > 0))
    centres.sort(key=lambda centre: -int(gray[centre[1], centre[0]]))
    return [(x, y) for x, y in centres if gray[y, x] / 255.0 >= 0.5]


def _boxed(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Give the mean over 50 × 50 pixels, from 25 before to 24 after, mirrored at the border without repeating it."""
    before, after = _BOX // 2, _BOX - _BOX // 2 - 1
    padded = np.pad(image, ((before, after), (before, after)), mode="reflect").astype(np.int64)
    total = np.pad(padded.cumsum(axis=0).cumsum(axis=1), ((1, 0), (1, 0)))
    sums = total[_BOX:, _BOX:] - total[:-_BOX, _BOX:] - total[_BOX:, :-_BOX] + total[:-_BOX, :-_BOX]
    mean: NDArray[np.uint8] = np.rint(sums / _BOX**2).astype(np.uint8)
    return mean


def _largest_around(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Give the largest value from 500 before to 499 after along the rows, mirrored at the border.

    Source: van Herk, A fast algorithm for local minimum and maximum filters (1992).
    """
    size, length = _NEIGHBOURHOOD, image.shape[1]
    blocks = -(-(length + size - 1) // size)
    wide = np.pad(image, ((0, 0), (size // 2, size - size // 2 - 1)), mode="symmetric")
    wide = np.pad(wide, ((0, 0), (0, blocks * size - wide.shape[1])))
    parts = wide.reshape(len(image), blocks, size)
    ahead = np.maximum.accumulate(parts, axis=2).reshape(len(image), -1)
    behind = np.maximum.accumulate(parts[:, :, ::-1], axis=2)[:, :, ::-1].reshape(len(image), -1)
    largest: NDArray[np.uint8] = np.maximum(behind[:, :length], ahead[:, size - 1 : size - 1 + length])
    return largest


def components(mask: NDArray[np.bool_]) -> list[Centre]:
    """Give the centre (x, y), cut to whole numbers, of each set of pixels that touch, corners included.

    They come in the order in which their first pixels stand, row by row.
    """
    padded = np.pad(mask, ((0, 0), (1, 1))).astype(np.int8)
    change = np.diff(padded, axis=1)
    row, start = np.nonzero(change == 1)
    stop = np.nonzero(change == -1)[1]
    parent = list(range(len(row)))

    def root(run: int) -> int:
        while parent[run] != run:
            parent[run] = parent[parent[run]]
            run = parent[run]
        return run

    above = 0
    rows, starts, stops = row.tolist(), start.tolist(), stop.tolist()
    for run in range(len(rows)):
        while rows[above] < rows[run] - 1 or (rows[above] == rows[run] - 1 and stops[above] < starts[run]):
            above += 1
        other = above
        while rows[other] == rows[run] - 1 and starts[other] <= stops[run]:
            one, two = sorted((root(other), root(run)))
            parent[two] = one
            other += 1
    owner = np.array([root(run) for run in range(len(rows))], np.int64)
    size = (stop - start).astype(np.float64)
    weight = np.bincount(owner, size, len(rows)) if len(rows) else np.zeros(0)
    x = np.bincount(owner, size * (start + stop - 1) / 2, len(rows)) if len(rows) else weight
    y = np.bincount(owner, size * row, len(rows)) if len(rows) else weight
    return [(int(x[run] / weight[run]), int(y[run] / weight[run])) for run in np.unique(owner).tolist()]


def selo(gray: NDArray[np.uint8], regions: Sequence[Points]) -> tuple[float, float, float, float]:
    """Give Rsu, Rda, Ras and Rmi of one map. gray: (H, W) 8-bit. regions: polygons in its pixels."""
    circles = [_circle(region) for region in regions]
    centres = np.array(attention_centres(gray), np.float64).reshape(-1, 2)
    near = []
    for x, y, radius in circles:
        gaps = np.linalg.norm(centres - (x, y), axis=1)
        near.append((centres[gaps <= radius], gaps[gaps <= radius]))
    if len(centres):
        offsets = [gaps.mean() if len(gaps) else c[2] for c, (_, gaps) in zip(circles, near, strict=True)]
    else:
        offsets = [circles[0][2]]  # the script gives a single offset then, and averages over it alone
    g = float(np.mean([offset / circle[2] for offset, circle in zip(offsets, circles, strict=False)]))
    ras = (math.exp(3 * g) - 1) / (math.exp(3) - 1)
    rda = float(np.mean([_discreteness(found, c[2]) for c, (found, _) in zip(circles, near, strict=True)]))
    rsu = _salience(gray, polygon_mask(regions, gray.shape))
    return rsu, rda, ras, rmi(rsu, rda, ras)


def rmi(rsu: float, rda: float, ras: float) -> float:
    """Give the mean indicator."""
    return 0.4 * rsu + 0.35 * (1 - ras) + 0.25 * rda


def _salience(gray: NDArray[np.uint8], mask: NDArray[np.bool_]) -> float:
    total, inside, area = gray.sum() / 255.0, gray[mask].sum() / 255.0, int(mask.sum())
    return 1 - math.exp(-0.707 * inside / (total - inside + 1e-7) * (mask.size - area) / area)


def _discreteness(centres: Points, radius: int) -> float:
    if len(centres) < 2:
        return float(len(centres))
    spread = np.linalg.norm(centres - centres.mean(axis=0), axis=1).mean() / radius
    return float(0.5 * (1 - spread) + math.exp(-0.5 * (len(centres) + 2)))


def _circle(region: Points) -> tuple[int, int, int]:
    """Give centre and radius of a region, cut to whole pixels."""
    x, y = int(region[:, 0].sum() / len(region)), int(region[:, 1].sum() / len(region))
    return x, y, int(np.linalg.norm(region - (x, y), axis=1).mean() * 1.5)


def score_selo(predictions: Sequence[Prediction], seed: int) -> Scores:
    """Score maps: each prediction {"npy": 8-bit map}, each truth a list of polygons [[x, y], …] in its pixels."""
    need_samples(predictions)
    rows = []
    for prediction in predictions:
        value = prediction.prediction
        if not isinstance(value, Mapping) or "npy" not in value:
            raise InputError(f"sample {prediction.id} has no map", value=value, expected='{"npy": "map.npy"}')
        gray = read_array(value)
        if gray.dtype != np.uint8:
            raise InputError(f"the map of sample {prediction.id} is not 8-bit", value=gray.dtype, expected="uint8")
        rows.append(selo(gray.astype(np.uint8), _regions(prediction)))
    return Scores(score_means(dict(zip(("Rsu", "Rda", "Ras", "Rmi"), zip(*rows, strict=True), strict=True)), seed=seed))


def _regions(prediction: Prediction) -> list[Points]:
    truth = prediction.truth
    try:
        if isinstance(truth, Sequence) and not isinstance(truth, str) and truth:
            return [np.asarray(polygon, np.float64).reshape(-1, 2) for polygon in truth]
    except ValueError as error:
        raise InputError(f"sample {prediction.id} has regions that are no polygons", hint=str(error)) from error
    raise InputError(f"sample {prediction.id} has no regions", value=truth, expected="[[[x, y], …], …]")


PROTOCOLS = (
    Protocol(
        "selo@1",
        "Rsu, Rda, Ras, Rmi of semantic localisation, each times 100",
        "xiaoyuan1996/SemanticLocalizationMetrics evaluations/SLM.py",
        score_selo,
        (
            "a constant map scores Rmi up to 74: report it beside",
            "without any attention centre the offset of the first region alone counts",
            "masks are filled as OpenCV fills them, up to single pixels along slanted edges",
        ),
    ),
)
