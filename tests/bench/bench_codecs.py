"""What writing masks as runs on a grid can reach at best, whoever writes them: mean IoU of turned shapes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from tests.bench.measure import Row
from tests.regions.test_codecs_checks import SIDE, ceilings

SIDES_PX = (16, 32, 64, 128, 256)
GRIDS = ("24 cells by any pixel (earth-onevision)", "24 by majority", "48 by majority (geoglot-tokens)")


def rows(folder: Path) -> Iterator[Row]:
    """Squares and turned rectangles of 1 : 3, 40 of each size."""
    for name, shape in (("squares", 1.0), ("rectangles 1 : 3", 3.0)):
        for side in SIDES_PX:
            for grid, found in zip(GRIDS, ceilings(side, shape), strict=True):
                yield Row(f"{name} of {side} px in {SIDE}, {grid}", float(found), "IoU")
