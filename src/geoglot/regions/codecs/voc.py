"""Pascal VOC XML, and the data sets that took only its layout: DIOR, DIOR-RSVG, OPT-RSVG."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from typing import ClassVar
from xml.sax.saxutils import escape, unescape

from geoglot.regions.box import Box
from geoglot.regions.codecs.codec import Size, TextForm, box_inside
from geoglot.regions.region import Region

_CORNERS = r"\s*".join(rf"<{side}>\s*(\d+)\s*</{side}>" for side in ("xmin", "ymin", "xmax", "ymax"))


class Dior(TextForm):
    """Whole pixels, counted from 0 and half-open, as every public scorer of these sets uses them."""

    name: ClassVar[str] = "dior"
    source: ClassVar[str] = "ZhanYang-nwpu/RSVG-pytorch data_loader.py"
    kinds: ClassVar[tuple[str, ...]] = ("box",)
    example: ClassVar[str] = (
        "<object><name>ship</name><bndbox><xmin>10</xmin><ymin>20</ymin><xmax>30</xmax><ymax>40</ymax></bndbox></object>"
    )
    pattern: ClassVar[str] = (
        rf"<object>\s*<name>([^<>]*)</name>\s*<bndbox>\s*{_CORNERS}\s*</bndbox>\s*</object>|<bndbox>\s*{_CORNERS}\s*</bndbox>"
    )

    def quantisation_px(self, size: Size) -> float:
        """Half a pixel."""
        return 0.5

    def _write(self, region: Region, size: Size) -> str:
        sides = zip(("xmin", "ymin", "xmax", "ymax"), self._numbers(box_inside(region, size), size), strict=True)
        text = f"<bndbox>{''.join(f'<{side}>{number}</{side}>' for side, number in sides)}</bndbox>"
        return f"<object><name>{escape(region.label)}</name>{text}</object>" if region.label else text

    def _read(self, group: re.Match[str], size: Size) -> Iterator[Region]:
        label = unescape(group[1]).strip() if group[1] else None
        x0, y0, x1, y1 = (int(number) for number in group.groups()[1:] if number is not None)
        yield self._box((x0, y0, x1, y1), label or None)

    def _numbers(self, box: Box, size: Size) -> tuple[int, int, int, int]:
        return _round(box.x0), _round(box.y0), _round(box.x1), _round(box.y1)

    def _box(self, numbers: tuple[int, int, int, int], label: str | None) -> Box:
        return Box(*numbers, label=label)


class Voc(Dior):
    """Whole pixels, counted from 1, the last one belongs to the box."""

    name: ClassVar[str] = "voc"
    source: ClassVar[str] = "Pascal VOC development kit"

    def quantisation_px(self, size: Size) -> float:
        """Half a pixel; a whole one more for boxes that are thinner than that: they become one pixel."""
        return 1.5

    def _numbers(self, box: Box, size: Size) -> tuple[int, int, int, int]:
        x0, y0 = min(_round(box.x0), size[0] - 1), min(_round(box.y0), size[1] - 1)
        return x0 + 1, y0 + 1, max(x0 + 1, _round(box.x1)), max(y0 + 1, _round(box.y1))

    def _box(self, numbers: tuple[int, int, int, int], label: str | None) -> Box:
        x0, y0, x1, y1 = numbers
        return Box(x0 - 1, y0 - 1, x1, y1, label=label)


def _round(number: float) -> int:
    return math.floor(number + 0.5)
