"""EarthGPT and MMRS-1M: `[x0,y0,x1,y1;…]`, fractions of the image padded to a square."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import ClassVar

from geoglot.regions.box import Box
from geoglot.regions.codecs.codec import CodecError, Size, Steps, TextForm, box_inside, plain_label
from geoglot.regions.region import Region

_HUNDREDTHS = Steps(100, 100)
_FRACTION = r"\s*(?:[01]?\.\d+|[01])\s*"
_BOX = ",".join([_FRACTION] * 4)


class EarthGpt(TextForm):
    """The square has the longer side; int((long - short) / 2) pixels are added before the short axis.

    Read boxes are cut to the image. A phrase `<p>13 ships</p>` must be followed by as many boxes as it says.
    """

    name: ClassVar[str] = "earthgpt"
    source: ClassVar[str] = "wivizhang/EarthGPT README"
    kinds: ClassVar[tuple[str, ...]] = ("box",)
    example: ClassVar[str] = "<p>2 ships</p>[0.75,0.69,0.76,0.71;0.10,0.30,0.20,0.40]"
    pattern: ClassVar[str] = rf"(?:<p>([^<>]*)</p>\s*)?\[({_BOX}(?:;{_BOX})*)\]"
    separator: ClassVar[str] = r"[\s,]*"

    def quantisation_px(self, size: Size) -> float:
        """Half of a hundredth of the square's side: written with two decimals."""
        return _HUNDREDTHS.error_px(size)

    def _write(self, region: Region, size: Size) -> str:
        label = plain_label(region.label, "<>")
        side, left, top = _square(size)
        box = box_inside(region, size).shifted(left, top)
        numbers = _HUNDREDTHS.numbers((box.x0, box.y0, box.x1, box.y1), (side, side))
        text = f"[{','.join(f'{number / 100:.2f}' for number in numbers)}]"
        return f"<p>1 {label}</p>{text}" if label else text

    def _read(self, group: re.Match[str], size: Size) -> Iterator[Region]:
        boxes = group[2].split(";")
        label = self._label(group[1] or "", len(boxes))
        side, left, top = _square(size)
        for numbers in boxes:
            places = _HUNDREDTHS.places_px([100 * float(number) for number in numbers.split(",")], (side, side))
            x0, y0, x1, y1 = (
                min(max(place - pad, 0.0), float(length))
                for place, pad, length in zip(places, (left, top) * 2, size * 2, strict=True)
            )
            yield Box(x0, y0, x1, y1, label=label)

    def _label(self, phrase: str, boxes: int) -> str | None:
        """The name in a phrase. Raises CodecError if it counts other than the boxes."""
        counted = re.fullmatch(r"\s*(\d+)\s+(.*?)\s*", phrase)
        if counted and int(counted[1]) != boxes:
            raise CodecError("a count that disagrees with the boxes", value=phrase, expected=f"{boxes} boxes")
        return (counted[2] if counted else phrase.strip()) or None


def _square(size: Size) -> tuple[int, int, int]:
    """The side of the padded square, and what is added at the left and at the top."""
    width, height = size
    return max(size), max(0, int((height - width) / 2)), max(0, int((width - height) / 2))
