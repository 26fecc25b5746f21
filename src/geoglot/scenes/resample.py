"""Windows of plain arrays at any size: what GDAL does for files, for arrays that no file holds any more."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from geoglot.regions import Box

Values = NDArray[np.generic]
Valid = NDArray[np.bool_]
Window = Callable[[int, int, int, int], tuple[Values, Valid]]
"""From whole source pixels (left, top, right, bottom) to stored values and validity, each (rows, columns)."""

_STRIP_PIXELS = 1 << 22  # 4 million pixels at once: 16 MB as float32, whatever the size of the source


@dataclass(frozen=True, slots=True)
class Axis:
    """One axis: `count` output samples over the coordinates start to stop of a source of `length` pixels."""

    start: float
    stop: float
    length: int
    count: int

    @property
    def step(self) -> float:
        """Source pixels per output sample; above 1 when shrinking."""
        return (self.stop - self.start) / self.count

    @property
    def whole(self) -> bool:
        """Tell whether every output sample is exactly one source pixel."""
        return self.step == 1 and float(self.start).is_integer()

    def nearest(self) -> tuple[NDArray[np.intp], Valid]:
        """Give the source pixel under each output centre, and whether it lies inside the source."""
        centres = self.start + (np.arange(self.count) + 0.5) * self.step
        inside = (centres >= 0) & (centres < self.length)
        return np.clip(np.floor(centres), 0, self.length - 1).astype(np.intp), inside

    def taps(self) -> tuple[NDArray[np.intp], NDArray[np.float32]]:
        """Give (count, T) source pixels and their weights: overlap when shrinking, bilinear when growing.

        Weights sum to 1 inside the source and to less where an output sample reaches beyond it.
        """
        edges = self.start + np.arange(self.count + 1) * self.step
        if self.step > 1:
            first = np.floor(edges[:-1] + 1e-9).astype(np.intp)
            pixels = first[:, None] + np.arange(math.ceil(self.step) + 1)
            overlap = np.minimum(pixels + 1, edges[1:, None]) - np.maximum(pixels, edges[:-1, None])
            weights = np.clip(overlap, 0, None) / self.step
            weights[(pixels < 0) | (pixels >= self.length)] = 0
        else:
            centres = (edges[:-1] + edges[1:]) / 2
            inside = (centres >= 0) & (centres < self.length)
            place = np.clip(centres - 0.5, 0, self.length - 1)
            first = np.floor(place).astype(np.intp)
            pixels = np.stack([first, first + 1], axis=1)
            part = place - first
            weights = np.stack([1 - part, part], axis=1) * inside[:, None]
        return np.clip(pixels, 0, self.length - 1), weights.astype(np.float32)


def resample(
    window: Window, box: Box, size: tuple[int, int], *, source: tuple[int, int], exact: bool
) -> tuple[Values, Valid]:
    """Give the values inside `box` at `size` (width, height), and which of them are measurements.

    window: reads whole pixels of a source of size `source` (width, height); called for strips from top to
    bottom, never for all of a large source. box: in source pixels; what lies outside the source is invalid.
    exact: nearest neighbour. Else the mean of the valid part of each output pixel when shrinking, bilinear
    between valid pixels when growing, in float32; whole pixels at their own size stay as stored.
    Both results are (height, width).
    """
    across = Axis(box.x0, box.x1, source[0], size[0])
    down = Axis(box.y0, box.y1, source[1], size[1])
    pick = exact or (across.whole and down.whole)
    return _nearest(window, across, down) if pick else _blend(window, across, down)


def _nearest(window: Window, across: Axis, down: Axis) -> tuple[Values, Valid]:
    columns, inside_x = across.nearest()
    lines, inside_y = down.nearest()
    left, right = int(columns[0]), int(columns[-1]) + 1
    values, valid = [], []
    for top, end, chosen in _strips(lines, right - left):
        strip, known = window(left, top, right, end)
        place = np.ix_(lines[chosen] - top, columns - left)
        values.append(strip[place])
        valid.append(known[place])
    return np.concatenate(values), np.concatenate(valid) & inside_y[:, None] & inside_x


def _strips(lines: NDArray[np.intp], width: int) -> list[tuple[int, int, slice]]:
    """Strips of source rows that hold the rising `lines`: (first row, end row, which of the lines)."""
    most = max(1, _STRIP_PIXELS // width)
    found, place = [], 0
    while place < len(lines):
        top = int(lines[place])
        after = int(np.searchsorted(lines, top + most))
        found.append((top, int(lines[after - 1]) + 1, slice(place, after)))
        place = after
    return found


def _blend(window: Window, across: Axis, down: Axis) -> tuple[Values, Valid]:
    columns, weights_x = across.taps()
    lines, weights_y = down.taps()
    left, right = int(columns.min()), int(columns.max()) + 1
    top, end = int(lines.min()), int(lines.max()) + 1
    total = np.empty((end - top, across.count), np.float32)
    share = np.empty_like(total)
    most = max(1, _STRIP_PIXELS // (right - left))
    for row in range(top, end, most):
        below = min(row + most, end)
        values, valid = window(left, row, right, below)
        known = np.where(valid, values, 0).astype(np.float32)
        total[row - top : below - top] = _weigh(known.T, columns - left, weights_x).T
        share[row - top : below - top] = _weigh(valid.T.astype(np.float32), columns - left, weights_x).T
    total = _weigh(total, lines - top, weights_y)
    share = _weigh(share, lines - top, weights_y)
    # While shrinking any measurement counts; while growing the mask keeps its outline.
    enough = 1e-6 if max(across.step, down.step) > 1 else 0.5 - 1e-6
    known_there = share > enough
    return np.divide(total, share, out=np.zeros_like(total), where=known_there), known_there


def _weigh(layer: NDArray[np.float32], pixels: NDArray[np.intp], weights: NDArray[np.float32]) -> NDArray[np.float32]:
    """Weighted sums over the first axis: (source, M) to (count, M)."""
    out = np.zeros((len(pixels), layer.shape[1]), np.float32)
    for tap in range(pixels.shape[1]):
        out += weights[:, tap, None] * layer[pixels[:, tap]]
    return out


@dataclass(frozen=True, slots=True, eq=False)
class ArraySource:
    """Layers held in memory as a `PixelSource`. layers: (C, H, W); valid: (H, W), all valid if None."""

    layers: Values
    valid: Valid | None = None

    @property
    def width(self) -> int:
        """Width in pixels."""
        return int(self.layers.shape[2])

    @property
    def height(self) -> int:
        """Height in pixels."""
        return int(self.layers.shape[1])

    def read(self, layer: int, box: Box, size: tuple[int, int], *, exact: bool) -> tuple[Values, Valid]:
        """Give a window of one layer: see `PixelSource.read`."""
        values = self.layers[layer]
        valid = np.ones(values.shape, np.bool_) if self.valid is None else self.valid

        def window(left: int, top: int, right: int, bottom: int) -> tuple[Values, Valid]:
            part = slice(top, bottom), slice(left, right)
            return values[part], valid[part]

        return resample(window, box, size, source=(self.width, self.height), exact=exact)
