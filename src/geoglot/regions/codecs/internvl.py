"""InternVL: `<ref>ship</ref><box>[[x1, y1, x2, y2], …]</box>`, integers 0..1000."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import ClassVar

from geoglot.regions.box import Box
from geoglot.regions.codecs.codec import Size, Steps, TextForm, plain_label
from geoglot.regions.region import Region

_STEPS = Steps(1000, 1000)
_BOX = r"\[\s*\d+\s*,\s*\d+\s*,\s*\d+\s*,\s*\d+\s*\]"


class InternVl(TextForm):
    """As its documentation says; data released with fractions 0..1 are another form and refused."""

    name: ClassVar[str] = "internvl"
    source: ClassVar[str] = "OpenGVLab/InternVL documentation, grounding; issue 844"
    kinds: ClassVar[tuple[str, ...]] = ("box",)
    example: ClassVar[str] = "<ref>ship</ref><box>[[580, 270, 1000, 900]]</box>"
    pattern: ClassVar[str] = rf"(?:<ref>([^<>]*)</ref>\s*)?<box>\s*\[\s*({_BOX}(?:\s*,\s*{_BOX})*)\s*\]\s*</box>"

    def quantisation_px(self, size: Size) -> float:
        """Half of a thousandth of the longer side."""
        return _STEPS.error_px(size)

    def _write(self, region: Region, size: Size) -> str:
        label = plain_label(region.label, "<>")
        box = region.bounds
        numbers = _STEPS.numbers((box.x0, box.y0, box.x1, box.y1), size)
        return (f"<ref>{label}</ref>" if label else "") + f"<box>[{numbers}]</box>"

    def _read(self, group: re.Match[str], size: Size) -> Iterator[Region]:
        label = group[1].strip() or None if group[1] else None
        for numbers in re.findall(_BOX, group[2]):
            yield Box(*_STEPS.places_px([int(number) for number in re.findall(r"\d+", numbers)], size), label=label)
