"""The default form: `<box>x0,y0,x1,y1</box>` and the like, all numbers 0..999.

0 is the left or upper edge of the image, 999 the right or lower one.

    <box>x0,y0,x1,y1</box>
    <obox>cx,cy,w,h,angle</obox>      w >= h in 999ths of the image's diagonal, angle in degrees 0..179, clockwise
    <poly>x,y,x,y,x,y;x,y,…</poly>    rings after the first are holes
    <mask>x0,y0,x1,y1;w,h;off,on,off,…</mask>   runs on a grid of w x h cells (at most 24 x 24) in the box
    <point>x,y</point>
    <path>x,y,x,y,…</path>
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Sequence
from typing import ClassVar, cast

from geoglot.regions.box import Box
from geoglot.regions.codecs.codec import CodecError, Size, Steps, TextForm, pairs
from geoglot.regions.mask import Mask
from geoglot.regions.oriented_box import OrientedBox
from geoglot.regions.path import Path
from geoglot.regions.point import Point
from geoglot.regions.polygon import Polygon
from geoglot.regions.pooling import pooled, spread
from geoglot.regions.region import Region
from geoglot.regions.runs import pixels_of, runs_of

_STEPS = Steps(999, 999)
_CELLS = 24
"""Cells across and down a mask: half of IoU's loss at 16, twice the text at 32; runs stay below 999."""


class Geoglot(TextForm):
    """geoglot's own form. A mask keeps its shape to a 24th of its own width and height."""

    name: ClassVar[str] = "geoglot"
    source: ClassVar[str] = "geoglot"
    kinds: ClassVar[tuple[str, ...]] = ("box", "oriented-box", "polygon", "mask", "point", "path")
    example: ClassVar[str] = "<box>120,80,340,260</box><obox>500,500,80,20,45</obox>"
    pattern: ClassVar[str] = r"<(box|obox|poly|mask|point|path)>(\d{1,3}(?:[,;] ?\d{1,3})*)</\1>"

    def quantisation_px(self, size: Size) -> float:
        """Half of a 999th of the longer side; w and h of oriented boxes: of the diagonal."""
        return _STEPS.error_px(size)

    def _write(self, region: Region, size: Size) -> str:
        tag, write = _WRITERS[region.type]
        return f"<{tag}>{write(region, size)}</{tag}>"

    def _read(self, group: re.Match[str], size: Size) -> Iterator[Region]:
        parts = [[int(number) for number in part.split(",")] for part in group[2].split(";")]
        yield _READERS[group[1]](parts, size)


def _commas(numbers: Sequence[int]) -> str:
    return ",".join(map(str, numbers))


def _write_box(region: Region, size: Size) -> str:
    box = region.bounds
    return _commas(_STEPS.numbers((box.x0, box.y0, box.x1, box.y1), size))


def _write_oriented_box(region: Region, size: Size) -> str:
    box = cast(OrientedBox, region)
    w, h, angle = (box.w, box.h, box.angle_deg) if box.w >= box.h else (box.h, box.w, box.angle_deg + 90)
    diagonal = math.hypot(*size)
    sides = (_STEPS.number(w, diagonal), _STEPS.number(h, diagonal))
    return _commas([*_STEPS.numbers((box.cx, box.cy), size), *sides, math.floor(angle + 0.5) % 180])


def _write_polygon(region: Region, size: Size) -> str:
    rings = cast(Polygon, region).rings
    return ";".join(_commas(_STEPS.numbers([value for point in ring for value in point], size)) for ring in rings)


