"""What can happen between two dates, and what the eye gives to tell it by."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from geoglot.models.nano.evidence import CLOUD, CoverMap

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


DOUBT = 0.1
"""No flag is surer than 1 less this: of pairs kept aside one in seven (colour) to four (thermal) is judged wrongly, and
of the real prairie's pairs a judge that said "no" with 100 % was wrong in two."""


@dataclass(frozen=True, slots=True, eq=False)
class Comparison:
    """What happened between two dates.

    cells: (kinds, h, w) probability of each of KINDS in a cell. flags: (kinds,) probability that it happened anywhere,
    within DOUBT of 0 and 1; the first is that of any lasting change.
    """

    cells: NDArray[np.float32]
    flags: NDArray[np.float32]

    @property
    def lasting(self) -> NDArray[np.float32]:
        """(h, w) probability of a lasting change."""
        return np.asarray(self.cells[list(LASTING)].sum(axis=0), np.float32)


def clouded(before: CoverMap, after: CoverMap) -> NDArray[np.bool_]:
    """(h, w) on the grid of `after`: where either date shows a cloud, and one cell around it: rims are thin.

    What happened there, if anything, nobody can tell.
    """
    height, width = after.labels.shape
    under = np.zeros((height + 2, width + 2), np.bool_)
    for cover in (before, after):
        if CLOUD in cover.classes:
            cloud = _nearest((cover.labels == cover.classes.index(CLOUD))[None], height, width)[0]
            for row, column in np.ndindex(3, 3):
                under[row : row + height, column : column + width] |= cloud
    return under[1:-1, 1:-1]


def uncovered(old: DatedLook, new: DatedLook, hidden: NDArray[np.bool_]) -> tuple[DatedLook, DatedLook]:
    """Give two looks on one grid that show nothing in the cells `hidden` (h, w), levelled anew by the other cells.

    Features there are the mean of both dates elsewhere: nothing there counts for the pair, or as a change.
    """
    if not hidden.any():
        return old, new
    clear = ~np.kron(hidden, np.ones((4, 4), np.bool_))
    usual = (old.dense + new.dense)[:, ~hidden].mean(axis=1, keepdims=True) / 2 if not hidden.all() else 0.0
    dates = []
    for look in (old, new):
        dense = look.dense.copy()
        dense[:, hidden] = usual
        dates.append(DatedLook(dense, _levelled_by(look.picture, clear)))
    return dates[0], dates[1]


def _levelled_by(picture: NDArray[np.float32], clear: NDArray[np.bool_]) -> NDArray[np.float32]:
    """The clear pixels with every slot at mean 0 and variance 1; the others, and what was not measured, 0."""
    found = picture * clear
    for slot in found:
        known = slot != 0
        if known.any():
            slot[known] = (slot[known] - slot[known].mean()) / max(float(slot[known].std()), 1e-3)
    return found


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
