"""Where a frame lies on Earth: `Grid` turns pixels into CRS, lon/lat and square metres, and back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Coordinates = NDArray[np.float64]
"""(N, 2) points as x, y (or lon, lat)."""


@dataclass(frozen=True, slots=True)
class GroundControlPoint:
    """A pixel whose place is known. x_px, y_px as everywhere (outer corner of the first pixel is 0, 0)."""

    x_px: float
    y_px: float
    x: float
    y: float
    z: float = 0.0


@dataclass(frozen=True, slots=True)
class Grid:
    """The place of one frame.

    width, height: pixels. crs: WKT or authority string ("EPSG:32633"), None where nothing is known.
    affine: (a, b, c, d, e, f) with x = a*col + b*row + c and y = d*col + e*row + f at pixel corners, None with
    GCPs or without a place. gcps: control points in `crs`; used when there is no affine.
    Never guesses: without a CRS every conversion raises PlaceError.
    """

    width: int
    height: int
    crs: str | None = None
    affine: tuple[float, float, float, float, float, float] | None = None
    gcps: tuple[GroundControlPoint, ...] = ()


class Located(Protocol):
    """Anything with a grid: a Frame, a Scene, or a plain holder in a test."""

    @property
    def grid(self) -> Grid: ...


class Projector(Protocol):
    """A function from one set of (N, 2) points to another."""

    def __call__(self, points: Coordinates | Sequence[Sequence[float]]) -> Coordinates: ...
