"""Cutting rings and lines to windows."""

from __future__ import annotations

import itertools

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def clip_convex(ring: Floats, window: Floats) -> Floats:
    """Give the part of a ring (N, 2) inside a convex window (M, 2) that runs clockwise on screen.

    The ring may be concave: its pieces then hang together along the window's edge. (K, 2), K may be 0.
    Source: Sutherland and Hodgman, Reentrant polygon clipping, CACM 17(1), 1974.
    """
    for start, end in zip(window, np.roll(window, -1, axis=0), strict=True):
        if not len(ring):
            break
        along = end - start
        side = along[0] * (ring[:, 1] - start[1]) - along[1] * (ring[:, 0] - start[0])  # >= 0 inside
        ring = _cut(ring, side)
    return ring


def _cut(ring: Floats, side: Floats) -> Floats:
    """The ring without what has a negative side."""
    kept = []
    for here, there, a, b in zip(ring, np.roll(ring, -1, axis=0), side, np.roll(side, -1), strict=True):
        if a >= 0:
            kept.append(here)
        if (a > 0 > b) or (a < 0 < b):
            kept.append(here + (there - here) * (a / (a - b)))
    return np.array(kept).reshape(-1, 2)


def clip_path(points: Floats, width: float, height: float) -> Floats | None:
    """Give the longest unbroken part of a line (N, 2) inside 0..width, 0..height, None if there is none."""
    size = np.array([width, height], np.float64)
    pieces: list[list[Floats]] = []
    for start, end in itertools.pairwise(points):
        cut = _clip_segment(start, end, size)
        if cut is None:
            continue
        if pieces and np.array_equal(pieces[-1][-1], cut[0]):
            pieces[-1].append(cut[1])
        else:
            pieces.append(list(cut))
    return max((np.array(piece) for piece in pieces), key=line_length, default=None)


def _clip_segment(start: Floats, end: Floats, size: Floats) -> tuple[Floats, Floats] | None:
    """The part of one segment inside 0..size. Source: Liang and Barsky, ACM TOG 3(1), 1984."""
    along = end - start
    first, last = 0.0, 1.0
    for step, room in zip((*-along, *along), (*start, *(size - start)), strict=True):
        if step == 0:
            if room < 0:
                return None
        elif step < 0:
            first = max(first, room / step)
        else:
            last = min(last, room / step)
    if first >= last:
        return None
    return (start if first == 0 else start + first * along), (end if last == 1 else start + last * along)


def line_length(points: Floats) -> float:
    """Give the length of a line through (N, 2) points."""
    return float(np.hypot(*np.diff(points, axis=0).T).sum())
