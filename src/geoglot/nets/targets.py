"""What the eye should have said: dense targets drawn from boxes."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

LEAST_PX = 3.0  # a smaller box gives no sign of its class: it is neither taught nor punished
LEAST_LONG = 1.15  # long side over short side below which the angle of a box says nothing
ABOUT = 0.25  # share of a box's sides around its centre whose cells are taught the box as well
AROUND = 2  # cells in each direction at most
SPREAD = 0.12  # standard deviation of a centre's bump as a share of width + height (docs/nano.md)


@dataclass(frozen=True, slots=True, eq=False)
class Marks:
    """The objects of one view. All in pixels of the view.

    cls: (n,) index into OBJECTS. corners: (n, 4, 2) of the box, from its own upper left, w side first.
    oriented: (n,) whether the angle is meant.
    """

    cls: NDArray[np.int64]
    corners: NDArray[np.float32]
    oriented: NDArray[np.bool_]

    @classmethod
    def none(cls) -> Marks:
        """No objects."""
        return cls(np.zeros(0, np.int64), np.zeros((0, 4, 2), np.float32), np.zeros(0, np.bool_))


@dataclass(frozen=True, slots=True, eq=False)
class Dense:
    """Targets of one view. h = w = view / stride.

    heat: (K, h, w) 0..1, 1 at a centre's cell. scored: (h, w) False where nothing is known. cells: (n, 2) row and
    column of cells that are taught a box: that of its centre and, of larger ones, those around it, for a peak may lie
    a cell off. cls: (n,), geometry: (n, 8) as `eye.GEOMETRY`, oriented: (n,). share: (n,), 1 in all for each box.
    """

    heat: NDArray[np.float32]
    scored: NDArray[np.bool_]
    cells: NDArray[np.int64]
    cls: NDArray[np.int64]
    geometry: NDArray[np.float32]
    oriented: NDArray[np.bool_]
    share: NDArray[np.float32]


def draw(marks: Marks, unsure: NDArray[np.float32], *, classes: int, size_px: int, stride: int) -> Dense:
    """Give dense targets. unsure: (m, 4) boxes x0, y0, x1, y1 whose content must not be scored."""
    side = size_px // stride
    heat = np.zeros((classes, side, side), np.float32)
    scored = np.ones((side, side), np.bool_)
    kept = []
    for box in (unsure / stride).astype(np.float32):
        _forget(scored, box)
    for index in range(len(marks.cls)):
        x0, y0, x1, y1 = bounds = _clipped(marks.corners[index], size_px) / np.float32(stride)
        centre = marks.corners[index].mean(axis=0)
        inside = bool(np.all(centre >= 0) and np.all(centre < size_px))
        if not inside or min(x1 - x0, y1 - y0) * stride < LEAST_PX:
            _forget(scored, bounds)
            continue
        _bump(heat[marks.cls[index]], (x0 + x1) / 2, (y0 + y1) / 2, max(0.5, SPREAD * (x1 - x0 + y1 - y0)))
        kept.append(index)
    numbers = [_geometry(marks.corners[index], size_px, stride) for index in kept]
    centres = {cell for cell, _ in numbers}
    for cls, ((row, column), _) in zip(marks.cls[kept], numbers, strict=True):
        heat[cls, row, column] = 1.0
        scored[row, column] = True
    rows = [
        (index, cell, box, 1 / len(about))
        for index, (centre, numbers_) in zip(kept, numbers, strict=True)
        for about in [_about(centre, numbers_, side, centres)]
        for cell, box in about
    ]
    places = np.array([index for index, *_ in rows], np.int64)
    return Dense(
        heat,
        scored,
        cells=np.array([cell for _, cell, _, _ in rows], np.int64).reshape(-1, 2),
        cls=marks.cls[places],
        geometry=np.array([box for _, _, box, _ in rows], np.float32).reshape(-1, 8),
        oriented=marks.oriented[places],
        share=np.array([share for *_, share in rows], np.float32),
    )


Cell = tuple[int, int]


def _about(
    centre: Cell, box: tuple[float, ...], side: int, centres: Collection[Cell]
) -> list[tuple[Cell, tuple[float, ...]]]:
    """The cell of a centre and those around it that are no other box's centre, each with the box as it sees it."""
    row, column = centre
    reach_x, reach_y = (min(AROUND, int(ABOUT * np.exp(log))) for log in box[:2])
    found = [(centre, box)]
    for dy in range(-reach_y, reach_y + 1):
        for dx in range(-reach_x, reach_x + 1):
            cell = (row + dy, column + dx)
            if cell not in centres and 0 <= cell[0] < side and 0 <= cell[1] < side:
                found.append((cell, (*box[:2], box[2] - dx, box[3] - dy, *box[4:])))
    return found


def _clipped(corners: NDArray[np.float32], size_px: int) -> NDArray[np.float32]:
    """x0, y0, x1, y1 of the part of a box inside the view."""
    low, high = corners.min(axis=0).clip(0, size_px), corners.max(axis=0).clip(0, size_px)
    return np.concatenate([low, high])


def _geometry(corners: NDArray[np.float32], size_px: int, stride: int) -> tuple[tuple[int, int], tuple[float, ...]]:
    """The cell of a box's centre, and its eight numbers."""
    x0, y0, x1, y1 = _clipped(corners, size_px) / stride
    cx, cy = (x0 + x1) / 2, (y0 + y1) / 2
    last = size_px // stride - 1
    column, row = min(int(cx), last), min(int(cy), last)
    along, across = (corners[1] - corners[0]) / stride, (corners[2] - corners[1]) / stride
    long, short = float(np.hypot(*along)), float(np.hypot(*across))
    if long < short:
        along, long, short = across, short, long
    twice = 2 * np.arctan2(along[1], along[0])
    sides = np.log(np.maximum([x1 - x0, y1 - y0, long, short], 0.1))
    return (row, column), (sides[0], sides[1], cx - column, cy - row, sides[2], sides[3], np.sin(twice), np.cos(twice))


def _forget(scored: NDArray[np.bool_], box: NDArray[np.float32]) -> None:
    x0, y0, x1, y1 = box
    scored[int(max(y0, 0)) : int(np.ceil(max(y1, 0))), int(max(x0, 0)) : int(np.ceil(max(x1, 0)))] = False


def _bump(heat: NDArray[np.float32], cx: float, cy: float, spread: float) -> None:
    """Raise `heat` in place to a Gaussian around (cx, cy) cells, where that is higher."""
    reach = int(3 * spread + 1)
    top, left = max(0, int(cy) - reach), max(0, int(cx) - reach)
    part = heat[top : int(cy) + reach + 1, left : int(cx) + reach + 1]
    rows, columns = np.ogrid[: part.shape[0], : part.shape[1]]
    dy, dx = rows + top + 0.5 - cy, columns + left + 0.5 - cx
    np.maximum(part, np.exp(-(dx**2 + dy**2) / (2 * spread**2)) * 0.99, out=part, casting="same_kind")
