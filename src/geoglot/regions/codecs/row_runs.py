"""Masks as the runs of a coarse grid's rows: `ship *4, others *20; others *24; …`.

`;` separates rows, `,` separates runs, the runs of a row sum to the grid's width. Source: Earth-OneVision, section on
SLIS, where the grid is 24 x 24 and a cell takes a label if any of its pixels has it.
"""

from __future__ import annotations

import itertools
import re
from collections import deque
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from geoglot.regions.codecs.codec import CodecError
from geoglot.regions.pooling import shares

BACKGROUND = ("others", "no-change")
"""Words for cells without a label: the first is written, both are read."""

_RUN = re.compile(r"\s*([^*]+?)\s*\*\s*(\d{1,3})\s*")


def write_rows(cells: NDArray[np.int64], labels: Sequence[str]) -> str:
    """Give the text of a grid (rows, columns) of 0 for the background and k for `labels[k - 1]`."""
    words = (BACKGROUND[0], *labels)
    return "; ".join(
        ", ".join(f"{words[cell]} *{len(list(run))}" for cell, run in itertools.groupby(row)) for row in cells.tolist()
    )


def read_rows(text: str, count: int) -> tuple[NDArray[np.int64], tuple[str, ...]]:
    """Give the grid (count, count) of 0 for the background and k for the k-th label, and the labels as they come.

    Raises CodecError, with the number of the row from 1, for a text that does not fill the grid.
    """
    rows = text.split(";")
    if len(rows) != count:
        raise CodecError("a mask with the wrong count of rows", value=len(rows), expected=f"{count} rows")
    labels: dict[str, int] = dict.fromkeys(BACKGROUND, 0)
    cells = np.zeros((count, count), np.int64)
    for index, row in enumerate(rows):
        found: list[int] = []
        for run in row.split(","):
            match = _RUN.fullmatch(run)
            if not match or not int(match[2]):
                raise CodecError(f"no run of a mask in row {index + 1}", value=run.strip(), expected="label *n")
            label = labels.setdefault(match[1], len(labels) - len(BACKGROUND) + 1)
            found.extend([label] * int(match[2]))
        if len(found) != count:
            raise CodecError(
                f"a mask whose row {index + 1} does not fill its grid", value=len(found), expected=f"{count} cells"
            )
        cells[index] = found
    return cells, tuple(label for label, number in labels.items() if number)


def cells_of(layers: Sequence[NDArray[np.bool_]], count: int, *, majority: bool) -> NDArray[np.int64]:
    """Give the grid (count, count) of layers (H, W): 0 for the background, k for the k-th layer.

    A cell takes a label if any of its pixels has it; with `majority` only if at least half have it, and the fullest
    cell of a patch that would vanish. Labels that both may have a cell share it to the one with more of its pixels.
    """
    filled = np.stack([shares(layer, (count, count)) for layer in layers])  # (labels, rows, columns)
    if majority:
        kept = filled >= 0.5
        for layer, share in zip(kept, filled, strict=True):
            _keep_small(layer, share)
    else:
        kept = filled > 0
    best = np.where(kept, filled, 0.0)
    return np.where(kept.any(axis=0), best.argmax(axis=0) + 1, 0)


def _keep_small(kept: NDArray[np.bool_], share: NDArray[np.float64]) -> None:
    """Turn on the fullest cell of every patch of cells, joined by edges, of which none is kept."""
    left = share > 0
    while left.any():
        first = divmod(int(left.argmax()), left.shape[1])
        patch, queue = [first], deque([first])
        left[first] = False
        while queue:
            row, column = queue.popleft()
            for near in ((row - 1, column), (row + 1, column), (row, column - 1), (row, column + 1)):
                if 0 <= near[0] < left.shape[0] and 0 <= near[1] < left.shape[1] and left[near]:
                    left[near] = False
                    patch.append(near)
                    queue.append(near)
        if not any(kept[cell] for cell in patch):
            kept[max(patch, key=lambda cell: share[cell])] = True
