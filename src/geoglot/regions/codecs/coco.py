"""COCO: `{"bbox": [x, y, w, h]}`, polygons as flat lists, masks as runs down the columns; in pixels."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from typing import ClassVar

from geoglot.regions.box import Box
from geoglot.regions.codecs.codec import CodecError, Size, TextForm, pairs
from geoglot.regions.mask import Mask
from geoglot.regions.polygon import Polygon
from geoglot.regions.region import Region
from geoglot.regions.runs import pixels_of, runs_of


class Coco(TextForm):
    """Counted from 0 and half-open. A polygon's further rings are further pieces, not holes.

    Categories are numbers of a data set, so labels are not written.
    """

    name: ClassVar[str] = "coco"
    source: ClassVar[str] = "cocodataset/cocoapi"
    kinds: ClassVar[tuple[str, ...]] = ("box", "polygon", "mask")
    example: ClassVar[str] = '[{"bbox": [10.0, 20.0, 30.5, 40.0]}, {"segmentation": [[0, 0, 9, 0, 9, 9]]}]'
    pattern: ClassVar[str] = r"\{[^{}]*(?:\{[^{}]*\}\s*)?\}"
    separator: ClassVar[str] = r"[\s,\[\]]*"

    def quantisation_px(self, size: Size) -> float:
        """Written with two decimals; the far corner adds the error of two numbers."""
        return 0.01

    def _write(self, region: Region, size: Size) -> str:
        if isinstance(region, Box):
            return json.dumps({"bbox": _rounded((region.x0, region.y0, region.width, region.height))})
        if isinstance(region, Mask):
            columns = runs_of(region.to_array(size).T)
            return json.dumps({"segmentation": {"size": [size[1], size[0]], "counts": columns}})
        assert isinstance(region, Polygon)
        if len(region.rings) > 1:
            raise CodecError("COCO has no words for holes", value=f"{len(region.rings) - 1} holes")
        return json.dumps({"segmentation": [_rounded(region.outline.ravel().tolist())]})

    def _read(self, group: re.Match[str], size: Size) -> Iterator[Region]:
        try:
            found = json.loads(group.group())
        except json.JSONDecodeError as error:
            raise CodecError("this is not JSON", value=group.group(), expected=self.example) from error
        match found:
            case {"bbox": [*numbers], **rest} if not rest and _are_numbers(numbers) and len(numbers) == 4:
                x, y, w, h = numbers
                yield Box(x, y, x + w, y + h)
            case {"segmentation": [*rings], **rest} if not rest and all(_are_numbers(ring) for ring in rings):
                yield from (Polygon((pairs(ring),)) for ring in rings)
            case {"segmentation": {"size": [*shape], "counts": [*counts]}, **rest} if not rest:
                yield _mask(shape, counts, size)
            case _:
                raise CodecError("no COCO region", value=group.group(), expected=self.example)


def _mask(shape: Sequence[object], counts: Sequence[object], size: Size) -> Mask:
    """The mask of runs down the columns. Raises CodecError for the size of another image."""
    whole = [count for count in counts if type(count) is int]
    if list(shape) != [size[1], size[0]] or len(whole) != len(counts):
        raise CodecError(
            "a mask of another image", value=list(shape), expected=f"size [{size[1]}, {size[0]}], whole counts"
        )
    runs = Mask(size[1], size[0], tuple(whole)).runs  # Mask: the runs must fill the image
    return Mask.from_array(pixels_of(runs, size[1]).T)


def _are_numbers(values: object) -> bool:
    return isinstance(values, list) and all(type(value) in (int, float) for value in values)


def _rounded(numbers: Sequence[float]) -> list[float]:
    return [round(number, 2) for number in numbers]
