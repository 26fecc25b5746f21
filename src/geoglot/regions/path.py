"""`Path`: a line of straight pieces."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from geoglot.regions.clip import clip_path
from geoglot.regions.region import Region, Vertex, factors, vertices


@dataclass(frozen=True, slots=True)
class Path(Region):
    """Two or more points in pixels, in the order they are passed. Raises InputError for fewer."""

    type: ClassVar[str] = "path"

    points: tuple[Vertex, ...]

    def __post_init__(self) -> None:
        Region.__post_init__(self)
        object.__setattr__(self, "points", vertices("path", self.points, least=2))

    @property
    def outline(self) -> NDArray[np.float64]:
        """The points, (N, 2)."""
        return np.array(self.points, np.float64)

    @property
    def area_px(self) -> float:
        """0."""
        return 0.0

    def shifted(self, dx: float, dy: float) -> Path:
        """Give the path moved by dx, dy pixels."""
        return replace(self, points=tuple((x + dx, y + dy) for x, y in self.points))

    def scaled(self, sx: float, sy: float) -> Path:
        """Give the path in the pixels of an image sx times as wide and sy times as high."""
        sx, sy = factors(sx, sy)
        return replace(self, points=tuple((x * sx, y * sy) for x, y in self.points))

    def clipped(self, width: float, height: float) -> Path | None:
        """Give the longest unbroken part inside an image of that size, None if there is none."""
        piece = clip_path(self.outline, width, height)
        return None if piece is None else replace(self, points=tuple((x, y) for x, y in piece.tolist()))
