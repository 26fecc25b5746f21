"""`Polygon`: an area with straight edges, perhaps with holes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from geoglot.errors import InputError
from geoglot.regions.clip import clip_convex
from geoglot.regions.geometry import ring_area
from geoglot.regions.region import Region, Vertex, factors, vertices

Ring = tuple[Vertex, ...]
"""A closed line without its first point repeated."""


@dataclass(frozen=True, slots=True)
class Polygon(Region):
    """An exterior ring and its holes, each a tuple of (x, y) in pixels, in any direction, not closed.

    A last vertex that repeats the first is dropped. Raises InputError for no ring, for a ring of fewer than
    three vertices, or for a number that is not finite.
    """

    type: ClassVar[str] = "polygon"

    rings: tuple[Ring, ...]

    def __post_init__(self) -> None:
        Region.__post_init__(self)
        if not len(self.rings):
            raise InputError("a polygon without a ring", value=self.rings)
        object.__setattr__(self, "rings", tuple(_open(ring) for ring in self.rings))

    @property
    def outline(self) -> NDArray[np.float64]:
        """The exterior ring, (N, 2), in the order given."""
        return np.array(self.rings[0], np.float64)

    @property
    def area_px(self) -> float:
        """The area inside the exterior ring without that of the holes."""
        outer, *holes = (abs(ring_area(np.array(ring, np.float64))) for ring in self.rings)
        return max(0.0, outer - sum(holes))

    def shifted(self, dx: float, dy: float) -> Polygon:
        """Give the polygon moved by dx, dy pixels."""
        return self._moved(lambda x, y: (x + dx, y + dy))

    def scaled(self, sx: float, sy: float) -> Polygon:
        """Give the polygon in the pixels of an image sx times as wide and sy times as high."""
        sx, sy = factors(sx, sy)
        return self._moved(lambda x, y: (x * sx, y * sy))

    def clipped(self, width: float, height: float) -> Polygon | None:
        """Give the part inside an image of that size, None if nothing with an area remains.

        Pieces stay one polygon: they hang together along the image's edge, with the area that is right.
        """
        window = np.array([(0, 0), (width, 0), (width, height), (0, height)], np.float64)
        cut = [clip_convex(np.array(ring, np.float64), window) for ring in self.rings]
        kept = [ring for ring in cut if len(ring) >= 3 and abs(ring_area(ring)) > 0]
        if not kept or kept[0] is not cut[0]:
            return None
        return replace(self, rings=tuple(tuple((x, y) for x, y in ring.tolist()) for ring in kept))

    def _moved(self, move: Callable[[float, float], Vertex]) -> Polygon:
        return replace(self, rings=tuple(tuple(move(x, y) for x, y in ring) for ring in self.rings))


def _open(ring: Ring) -> Ring:
    """Check a ring and drop a repeated last vertex."""
    points = vertices("polygon", ring, least=3)
    if points[0] == points[-1]:
        points = points[:-1]
    if len(points) < 3:
        raise InputError("a polygon with too few points", value=points, expected="at least 3")
    return points
