"""Masks on coarse grids of cells, and back."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def pooled(inside: NDArray[np.bool_], cells: tuple[int, int]) -> NDArray[np.bool_]:
    """Give the cells (rows, columns) of which at least half is inside; cells: columns, rows, at most the pixels.

    The outer rows and columns keep at least their fullest cell, so that the extent survives.
    """
    share = shares(inside, cells)
    out = share >= 0.5
    for edge, filled in (
        (np.s_[0], share[0]),
        (np.s_[-1], share[-1]),
        (np.s_[:, 0], share[:, 0]),
        (np.s_[:, -1], share[:, -1]),
    ):
        if not out[edge].any():
            out[edge] = filled == filled.max()
    return out


def shares(inside: NDArray[np.bool_], cells: tuple[int, int]) -> NDArray[np.float64]:
    """Give the share of each cell's pixels that is inside, (rows, columns); cells: columns, rows."""
    height, width = inside.shape
    columns, rows = starts(width, cells[0]), starts(height, cells[1])
    counts = np.add.reduceat(np.add.reduceat(inside.astype(np.int64), rows, axis=0), columns, axis=1)
    pixels = np.diff([*rows, height])[:, None] * np.diff([*columns, width])[None]
    return np.asarray(counts / pixels)


def spread(cells: NDArray[np.bool_], size: tuple[int, int]) -> NDArray[np.bool_]:
    """Give the pixels (H, W) of cells (rows, columns) by nearest neighbour; size: width, height."""
    rows = owners(size[1], cells.shape[0])
    columns = owners(size[0], cells.shape[1])
    return cells[np.ix_(rows, columns)]


def owners(pixels: int, cells: int) -> NDArray[np.int64]:
    """Give the cell in which the centre of each pixel along one side lies."""
    return np.asarray((np.arange(pixels) * 2 + 1) * cells // (2 * pixels), np.int64)


def starts(pixels: int, cells: int) -> NDArray[np.int64]:
    """Give the first pixel of each cell along one side; pixels >= cells."""
    return np.searchsorted(owners(pixels, cells), np.arange(cells))
