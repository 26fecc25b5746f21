"""Cut a large frame into tiles whose cores cover it exactly once."""

from __future__ import annotations

from dataclasses import dataclass

from geoglot.errors import InputError
from geoglot.regions import Box


@dataclass(frozen=True, slots=True)
class Tile:
    """One piece of work. core: the pixels this tile answers for; view: the core with its overlap, cut to the frame."""

    id: str
    core: Box
    view: Box

    def owns(self, x: float, y: float) -> bool:
        """Tell whether a point (pixels of the frame) lies in the core, so that exactly one tile counts it."""
        return self.core.x0 <= x < self.core.x1 and self.core.y0 <= y < self.core.y1


def tiles(size: tuple[int, int], *, core_px: int = 448, overlap_px: int = 32) -> tuple[Tile, ...]:
    """Give the tiles of a frame of (width, height) pixels, row by row.

    overlap_px is added on each side that has a neighbour: it has to hold the largest object that is to be found whole.
    Raises InputError unless core_px > 0 and overlap_px >= 0.
    """
    if core_px <= 0 or overlap_px < 0:
        raise InputError("tiles need a size", value=(core_px, overlap_px), expected="core_px > 0 and overlap_px >= 0")
    width, height = size
    made = []
    for row, y0 in enumerate(range(0, height, core_px)):
        for column, x0 in enumerate(range(0, width, core_px)):
            core = Box(x0, y0, min(x0 + core_px, width), min(y0 + core_px, height))
            view = Box(
                max(core.x0 - overlap_px, 0),
                max(core.y0 - overlap_px, 0),
                min(core.x1 + overlap_px, width),
                min(core.y1 + overlap_px, height),
            )
            made.append(Tile(f"r{row:04d}c{column:04d}", core, view))
    return tuple(made)
