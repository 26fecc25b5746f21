"""Florence-2: `ship<loc_52><loc_333><loc_932><loc_774>`, bins 0..999 of width and height."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import ClassVar

from geoglot.regions.box import Box
from geoglot.regions.codecs.codec import CodecError, Size, Steps, TextForm, pairs, plain_label
from geoglot.regions.polygon import Polygon
from geoglot.regions.region import Region

_BINS = Steps(1000, 999, down=True, centred=True)
_LOCS = r"(?:<loc_\d{1,3}>)+"


class Florence2(TextForm):
    """Rounded down, read as the middle of the bin. Several boxes may follow one label; `<sep>` parts polygons."""

    name: ClassVar[str] = "florence2"
    source: ClassVar[str] = "microsoft/Florence-2-large processing_florence2.py, BoxQuantizer"
    kinds: ClassVar[tuple[str, ...]] = ("box", "polygon")
    example: ClassVar[str] = "car<loc_52><loc_333><loc_932><loc_774>"
    pattern: ClassVar[str] = rf"(?<![^<>])([^<>]*)(?:<poly>({_LOCS}(?:<sep>{_LOCS})*)</poly>|({_LOCS}))"

    def quantisation_px(self, size: Size) -> float:
        """Half of a thousandth of the longer side."""
        return _BINS.error_px(size)

    def _write(self, region: Region, size: Size) -> str:
        label = plain_label(region.label, "<>")
        if isinstance(region, Box):
            return label + _tokens(_BINS.numbers((region.x0, region.y0, region.x1, region.y1), size))
        if isinstance(region, Polygon) and len(region.rings) > 1:
            raise CodecError("Florence-2 has no words for holes", value=f"{len(region.rings) - 1} holes")
        return f"{label}<poly>{_tokens(_BINS.numbers(region.outline.ravel().tolist(), size))}</poly>"

    def _read(self, group: re.Match[str], size: Size) -> Iterator[Region]:
        label = group[1].strip() or None
        if group[2]:
            for ring in group[2].split("<sep>"):
                yield Polygon((pairs(_BINS.places_px(_numbers(ring), size)),), label=label)
            return
        numbers = _numbers(group[3])
        if len(numbers) % 4:
            raise CodecError("a box with the wrong count of numbers", value=group[3], expected="4 each")
        for first in range(0, len(numbers), 4):
            yield Box(*_BINS.places_px(numbers[first : first + 4], size), label=label)


def _tokens(numbers: Sequence[int]) -> str:
    return "".join(f"<loc_{number}>" for number in numbers)


def _numbers(tokens: str) -> list[int]:
    return [int(number) for number in re.findall(r"\d+", tokens)]
