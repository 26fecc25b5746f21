"""`Box`: an upright rectangle."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from geoglot.errors import InputError
from geoglot.regions.region import Region, factors, finite


@dataclass(frozen=True, slots=True)
class Box(Region):
    """An upright rectangle in pixels, half-open: x0 <= x < x1, y0 <= y < y1.

    Raises InputError where x1 < x0 or y1 < y0, or a number is not finite.
    """

    type: ClassVar[str] = "box"

    x0: float
    y0: float
    x1: float
    y1: float

    def __post_init__(self) -> None:
        Region.__post_init__(self)
        corners = finite("box", (self.x0, self.y0, self.x1, self.y1))
        if corners[2] < corners[0] or corners[3] < corners[1]:
            raise InputError("a box with its corners swapped", value=corners, expected="x0 <= x1 and y0 <= y1")
        for name, number in zip(("x0", "y0", "x1", "y1"), corners, strict=True):
            object.__setattr__(self, name, number)

    @property
    def width(self) -> float:
        """x1 - x0."""
        return self.x1 - self.x0

    @property
    def height(self) -> float:
        """y1 - y0."""
        return self.y1 - self.y0

    @property
    def centre(self) -> tuple[float, float]:
        """The middle, x, y."""
        return (self.x0 + self.x1) / 2, (self.y0 + self.y1) / 2

    @property
    def bounds(self) -> Box:
        """Itself."""
        return self

    @property
    def outline(self) -> NDArray[np.float64]:
        """The four corners from the upper left, clockwise on screen, (4, 2)."""
        return np.array([(self.x0, self.y0), (self.x1, self.y0), (self.x1, self.y1), (self.x0, self.y1)])

    @property
    def area_px(self) -> float:
        """Width times height."""
        return self.width * self.height

    def shifted(self, dx: float, dy: float) -> Box:
        """Give the box moved by dx, dy pixels."""
        return replace(self, x0=self.x0 + dx, y0=self.y0 + dy, x1=self.x1 + dx, y1=self.y1 + dy)

    def scaled(self, sx: float, sy: float) -> Box:
        """Give the box in the pixels of an image sx times as wide and sy times as high."""
        sx, sy = factors(sx, sy)
        return replace(self, x0=self.x0 * sx, y0=self.y0 * sy, x1=self.x1 * sx, y1=self.y1 * sy)

    def clipped(self, width: float, height: float) -> Box | None:
        """Give the part inside an image of that size, None if nothing with an area remains."""
        x0, y0 = max(0.0, self.x0), max(0.0, self.y0)
        x1, y1 = min(float(width), self.x1), min(float(height), self.y1)
        return replace(self, x0=x0, y0=y0, x1=x1, y1=y1) if x0 < x1 and y0 < y1 else None