def _write_mask(region: Region, size: Size) -> str:
    mask = cast(Mask, region)
    if not mask.area_px:
        raise CodecError("a mask without pixels cannot be written", value=(mask.width, mask.height))
    box = mask.bounds
    x0, y0, x1, y1 = _STEPS.numbers((box.x0, box.y0, box.x1, box.y1), size)
    x0, y0 = min(x0, 998), min(y0, 998)
    x1, y1 = max(x1, x0 + 1), max(y1, y0 + 1)
    left, top, width, height = _pixel_window((x0, y0, x1, y1), size)
    inside = mask.shifted(-left, -top).to_array((width, height))
    cells = pooled(inside, (min(_CELLS, width), min(_CELLS, height)))
    return f"{_commas((x0, y0, x1, y1))};{_commas(cells.shape[::-1])};{_commas(runs_of(cells))}"


def _write_line(region: Region, size: Size) -> str:
    return _commas(_STEPS.numbers(region.outline.ravel().tolist(), size))


def _read_box(parts: list[list[int]], size: Size) -> Region:
    return Box(*_STEPS.places_px(_only(parts, 4), size))


def _read_oriented_box(parts: list[list[int]], size: Size) -> Region:
    numbers = _only(parts, 5)
    if numbers[4] >= 180:
        raise CodecError("an angle out of range", value=numbers[4], expected="0..179 degrees")
    w, h = (_STEPS.place_px(number, math.hypot(*size)) for number in numbers[2:4])
    cx, cy = _STEPS.places_px(numbers[:2], size)
    return OrientedBox(cx, cy, w, h, numbers[4])


def _read_polygon(parts: list[list[int]], size: Size) -> Region:
    return Polygon(tuple(pairs(_STEPS.places_px(ring, size)) for ring in parts))


def _read_mask(parts: list[list[int]], size: Size) -> Region:
    if [len(part) for part in parts[:2]] != [4, 2] or len(parts) != 3:
        raise CodecError("a mask without its box, grid and runs", value=parts, expected="x0,y0,x1,y1;w,h;runs")
    (x0, y0, x1, y1), (columns, rows), runs = parts
    if x1 <= x0 or y1 <= y0:
        raise CodecError("a mask without an extent", value=parts[0], expected="x0 < x1 and y0 < y1")
    cells = pixels_of(Mask(columns, rows, tuple(runs)).runs, columns)  # Mask: the runs must fill the grid
    left, top, width, height = _pixel_window((x0, y0, x1, y1), size)
    return Mask.from_array(spread(cells, (width, height)), left=left, top=top)


def _read_point(parts: list[list[int]], size: Size) -> Region:
    return Point(*_STEPS.places_px(_only(parts, 2), size))


def _read_path(parts: list[list[int]], size: Size) -> Region:
    return Path(pairs(_STEPS.places_px(_only(parts, None), size)))


def _only(parts: list[list[int]], count: int | None) -> list[int]:
    """The numbers of a text of one part."""
    if len(parts) != 1 or (count is not None and len(parts[0]) != count):
        raise CodecError("a region with the wrong count of numbers", value=parts, expected=str(count or "x,y,…"))
    return parts[0]


def _pixel_window(numbers: tuple[int, int, int, int], size: Size) -> tuple[int, int, int, int]:
    """Left, top, width, height of the whole pixels in a box of numbers; at least one pixel."""
    x0, y0, x1, y1 = (math.floor(place + 0.5) for place in _STEPS.places_px(numbers, size))
    left, top = min(x0, size[0] - 1), min(y0, size[1] - 1)
    return left, top, max(1, x1 - left), max(1, y1 - top)


_WRITERS: dict[str, tuple[str, Callable[[Region, Size], str]]] = {
    "box": ("box", _write_box),
    "oriented-box": ("obox", _write_oriented_box),
    "polygon": ("poly", _write_polygon),
    "mask": ("mask", _write_mask),
    "point": ("point", _write_line),
    "path": ("path", _write_line),
}
_READERS: dict[str, Callable[[list[list[int]], Size], Region]] = {
    "box": _read_box,
    "obox": _read_oriented_box,
    "poly": _read_polygon,
    "mask": _read_mask,
    "point": _read_point,
    "path": _read_path,
}
