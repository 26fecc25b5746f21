"""EarthDial: `[[xl, yt, xr, yb, theta]]`, integers 0..100 of width and height."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import ClassVar

from geoglot.regions.box import Box
from geoglot.regions.codecs.codec import CodecError, Size, Steps, TextForm, plain_label
from geoglot.regions.codecs.turned import turn, unturn
from geoglot.regions.region import Region

_PERCENT = Steps(100, 100, down=True)
_NUMBERS = r"\[\s*\d+(?:\s*,\s*\d+)*\s*\]"


class EarthDial(TextForm):
    """Theta is degrees, counter-clockwise on screen, about the centre of the rectangle; 0 for upright boxes."""

    name: ClassVar[str] = "earthdial"
    source: ClassVar[str] = "hiyamdebary/EarthDial rs_detection/eval.py and result files"
    kinds: ClassVar[tuple[str, ...]] = ("box", "oriented-box")
    example: ClassVar[str] = "<ref>ship</ref> <box>[[[20, 40, 60, 50, 30]]]</box>[[1, 2, 3, 4, 0]]"
    _LISTS = rf"\[+(?:\s*,?\s*\[?{_NUMBERS}\]?)+\s*\]+"
    pattern: ClassVar[str] = rf"(?:<ref>([^<>]*)</ref>\s*)?(?:<box>\s*({_LISTS})\s*</box>|(?<!\[)({_LISTS}))"
    separator: ClassVar[str] = r"[\s,]*"

    def quantisation_px(self, size: Size) -> float:
        """One percent of the longer side: numbers are rounded down."""
        return _PERCENT.error_px(size)

    def _write(self, region: Region, size: Size) -> str:
        label = plain_label(region.label, "<>")
        if isinstance(region, Box):
            corners, degrees = (region.x0, region.y0, region.x1, region.y1), 0
        else:
            corners, degrees = unturn(region)
        numbers = ", ".join(map(str, [*_PERCENT.numbers(corners, size), degrees]))
        return f"<ref>{label}</ref> <box>[[{numbers}]]</box>" if label else f"[[{numbers}]]"

    def _read(self, group: re.Match[str], size: Size) -> Iterator[Region]:
        label = group[1].strip() or None if group[1] else None
        for numbers in re.findall(_NUMBERS, group[2] or group[3]):
            values = [int(number) for number in re.findall(r"\d+", numbers)]
            if len(values) not in (4, 5):
                raise CodecError("a box with the wrong count of numbers", value=numbers, expected="4 or 5")
            x0, y0, x1, y1 = _PERCENT.places_px(values[:4], size)
            box = Box(x0, y0, x1, y1, label=label)
            turned = len(values) == 5 and values[4] != 0
            yield replace(turn((x0, y0, x1, y1), values[4]), label=label) if turned else box
