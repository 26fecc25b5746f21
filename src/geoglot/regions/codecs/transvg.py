"""The TransVG family (MGVLF, LPVA): `cx cy w h`, fractions of the letterboxed square of 640 pixels."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import ClassVar

from geoglot.regions.box import Box
from geoglot.regions.codecs.codec import Size, TextForm, box_inside
from geoglot.regions.region import Region

_SIDE = 640
_FRACTION = r"([01]?\.\d+|[01])"


class TransVg(TextForm):
    """The image is scaled until its longer side is 640 pixels, then padded evenly; written with four decimals."""

    name: ClassVar[str] = "transvg"
    source: ClassVar[str] = "like413/OPT-RSVG utils/eval_utils.py"
    kinds: ClassVar[tuple[str, ...]] = ("box",)
    example: ClassVar[str] = "0.5000 0.4000 0.1250 0.2500"
    pattern: ClassVar[str] = rf"\b{_FRACTION} {_FRACTION} {_FRACTION} {_FRACTION}\b"

    def quantisation_px(self, size: Size) -> float:
        """A centre's and half a side's error: 0.75e-4 of the longer side."""
        return 0.75e-4 * max(size)

    def _write(self, region: Region, size: Size) -> str:
        scale, left, top = _letterbox(size)
        box = box_inside(region, size, slack_px=self.quantisation_px(size)).scaled(scale, scale).shifted(left, top)
        numbers = [number / _SIDE for number in (*box.centre, box.width, box.height)]
        return " ".join(f"{number:.4f}" for number in numbers)

    def _read(self, group: re.Match[str], size: Size) -> Iterator[Region]:
        cx, cy, w, h = (float(number) * _SIDE for number in group.groups())
        scale, left, top = _letterbox(size)
        yield Box(cx - w / 2, cy - h / 2, cx + w / 2, cy + h / 2).shifted(-left, -top).scaled(1 / scale, 1 / scale)


def _letterbox(size: Size) -> tuple[float, float, float]:
    """Scale, and what is added at the left and at the top."""
    scale = _SIDE / max(size)
    return scale, (_SIDE - round(size[0] * scale)) / 2, (_SIDE - round(size[1] * scale)) / 2
