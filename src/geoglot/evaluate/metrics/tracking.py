"""Paths through the frames of a video or series: does an answer follow each thing on the way it took?

A path is a line of points in pixels, first to last; its points need not stand for frames. Both paths of a pair are cut
at 33 points of equal spacing along their length, and

    ADE = mean distance of corresponding points, in pixels        FDE = distance of the last points
    hit = ADE <= 20 px                                             F1 = 2 hits / (said + true paths)

Inside a sample and a label paths are paired one to one, least ADE first. A path walked backwards is another path.

Sources: ADE and FDE after Pellegrini et al., You'll never walk alone (ICCV 2009), and Alahi et al., Social LSTM (CVPR
2016); 20 px is the precision threshold of Wu et al., Online object tracking: a benchmark (CVPR 2013).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from geoglot.errors import InputError
from geoglot.evaluate.metrics.answers import need_samples
from geoglot.evaluate.metrics.interval import score_sums
from geoglot.evaluate.metrics.protocol import Prediction, Protocol, Scores
from geoglot.regions import codecs
from geoglot.regions.codecs import CodecError

HIT_PX = 20.0
CUTS = 33  # 32 equal pieces

Line = NDArray[np.float64]


def evenly(points: Line) -> Line:
    """Give (33, 2), points at equal distances along a line of points (N, 2), its ends included."""
    walked = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(points, axis=0), axis=1))])
    at = np.linspace(0.0, walked[-1], CUTS)
    return np.stack([np.interp(at, walked, points[:, axis]) for axis in (0, 1)], axis=1)


def score_paths(predictions: Sequence[Prediction], seed: int) -> Scores:
    """Score paths over the whole file. An answer that holds no path where there is one misses it."""
    need_samples(predictions)
    parts = np.zeros((len(predictions), 6))  # hits, said, true, pairs, sum of ADE, sum of FDE
    unread = 0
    for row, prediction in zip(parts, predictions, strict=True):
        true, said = _lines(prediction.truth, prediction), _lines(prediction.prediction, prediction)
        if true is None:
            raise InputError(f"the truth of sample {prediction.id} is no list of paths", value=prediction.truth,
                             expected='[{"label": "car", "path": [x, y, x, y, …]}]')  # fmt: skip
        unread += said is None
        pairs = _pairs(said or [], true)
        row[:] = sum(ade <= HIT_PX for ade, _ in pairs), len(said or []), len(true), len(pairs), 0, 0
        row[4:] = np.sum(pairs, axis=0) if pairs else 0.0
    names = ["f1", "precision", "recall", "ADE_px", "FDE_px"]
    return Scores(score_sums(parts, _rates, names, seed=seed), {}, unread)


def _rates(sums: NDArray[np.float64]) -> NDArray[np.float64]:
    hits, said, true, pairs, ade, fde = np.moveaxis(sums, -1, 0)
    return np.stack([200 * hits / (said + true), 100 * hits / said, 100 * hits / true, ade / pairs, fde / pairs], -1)


def _pairs(said: list[tuple[str, Line]], true: list[tuple[str, Line]]) -> list[tuple[float, float]]:
    """ADE and FDE of each pair, least ADE first, every path in one pair at most."""
    apart = []
    for mine, (label, line) in enumerate(said):
        for other, (wanted, way) in enumerate(true):
            if label == wanted:
                distances = np.linalg.norm(line - way, axis=1)
                apart.append((float(distances.mean()), mine, other, float(distances[-1])))
    used: tuple[set[int], set[int]] = (set(), set())
    pairs = []
    for ade, mine, other, fde in sorted(apart):
        if mine not in used[0] and other not in used[1]:
            used[0].add(mine)
            used[1].add(other)
            pairs.append((ade, fde))
    return pairs


def _lines(form: object, prediction: Prediction) -> list[tuple[str, Line]] | None:
    """Label and (33, 2) of each path; None for what is no list of paths. A text is read by the sample's codec."""
    if isinstance(form, str):
        return _written(form, prediction)
    if not isinstance(form, Sequence):
        return None
    found = []
    for item in form:
        points = item.get("path") if isinstance(item, Mapping) else None
        if not isinstance(points, Sequence) or isinstance(points, str) or len(points) < 4 or len(points) % 2:
            return None
        line = np.array([float(number) for number in points]).reshape(-1, 2)
        found.append((str(item.get("label", "object")), evenly(line)))
    return found


def _written(text: str, prediction: Prediction) -> list[tuple[str, Line]] | None:
    if prediction.codec is None or prediction.image_size is None:
        return None
    try:
        regions = codecs.get(prediction.codec).read(text, prediction.image_size)
    except CodecError:
        return None
    paths = [region for region in regions if region.type == "path"]
    return [(region.label or "object", evenly(region.outline)) for region in paths]


PROTOCOLS = (
    Protocol(
        "tracking/path@1",
        "paths paired one to one by mean distance (ADE): F1, precision, recall at 20 px; mean ADE and FDE of the pairs",
        "geoglot; ADE, FDE of Pellegrini 2009 and Alahi 2016, 20 px of Wu 2013 (OTB)",
        score_paths,
        (
            "paths are compared along their length: when a thing was where does not count",
            "ADE_px and FDE_px are over pairs only: a missed path costs recall, not distance",
        ),
    ),
)
