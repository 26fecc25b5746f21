"""GeoChat: `{<x1><y1><x2><y2>|<theta>}`, integers 0..100 of width and height."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import ClassVar

from geoglot.regions.box import Box
from geoglot.regions.codecs.codec import Size, Steps, TextForm, plain_label
from geoglot.regions.codecs.turned import turn, unturn
from geoglot.regions.region import Region

_PERCENT = Steps(100, 100, down=True)
_GROUP = r"\{<(\d+)><(\d+)><(\d+)><(\d+)>(?:\|<(\d+)>)?\}"


class GeoChat(TextForm):
    """Upright boxes without an angle; turned ones as the rectangle before the turn about its own centre.

    The published code turns both ways; this is the sense in which EarthDial scores it, counter-clockwise.
    """

    name: ClassVar[str] = "geochat"
    source: ClassVar[str] = "GeoChat; turning sense: hiyamdebary/EarthDial rs_detection/eval.py"
    kinds: ClassVar[tuple[str, ...]] = ("box", "oriented-box")
    example: ClassVar[str] = "<p>white plane</p> {<49><48><57><56>|<30>}<delim>{<10><10><20><20>}"
    pattern: ClassVar[str] = rf"(?:<p>([^<>]*)</p>\s*)?((?:{_GROUP}(?:\s*<delim>\s*)?)+)"

    def quantisation_px(self, size: Size) -> float:
        """One percent of the longer side: numbers are rounded down."""
        return _PERCENT.error_px(size)

    def _write(self, region: Region, size: Size) -> str:
        label = plain_label(region.label, "<>")
        if isinstance(region, Box):
            corners, turned = (region.x0, region.y0, region.x1, region.y1), ""
        else:
            corners, degrees = unturn(region)
            turned = f"|<{degrees}>"
        numbers = "".join(f"<{number}>" for number in _PERCENT.numbers(corners, size))
        return f"<p>{label}</p> {{{numbers}{turned}}}" if label else f"{{{numbers}{turned}}}"

    def _read(self, group: re.Match[str], size: Size) -> Iterator[Region]:
        label = group[1].strip() or None if group[1] else None
        for x0, y0, x1, y1, degrees in re.findall(_GROUP, group[2]):
            left, top, right, bottom = _PERCENT.places_px([int(x0), int(y0), int(x1), int(y1)], size)
            box = Box(left, top, right, bottom, label=label)
            yield replace(turn((left, top, right, bottom), int(degrees)), label=label) if degrees else box
