"""VRSBench: upright boxes as GeoChat's, oriented boxes in two versions; integers 0..100, rounded down."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from typing import ClassVar, cast

import numpy as np

from geoglot.regions.box import Box
from geoglot.regions.codecs.codec import Size, Steps, TextForm
from geoglot.regions.oriented_box import OrientedBox
from geoglot.regions.region import Region

_PERCENT = Steps(100, 100, down=True)


class VrsBenchV1(TextForm):
    """Oriented boxes as `{<cx><cy><w><h>|<a>}`: a in degrees along w, counter-clockwise on screen.

    The published scorer takes these degrees for radians; that belongs to its protocol, not to the form.
    """

    name: ClassVar[str] = "vrsbench-v1"
    source: ClassVar[str] = "lx709/VRSBench prepare_eval_all.ipynb"
    kinds: ClassVar[tuple[str, ...]] = ("box", "oriented-box")
    example: ClassVar[str] = "{<50><40><20><10>|<30>}{<10><10><20><20>}"
    pattern: ClassVar[str] = r"\{<(\d+)><(\d+)><(\d+)><(\d+)>(?:\|<(-?\d+)>)?\}"

    def quantisation_px(self, size: Size) -> float:
        """One percent of the longer side: numbers are rounded down."""
        return _PERCENT.error_px(size)

    def _write(self, region: Region, size: Size) -> str:
        if isinstance(region, Box):
            return _braces(_PERCENT.numbers((region.x0, region.y0, region.x1, region.y1), size))
        return self._write_turned(cast(OrientedBox, region), size)

    def _read(self, group: re.Match[str], size: Size) -> Iterator[Region]:
        x0, y0, x1, y1 = _PERCENT.places_px([int(number) for number in group.groups()[:4]], size)
        yield self._read_turned((x0, y0, x1, y1), -int(group[5])) if group[5] else Box(x0, y0, x1, y1)

    def _write_turned(self, box: OrientedBox, size: Size) -> str:
        long, short, angle = _long_first(box)
        return _braces(_PERCENT.numbers((box.cx, box.cy, long, short), size), angle)

    def _read_turned(self, numbers: tuple[float, float, float, float], angle_deg: float) -> Region:
        return OrientedBox(*numbers, angle_deg)


class VrsBench(VrsBenchV1):
    """Oriented boxes as `{<x_tl><y_tl><x_br><y_br>|<a>}`: the corners nearest to and farthest from the origin.

    These lie across from each other; with the direction a of the longer side they make the rectangle. (The
    published way back takes a for the direction of the diagonal instead.)
    """

    name: ClassVar[str] = "vrsbench"
    source: ClassVar[str] = "lx709/VRSBench prepare_eval_all.ipynb, version 2"
    example: ClassVar[str] = "{<40><36><60><44>|<0>}{<10><10><20><20>}"

    def _write_turned(self, box: OrientedBox, size: Size) -> str:
        corners = box.outline
        apart = np.hypot(*corners.T)
        diagonal = corners[[int(apart.argmin()), (int(apart.argmin()) + 2) % 4]]
        return _braces(_PERCENT.numbers(diagonal.ravel().tolist(), size), _long_first(box)[2])

    def _read_turned(self, numbers: tuple[float, float, float, float], angle_deg: float) -> Region:
        x0, y0, x1, y1 = numbers
        cos, sin = math.cos(math.radians(angle_deg)), math.sin(math.radians(angle_deg))
        along, across = (x1 - x0) * cos + (y1 - y0) * sin, (y1 - y0) * cos - (x1 - x0) * sin
        return OrientedBox((x0 + x1) / 2, (y0 + y1) / 2, abs(along), abs(across), angle_deg)


def _long_first(box: OrientedBox) -> tuple[float, float, int]:
    """Both sides, the longer first, and its direction in whole degrees 0..179, counter-clockwise."""
    turned = 0 if box.w >= box.h else 90
    return max(box.w, box.h), min(box.w, box.h), math.floor(-(box.angle_deg + turned) % 180 + 0.5) % 180


def _braces(numbers: Sequence[int], angle: int | None = None) -> str:
    turned = "" if angle is None else f"|<{angle}>"
    return "{" + "".join(f"<{number}>" for number in numbers) + turned + "}"
