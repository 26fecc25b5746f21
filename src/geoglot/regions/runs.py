"""Row-wise run lengths: how many pixels are off, then on, then off … in reading order."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Stretches = tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]
"""First x, x after the last, and y of unbroken pieces of rows; in reading order."""


def runs_of(inside: NDArray[np.bool_]) -> tuple[int, ...]:
    """Give the runs of an array (H, W), one row after the other; the first run is off, perhaps 0 long."""
    flat = np.asarray(inside, np.bool_).reshape(-1)
    changes = np.flatnonzero(flat[1:] != flat[:-1]) + 1
    lengths = np.diff(np.concatenate([[0], changes, [flat.size]])).tolist()
    return tuple([0, *lengths] if flat[0] else lengths)


def pixels_of(runs: Sequence[int], width: int) -> NDArray[np.bool_]:
    """Give the array (H, W) of the runs."""
    return np.repeat(np.arange(len(runs)) % 2 == 1, runs).reshape(-1, width)


def row_stretches(runs: Sequence[int], width: int) -> Stretches:
    """Give every unbroken piece of one row that is on."""
    ends = np.cumsum(np.asarray(runs, np.int64))
    on_end = ends[1::2]
    on_start = ends[::2][: len(on_end)]
    filled = on_end > on_start
    on_start, on_end = on_start[filled], on_end[filled]
    rows = (on_end - 1) // width - on_start // width + 1  # how many rows each run touches
    owner = np.repeat(np.arange(len(rows)), rows)
    y = on_start[owner] // width + np.arange(len(owner)) - np.repeat(np.cumsum(rows) - rows, rows)
    return np.maximum(on_start[owner] - y * width, 0), np.minimum(on_end[owner] - y * width, width), y
