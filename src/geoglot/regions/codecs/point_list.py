"""Polygons as lists of points in pixels: `[[x, y], [x, y], …]`."""

from __future__ import annotations

import re

from geoglot.regions.codecs.codec import CodecError
from geoglot.regions.polygon import Polygon
from geoglot.regions.region import Region

_NUMBER = r"-?\d+(?:\.\d+)?"
POINTS = rf"\[\s*(?:\[\s*{_NUMBER}\s*,\s*{_NUMBER}\s*\]\s*,?\s*){{3,}}\]"
"""One polygon as a regular expression."""


def write_points(region: Region, decimals: int) -> str:
    """Give the points of a polygon without holes. Raises CodecError for holes: the form cannot say them."""
    assert isinstance(region, Polygon)
    if len(region.rings) > 1:
        raise CodecError("a list of points cannot say a polygon with holes", value=f"{len(region.rings) - 1} holes")
    return f"[{', '.join(f'[{x:.{decimals}f}, {y:.{decimals}f}]' for x, y in region.rings[0])}]"


def read_points(text: str) -> Polygon:
    """Give the polygon of a text that matches `POINTS`."""
    numbers = [float(number) for number in re.findall(_NUMBER, text)]
    return Polygon((tuple(zip(numbers[::2], numbers[1::2], strict=True)),))
