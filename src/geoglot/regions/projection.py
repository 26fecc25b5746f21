"""Between a CRS and WGS 84 longitude and latitude. PROJ's complaints become PlaceError here."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from geoglot.errors import PlaceError

if TYPE_CHECKING:
    import pyproj

    from geoglot.regions.grid import Coordinates


def to_lonlat(crs: str, places: Coordinates) -> Coordinates:
    """Give WGS 84 longitude -180..180 and latitude of (N, 2) x, y of the CRS.

    Raises PlaceError for an unknown CRS or a place that has no longitude and latitude.
    """
    out = _run(crs, places, inverse=False)
    out[:, 0] = np.where(np.abs(out[:, 0]) > 180, (out[:, 0] + 180) % 360 - 180, out[:, 0])
    return out


def from_lonlat(crs: str, places: Coordinates) -> Coordinates:
    """Give x, y in the CRS of (N, 2) WGS 84 longitude, latitude. Raises PlaceError as `to_lonlat`.

    PROJ's way back through a change of datum misses by up to a millimetre; what a second round trip misses by
    is what the first did, and is taken off.
    """
    there = _run(crs, places, inverse=True)
    again = _run(crs, _run(crs, there, inverse=False), inverse=True)
    return there + (there - again)


@lru_cache(maxsize=256)
def in_degrees(crs: str) -> bool:
    """Tell whether x is a longitude in degrees. Raises PlaceError for an unknown CRS."""
    known = _crs(crs)
    return known.is_geographic and known.axis_info[0].unit_name == "degree"


def _run(crs: str, places: Coordinates, *, inverse: bool) -> Coordinates:
    """Transform, and refuse what PROJ could not."""
    from pyproj.enums import TransformDirection
    from pyproj.exceptions import ProjError

    direction = TransformDirection.INVERSE if inverse else TransformDirection.FORWARD
    try:
        x, y = _transformer(crs).transform(places[:, 0], places[:, 1], direction=direction)
    except ProjError as error:
        raise PlaceError("PROJ cannot convert this place", value=str(error)) from error
    out = np.column_stack([x, y]).astype(np.float64)
    lost = ~np.isfinite(out).all(axis=1)
    if lost.any():
        raise PlaceError(
            "a place that the CRS cannot convert",
            value=tuple(places[lost][0].tolist()),
            expected="a point on the ground inside the CRS's domain",
            hint=f"CRS: {_crs(crs).name}",
        )
    return out


@lru_cache(maxsize=64)
def _transformer(crs: str) -> pyproj.Transformer:
    """PROJ's pipeline from the CRS to lon/lat; safe to share between threads since pyproj 3.1."""
    from pyproj import Transformer
    from pyproj.exceptions import ProjError

    try:
        return Transformer.from_crs(_crs(crs), "OGC:CRS84", always_xy=True)
    except ProjError as error:
        raise PlaceError("a CRS without a way to longitude and latitude", value=crs) from error


@lru_cache(maxsize=64)
def _crs(crs: str) -> pyproj.CRS:
    from pyproj import CRS
    from pyproj.exceptions import CRSError

    try:
        return CRS.from_user_input(crs)
    except CRSError as error:
        raise PlaceError(
            "PROJ does not know this CRS", value=crs, expected="an authority string as EPSG:32633, or WKT"
        ) from error
