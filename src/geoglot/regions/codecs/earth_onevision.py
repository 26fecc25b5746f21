"""Earth-OneVision: one token `<0>` … `<999>` a coordinate, masks as runs on a grid of 24 x 24."""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Iterator, Sequence
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from geoglot.regions.box import Box
from geoglot.regions.codecs.codec import CodecError, Size, Steps, TextForm, four_corners, pairs, plain_label
from geoglot.regions.mask import Mask
from geoglot.regions.oriented_box import OrientedBox
from geoglot.regions.point import Point
from geoglot.regions.polygon import Polygon
from geoglot.regions.pooling import shares, spread
from geoglot.regions.region import Region

_BINS = Steps(1000, 999, down=True, centred=True)
_GRID = 24
_KEYS = {"hbox_2d": 4, "rbox_2d": 8, "point_2d": 2}
_TOKENS = r"\[\s*((?:<\d{1,3}>\s*,?\s*)+)\]"
_BACKGROUND = ("others", "no-change")


class EarthOneVision(TextForm):
    """Read as the middle of the bin. The four corners of an oriented box need not make a rectangle, so they are
    read as a polygon, and written in its order; of an `OrientedBox` clockwise from the uppermost, leftmost if two.

    A cell of a mask is on if any of its pixels is. Several labels in one mask become several masks.
    """

    name: ClassVar[str] = "earth-onevision"
    source: ClassVar[str] = "Earth-OneVision, section on SLIS; key of points and order of corners are assumptions"
    kinds: ClassVar[tuple[str, ...]] = ("box", "oriented-box", "polygon", "point", "mask")
    example: ClassVar[str] = '[{"hbox_2d": [<456>, <68>, <566>, <110>], "label": "ship"}]'
    pattern: ClassVar[str] = (
        rf'\{{\s*"(hbox_2d|rbox_2d|point_2d)"\s*:\s*{_TOKENS}\s*(?:,\s*"label"\s*:\s*("(?:[^"\\]|\\.)*")\s*)?\}}'
        rf"|<(hbox_2d|rbox_2d|point_2d)>\s*{_TOKENS}\s*</\4>"
        r"|<seg>([^<>]*)</?seg>"
    )
    separator: ClassVar[str] = r"[\s,\[\]]*"

    def quantisation_px(self, size: Size) -> float:
        """Half of a thousandth of the longer side; masks: a 24th."""
        return _BINS.error_px(size)

    def _write(self, region: Region, size: Size) -> str:
        if isinstance(region, Mask):
            return _write_mask(region, size)
        if isinstance(region, Box):
            key, places = "hbox_2d", [region.x0, region.y0, region.x1, region.y1]
        else:
            key, places = "point_2d" if isinstance(region, Point) else "rbox_2d", _corners(region).ravel().tolist()
        tokens = ", ".join(f"<{number}>" for number in _BINS.numbers(places, size))
        label = f', "label": {json.dumps(region.label, ensure_ascii=False)}' if region.label else ""
        return f'{{"{key}": [{tokens}]{label}}}'

    def _read(self, group: re.Match[str], size: Size) -> Iterator[Region]:
        if group[6] is not None:
            yield from _read_masks(group[6], size)
            return
        key, tokens = (group[1], group[2]) if group[1] else (group[4], group[5])
        numbers = [int(number) for number in re.findall(r"\d+", tokens)]
        if len(numbers) != _KEYS[key]:
            raise CodecError("a region with the wrong count of numbers", value=group.group(), expected=str(_KEYS[key]))
        label: str | None = json.loads(group[3]) if group[3] else None
        places = _BINS.places_px(numbers, size)
        if key == "rbox_2d":
            yield Polygon((pairs(places),), label=label)
        elif key == "hbox_2d":
            yield Box(*places, label=label)
        else:
            yield Point(*places, label=label)


def _corners(region: Region) -> NDArray[np.float64]:
    """What is written of a point, an oriented box or a quadrilateral."""
    if isinstance(region, Point):
        return region.outline
    corners = four_corners(region)
    if isinstance(region, OrientedBox):
        first = min(range(4), key=lambda index: (corners[index, 1], corners[index, 0]))
        corners = np.roll(corners, -first, axis=0)
    return corners


def _write_mask(mask: Mask, size: Size) -> str:
    if min(size) < _GRID:
        raise CodecError("an image too small for a grid of 24 x 24", value=size)
    label = plain_label(mask.label, "*,;<>") or "target"
    if label in _BACKGROUND:
        raise CodecError("a label that means the background", value=label)
    rows = []
    for row in shares(mask.to_array(size), (_GRID, _GRID)) > 0:
        edges = [0, *(np.flatnonzero(row[1:] != row[:-1]) + 1).tolist(), _GRID]
        runs = itertools.pairwise(edges)
        rows.append(", ".join(f"{label if row[start] else _BACKGROUND[0]} *{end - start}" for start, end in runs))
    return f"<seg>{'; '.join(rows)}</seg>"


def _read_masks(text: str, size: Size) -> Iterator[Mask]:
    """One mask for each label that is not the background, in the order in which they come."""
    rows = [_row(row) for row in text.split(";")]
    if len(rows) != _GRID or any(len(row) != _GRID for row in rows):
        raise CodecError("a mask that does not fill its grid", value=text, expected="24 rows of 24 cells")
    labels = dict.fromkeys(label for row in rows for label in row if label not in _BACKGROUND)
    for label in labels:
        cells = np.array([[cell == label for cell in row] for row in rows])
        yield Mask.from_array(spread(cells, size), label=None if label == "target" else label)


def _row(text: str) -> Sequence[str]:
    """The labels of a row's cells."""
    cells: list[str] = []
    for run in text.split(","):
        found = re.fullmatch(r"\s*([^*]+?)\s*\*\s*(\d{1,2})\s*", run)
        if not found:
            raise CodecError("no run of a mask", value=run, expected="label *n")
        cells.extend([found[1]] * int(found[2]))
    return cells
