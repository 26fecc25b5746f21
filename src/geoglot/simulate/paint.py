"""The fine grid that rows are painted on, and the slow fields beneath it.

A pixel takes what lies under its centre; centres are exact multiples of the pixel size, so overlapping windows of
equal pixel size agree to the byte.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from geoglot.simulate.loops import Array, kernel
from geoglot.simulate.terrain import moisture, patchiness, ruggedness, warmth
from geoglot.simulate.water import Waters, ground

# Woods are drawn tree by tree up to this pixel size; beyond it, as one canopy.
TREES_UNTIL_M = 1.6


class Canvas(NamedTuple):
    """A fine grid under construction; pixel (r, c) has its centre at (col0 + c + .5, row0 + r + .5) * step_m."""

    col0: int
    row0: int
    step_m: float
    base: NDArray[np.float32]  # height of the bare ground, m
    top: NDArray[np.float32]  # height of the surface, m
    slope_x: NDArray[np.float32]  # rise per metre along x and y
    slope_y: NDArray[np.float32]
    material: NDArray[np.uint8]
    tone: NDArray[np.float32]  # natural logarithm of a brightness factor
    mixed: NDArray[np.float32]  # share of the material's dry companion
    patch: NDArray[np.int32]  # row of the ground patch, -1 natural
    thing: NDArray[np.int32]  # row of the topmost object, -1 none


class Fields(NamedTuple):
    """Slow fields on a coarse lattice of `every` fine pixels.

    planes: (7, h, w) height, water distance, moisture, warmth, patchiness, and the slopes along x and y.
    """

    every: int
    col0: int
    row0: int
    planes: NDArray[np.float32]


class Season(NamedTuple):
    """What time does to the ground: kelvin below summer, and the states (S, 4) of epoch.Epoch.states."""

    chill_k: float
    states: NDArray[np.float64]


def new_canvas(col0: int, row0: int, width: int, height: int, step_m: float) -> Canvas:
    """An empty canvas."""
    shape = (height, width)

    def plane() -> NDArray[np.float32]:
        return np.zeros(shape, np.float32)

    return Canvas(
        col0, row0, step_m, plane(), plane(), plane(), plane(), np.zeros(shape, np.uint8), plane(), plane(),
        np.full(shape, -1, np.int32), np.full(shape, -1, np.int32),
    )  # fmt: skip


@kernel
def _sample(seed: int, water: Waters, step: float, i0: int, j0: int, planes: Array) -> None:
    """Fill (7, h, w) planes at lattice points; slopes by central differences."""
    h, w = planes.shape[1], planes.shape[2]
    for r in range(h):
        y = (j0 + r) * step
        for c in range(w):
            x = (i0 + c) * step
            z, inside, _ = ground(seed, x, y, water)
            planes[0, r, c] = z
            planes[1, r, c] = min(400.0, max(-400.0, inside))
            planes[2, r, c] = moisture(seed, x, y)
            planes[3, r, c] = warmth(seed, x, y, z) - 4.0 * ruggedness(seed, x, y)
            planes[4, r, c] = patchiness(seed, x, y)
    for r in range(h):
        for c in range(w):
            a = min(h - 2, max(1, r))
            b = min(w - 2, max(1, c))
            planes[5, r, c] = (planes[0, a, b + 1] - planes[0, a, b - 1]) / (2.0 * step)
            planes[6, r, c] = (planes[0, a + 1, b] - planes[0, a - 1, b]) / (2.0 * step)


def fields(seed: int, water: Waters, canvas: Canvas) -> Fields:
    """Slow fields under a canvas, on a lattice that all windows of this pixel size share.

    Two lattice points more than needed lie on each side, so that slopes inside never come from a border.
    """
    every = 8 if canvas.step_m <= 2.5 else 4 if canvas.step_m <= 6.0 else 2
    rows, columns = canvas.base.shape
    i0 = canvas.col0 // every - 2
    j0 = canvas.row0 // every - 2
    w = (canvas.col0 + columns) // every + 4 - i0
    h = (canvas.row0 + rows) // every + 4 - j0
    planes = np.empty((7, h, w), np.float32)
    _sample(seed, water, every * canvas.step_m, i0, j0, planes)
    return Fields(every, i0, j0, planes)
