"""DOTA labels: `x1 y1 x2 y2 x3 y3 x4 y4 class difficult`, one object a line, in pixels."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import ClassVar

from geoglot.regions.codecs.codec import CodecError, Size, TextForm, four_corners, pairs, plain_label
from geoglot.regions.polygon import Polygon
from geoglot.regions.region import Region


class Dota(TextForm):
    """Four corners, clockwise from the object's head (the upper left one without a head).

    Read as polygons: the corners need not make a rectangle. `OrientedBox.around(polygon.outline)` is one around it.
    The lines `imagesource:` and `gsd:` are skipped. Difficult is written as 0 and not kept.
    """

    name: ClassVar[str] = "dota"
    source: ClassVar[str] = "CAPTAIN-WHU/DOTA_devkit"
    kinds: ClassVar[tuple[str, ...]] = ("box", "oriented-box", "polygon")
    example: ClassVar[str] = "10.0 20.0 30.0 20.0 30.0 40.0 10.0 40.0 small-vehicle 0"
    pattern: ClassVar[str] = r"(?m)^[ \t]*((?:-?\d+(?:\.\d+)?[ \t]+){8})(\S+)[ \t]+[012][ \t]*$"
    separator: ClassVar[str] = r"(?:\s*(?:imagesource|gsd):[^\n]*)*\s*"

    def quantisation_px(self, size: Size) -> float:
        """Written with one decimal."""
        return 0.05

    def _write(self, region: Region, size: Size) -> str:
        corners = four_corners(region)
        label = plain_label(region.label, " \t\r\n")
        if not label:
            raise CodecError("a DOTA label needs a class", expected="a region with a label")
        return f"{' '.join(f'{number:.1f}' for number in corners.ravel())} {label} 0"

    def _read(self, group: re.Match[str], size: Size) -> Iterator[Region]:
        yield Polygon((pairs([float(number) for number in group[1].split()]),), label=group[2])
