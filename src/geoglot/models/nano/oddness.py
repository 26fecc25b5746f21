"""Whether a picture can be an image of the ground at all: plain statistics, before and beside the eye.

A network gives an answer for static, for a blank and for bands of different places as readily as for a city. Three
things hold for images of the ground: they have contrast; what lies side by side is alike, near and far; and edges in
one visible band are edges in the others. How often that is wrong: docs/results.md, `python -m tests.bench.oddness`.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from geoglot.models.nano.evidence import Guess
from geoglot.models.nano.shown import Shown

FLAT, STATIC, APART = "flat", "static", "bands"
"""Names of the flags: no contrast; neighbours that are nothing to each other; bands that do not belong together."""

ODD = frozenset({FLAT, STATIC, APART})

PROBABILITY = 0.98
"""Of a flag that is raised: false alarms may be 2 %."""

VISIBLE = ("red", "green", "blue")
SCALES = 5
LEAST_PX = 24
"""Shorter side of a picture whose neighbours are compared; smaller ones say too little."""

MOST_PX = 512
"""Longer sides are cut to the middle of the picture: enough to tell, and it keeps the check at 25 ms."""

Plane = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Limits:
    """Below which a picture is odd.

    contrast: from the 1st to the 99th percentile of levels. likeness: correlation of neighbouring pixels, the highest
    of up to `SCALES` scales, each half as fine. edges: correlation of the gradients of any two visible bands.
    """

    contrast: float = 0.02
    likeness: float = 0.25
    edges: float = 0.4


LIMITS = {"sar": Limits(likeness=0.15)}
"""By modality, where it differs: speckle leaves neighbours in radar images little to share."""


def odd(shown: Shown, *, frame: int, first: int) -> list[Guess]:
    """Give a quality flag for each thing that is odd about a picture, none for an image of the ground.

    first: number of the first flag's id.
    """
    names = oddness(shown.levels, shown.modality, enlarged=1 / min(shown.scale))
    return [Guess(f"q{first + place}", name, PROBABILITY, frame) for place, name in enumerate(names)]


def oddness(levels: Mapping[str, Plane], modality: str, *, enlarged: float = 1.0) -> tuple[str, ...]:
    """Tell what is odd: `FLAT`, `STATIC`, `APART`, or nothing.

    levels: (H, W) by slot, NaN without data. enlarged: how many of their pixels there are for one that was measured,
    along a side.
    """
    limits = LIMITS.get(modality, Limits())
    planes = {slot: _middle(level) for slot, level in levels.items() if np.isfinite(level).any()}
    alive = {slot: plane for slot, plane in planes.items() if contrast(plane) >= limits.contrast}
    if not alive:
        return (FLAT,)
    if max(likeness(plane, enlarged=enlarged) for plane in alive.values()) < limits.likeness:
        return (STATIC,)
    if min((edges(a, b) for a, b in _visible_pairs(alive)), default=1.0) < limits.edges:
        return (APART,)
    return ()


def contrast(plane: Plane) -> float:
    """Give the spread of levels from their 1st to their 99th percentile."""
    low, high = np.nanpercentile(plane[::2, ::2] if min(plane.shape) > LEAST_PX else plane, (1, 99))
    return float(high - low)


def likeness(plane: Plane, *, enlarged: float = 1.0) -> float:
    """Give the highest correlation of neighbouring pixels over scales, 1 for pictures too small to tell.

    Rows and columns that repeat the one before are dropped, and an enlarged picture is shrunk first: enlarged static
    is static.
    """
    plane = _without_repeats(_without_repeats(plane).T).T
    for _ in range(math.ceil(math.log2(max(1.0, enlarged)))):
        plane = _halved(plane)
    alike: list[float] = []
    while len(alike) < SCALES and min(plane.shape) >= LEAST_PX:
        alike.append(_correlation(_sides(plane)))
        plane = _halved(plane)
    return max(alike, default=1.0)


def edges(first: Plane, second: Plane) -> float:
    """Give the correlation of two bands' vertical differences at half their size."""
    a, b = (np.diff(_halved(plane), axis=0) for plane in (first, second))
    return _correlation([(a, b)])


def _visible_pairs(planes: Mapping[str, Plane]) -> Iterator[tuple[Plane, Plane]]:
    return itertools.combinations([planes[slot] for slot in VISIBLE if slot in planes], 2)


def _middle(level: Plane) -> Plane:
    height, width = level.shape
    top, left = max(0, (height - MOST_PX) // 2), max(0, (width - MOST_PX) // 2)
    return level[top : top + MOST_PX, left : left + MOST_PX]


def _sides(plane: Plane) -> list[tuple[Plane, Plane]]:
    """Every pixel beside its right and its lower neighbour."""
    return [(plane[:, :-1], plane[:, 1:]), (plane[:-1], plane[1:])]


def _correlation(pairs: list[tuple[Plane, Plane]]) -> float:
    """Mean of the correlations of pairs, over pixels that both have; 1 for what does not vary."""
    out = []
    for a, b in pairs:
        both = np.isfinite(a) & np.isfinite(b)
        if not both.any():
            continue
        x, y = (a, b) if both.all() else (a[both], b[both])
        x, y = (x - x.mean()).ravel(), (y - y.mean()).ravel()
        scale = float(np.sqrt(float(x @ x) * float(y @ y)))
        out.append(float(x @ y) / scale if scale > 1e-6 else 1.0)
    return float(np.mean(out)) if out else 1.0


def _without_repeats(plane: Plane) -> Plane:
    """Drop rows that equal the row before."""
    same = (plane[1:] == plane[:-1]) | (np.isnan(plane[1:]) & np.isnan(plane[:-1]))
    kept = np.flatnonzero(np.concatenate([[True], ~same.all(axis=1)]))
    return plane[kept]


def _halved(plane: Plane) -> Plane:
    """Means of two by two pixels; NaN where one of them is."""
    height, width = plane.shape[0] // 2 * 2, plane.shape[1] // 2 * 2
    even = plane[:height, :width]
    means: Plane = (even[::2, ::2] + even[1::2, ::2] + even[::2, 1::2] + even[1::2, 1::2]) / np.float32(4)
    return means
