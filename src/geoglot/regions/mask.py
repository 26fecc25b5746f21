"""`Mask`: an area made of whole pixels."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from geoglot.errors import InputError
from geoglot.regions.box import Box
from geoglot.regions.polygon import Polygon
from geoglot.regions.region import Region, factors
from geoglot.regions.runs import Stretches, pixels_of, row_stretches, runs_of


@dataclass(frozen=True, slots=True)
class Mask(Region):
    """Whole pixels, run-length coded row by row.

    width, height: pixels of the mask. runs: how many pixels are off, then on, then off … along the rows,
    one row after the other, beginning with those that are off (0 if the first pixel is on); they sum to
    width x height. left, top: where the mask's first pixel lies in the frame, so that a small mask in a
    large frame stays small.
    Raises InputError for runs that do not fit.
    """

    type: ClassVar[str] = "mask"

    width: int
    height: int
    runs: tuple[int, ...]
    left: int = 0
    top: int = 0

    def __post_init__(self) -> None:
        Region.__post_init__(self)
        if self.width < 1 or self.height < 1:
            raise InputError("a mask without pixels", value=(self.width, self.height))
        runs = tuple(int(run) for run in self.runs)
        if min(runs, default=-1) < 0 or sum(runs) != self.width * self.height:
            raise InputError(
                "runs that do not fill the mask",
                value=f"{len(runs)} runs of {sum(runs)} pixels",
                expected=f"{self.width} x {self.height} = {self.width * self.height} pixels, none negative",
            )
        object.__setattr__(self, "runs", runs)

    @classmethod
    def from_array(
        cls,
        inside: NDArray[np.bool_],
        *,
        left: int = 0,
        top: int = 0,
        label: str | None = None,
        score: float | None = None,
        frame: int = 0,
    ) -> Mask:
        """Code an array (H, W) whose true pixels are on; left, top: where [0, 0] lies in the frame."""
        if inside.ndim != 2 or not inside.size:
            raise InputError("a mask needs rows and columns", value=inside.shape, expected="(H, W)")
        height, width = inside.shape
        return cls(width, height, runs_of(inside), left, top, label=label, score=score, frame=frame)

    def to_array(self, size: tuple[int, int] | None = None) -> NDArray[np.bool_]:
        """Give (H, W) bool for a whole frame of size (width, height); the mask's own pixels if None."""
        own = pixels_of(self.runs, self.width)
        if size is None:
            return own
        out = np.zeros((size[1], size[0]), np.bool_)
        x0, y0 = max(0, self.left), max(0, self.top)
        x1, y1 = min(size[0], self.left + self.width), min(size[1], self.top + self.height)
        if x0 < x1 and y0 < y1:
            out[y0:y1, x0:x1] = own[y0 - self.top : y1 - self.top, x0 - self.left : x1 - self.left]
        return out

    @property
    def bounds(self) -> Box:
        """The smallest box around the pixels that are on; of no size at the mask's corner if none is."""
        x0 = y0 = x1 = y1 = 0
        starts, ends, rows = self.stretches()
        if len(rows):
            x0, x1, y0, y1 = int(starts.min()), int(ends.max()), int(rows[0]), int(rows[-1]) + 1
        moved = (x0 + self.left, y0 + self.top, x1 + self.left, y1 + self.top)
        return Box(*moved, label=self.label, score=self.score, frame=self.frame)

    @property
    def outline(self) -> NDArray[np.float64]:
        """The exterior ring of its largest piece, (N, 2); the corners of the bounds if no pixel is on."""
        pieces = self.polygons()
        return max(pieces, key=lambda piece: piece.area_px).outline if pieces else self.bounds.outline

    @property
    def area_px(self) -> float:
        """How many pixels are on."""
        return float(sum(self.runs[1::2]))

    def stretches(self) -> Stretches:
        """Give every unbroken piece of a row that is on: first x, x after the last, y, in mask pixels."""
        return row_stretches(self.runs, self.width)

    def polygons(self) -> tuple[Polygon, ...]:
        """Give the outlines of its pieces along pixel edges, in frame pixels; corners do not join pieces."""
        from geoglot.regions.vectorise import polygons

        return polygons(self)

    def shifted(self, dx: float, dy: float) -> Mask:
        """Give the mask moved by whole pixels. Raises InputError for parts of pixels."""
        if dx != int(dx) or dy != int(dy):
            raise InputError("a mask can only be moved by whole pixels", value=(dx, dy))
        return replace(self, left=self.left + int(dx), top=self.top + int(dy))

    def scaled(self, sx: float, sy: float) -> Mask:
        """Give the mask in the pixels of an image sx times as wide and sy times as high, by nearest pixel."""
        sx, sy = factors(sx, sy)
        columns, left = _nearest(self.left, self.width, sx)
        rows, top = _nearest(self.top, self.height, sy)
        pixels = self.to_array()[np.ix_(rows, columns)]
        return Mask.from_array(pixels, left=left, top=top, label=self.label, score=self.score, frame=self.frame)

    def clipped(self, width: float, height: float) -> Mask | None:
        """Give the part inside an image of that size, cut to its bounds, None if no pixel remains."""
        inside = self.to_array((int(width), int(height)))
        rows, columns = np.flatnonzero(inside.any(axis=1)), np.flatnonzero(inside.any(axis=0))
        if not len(rows):
            return None
        top, left = int(rows[0]), int(columns[0])
        cut = inside[top : rows[-1] + 1, left : columns[-1] + 1]
        return Mask.from_array(cut, left=left, top=top, label=self.label, score=self.score, frame=self.frame)


def _nearest(start: int, length: int, scale: float) -> tuple[NDArray[np.int64], int]:
    """Where each scaled pixel under start..start+length comes from, and the first of them."""
    first = round(start * scale)
    last = max(first + 1, round((start + length) * scale))
    centres = (np.arange(first, last) + 0.5) / scale - start
    return np.clip(np.floor(centres).astype(np.int64), 0, length - 1), first
