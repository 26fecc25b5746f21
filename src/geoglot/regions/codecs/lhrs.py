"""LHRS-Bot: `[x1, y1, x2, y2]`, fractions of width and height."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import ClassVar

from geoglot.regions.box import Box
from geoglot.regions.codecs.codec import Size, Steps, TextForm
from geoglot.regions.region import Region

_HUNDREDTHS = Steps(100, 100)
_FRACTION = r"\s*([01]?\.\d+|[01])\s*"


class Lhrs(TextForm):
    """Written with two decimals, read with any."""

    name: ClassVar[str] = "lhrs"
    source: ClassVar[str] = "NJU-LHRS/LHRS-Bot main_vg.py"
    kinds: ClassVar[tuple[str, ...]] = ("box",)
    example: ClassVar[str] = "[0.12, 0.34, 0.56, 0.78]"
    pattern: ClassVar[str] = rf"\[{_FRACTION},{_FRACTION},{_FRACTION},{_FRACTION}\]"
    separator: ClassVar[str] = r"[\s,]*"

    def quantisation_px(self, size: Size) -> float:
        """Half of a hundredth of the longer side."""
        return _HUNDREDTHS.error_px(size)

    def _write(self, region: Region, size: Size) -> str:
        box = region.bounds
        numbers = _HUNDREDTHS.numbers((box.x0, box.y0, box.x1, box.y1), size)
        return f"[{', '.join(f'{number / 100:.2f}' for number in numbers)}]"

    def _read(self, group: re.Match[str], size: Size) -> Iterator[Region]:
        yield Box(*_HUNDREDTHS.places_px([100 * float(number) for number in group.groups()], size))
