"""Where a box of a source lands in an output array when part of it lies outside the source."""

from __future__ import annotations

import math
from dataclasses import dataclass

from geoglot.regions import Box


@dataclass(frozen=True, slots=True)
class Fit:
    """The part of a read that lies inside the source.

    x, y, width, height: the window in the source's pixels, possibly fractional. columns, rows: the output
    pixels it fills, half-open.
    """

    x: float
    y: float
    width: float
    height: float
    columns: tuple[int, int]
    rows: tuple[int, int]

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of the filled part of the output."""
        return self.columns[1] - self.columns[0], self.rows[1] - self.rows[0]

    @property
    def shrinks(self) -> bool:
        """Whether the output is coarser than the source in some direction."""
        return self.width > self.size[0] or self.height > self.size[1]

    @property
    def is_plain(self) -> bool:
        """Whether output pixels are source pixels, one to one."""
        whole = self.x.is_integer() and self.y.is_integer()
        return whole and (self.width, self.height) == self.size


def fit(box: Box, size: tuple[int, int], source: tuple[int, int]) -> Fit | None:
    """Give the part of `box`, drawn into an output of `size`, that a source of that size can fill.

    All sizes are (width, height). An output pixel counts as inside when its centre is. None if nothing is
    inside.
    """
    across = _fit_axis(box.x0, box.x1, size[0], source[0])
    down = _fit_axis(box.y0, box.y1, size[1], source[1])
    if across is None or down is None:
        return None
    (x, width, columns), (y, height, rows) = across, down
    return Fit(x, y, width, height, columns, rows)


def _fit_axis(low: float, high: float, pixels: int, limit: int) -> tuple[float, float, tuple[int, int]] | None:
    step = (high - low) / pixels
    if step <= 0:
        return None
    # The centre of output pixel j is low + (j + 0.5) * step; it must lie in [0, limit).
    first = max(0, math.ceil(-low / step - 0.5))
    last = min(pixels, math.ceil((limit - low) / step - 0.5))
    if last <= first:
        return None
    start, stop = max(0.0, low + first * step), min(float(limit), low + last * step)
    return _snapped(start), _snapped(stop) - _snapped(start), (first, last)


def _snapped(value: float) -> float:
    """The whole number when the value misses it by rounding error only."""
    return float(round(value)) if abs(value - round(value)) < 1e-6 else value
