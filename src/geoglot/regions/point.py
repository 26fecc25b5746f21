"""`Point`: one place without an extent."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from geoglot.regions.box import Box
from geoglot.regions.region import Region, factors, finite


@dataclass(frozen=True, slots=True)
class Point(Region):
    """A place in pixels; (0.5, 0.5) is the centre of the first pixel. Raises InputError if not finite."""

    type: ClassVar[str] = "point"

    x: float
    y: float

    def __post_init__(self) -> None:
        Region.__post_init__(self)
        x, y = finite("point", (self.x, self.y))
        object.__setattr__(self, "x", x)
        object.__setattr__(self, "y", y)

    @property
    def bounds(self) -> Box:
        """A box of no size at the point."""
        return Box(self.x, self.y, self.x, self.y, label=self.label, score=self.score, frame=self.frame)

    @property
    def outline(self) -> NDArray[np.float64]:
        """The point, (1, 2)."""
        return np.array([(self.x, self.y)])

    @property
    def area_px(self) -> float:
        """0."""
        return 0.0

    def shifted(self, dx: float, dy: float) -> Point:
        """Give the point moved by dx, dy pixels."""
        return replace(self, x=self.x + dx, y=self.y + dy)

    def scaled(self, sx: float, sy: float) -> Point:
        """Give the point in the pixels of an image sx times as wide and sy times as high."""
        sx, sy = factors(sx, sy)
        return replace(self, x=self.x * sx, y=self.y * sy)

    def clipped(self, width: float, height: float) -> Point | None:
        """Give the point if it lies in an image of that size, else None."""
        return self if 0 <= self.x <= width and 0 <= self.y <= height else None
