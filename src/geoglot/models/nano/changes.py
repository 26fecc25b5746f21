"""What changed between two frames of the same ground, told from what was seen in each."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from geoglot.models.nano.evidence import CoverMap, SeenChange, SeenObject
from geoglot.regions import Box, Mask

LEAST_CELLS = 6  # a smaller patch of other cover is the border between two, or noise
SURE = 0.5  # probability that both covers are right, averaged over the patch
NEAR = 0.2  # intersection over union from which two objects at two times are one
SURE_OBJECT = 0.4


def changes(
    objects: tuple[Sequence[SeenObject], Sequence[SeenObject]],
    covers: tuple[CoverMap | None, CoverMap | None],
    *,
    frames: tuple[int, int],
    sizes: tuple[tuple[int, int], tuple[int, int]],
) -> list[SeenChange]:
    """Give appeared and disappeared objects and patches of ground that became something else.

    frames: indices of before and after; sizes: (width, height) of both, which show the same ground.
    """
    across, down = sizes[1][0] / sizes[0][0], sizes[1][1] / sizes[0][1]
    found = list(_objects(objects[0], objects[1], frames, (across, down)))
    before, after = covers
    if before is not None and after is not None:
        found += _covers(before, after, frames)
    return [_numbered(change, number) for number, change in enumerate(found, start=1)]


def _objects(
    before: Sequence[SeenObject], after: Sequence[SeenObject], frames: tuple[int, int], scale: tuple[float, float]
) -> list[SeenChange]:
    moved = np.array([_corners(thing, scale) for thing in before]).reshape(-1, 4)
    there = np.array([_corners(thing, (1.0, 1.0)) for thing in after]).reshape(-1, 4)
    overlap = _iou(moved, there)
    found = []
    for kind, things, matched in (
        ("disappeared", before, overlap.max(axis=1, initial=0)),
        ("appeared", after, overlap.max(axis=0, initial=0)),
    ):
        boxes = moved if kind == "disappeared" else there
        for thing, best, corners in zip(things, matched, boxes, strict=True):
            if best < NEAR and thing.score >= SURE_OBJECT:
                region = Box(*corners, label=thing.label, score=thing.score, frame=frames[1])
                found.append(SeenChange("", kind, thing.label, thing.score, region, frames[0], frames[1]))
    return found


def _covers(before: CoverMap, after: CoverMap, frames: tuple[int, int]) -> list[SeenChange]:
    height, width = after.labels.shape
    rows = np.arange(height) * before.labels.shape[0] // height
    columns = np.arange(width) * before.labels.shape[1] // width
    old, old_p = before.labels[np.ix_(rows, columns)], before.probability[np.ix_(rows, columns)]
    both = old_p.astype(np.float32) * after.probability.astype(np.float32)
    differ = (old != after.labels) & (old < 255) & (after.labels < 255) & (both > SURE / 2)
    code = np.where(differ, old.astype(np.int32) * 256 + after.labels + 1, 0)
    found = []
    for cells in patches(code):
        score = float(both[cells[:, 0], cells[:, 1]].mean())
        if len(cells) < LEAST_CELLS or score < SURE:
            continue
        row, column = cells[0]
        region = _mask(cells, after, label=after.classes[after.labels[row, column]], score=score, frame=frames[1])
        what, became = before.classes[old[row, column]], after.classes[after.labels[row, column]]
        found.append(SeenChange("", "became", what, score, region, frames[0], frames[1], became))
    return sorted(found, key=lambda change: -change.region.area_px)


def patches(code: NDArray[np.int32]) -> list[NDArray[np.intp]]:
    """Give the connected parts (by edges) of equal numbers above 0, each as (n, 2) rows and columns."""
    parent: list[int] = [0]
    marks = np.zeros(code.shape, np.int64)

    def root(mark: int) -> int:
        while parent[mark] != mark:
            parent[mark] = parent[parent[mark]]
            mark = parent[mark]
        return mark

    for row, column in zip(*np.nonzero(code), strict=True):
        value, near = code[row, column], []
        if row and code[row - 1, column] == value:
            near.append(root(int(marks[row - 1, column])))
        if column and code[row, column - 1] == value:
            near.append(root(int(marks[row, column - 1])))
        if not near:
            parent.append(len(parent))
            near.append(len(parent) - 1)
        marks[row, column] = min(near)
        for other in near:
            parent[other] = min(near)
    roots = np.array([root(mark) for mark in range(len(parent))])
    flat = roots[marks]
    return [np.argwhere(flat == mark) for mark in np.unique(flat) if mark]


def _mask(cells: NDArray[np.intp], cover: CoverMap, *, label: str, score: float, frame: int) -> Mask:
    """Cells of a cover map as whole pixels of its frame."""
    height, width = cover.labels.shape
    across, down = cover.box.width / width, cover.box.height / height
    (top, left), (bottom, right) = cells.min(axis=0), cells.max(axis=0) + 1
    inside = np.zeros((bottom - top, right - left), np.bool_)
    inside[cells[:, 0] - top, cells[:, 1] - left] = True
    wide, high = max(1, round((right - left) * across)), max(1, round((bottom - top) * down))
    rows = np.minimum(np.arange(high) * len(inside) // high, len(inside) - 1)
    columns = np.minimum(np.arange(wide) * inside.shape[1] // wide, inside.shape[1] - 1)
    x, y = round(cover.box.x0 + left * across), round(cover.box.y0 + top * down)
    return Mask.from_array(inside[np.ix_(rows, columns)], left=x, top=y, label=label, score=score, frame=frame)


def _corners(thing: SeenObject, scale: tuple[float, float]) -> tuple[float, float, float, float]:
    box = thing.region.bounds
    return box.x0 * scale[0], box.y0 * scale[1], box.x1 * scale[0], box.y1 * scale[1]


def _iou(a: NDArray[np.float64], b: NDArray[np.float64]) -> NDArray[np.float64]:
    from geoglot.regions.geometry import box_iou

    return box_iou(a, b)


def _numbered(change: SeenChange, number: int) -> SeenChange:
    from dataclasses import replace

    return replace(change, id=f"c{number}")
