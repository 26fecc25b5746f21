"""Extremely randomised trees for every pixel, on the same bands and surroundings as the linear rule; for masks.

Each tree takes a few features at random, cuts each at a random value, keeps the cut that explains most, and goes on
until few pixels are left; the forest gives the mean of the trees' leaves.

Source: Geurts, Ernst and Wehenkel, Extremely randomized trees, Machine Learning 63 (2006).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from geoglot.conversation import Answer, Conversation, Sample
from geoglot.errors import InputError
from geoglot.evaluate.baselines.example import scene_of
from geoglot.evaluate.baselines.pixels import common_names, known_pixels, masked_reply, pixel_rows
from geoglot.models.protocol import Model
from geoglot.tasks import TaskName

TREES = 24
MOST_PIXELS = 1500  # of one image
LEAST_PIXELS = 10  # of a node that is cut
DEEPEST = 14

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Tree:
    """Nodes in a row, the root first. feature: (M,), -1 at a leaf; cut: (M,); left: (M,), the right child stands
    behind it; value: (M,), the share of the node's pixels that are inside."""

    feature: NDArray[np.intp]
    cut: Floats
    left: NDArray[np.intp]
    value: Floats

    def at(self, rows: Floats) -> Floats:
        """Give the value (N,) of the leaf that each row (N, D) falls into."""
        node = np.zeros(len(rows), np.intp)
        for _ in range(DEEPEST):
            inner = np.flatnonzero(self.feature[node] >= 0)
            if not inner.size:
                break
            here = node[inner]
            node[inner] = self.left[here] + (rows[inner, self.feature[here]] > self.cut[here])
        return self.value[node]


def grown(rows: Floats, inside: Floats, rng: np.random.Generator) -> Tree:
    """Grow one tree from pixels (N, D) and whether they are inside (N,), 0 or 1."""
    feature, cut, left, value = [-1], [0.0], [0], [float(inside.mean())]
    waiting = [(0, np.arange(len(rows)), 0)]
    while waiting:
        node, members, depth = waiting.pop()
        if depth == DEEPEST or len(members) < LEAST_PIXELS or value[node] in (0.0, 1.0):
            continue
        found = _best_cut(rows[members], inside[members], rng)
        if found is None:
            continue
        feature[node], cut[node], left[node] = found[0], found[1], len(feature)
        above = rows[members, found[0]] > found[1]
        for part in (members[~above], members[above]):
            waiting.append((len(feature), part, depth + 1))
            feature.append(-1)
            cut.append(0.0)
            left.append(0)
            value.append(float(inside[part].mean()))
    return Tree(np.array(feature, np.intp), np.array(cut), np.array(left, np.intp), np.array(value))


def _best_cut(rows: Floats, inside: Floats, rng: np.random.Generator) -> tuple[int, float] | None:
    """Of as many random cuts as the root of the number of features, the one that leaves least variance."""
    tried = rng.choice(rows.shape[1], max(1, round(rows.shape[1] ** 0.5)), replace=False)
    low, high = rows[:, tried].min(axis=0), rows[:, tried].max(axis=0)
    cuts = rng.uniform(low, high)
    above = rows[:, tried] > cuts  # (N, tries)
    counts = above.sum(axis=0)
    usable = (counts > 0) & (counts < len(rows))
    if not usable.any():
        return None
    hits = inside @ above
    with np.errstate(invalid="ignore", divide="ignore"):
        kept = hits**2 / counts + (inside.sum() - hits) ** 2 / (len(rows) - counts)
    best = int(np.argmax(np.where(usable, kept, -np.inf)))
    return int(tried[best]), float(cuts[best])


class Forest(Model):
    """Trees over pixels drawn from every training image, from the bands that every one of them has."""

    def __init__(self, name: str, samples: Iterable[Sample]) -> None:
        self.name = name
        self._bands: tuple[str, ...] = ()
        total = hashlib.sha256()
        drawn: list[tuple[Floats, Floats]] = []
        for sample in samples:
            self._bands = self._bands or common_names(scene_of(sample.conversation).frame)
            rows, inside = known_pixels(sample, self._bands)
            rng = np.random.default_rng(len(drawn))
            kept = rng.permutation(len(rows))[:MOST_PIXELS]
            drawn.append((rows[kept], inside[kept]))
            total.update(sample.id.encode())
        if not drawn:
            raise InputError("a forest has to be fitted on something", expected="a benchmark with a training part")
        rows, inside = (np.concatenate(part) for part in zip(*drawn, strict=True))
        self._trees = [grown(rows, inside, np.random.default_rng(seed)) for seed in range(TREES)]
        self.sha256 = total.hexdigest()

    def answer(self, conversation: Conversation, *, task: TaskName | None = None, seed: int = 0) -> Answer:
        """Give the pixels that most trees put inside. Raises InputError without an image, BandError for bands that
        the training had and the image has not."""
        frame = scene_of(conversation).frame
        rows = np.nan_to_num(pixel_rows(frame, self._bands))
        score = np.mean([tree.at(rows) for tree in self._trees], axis=0).reshape(frame.size[1], frame.size[0])
        return masked_reply(self.name, self.sha256, score, task=task)
