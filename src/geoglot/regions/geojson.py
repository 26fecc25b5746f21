"""Regions as geometries on Earth: RFC 7946 in longitude and latitude, or shapely in a CRS."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from geoglot.regions.mask import Mask
from geoglot.regions.path import Path
from geoglot.regions.point import Point
from geoglot.regions.polygon import Polygon
from geoglot.regions.region import Region

if TYPE_CHECKING:
    import shapely
    from shapely.geometry.base import BaseGeometry

    from geoglot.regions.grid import Coordinates, Grid

Geometry = Mapping[str, Any]
"""A GeoJSON geometry object: its coordinates nest as deep as its type says."""

_DECIMALS = 7
"""Of a degree: a centimetre. RFC 7946, section 11.2, advises against more than needed."""
_STRAIGHT_PX = 0.25
"""An edge gets more points until lines in longitude and latitude follow it this closely."""
_MOST_PIECES = 64


def geojson(region: Region, grid: Grid) -> Geometry:
    """Give a region as an RFC 7946 geometry: WGS 84, exterior rings counter-clockwise, cut at the antimeridian.

    Raises PlaceError without a place. Source: RFC 7946, sections 3.1 and 3.1.9.
    """
    import shapely

    if isinstance(region, Point):
        return {"type": "Point", "coordinates": _rounded(grid.to_lonlat(region.outline))[0]}
    if isinstance(region, Path):
        line = shapely.LineString(_unwrapped(_dense_lonlat(region.outline, grid, closed=False)))
        return _one_or_many("LineString", [_rounded(np.asarray(part.coords)) for part in _within_the_map(line)])
    polygons = [
        [_rounded(np.asarray(ring.coords)) for ring in (piece.exterior, *piece.interiors)]
        for rings in _pieces(region)
        for piece in _polygons_lonlat(rings, grid)
    ]
    return _one_or_many("Polygon", polygons)


def shape(region: Region, grid: Grid, crs: str) -> BaseGeometry:
    """Give a region as a valid shapely geometry in a CRS; areas as (multi-)polygons.

    Raises PlaceError without a place, or for an unknown CRS.
    """
    import shapely

    if isinstance(region, Point):
        return shapely.Point(_to_crs(region.outline, grid, crs)[0])
    if isinstance(region, Path):
        return shapely.LineString(_to_crs(region.outline, grid, crs))
    parts: list[BaseGeometry] = []
    for rings in _pieces(region):
        outer, *holes = (_to_crs(ring, grid, crs) for ring in rings)
        parts.extend(_valid_polygons(shapely.Polygon(outer, holes)))
    return parts[0] if len(parts) == 1 else shapely.MultiPolygon(parts)


def _to_crs(points: Coordinates, grid: Grid, crs: str) -> Coordinates:
    """Pixels in a CRS that need not be the grid's own: frames of one scene may lie in several."""
    from geoglot.regions import projection

    return grid.to_crs(points) if crs == grid.crs else projection.from_lonlat(crs, grid.to_lonlat(points))


def _pieces(region: Region) -> list[tuple[Coordinates, ...]]:
    """The rings of each connected part of a region with an area, in pixels."""
    if isinstance(region, Mask):
        return [tuple(np.array(ring) for ring in piece.rings) for piece in region.polygons()]
    if isinstance(region, Polygon):
        return [tuple(np.array(ring) for ring in region.rings)]
    return [(region.outline,)]


def _polygons_lonlat(rings: Sequence[Coordinates], grid: Grid) -> Iterator[shapely.Polygon]:
    """One part in lon/lat: valid, counter-clockwise, nothing beyond 180 degrees."""
    import shapely
    from shapely.geometry.polygon import orient

    outer, *holes = (_around_the_pole(_unwrapped(_dense_lonlat(ring, grid, closed=True))) for ring in rings)
    middle = outer[:, 0].mean()
    holes = [hole - (360 * np.round((hole[:, 0].mean() - middle) / 360), 0) for hole in holes]
    parts = list(_within_the_map(*_valid_polygons(shapely.Polygon(outer, holes))))
    if len(parts) > 1:  # around a pole they meet again along a meridian
        parts = list(shapely.get_parts(shapely.union_all(parts)))
    yield from (orient(part, 1.0) for part in parts)


