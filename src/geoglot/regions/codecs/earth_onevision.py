"""Earth-OneVision: one token `<0>` … `<999>` a coordinate, masks as runs on a grid of 24 x 24; and finer variants."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from typing import ClassVar

import numpy as np

from geoglot.regions.box import Box
from geoglot.regions.codecs.codec import CodecError, Size, Steps, TextForm, four_corners, pairs, plain_label
from geoglot.regions.codecs.row_runs import BACKGROUND, cells_of, read_rows, write_rows
from geoglot.regions.mask import Mask
from geoglot.regions.oriented_box import OrientedBox
from geoglot.regions.path import Path
from geoglot.regions.point import Point
from geoglot.regions.polygon import Polygon
from geoglot.regions.pooling import spread
from geoglot.regions.region import Region

_BINS = Steps(1000, 999, down=True, centred=True)
_COUNTS = {"hbox_2d": 4, "rbox_2d": 8, "point_2d": 2}
_PATH = "path_2d"
_TOKENS = r"\[\s*(?:<\d{1,3}>\s*,?\s*)+\]"
_PARTS = re.compile(r'"(\w+_2d)"\s*:\s*(\[[^\]]*\])(?:\s*,\s*"label"\s*:\s*("(?:[^"\\]|\\.)*"))?')
WHOLE = "target"
"""What a mask without a label is written as."""


def _object(keys: str) -> str:
    """The regular expression of one object with one of these keys."""
    return rf'\{{\s*"(?:{keys})"\s*:\s*{_TOKENS}\s*(?:,\s*"label"\s*:\s*"(?:[^"\\]|\\.)*"\s*)?\}}'


def _groups(keys: str) -> str:
    """The regular expression of a list of objects, of one object, of one tag, or of one mask."""
    one = _object(keys)
    return rf"\[\s*{one}(?:\s*,\s*{one})*\s*\]|{one}|<({keys})>\s*{_TOKENS}\s*</\1>|<seg>([^<>]*)</?seg>"


class EarthOneVision(TextForm):
    """Read as the middle of the bin. The four corners of an oriented box need not make a rectangle, so they are
    read as a polygon, and written in its order; of an `OrientedBox` clockwise from the uppermost, leftmost if two.

    A cell of a mask is on if any of its pixels is. Several labels in one mask become several masks.
    """

    name: ClassVar[str] = "earth-onevision"
    source: ClassVar[str] = "Earth-OneVision, section on SLIS; key of points and order of corners are assumptions"
    kinds: ClassVar[tuple[str, ...]] = ("box", "oriented-box", "polygon", "point", "mask")
    example: ClassVar[str] = '[{"hbox_2d": [<456>, <68>, <566>, <110>], "label": "ship"}]'
    pattern: ClassVar[str] = _groups("hbox_2d|rbox_2d|point_2d")
    separator: ClassVar[str] = r"[\s,\[\]]*"
    cells: ClassVar[int] = 24
    """Rows and columns of a mask's grid."""
    majority: ClassVar[bool] = False
    """Whether a cell is on by half of its pixels rather than by any: see `row_runs.cells_of`."""

    def quantisation_px(self, size: Size) -> float:
        """Half of a thousandth of the longer side; masks: one of `cells`."""
        return _BINS.error_px(size)

    def write_masks(self, masks: Sequence[Mask], size: Size) -> str:
        """Give one text for masks with different labels: where two meet in a cell, the one with more pixels has it.

        Raises CodecError for labels that are equal or mean the background, and for images smaller than the grid.
        """
        if min(size) < self.cells:
            raise CodecError(f"an image too small for a grid of {self.cells} x {self.cells}", value=size)
        labels = [plain_label(mask.label, "*,;<>").strip() or WHOLE for mask in masks]
        if len(set(labels)) < len(labels) or not set(labels).isdisjoint(BACKGROUND):
            raise CodecError("labels that are equal or mean the background", value=labels)
        cells = cells_of([mask.to_array(size) for mask in masks], self.cells, majority=self.majority)
        return f"<seg>{write_rows(cells, labels)}</seg>"

    def _write(self, region: Region, size: Size) -> str:
        if isinstance(region, Mask):
            return self.write_masks([region], size)
        key, places = _key_and_places(region)
        tokens = ", ".join(f"<{number}>" for number in _BINS.numbers(places, size))
        label = f', "label": {json.dumps(region.label, ensure_ascii=False)}' if region.label else ""
        return f'{{"{key}": [{tokens}]{label}}}'

    def _read(self, group: re.Match[str], size: Size) -> Iterator[Region]:
        if group[2] is not None:
            cells, labels = read_rows(group[2], self.cells)
            for index, label in enumerate(labels):
                inside = spread(cells == index + 1, size)
                yield Mask.from_array(inside, label=None if label == WHOLE else label)
            return
        found = [(group[1], group.group(), "")] if group[1] else _PARTS.findall(group.group())
        for key, tokens, label in found:
            numbers = [int(number) for number in re.findall(r"<(\d+)>", tokens)]
            if len(numbers) != _COUNTS.get(key, len(numbers)):
                raise CodecError(
                    "a region with the wrong count of numbers", value=group.group(), expected=f"{_COUNTS[key]}"
                )
            yield _region(key, _BINS.places_px(numbers, size), json.loads(label) if label else None)


class EarthOneVision24Majority(EarthOneVision):
    """The published grid, cells by majority."""

    name: ClassVar[str] = "earth-onevision-24-majority"
    source: ClassVar[str] = "geoglot, after Earth-OneVision"
    majority: ClassVar[bool] = True


class EarthOneVision48(EarthOneVision):
    """The published rule on a grid twice as fine."""

    name: ClassVar[str] = "earth-onevision-48"
    source: ClassVar[str] = "geoglot, after Earth-OneVision"
    cells: ClassVar[int] = 48


class GeoglotTokens(EarthOneVision48):
    """geoglot's own: masks of 48 x 48 cells by majority, and paths as `{"path_2d": [<x>, <y>, <x>, <y>, …]}`."""

    name: ClassVar[str] = "geoglot-tokens"
    kinds: ClassVar[tuple[str, ...]] = (*EarthOneVision.kinds, "path")
    example: ClassVar[str] = '[{"path_2d": [<100>, <900>, <480>, <510>, <930>, <40>], "label": "way"}]'
    pattern: ClassVar[str] = _groups(f"hbox_2d|rbox_2d|point_2d|{_PATH}")
    majority: ClassVar[bool] = True


def _key_and_places(region: Region) -> tuple[str, list[float]]:
    """Under which key a region is written, and x, y, x, y … of what is written of it."""
    if isinstance(region, Box):
        return "hbox_2d", [region.x0, region.y0, region.x1, region.y1]
    if isinstance(region, Point | Path):
        return _PATH if isinstance(region, Path) else "point_2d", region.outline.ravel().tolist()
    corners = four_corners(region)
    if isinstance(region, OrientedBox):
        first = min(range(4), key=lambda index: (corners[index, 1], corners[index, 0]))
        corners = np.roll(corners, -first, axis=0)
    return "rbox_2d", corners.ravel().tolist()


def _region(key: str, places: list[float], label: str | None) -> Region:
    """The region under a key."""
    if key == "hbox_2d":
        return Box(*places, label=label)
    if key == "point_2d":
        return Point(*places, label=label)
    return Path(pairs(places), label=label) if key == _PATH else Polygon((pairs(places),), label=label)
