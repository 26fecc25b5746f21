"""VHM and RSEvalKit: `[x1,y1,x2,y2]`, integers 0..1000; buildings as lists of points in pixels."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import ClassVar

from geoglot.regions.box import Box
from geoglot.regions.codecs.codec import Size, Steps, TextForm
from geoglot.regions.codecs.point_list import POINTS, read_points, write_points
from geoglot.regions.region import Region

_STEPS = Steps(1000, 1000)


class Vhm(TextForm):
    """Boxes are mapped back by v W / 1000."""

    name: ClassVar[str] = "vhm"
    source: ClassVar[str] = "fitzpchao/RSEvalKit model_eval_mp.py, eval_results_ciou"
    kinds: ClassVar[tuple[str, ...]] = ("box", "polygon")
    example: ClassVar[str] = "[120,340,560,780]"
    pattern: ClassVar[str] = rf"({POINTS})|\[\s*(\d+)\s*,\s*(\d+)\s*,\s*(\d+)\s*,\s*(\d+)\s*\]"
    separator: ClassVar[str] = r"[\s,]*"

    def quantisation_px(self, size: Size) -> float:
        """Half of a thousandth of the longer side; half a pixel for polygons."""
        return max(_STEPS.error_px(size), 0.5)

    def _write(self, region: Region, size: Size) -> str:
        if isinstance(region, Box):
            numbers = _STEPS.numbers((region.x0, region.y0, region.x1, region.y1), size)
            return f"[{','.join(map(str, numbers))}]"
        return write_points(region, 0)

    def _read(self, group: re.Match[str], size: Size) -> Iterator[Region]:
        if group[1]:
            yield read_points(group[1])
        else:
            yield Box(*_STEPS.places_px([int(number) for number in group.groups()[1:]], size))
