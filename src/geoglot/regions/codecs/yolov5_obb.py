"""yolov5_obb and CSL: `cx cy longside shortside theta`, one object a line, in pixels."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from typing import ClassVar, cast

from geoglot.regions.codecs.codec import CodecError, Size, TextForm
from geoglot.regions.oriented_box import OrientedBox
from geoglot.regions.region import Region

_NUMBER = r"(-?\d+(?:\.\d+)?)"


class YoloV5Obb(TextForm):
    """Theta is whole degrees 0..179: the long side's direction, counter-clockwise, plus 90."""

    name: ClassVar[str] = "yolov5-obb"
    source: ClassVar[str] = "hukaixuan19970627/yolov5_obb utils/rboxs_utils.py"
    kinds: ClassVar[tuple[str, ...]] = ("oriented-box",)
    example: ClassVar[str] = "100.0 120.0 40.0 10.0 90"
    pattern: ClassVar[str] = rf"(?m)^[ \t]*{'[ ]+'.join([_NUMBER] * 4)}[ ]+(\d+)[ \t]*$"

    def quantisation_px(self, size: Size) -> float:
        """Written with one decimal."""
        return 0.05

    def _write(self, region: Region, size: Size) -> str:
        box = cast(OrientedBox, region)
        turned = 0 if box.w >= box.h else 90
        theta = math.floor((90 - box.angle_deg - turned) % 180 + 0.5) % 180
        return f"{box.cx:.1f} {box.cy:.1f} {max(box.w, box.h):.1f} {min(box.w, box.h):.1f} {theta}"

    def _read(self, group: re.Match[str], size: Size) -> Iterator[Region]:
        cx, cy, long, short, theta = (float(number) for number in group.groups())
        if theta >= 180 or long < short:
            raise CodecError(
                "an oriented box out of range", value=group.group(), expected="long side first, theta 0..179"
            )
        yield OrientedBox(cx, cy, long, short, 90 - theta)
