"""What changed between two frames of the same ground, told from what was seen in each."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from geoglot.models.nano.evidence import CoverMap, SeenChange, SeenObject
from geoglot.regions import Box, Mask, Region

LEAST_CELLS = 6  # a smaller patch of other cover is the border between two, or noise
SURE = 0.5  # probability that both covers are right, averaged over the patch
NEAR = 0.2  # intersection over union from which two objects at two times are one
SURE_OBJECT = 0.4
LEAST = 0.2  # probability below which a change is not mentioned
CHANGED = 0.5  # probability from which a cell counts as changed
TOLD = 0.5  # share of a changed patch that objects must cover to be all that happened there

Probability = NDArray[np.float32]
Cell = TypeVar("Cell", bound=np.generic)


def changes(
    objects: tuple[Sequence[SeenObject], Sequence[SeenObject]],
    covers: tuple[CoverMap | None, CoverMap | None],
    compared: Probability | None = None,
    *,
    frames: tuple[int, int],
    sizes: tuple[tuple[int, int], tuple[int, int]],
) -> list[SeenChange]:
    """Give appeared and disappeared objects, and patches of ground that became or look like something else.

    compared: (h, w) probability of a change in each cell of the later cover map; None where the dates could not be
    compared cell by cell, and two looks have to speak for themselves. frames: indices of before and after; sizes:
    (width, height) of both, which show the same ground.
    """
    across, down = sizes[1][0] / sizes[0][0], sizes[1][1] / sizes[0][1]
    found = list(_objects(objects[0], objects[1], frames, (across, down)))
    before, after = covers
    if before is not None and after is not None:
        if compared is None:
            found += _covers(before, after, frames)
        else:
            found = [doubted for each in found if (doubted := _doubted(each, compared, after)).score >= LEAST]
            found += _patches(compared, before, after, found)
    return [replace(change, id=f"c{number}") for number, change in enumerate(found, start=1)]


def _doubted(change: SeenChange, compared: Probability, after: CoverMap) -> SeenChange:
    """A thing seen at one date only has come or gone if its place looks different as well."""
    rows, columns = _cells_of(change.region, after)
    score = change.score * float(compared[rows, columns].max(initial=0.0))
    return replace(change, score=score, region=replace(change.region, score=score))


def _patches(
    compared: Probability, before: CoverMap, after: CoverMap, objects: Sequence[SeenChange]
) -> list[SeenChange]:
    """Patches that look different and are not explained by things that came or went."""
    old = _on_grid(before.labels, after.labels.shape)
    told = np.zeros(compared.shape, np.bool_)
    for each in objects:
        told[_cells_of(each.region, after)] = True
    known = _on_grid(before.ground, after.labels.shape) & after.ground
    found = []
    for cells in patches(((compared > CHANGED) & known).astype(np.int32)):
        rows, columns = cells[:, 0], cells[:, 1]
        if len(cells) < LEAST_CELLS or told[rows, columns].mean() > TOLD:
            continue
        score = float(compared[rows, columns].mean())
        was = before.classes[int(np.bincount(old[rows, columns]).argmax())]
        now = after.classes[int(np.bincount(after.labels[rows, columns]).argmax())]
        region = _mask(cells, after, label=now, score=score, frame=after.frame)
        kind, became = ("became", now) if was != now else ("changed", None)
        found.append(SeenChange("", kind, was, score, region, before.frame, after.frame, became))
    return sorted(found, key=lambda change: -change.region.area_px)


def _cells_of(region: Region, cover: CoverMap) -> tuple[slice, slice]:
    """The cells of a cover map that a region's bounds touch."""
    height, width = cover.labels.shape
    box, place = region.bounds, cover.box
    x0, x1 = ((x - place.x0) * width / place.width for x in (box.x0, box.x1))
    y0, y1 = ((y - place.y0) * height / place.height for y in (box.y0, box.y1))
    top, left = min(max(int(y0), 0), height - 1), min(max(int(x0), 0), width - 1)
    return slice(top, max(top + 1, math.ceil(y1))), slice(left, max(left + 1, math.ceil(x1)))


def _on_grid(labels: NDArray[Cell], shape: tuple[int, ...]) -> NDArray[Cell]:
    rows = np.arange(shape[0]) * labels.shape[0] // shape[0]
    columns = np.arange(shape[1]) * labels.shape[1] // shape[1]
    return labels[np.ix_(rows, columns)]


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
    shape = after.labels.shape
    old, old_p = _on_grid(before.labels, shape), _on_grid(before.probability, shape)
    both = old_p.astype(np.float32) * after.probability.astype(np.float32)
    differ = (old != after.labels) & _on_grid(before.ground, shape) & after.ground & (both > SURE / 2)
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
