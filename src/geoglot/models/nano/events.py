"""What can happen between two dates, and what the eye gives to tell it by."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

KINDS = (
    "none", "construction", "demolition", "flood", "flood receded", "harvest", "burn", "clearing", "other", "moved",
)  # fmt: skip
"""What a cell can show: nothing, an event, another lasting change, or that vehicles or vessels came or went."""

LASTING = tuple(range(1, KINDS.index("moved")))
"""What stays when traffic has gone: people who mark change mark these."""

FROM_TO = {
    "construction": (None, "building"),
    "demolition": ("building", None),
    "flood": (None, "water"),
    "flood receded": ("water", None),
    "harvest": ("crop", "bare"),
    "burn": (None, "burnt ground"),
    "clearing": ("forest", None),
}
"""What an event makes of what; None is whatever cover the eye sees there."""


@dataclass(frozen=True, slots=True, eq=False)
class DatedLook:
    """One date as the change head takes it. dense: (64, h, w) of the eye; picture: (9, 4 h, 4 w), levelled."""

    dense: NDArray[np.float32]
    picture: NDArray[np.float32]

    def beside(self, other: DatedLook) -> DatedLook:
        """Give the same look on the other's grid, by the nearest cell and pixel, without bands that the other lacks."""
        height, width = other.dense.shape[1:]
        shared = np.abs(other.picture).max(axis=(1, 2), keepdims=True) > 0
        return DatedLook(_nearest(self.dense, height, width), _nearest(self.picture, 4 * height, 4 * width) * shared)


@dataclass(frozen=True, slots=True, eq=False)
class Comparison:
    """What happened between two dates.

    cells: (kinds, h, w) probability of each of KINDS in a cell. flags: (kinds,) probability that it happened anywhere;
    the first is that of any lasting change.
    """

    cells: NDArray[np.float32]
    flags: NDArray[np.float32]

    @property
    def lasting(self) -> NDArray[np.float32]:
        """(h, w) probability of a lasting change."""
        return np.asarray(self.cells[list(LASTING)].sum(axis=0), np.float32)


def levelled(image: NDArray[np.float32], cells: tuple[int, int]) -> NDArray[np.float32]:
    """Give the picture with every slot at mean 0 and variance 1: light, air and calibration are gone with that.

    image: (9, H, W) as the eye takes it, 0 where nothing was measured, which stays 0. cells: (h, w), the rows and
    columns of cells that hold the picture; the result is (9, 4 h, 4 w), of whole cells.
    """
    height, width = (4 * side for side in cells)
    found = np.zeros((len(image), height, width), np.float32)
    for slot, plane in zip(found, image[:, :height, :width], strict=True):
        known = plane != 0
        if known.any():
            mean, spread = float(plane[known].mean()), float(plane[known].std())
            slot[known] = (plane[known] - mean) / max(spread, 1e-3)
    return found


def _nearest(planes: NDArray[np.float32], height: int, width: int) -> NDArray[np.float32]:
    rows = np.arange(height) * planes.shape[1] // height
    columns = np.arange(width) * planes.shape[2] // width
    return planes[:, rows][:, :, columns]
