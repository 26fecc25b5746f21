"""Lengths and areas on the ellipsoid."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
from numpy.polynomial import chebyshev
from numpy.typing import NDArray

from geoglot.regions.mask import Mask
from geoglot.regions.oriented_box import OrientedBox
from geoglot.regions.overlap import shape_px
from geoglot.regions.path import Path
from geoglot.regions.point import Point
from geoglot.regions.polygon import Polygon

if TYPE_CHECKING:
    import pyproj

    from geoglot.regions.grid import Coordinates, Grid
    from geoglot.regions.region import Region

_STRAIGHT_M = 50.0
"""An edge of length L is cut into sqrt(L / 50 m) pieces: a geodesic leaves a straight edge by about
L² / 8R, so that areas stay right to 50 m / 8R = 1e-6 (R: Earth's radius)."""


@dataclass(frozen=True, slots=True)
class Extent:
    """Where a region's middle lies (WGS 84 degrees) and how long and wide it is; azimuth clockwise from north.

    None for what a point or a path has not.
    """

    lon: float
    lat: float
    length_m: float | None
    width_m: float | None
    azimuth_deg: float | None


def distances_m(starts: Coordinates, ends: Coordinates) -> NDArray[np.float64]:
    """Give geodesic distances in metres between (N, 2) WGS 84 lon/lat points, pair by pair."""
    _, _, metres = _wgs84().inv(starts[:, 0], starts[:, 1], ends[:, 0], ends[:, 1])
    return np.asarray(metres, np.float64)


def area_m2(region: Region, grid: Grid) -> float:
    """Give a region's area on the WGS 84 ellipsoid in square metres; 0 for points and paths.

    Edges are straight in the image. Raises PlaceError without a place.
    """
    if isinstance(region, Mask):
        return _mask_area_m2(region, grid)
    if not region.area_px:
        grid.to_lonlat(region.outline)  # an unknown place is an error, not an area of 0
        return 0.0
    rings = region.rings if isinstance(region, Polygon) else (region.outline,)
    outer, *holes = (_ring_area_m2(np.asarray(ring, np.float64), grid) for ring in rings)
    return max(0.0, outer - sum(holes))


def length_m(region: Region, grid: Grid) -> float:
    """Give the length of a path, the perimeter of an area with its holes, in metres; 0 for a point.

    Raises PlaceError without a place.
    """
    grid.to_lonlat(region.outline)  # an unknown place is an error, not a length of 0
    lines: list[Coordinates]
    if isinstance(region, Path | Point):
        lines = [region.outline]
    elif isinstance(region, Mask):
        lines = [_closed(ring) for piece in region.polygons() for ring in piece.rings]
    elif isinstance(region, Polygon):
        lines = [_closed(ring) for ring in region.rings]
    else:
        lines = [_closed(region.outline)]
    return sum((float(_wgs84().line_length(*_dense_lonlat(line, grid).T)) for line in lines), 0.0)


def extent(region: Region, grid: Grid) -> Extent:
    """Give a region's middle, and the size of the smallest turned rectangle around it on the ground.

    Vertices are laid out around the middle by geodesic distance and azimuth. A path has its own length and the
    azimuth from its first to its last point. Raises PlaceError without a place.
    """
    middle_px = _middle_px(region)
    lon, lat = (float(degrees) for degrees in grid.to_lonlat([middle_px])[0])
    if isinstance(region, Point):
        return Extent(lon, lat, None, None, None)
    if isinstance(region, Path):
        (x0, y0), (x1, y1) = grid.to_lonlat(region.outline[[0, -1]])
        return Extent(lon, lat, length_m(region, grid), None, float(_wgs84().inv(x0, y0, x1, y1)[0]) % 360)
    rings = [piece.outline for piece in region.polygons()] if isinstance(region, Mask) else []
    points = grid.to_lonlat(np.vstack(rings or [region.outline]))
    azimuth, _, metres = _wgs84().inv(np.full(len(points), lon), np.full(len(points), lat), *points.T)
    east, north = metres * np.sin(np.radians(azimuth)), metres * np.cos(np.radians(azimuth))
    around = OrientedBox.around(np.column_stack([east, north]))
    return Extent(lon, lat, around.w, around.h, (90 - around.angle_deg) % 180)


def _middle_px(region: Region) -> tuple[float, float]:
    """The centroid in pixels."""
    import shapely

    if isinstance(region, Path):
        centroid = shapely.LineString(region.outline).centroid
    elif region.area_px:
        centroid = shape_px(region).centroid
    else:
        return region.bounds.centre
    return float(centroid.x), float(centroid.y)


def _ring_area_m2(ring: Coordinates, grid: Grid) -> float:
    """The geodesic area inside a ring of pixels; the sign of its direction is dropped."""
    lonlat = _dense_lonlat(_closed(ring), grid)
    area, _ = _wgs84().polygon_area_perimeter(lonlat[:, 0], lonlat[:, 1])
    return abs(float(area))


def _closed(ring: Coordinates | tuple[tuple[float, float], ...]) -> Coordinates:
    points = np.asarray(ring, np.float64)
    return np.vstack([points, points[:1]])


def _dense_lonlat(line: Coordinates, grid: Grid) -> Coordinates:
    """A line of pixels (N, 2) in lon/lat, with points added so that its edges follow the image's."""
    ends = grid.to_lonlat(line)
    pieces = np.ceil(np.sqrt(distances_m(ends[:-1], ends[1:]) / _STRAIGHT_M)).astype(int).clip(1, 4096)
    if pieces.max(initial=1) == 1:
        return ends
    edge = np.repeat(np.arange(len(pieces)), pieces)
    share = (np.arange(len(edge)) - np.repeat(np.cumsum(pieces) - pieces, pieces)) / pieces[edge]
    points = line[edge] + share[:, None] * (line[edge + 1] - line[edge])
    return grid.to_lonlat(np.vstack([points, line[-1:]]))


def _mask_area_m2(mask: Mask, grid: Grid) -> float:
    """The sum over a mask's pixels of their ground area, which is a smooth function over the image.

    That function is a Chebyshev series over the mask's bounds; a million pixels cost no more than its runs.
    """
    start, end, row = mask.stretches()
    box = mask.bounds
    series = _pixel_area_m2(grid, (box.x0, box.y0, max(box.x1, box.x0 + 1), max(box.y1, box.y0 + 1)))
    if not len(row):
        return 0.0
    integral = np.asarray(chebyshev.chebint(chebyshev.chebint(series, axis=0), axis=1))
    x_scale, y_scale = 2 / box.width, 2 / box.height
    left, right = (edge + (mask.left - box.x0) for edge in (start, end))
    top = row + (mask.top - box.y0)
    across = _between(left * x_scale - 1, right * x_scale - 1, integral.shape[1])
    down = _between(top * y_scale - 1, (top + 1) * y_scale - 1, integral.shape[0])
    return float(np.einsum("ri,ri->", down @ integral, across)) / (x_scale * y_scale)


def _between(start: NDArray[np.floating], end: NDArray[np.floating], terms: int) -> NDArray[np.float64]:
    """How much each Chebyshev polynomial grows from start to end, (R,) in -1..1, as (R, terms)."""
    return np.asarray(chebyshev.chebvander(end, terms - 1) - chebyshev.chebvander(start, terms - 1))


def _pixel_area_m2(grid: Grid, window: tuple[float, float, float, float]) -> NDArray[np.float64]:
    """Chebyshev coefficients (y, x) of square metres per square pixel over a window x0, y0, x1, y1."""
    x0, y0, x1, y1 = window
    for degree in (4, 8, 16, 32):
        nodes = chebyshev.chebpts1(degree + 1)
        x, y = np.meshgrid((nodes + 1) / 2 * (x1 - x0) + x0, (nodes + 1) / 2 * (y1 - y0) + y0)
        values = _density_m2(grid, np.column_stack([x.ravel(), y.ravel()])).reshape(x.shape)
        basis = np.linalg.inv(chebyshev.chebvander(nodes, degree))
        series = basis @ values @ basis.T
        tail = max(np.abs(series[-1]).max(), np.abs(series[:, -1]).max())
        if tail < 1e-9 * abs(series[0, 0]):
            break
    return np.asarray(series)


def _density_m2(grid: Grid, pixels: Coordinates) -> NDArray[np.float64]:
    """Ground area of a pixel at each of (N, 2) places: the cross product of its sides in space.

    In geocentric coordinates neither the poles nor the antimeridian are special. A tenth of a pixel is taken
    for a side: of a degree, the chord is shorter than the arc by 1e-7; of 0.1 m, digits last to 1e-7.
    """
    across, down = (
        _geocentric_m(grid.to_lonlat(pixels + step)) - _geocentric_m(grid.to_lonlat(pixels - step))
        for step in ((0.05, 0.0), (0.0, 0.05))
    )
    return np.asarray(np.linalg.norm(np.cross(across, down), axis=1) * 100)


def _geocentric_m(lonlat: Coordinates) -> NDArray[np.float64]:
    """Points on the WGS 84 ellipsoid, (N, 3) metres from the Earth's centre. Source: EPSG method 9602."""
    geod = _wgs84()
    lon, lat = np.radians(lonlat.T)
    normal = geod.a / np.sqrt(1 - geod.es * np.sin(lat) ** 2)
    x, y = normal * np.cos(lat) * np.cos(lon), normal * np.cos(lat) * np.sin(lon)
    return np.column_stack([x, y, normal * (1 - geod.es) * np.sin(lat)])


@lru_cache(maxsize=1)
def _wgs84() -> pyproj.Geod:
    from pyproj import Geod

    return Geod(ellps="WGS84")
