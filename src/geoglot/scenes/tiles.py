"""Web-mercator tiles whose name is their place.

Source: OpenAerialMap's export names OAM-<x>-<y>-<z>; the tile scheme of OpenStreetMap and OGC WebMercatorQuad
(OGC 17-083r4, annex D): y counts from the north.
"""

from __future__ import annotations

import math
import re

from geoglot.regions import Grid

_NAME = re.compile(r"OAM-(\d{1,8})-(\d{1,8})-(\d{1,2})", re.IGNORECASE)
_HALF_WORLD_M = math.pi * 6_378_137.0  # half the equator of the sphere of EPSG:3857
_DEEPEST = 26


def tile_grid(stem: str, width: int, height: int) -> Grid | None:
    """Give the place of a square tile named OAM-x-y-z; None for any other name or shape.

    Other orders (z-x-y) are as common and cannot be told from this one, so only this name is believed.
    """
    found = _NAME.fullmatch(stem)
    if found is None or width != height:
        return None
    x, y, z = (int(number) for number in found.groups())
    if z > _DEEPEST or max(x, y) >= 2**z:
        return None
    side_m = 2 * _HALF_WORLD_M / 2**z
    pixel_m = side_m / width
    affine = (pixel_m, 0.0, x * side_m - _HALF_WORLD_M, 0.0, -pixel_m, _HALF_WORLD_M - y * side_m)
    return Grid(width, height, "EPSG:3857", affine)
