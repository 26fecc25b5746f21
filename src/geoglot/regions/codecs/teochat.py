"""TEOChat: `[x1, y1, x2, y2]`, integers 0..100; polygons as WKT in pixels."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import ClassVar, cast

from geoglot.regions.box import Box
from geoglot.regions.codecs.codec import Size, Steps, TextForm
from geoglot.regions.polygon import Polygon
from geoglot.regions.region import Region

_PERCENT = Steps(100, 100, down=True)
_POINT = r"-?\d+(?:\.\d+)?\s+-?\d+(?:\.\d+)?"
_RING = rf"\(\s*{_POINT}(?:\s*,\s*{_POINT})*\s*\)"


class TeoChat(TextForm):
    """Rounded down, as in the family it comes from (an assumption: the text of its data is not public code)."""

    name: ClassVar[str] = "teochat"
    source: ClassVar[str] = "ermongroup/TEOChat videollava/eval/detection.py"
    kinds: ClassVar[tuple[str, ...]] = ("box", "polygon")
    example: ClassVar[str] = "[12, 34, 56, 78]"
    pattern: ClassVar[str] = rf"POLYGON\s*\(\s*({_RING}(?:\s*,\s*{_RING})*)\s*\)|\[(\d+),\s*(\d+),\s*(\d+),\s*(\d+)\]"
    separator: ClassVar[str] = r"[\s,]*"

    def quantisation_px(self, size: Size) -> float:
        """One percent of the longer side for boxes; polygons have two decimals."""
        return max(_PERCENT.error_px(size), 0.005)

    def _write(self, region: Region, size: Size) -> str:
        if isinstance(region, Box):
            return str(_PERCENT.numbers((region.x0, region.y0, region.x1, region.y1), size))
        rings = ((*ring, ring[0]) for ring in cast(Polygon, region).rings)
        return f"POLYGON ({', '.join('(' + ', '.join(f'{x:.2f} {y:.2f}' for x, y in ring) + ')' for ring in rings)})"

    def _read(self, group: re.Match[str], size: Size) -> Iterator[Region]:
        if not group[1]:
            yield Box(*_PERCENT.places_px([int(number) for number in group.groups()[1:]], size))
            return
        rings = []
        for ring in re.findall(_RING, group[1]):
            points = (point.split() for point in ring.strip("() \n").split(","))
            rings.append(tuple((float(x), float(y)) for x, y in points))
        yield Polygon(tuple(rings))