def _valid_polygons(polygon: shapely.Polygon) -> list[shapely.Polygon]:
    """The polygons of an area; one without any area stays as it is rather than vanish."""
    import shapely

    if polygon.is_valid:
        return [polygon]
    return [
        part
        for member in shapely.get_parts(shapely.make_valid(polygon))
        for part in shapely.get_parts(member)
        if part.geom_type == "Polygon"
    ] or [polygon]


def _within_the_map(*geometries: BaseGeometry) -> Iterator[BaseGeometry]:
    """The parts of geometries, whose longitudes may leave -180..180, brought back into it."""
    import shapely
    from shapely.affinity import translate

    for geometry in geometries:
        west, _, east, _ = geometry.bounds
        first, last = (int(np.floor((edge + 180) / 360)) for edge in (west, np.nextafter(east, west)))
        if first == last:
            yield geometry if first == 0 else translate(geometry, -360 * first)
            continue
        for turn in range(first, last + 1):
            world = shapely.box(360 * turn - 180, -90, 360 * turn + 180, 90)
            for part in shapely.get_parts(shapely.intersection(geometry, world)):
                if part.geom_type == geometry.geom_type:
                    yield translate(part, -360 * turn)


def _dense_lonlat(line: Coordinates, grid: Grid, *, closed: bool) -> Coordinates:
    """A line of pixels in lon/lat, with points added where it would leave its straight course in the image."""
    if closed:
        line = np.vstack([line, line[:1]])
    lonlat = grid.to_lonlat(line)
    middle = (line[:-1] + line[1:]) / 2
    ends = np.stack([lonlat[:-1], lonlat[1:]])
    ends[1, :, 0] -= 360 * np.round((ends[1, :, 0] - ends[0, :, 0]) / 360)
    straight = grid.to_lonlat(middle) - ends.mean(axis=0)
    straight[:, 0] -= 360 * np.round(straight[:, 0] / 360)
    shrink = np.column_stack([np.cos(np.radians(ends[..., 1].mean(axis=0))), np.ones(len(middle))])
    long_px, long_deg = np.hypot(*(line[1:] - line[:-1]).T), np.hypot(*((ends[1] - ends[0]) * shrink).T)
    off_px = np.hypot(*(straight * shrink).T) * long_px / np.maximum(long_deg, 1e-15)
    pieces = np.ceil(np.sqrt(off_px / _STRAIGHT_PX)).clip(1, _MOST_PIECES).astype(int)
    edge = np.repeat(np.arange(len(pieces)), pieces)
    share = (np.arange(len(edge)) - np.repeat(np.cumsum(pieces) - pieces, pieces)) / pieces[edge]
    points = line[edge] + share[:, None] * (line[edge + 1] - line[edge])
    dense = grid.to_lonlat(points)
    return dense if closed else np.vstack([dense, lonlat[-1:]])


def _unwrapped(lonlat: Coordinates) -> Coordinates:
    """Longitudes without jumps from one point to the next."""
    return np.column_stack([np.unwrap(lonlat[:, 0], period=360), lonlat[:, 1]])


def _around_the_pole(ring: Coordinates) -> Coordinates:
    """A ring that goes once around a pole is closed over it; others stay."""
    turn = ring[-1, 0] - ring[0, 0]
    turn += (ring[0, 0] - ring[-1, 0] + 180) % 360 - 180  # with the step back to the first point
    if abs(turn) < 180:
        return ring
    pole = np.copysign(90, ring[:, 1].mean())
    lon, lat = ring[0]
    return np.vstack([ring, [(lon + turn, lat), (lon + turn, pole), (lon, pole)]])


def _rounded(points: Coordinates) -> list[list[float]]:
    return [[float(lon), float(lat)] for lon, lat in np.round(points, _DECIMALS)]


def _one_or_many(kind: str, parts: list[Any]) -> Geometry:
    if len(parts) == 1:
        return {"type": kind, "coordinates": parts[0]}
    return {"type": f"Multi{kind}", "coordinates": parts}
