"""U-7: average precision of boxes by their scores, as sums by scene."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from geoglot.regions import Region
from geoglot.train.text.routes import HIT_IOU

Answered = tuple[int, Sequence[Region], Sequence[Region]]
"""Scene, the boxes that were given for a question, those that are there."""


def precision_sums(answers: Sequence[Answered]) -> Iterator[tuple[int, float, float]]:
    """Give (scene, precision, things) of every question: their sums over all scenes are average precision.

    All boxes are ranked by score. What is found at a rank counts the best precision at that rank or after it, what is
    missed nothing. Surer boxes choose first which thing they find.
    """
    found = [(score, number, hit) for number, one in enumerate(answers) for score, hit in _hits(one[1], one[2])]
    found.sort(key=lambda one: -one[0])
    hits = np.array([hit for _, _, hit in found], bool)
    precision = hits.cumsum() / np.arange(1, len(hits) + 1)
    best = np.maximum.accumulate(precision[::-1])[::-1]
    sums = np.zeros(len(answers))
    np.add.at(sums, [number for _, number, _ in found], best * hits)
    for (scene, _, there), value in zip(answers, sums, strict=True):
        yield scene, float(value), float(len(there))


def _hits(given: Sequence[Region], there: Sequence[Region]) -> Iterator[tuple[float, bool]]:
    left = [one.bounds for one in there]
    for region in sorted(given, key=lambda one: -(one.score or 0.0)):
        near = max(left, key=lambda one: one.iou(region.bounds), default=None)
        hit = near is not None and near.iou(region.bounds) >= HIT_IOU
        if hit and near is not None:
            left.remove(near)
        yield region.score or 0.0, hit
