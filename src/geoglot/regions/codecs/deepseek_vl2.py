"""DeepSeek-VL2: `<|ref|>ship<|/ref|><|det|>[[x0, y0, x1, y1], …]<|/det|>`, integers 0..999."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import ClassVar

from geoglot.regions.box import Box
from geoglot.regions.codecs.codec import Size, Steps, TextForm, plain_label
from geoglot.regions.region import Region

_STEPS = Steps(999, 999)
_BOX = r"\[\s*\d+\s*,\s*\d+\s*,\s*\d+\s*,\s*\d+\s*\]"


class DeepSeekVl2(TextForm):
    """999 is the right or lower edge."""

    name: ClassVar[str] = "deepseek-vl2"
    source: ClassVar[str] = "deepseek-ai/DeepSeek-VL2 README and inference.py"
    kinds: ClassVar[tuple[str, ...]] = ("box",)
    example: ClassVar[str] = "<|ref|>ship<|/ref|><|det|>[[580, 270, 999, 900], [12, 40, 60, 88]]<|/det|>"
    pattern: ClassVar[str] = (
        rf"(?:<\|ref\|>([^<>]*)<\|/ref\|>\s*)?<\|det\|>\s*\[\s*({_BOX}(?:\s*,\s*{_BOX})*)\s*\]\s*<\|/det\|>"
    )

    def quantisation_px(self, size: Size) -> float:
        """Half of a 999th of the longer side."""
        return _STEPS.error_px(size)

    def _write(self, region: Region, size: Size) -> str:
        label = plain_label(region.label, "<>")
        box = region.bounds
        numbers = _STEPS.numbers((box.x0, box.y0, box.x1, box.y1), size)
        named = f"<|ref|>{label}<|/ref|>" if label else ""
        return f"{named}<|det|>[{numbers}]<|/det|>"

    def _read(self, group: re.Match[str], size: Size) -> Iterator[Region]:
        label = group[1].strip() or None if group[1] else None
        for numbers in re.findall(_BOX, group[2]):
            yield Box(*_STEPS.places_px([int(number) for number in re.findall(r"\d+", numbers)], size), label=label)
