"""What the six kinds of place in an image have in common: `Region`.

All are in pixels of one frame: x right, y down, continuous, the outer corner of the first pixel is (0, 0)
and a pixel's centre is at .5. Boxes are half-open.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from numpy.typing import NDArray

from geoglot.errors import InputError

if TYPE_CHECKING:
    from geoglot.regions.box import Box
    from geoglot.regions.grid import Coordinates, Located

Vertex = tuple[float, float]
"""One point: x, y."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Region(ABC):
    """What all regions carry: a label, a score in 0..1 (None if nobody scored it), the index of their frame.

    Raises InputError for a score outside 0..1, a negative frame or a coordinate that is not finite.
    """

    type: ClassVar[str] = ""

    label: str | None = None
    score: float | None = None
    frame: int = 0

    def __post_init__(self) -> None:
        if self.score is not None:
            score = finite("score", (self.score,))[0]
            if not 0 <= score <= 1:
                raise InputError("a score that is no probability", value=self.score, expected="0..1")
            object.__setattr__(self, "score", score)
        if self.frame < 0:
            raise InputError("a negative frame index", value=self.frame, expected="0, 1, 2 …")

    @property
    def bounds(self) -> Box:
        """The smallest upright box around its outline, with its label, score and frame."""
        from geoglot.regions.box import Box

        (x0, y0), (x1, y1) = self.outline.min(axis=0), self.outline.max(axis=0)
        return Box(x0, y0, x1, y1, label=self.label, score=self.score, frame=self.frame)

    @property
    @abstractmethod
    def outline(self) -> NDArray[np.float64]:
        """Its vertices, (N, 2), not closed: clockwise on screen for boxes, the exterior ring for polygons."""

    @property
    @abstractmethod
    def area_px(self) -> float:
        """Its area in square pixels; 0 for points and paths."""

    @abstractmethod
    def shifted(self, dx: float, dy: float) -> Region:
        """Give it moved by dx, dy pixels."""

    @abstractmethod
    def scaled(self, sx: float, sy: float) -> Region:
        """Give it in the pixels of an image sx times as wide and sy times as high."""

    @abstractmethod
    def clipped(self, width: float, height: float) -> Region | None:
        """Give the part inside an image of that size, None if there is none."""

    def iou(self, other: Region) -> float:
        """Give intersection over union, 0..1; 0 where either has no area or they lie in different frames."""
        from geoglot.regions.overlap import iou

        return iou(self, other)

    def to_crs(self, frame: Located) -> Coordinates:
        """Give the outline in the frame's CRS, (N, 2) x, y. Raises PlaceError without a place."""
        return frame.grid.to_crs(self.outline)

    def to_lonlat(self, frame: Located) -> Coordinates:
        """Give the outline in WGS 84 degrees, (N, 2) lon, lat. Raises PlaceError without a place."""
        return frame.grid.to_lonlat(self.outline)

    def area_m2(self, frame: Located) -> float:
        """Give its area on the ellipsoid in square metres. Raises PlaceError without a place."""
        from geoglot.regions.measure import area_m2

        return area_m2(self, frame.grid)

    def length_m(self, frame: Located) -> float:
        """Give the length of a path, the perimeter of an area, in metres on the ellipsoid; 0 for a point.

        Raises PlaceError without a place.
        """
        from geoglot.regions.measure import length_m

        return length_m(self, frame.grid)


def finite(what: str, numbers: Iterable[float]) -> tuple[float, ...]:
    """Give the numbers as Python floats. Raises InputError where one is NaN, infinite or no number."""
    try:
        floats = tuple(float(number) for number in numbers)
    except (TypeError, ValueError) as error:
        raise InputError(f"a {what} of something else than numbers", value=str(numbers)) from error
    if not all(math.isfinite(number) for number in floats):
        raise InputError(f"a {what} that is not finite", value=floats)
    return floats


def vertices(what: str, points: Iterable[Iterable[float]], *, least: int) -> tuple[Vertex, ...]:
    """Give points as pairs of floats. Raises InputError for other than pairs, or fewer than `least`."""
    out = tuple(finite(what, point) for point in points)
    if any(len(point) != 2 for point in out):
        raise InputError(f"a {what} with points that are not x, y", value=out)
    if len(out) < least:
        raise InputError(f"a {what} with too few points", value=out, expected=f"at least {least}")
    return tuple((x, y) for x, y in out)


def factors(sx: float, sy: float) -> tuple[float, float]:
    """Check two scale factors. Raises InputError unless both are finite and above 0."""
    sx, sy = finite("scale", (sx, sy))
    if sx <= 0 or sy <= 0:
        raise InputError("a scale that is not positive", value=(sx, sy))
    return sx, sy
