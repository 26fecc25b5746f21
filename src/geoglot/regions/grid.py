"""Where a frame lies on Earth: `Grid` turns pixels into CRS, lon/lat and square metres, and back."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray

from geoglot.errors import InputError, PlaceError

if TYPE_CHECKING:
    from geoglot.regions.box import Box

Coordinates = NDArray[np.float64]
"""(N, 2) points as x, y (or lon, lat)."""

Affine = tuple[float, float, float, float, float, float]

_EDGE_STEPS = 16
"""Points a footprint has along each edge: straight in the CRS is curved in lon/lat."""


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
    affine: (a, b, c, d, e, f) with x = a*col + b*row + c and y = d*col + e*row + f at pixel corners, None
    with GCPs or without a place. gcps: control points in `crs`; used when there is no affine.
    Never guesses: without a CRS every conversion to the Earth raises PlaceError. lon/lat are WGS 84, always
    in that order. Raises InputError for a size below one pixel, PlaceError for an affine without an inverse.
    """

    width: int
    height: int
    crs: str | None = None
    affine: Affine | None = None
    gcps: tuple[GroundControlPoint, ...] = ()

    def __post_init__(self) -> None:
        if self.width < 1 or self.height < 1:
            raise InputError("a grid without pixels", value=(self.width, self.height))
        if self.affine is None:
            return
        affine = tuple(float(number) for number in self.affine)
        if len(affine) != 6 or not all(map(math.isfinite, affine)) or _determinant(affine) == 0:
            raise PlaceError("a geotransform that cannot be inverted", value=affine)
        object.__setattr__(self, "affine", affine)

    @property
    def located(self) -> bool:
        """Whether its place on Earth is known: a CRS, and an affine or at least three control points."""
        return self.crs is not None and (self.affine is not None or len(self.gcps) >= 3)

    @property
    def gsd_m(self) -> float:
        """Ground sample distance: geometric mean of the pixel's two sides at the centre, geodesic, in metres.

        Raises PlaceError without a place.
        """
        from geoglot.regions.measure import distances_m

        x, y = self.width / 2, self.height / 2
        ends = self.to_lonlat([(x - 0.5, y), (x + 0.5, y), (x, y - 0.5), (x, y + 0.5)])
        across, down = distances_m(ends[0::2], ends[1::2])
        return math.sqrt(across * down)

    @property
    def bounds(self) -> tuple[float, float, float, float]:
        """Left, bottom, right, top in the CRS, around the four corners. Raises PlaceError without a place."""
        corners = self.to_crs([(0, 0), (self.width, 0), (self.width, self.height), (0, self.height)])
        (left, bottom), (right, top) = corners.min(axis=0), corners.max(axis=0)
        return float(left), float(bottom), float(right), float(top)

    @property
    def gcp_residual_m(self) -> float | None:
        """How well control points agree: root mean square, in metres, of each predicted from all the others.

        None where the place does not come from control points or there are too few to tell.
        """
        from geoglot.regions import control
        from geoglot.regions.measure import distances_m

        if self.affine is not None or not self.located:
            return None
        predicted = control.left_out(self._control())
        if predicted is None:
            return None
        truth = np.array([(gcp.x, gcp.y) for gcp in self.gcps])
        apart = distances_m(self._crs_to_lonlat(predicted), self._crs_to_lonlat(truth))
        return float(np.sqrt(np.mean(apart**2)))

    def footprint_lonlat(self) -> Coordinates:
        """Give the outline of the frame in WGS 84 degrees, (N, 2), with points along its edges, not closed.

        From the upper left corner along the first row. Longitudes jump where it crosses the antimeridian.
        Raises PlaceError without a place.
        """
        steps = np.arange(_EDGE_STEPS) / _EDGE_STEPS
        zero = np.zeros(_EDGE_STEPS)
        x = np.concatenate([steps, zero + 1, 1 - steps, zero]) * self.width
        y = np.concatenate([zero, steps, zero + 1, 1 - steps]) * self.height
        return self.to_lonlat(np.column_stack([x, y]))

    def window(self, box: Box) -> Grid:
        """Give the grid of the whole pixels from `box` rounded; it may reach outside this one."""
        left, top = round(box.x0), round(box.y0)
        width, height = max(1, round(box.x1) - left), max(1, round(box.y1) - top)
        affine = self.affine
        if affine is not None:
            a, b, c, d, e, f = affine
            affine = (a, b, a * left + b * top + c, d, e, d * left + e * top + f)
        gcps = tuple(replace(gcp, x_px=gcp.x_px - left, y_px=gcp.y_px - top) for gcp in self.gcps)
        return Grid(width, height, self.crs, affine, gcps)

    def scaled(self, sx: float, sy: float) -> Grid:
        """Give the grid of the same ground with sx times the columns and sy times the rows, rounded."""
        width, height = max(1, round(self.width * sx)), max(1, round(self.height * sy))
        sx, sy = width / self.width, height / self.height
        affine = self.affine
        if affine is not None:
            a, b, c, d, e, f = affine
            affine = (a / sx, b / sy, c, d / sx, e / sy, f)
        gcps = tuple(replace(gcp, x_px=gcp.x_px * sx, y_px=gcp.y_px * sy) for gcp in self.gcps)
        return Grid(width, height, self.crs, affine, gcps)

    def to_crs(self, points: Coordinates | Sequence[Sequence[float]]) -> Coordinates:
        """Turn pixels (N, 2) into x, y of the CRS. Raises PlaceError without a place."""
        from geoglot.regions import control

        self._require_place()
        pixels = _points(points)
        if self.affine is None:
            return control.forward(self._control(), pixels)
        a, b, c, d, e, f = self.affine
        x, y = pixels.T
        return np.column_stack([a * x + b * y + c, d * x + e * y + f])

    def from_crs(self, points: Coordinates | Sequence[Sequence[float]]) -> Coordinates:
        """Turn x, y of the CRS (N, 2) into pixels, also outside the frame. Raises PlaceError as `to_crs`."""
        from geoglot.regions import control

        self._require_place()
        places = self._nearest_turn(_points(points))
        if self.affine is None:
            return control.backward(self._control(), places)
        a, b, c, d, e, f = self.affine
        x, y = places[:, 0] - c, places[:, 1] - f
        det = _determinant(self.affine)
        return np.column_stack([(e * x - b * y) / det, (a * y - d * x) / det])

    def to_lonlat(self, points: Coordinates | Sequence[Sequence[float]]) -> Coordinates:
        """Turn pixels (N, 2) into WGS 84 longitude -180..180 and latitude, degrees.

        Raises PlaceError without a place, or where a pixel shows no ground (space beside a full disk).
        """
        return self._crs_to_lonlat(self.to_crs(points))

    def from_lonlat(self, points: Coordinates | Sequence[Sequence[float]]) -> Coordinates:
        """Turn WGS 84 longitude, latitude (N, 2) into pixels, also outside the frame.

        Raises PlaceError without a place, or for a point that the CRS cannot show.
        """
        from geoglot.regions import projection

        return self.from_crs(projection.from_lonlat(self._require_place(), _points(points)))

    def _require_place(self) -> str:
        """The CRS of a grid that has a place."""
        if self.crs is None or not self.located:
            raise PlaceError(
                "the image's place on Earth is not known",
                value=None if self.crs is None else f"CRS {self.crs[:60]} without a geotransform",
                expected="a CRS with a geotransform or at least three ground control points",
                hint="ask for the answer in pixels, or georeference the file first",
            )
        return self.crs

    def _crs_to_lonlat(self, places: Coordinates) -> Coordinates:
        from geoglot.regions import projection

        return projection.to_lonlat(self._require_place(), places)

    def _control(self) -> tuple[GroundControlPoint, ...]:
        """The control points, without the jump of longitudes at the antimeridian."""
        xs = [gcp.x for gcp in self.gcps]
        if self._in_degrees() and max(xs) - min(xs) > 180:
            return tuple(replace(gcp, x=gcp.x % 360) for gcp in self.gcps)
        return self.gcps

    def _in_degrees(self) -> bool:
        from geoglot.regions import projection

        return projection.in_degrees(self._require_place())

    def _nearest_turn(self, places: Coordinates) -> Coordinates:
        """Longitudes shifted by whole turns to where the grid counts them: a frame may span 179..181."""
        if not self._in_degrees():
            return places
        middle = self.to_crs([(self.width / 2, self.height / 2)])[0, 0]
        turned = places.copy()
        turned[:, 0] += 360 * np.round((middle - places[:, 0]) / 360)
        return turned


class Located(Protocol):
    """Anything with a grid: a Frame, a Scene, or a plain holder in a test."""

    @property
    def grid(self) -> Grid: ...


def _determinant(affine: Sequence[float]) -> float:
    return affine[0] * affine[4] - affine[1] * affine[3]


def _points(points: Coordinates | Sequence[Sequence[float]]) -> Coordinates:
    """Points as an (N, 2) array."""
    array = np.asarray(points, np.float64)
    if array.ndim != 2 or array.shape[1] != 2:
        raise InputError("points of the wrong shape", value=array.shape, expected="(N, 2)")
    return array
