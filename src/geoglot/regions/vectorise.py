"""From pixels to outlines.

Own code rather than GDAL's: GDAL reads what it may open when it is first used, and only `geoglot.scenes` sets that.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from geoglot.regions.polygon import Polygon, Ring

if TYPE_CHECKING:
    from geoglot.regions.mask import Mask

Whole = NDArray[np.int64]

_STRIP_PX = 4_000_000
"""Pixels that are unfolded at once: a mask of a whole scene stays as small as its runs."""


def polygons(mask: Mask) -> tuple[Polygon, ...]:
    """Give the outlines of a mask's pieces along pixel edges, in frame pixels, in reading order.

    Pixels that meet only at a corner are separate pieces. Each carries the mask's label, score and frame.
    """
    pieces = _Pieces(mask)
    found: dict[int, list[Ring]] = {}
    for ring in _rings(mask, pieces):
        x, y = min(ring, key=lambda vertex: (vertex[1], vertex[0]))
        exterior = pieces.hold(x, y)  # below its upper left corner an exterior ring is on, a hole is off
        rings = found.setdefault(int(pieces.of(x, y if exterior else y - 1)), [])
        moved = tuple((float(x + mask.left), float(y + mask.top)) for x, y in ring)
        rings.insert(0 if exterior else len(rings), moved)
    return tuple(
        Polygon(tuple(rings), label=mask.label, score=mask.score, frame=mask.frame)
        for _, rings in sorted(found.items())
    )


def _rings(mask: Mask, pieces: _Pieces) -> list[list[tuple[int, int]]]:
    """The closed lines of corners around all pieces and holes, as x, y in mask pixels.

    Along a row or a column, corners are the ends of edges, two by two. Going along an edge and then down or up the
    next one leads around.
    """
    x, y, goes_down = _corners(mask, pieces)
    across, down = np.empty(len(x), np.int64), np.empty(len(x), np.int64)
    for partner, order in ((across, np.lexsort((x, y))), (down, np.lexsort((goes_down, y, x)))):
        partner[order[0::2]], partner[order[1::2]] = order[1::2], order[0::2]
    left = np.ones(len(x), np.bool_)
    rings = []
    for start in range(len(x)):
        ring = []
        here = start
        while left[here]:
            there = across[here]
            left[here] = left[there] = False
            ring += [(int(x[here]), int(y[here])), (int(x[there]), int(y[there]))]
            here = down[there]
        if ring:
            rings.append(ring)
    return rings


def _corners(mask: Mask, pieces: _Pieces) -> tuple[Whole, Whole, NDArray[np.bool_]]:
    """x, y of every corner, row by row, and whether its upright edge goes down; found strip by strip."""
    rows = max(1, _STRIP_PX // mask.width)
    tops = range(0, mask.height + 1, rows)  # corners lie on one line more than there are rows
    strips = [_strip_corners(mask, pieces, top, min(top + rows, mask.height + 1)) for top in tops]
    x, y, goes_down = (np.concatenate(parts) for parts in zip(*strips, strict=True))
    return x, y, goes_down


def _padded_rows(mask: Mask, first: int, last: int) -> NDArray[np.bool_]:
    """The rows first..last of a mask, (last - first, width + 2), with a pixel that is off on either side."""
    starts, ends, rows = mask.stretches()
    inside = slice(*np.searchsorted(rows, [first, last]))
    steps = np.zeros((last - first, mask.width + 2), np.int8)
    steps[rows[inside] - first, starts[inside] + 1] = 1
    steps[rows[inside] - first, ends[inside] + 1] = -1  # stretches of a row never touch
    return steps.cumsum(axis=1, dtype=np.int8) > 0


def _strip_corners(mask: Mask, pieces: _Pieces, top: int, bottom: int) -> tuple[Whole, Whole, NDArray[np.bool_]]:
    """The corners on the lines top..bottom between rows.

    Between four pixels there is a corner if one or three are on. If a diagonal pair is on there are two, first the
    one whose level edge goes left. Each then goes around a pixel that is on; but if both pixels are of one piece,
    around one that is off, so that no ring touches itself.
    """
    pixels = _padded_rows(mask, top - 1, bottom)
    nw, ne, sw, se = (pixels[j : pixels.shape[0] - 1 + j, i : pixels.shape[1] - 1 + i] for j in (0, 1) for i in (0, 1))
    single = nw ^ ne ^ sw ^ se
    falling = nw & se & ~ne & ~sw
    y, x = np.nonzero(single | falling | (ne & sw & ~nw & ~se))
    falls, twice, lower = falling[y, x], ~single[y, x], (sw ^ se)[y, x]
    y = y + top
    one_piece = np.zeros(len(x), np.bool_)
    upper_x, lower_x = np.where(falls, x - 1, x)[twice], np.where(falls, x, x - 1)[twice]
    one_piece[twice] = pieces.of(upper_x, y[twice] - 1) == pieces.of(lower_x, y[twice])
    source = np.repeat(np.arange(len(x)), np.where(twice, 2, 1))
    second = np.zeros(len(source), np.bool_)
    second[1:] = source[1:] == source[:-1]
    goes_down = np.where(twice[source], (second == falls[source]) ^ one_piece[source], lower[source])
    return x[source], y[source], goes_down


class _Pieces:
    """Which piece a pixel belongs to: stretches of neighbouring rows that touch are of one piece."""

    def __init__(self, mask: Mask) -> None:
        starts, ends, rows = mask.stretches()
        self._width = mask.width
        self._first = rows * mask.width + starts
        self._end = rows * mask.width + ends
        above = np.searchsorted(self._end, (rows - 1) * mask.width + starts, side="right")
        below = np.searchsorted(self._first, (rows - 1) * mask.width + ends)
        root = list(range(len(rows)))

        def find(index: int) -> int:
            while root[index] != index:
                root[index] = root[root[index]]
                index = root[index]
            return index

        for index, (first, stop) in enumerate(zip(above.tolist(), below.tolist(), strict=True)):
            for other in range(first, stop):
                low, high = sorted((find(index), find(other)))
                root[high] = low
        self._root = np.array([find(index) for index in range(len(root))], np.int64)

    def hold(self, x: int, y: int) -> bool:
        """Tell whether a pixel is on."""
        place = y * self._width + x
        index = int(np.searchsorted(self._first, place, side="right")) - 1
        return index >= 0 and place < int(self._end[index])

    def of(self, x: int | Whole, y: int | Whole) -> Whole:
        """The first stretch of the piece of each pixel, which must be on."""
        return np.asarray(self._root[np.searchsorted(self._first, y * self._width + x, side="right") - 1])
