"""SkySenseGPT's prompts as its conversion to GeoChat reads them: `{<cx><cy><w><h>|<angle>}`."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from typing import ClassVar

from geoglot.regions.box import Box
from geoglot.regions.codecs.codec import Size, Steps, TextForm
from geoglot.regions.oriented_box import OrientedBox
from geoglot.regions.region import Region

_HALF_PERCENT = Steps(200, 200)
_NUMBER = r"(\d+(?:\.\d+)?)"


class SkySenseGpt(TextForm):
    """Numbers are percent of width and height; the angle goes into cosine and sine as it is, so in radians.

    What comes out is upright: from the turned rectangle the least and greatest x and y, minima cut at 0, all
    rounded down to whole percents.
    """

    name: ClassVar[str] = "skysensegpt"
    source: ClassVar[str] = "Luo-Z13/SkySenseGPT batch_geochat_complex_compre.py"
    kinds: ClassVar[tuple[str, ...]] = ("box",)
    example: ClassVar[str] = "{<50><40><20><10>|<0>}"
    pattern: ClassVar[str] = rf"\{{<{_NUMBER}><{_NUMBER}><{_NUMBER}><{_NUMBER}>\|<(-?\d+(?:\.\d+)?)>\}}"

    def quantisation_px(self, size: Size) -> float:
        """Corners are rounded to whole percents."""
        return max(size) / 200

    def _write(self, region: Region, size: Size) -> str:
        box = region.bounds
        x0, y0, x1, y1 = (2 * number for number in Steps(100, 100).numbers((box.x0, box.y0, box.x1, box.y1), size))
        halves = ((x0 + x1) / 2, (y0 + y1) / 2, x1 - x0, y1 - y0)
        return "{" + "".join(f"<{half / 2:g}>" for half in halves) + "|<0>}"

    def _read(self, group: re.Match[str], size: Size) -> Iterator[Region]:
        cx, cy, w, h, radians = (float(number) for number in group.groups())
        around = OrientedBox(cx, cy, w, h, math.degrees(radians)).bounds
        percents = (max(0.0, around.x0), max(0.0, around.y0), around.x1, around.y1)
        whole = [2 * math.floor(percent + 1e-9) for percent in percents]
        yield Box(*_HALF_PERCENT.places_px(whole, size))
