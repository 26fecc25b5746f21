"""`OrientedBox`: a rectangle turned by an angle."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from geoglot.errors import InputError
from geoglot.regions.geometry import corners, smallest_rectangle
from geoglot.regions.polygon import Polygon
from geoglot.regions.region import Region, factors, finite


@dataclass(frozen=True, slots=True)
class OrientedBox(Region):
    """A turned rectangle in pixels.

    w is the side along the direction `angle_deg`, h the side across it. The angle is measured from +x towards
    +y, hence clockwise on screen, in degrees. Kept as given; `normalised` makes equal boxes equal.
    Raises InputError for a negative side or a number that is not finite.
    """

    type: ClassVar[str] = "oriented-box"

    cx: float
    cy: float
    w: float
    h: float
    angle_deg: float

    def __post_init__(self) -> None:
        Region.__post_init__(self)
        numbers = finite("oriented box", (self.cx, self.cy, self.w, self.h, self.angle_deg))
        if numbers[2] < 0 or numbers[3] < 0:
            raise InputError("an oriented box with a negative side", value=numbers)
        for name, number in zip(("cx", "cy", "w", "h", "angle_deg"), numbers, strict=True):
            object.__setattr__(self, name, number)

    @classmethod
    def around(cls, points: NDArray[np.float64]) -> OrientedBox:
        """Give the smallest turned rectangle around (N, 2) points, w along its longer side."""
        return cls(*smallest_rectangle(points))

    @property
    def normalised(self) -> OrientedBox:
        """The same rectangle with w >= h and the angle in [0, 180); a square's in [0, 90)."""
        w, h, angle = self.w, self.h, self.angle_deg
        if w < h:
            w, h, angle = h, w, angle + 90
        turn = 90.0 if w == h else 180.0
        angle %= turn
        return replace(self, w=w, h=h, angle_deg=0.0 if angle == turn else angle)

    @property
    def outline(self) -> NDArray[np.float64]:
        """The four corners, (4, 2): from (-w/2, -h/2) of the unturned box, clockwise on screen."""
        return corners(np.array([[self.cx, self.cy, self.w, self.h, self.angle_deg]])).reshape(4, 2)

    @property
    def area_px(self) -> float:
        """w times h."""
        return self.w * self.h

    def shifted(self, dx: float, dy: float) -> OrientedBox:
        """Give the box moved by dx, dy pixels."""
        return replace(self, cx=self.cx + dx, cy=self.cy + dy)

    def scaled(self, sx: float, sy: float) -> OrientedBox:
        """Give the box in the pixels of an image sx times as wide and sy times as high.

        Unequal factors turn a rectangle into a parallelogram: then the rectangle with the same centre, the
        same image of the w side and the same area.
        """
        sx, sy = factors(sx, sy)
        angle = math.radians(self.angle_deg)
        along = math.hypot(sx * math.cos(angle), sy * math.sin(angle))
        turned = math.degrees(math.atan2(sy * math.sin(angle), sx * math.cos(angle)))
        turned += 360 * round((self.angle_deg - turned) / 360)  # stay on the turn that was given
        return replace(
            self,
            cx=self.cx * sx,
            cy=self.cy * sy,
            w=self.w * along,
            h=self.h * sx * sy / along,
            angle_deg=self.angle_deg if sx == sy else turned,
        )

    def clipped(self, width: float, height: float) -> Region | None:
        """Give the part inside an image of that size: itself, a polygon, or None if nothing remains."""
        whole = self.bounds
        if whole.x0 >= 0 and whole.y0 >= 0 and whole.x1 <= width and whole.y1 <= height:
            return self
        ring = tuple((x, y) for x, y in self.outline.tolist())
        return Polygon((ring,), label=self.label, score=self.score, frame=self.frame).clipped(width, height)
