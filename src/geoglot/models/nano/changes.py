"""What changed between two frames of the same ground, told from what was seen in each."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from geoglot.models.nano import things
from geoglot.models.nano.events import FROM_TO, KINDS, Comparison, clouded
from geoglot.models.nano.evidence import CoverMap, SeenChange, SeenObject
from geoglot.regions import Box, Mask, Region

LEAST_CELLS = 6  # a smaller patch of other cover is the border between two, or noise
SURE = 0.5  # probability that both covers are right, averaged over the patch
NEAR = 0.2  # intersection over union from which two objects at two times are one
SURE_OBJECT = 0.4
LEAST = 0.2  # probability below which a change is not mentioned
HIDDEN = 0.5  # share of a thing's place under cloud from which its coming or going cannot be told
BARE = "bare"  # the cover that is told where an event is sure and the eye's covers contradict it
CHANGED = 0.5  # probability from which a cell counts as changed
BUILT = 0.25
"""Probability from which a building came or went in a cell: what became of its lot is likely all around it. Chosen by
F1 of cells on simulated pairs kept aside (0.25: 0.66 and 0.48; 0.5: 0.58 and 0.46)."""
URBAN, SEEN_BUILT = "urban", 1 / 3  # the cover of buildings, and the share of their places that has to be seen as it
BUILT_UP = {"construction": 1, "demolition": 0}
"""At which of the two dates the building stands that an event is about."""

MOVES = frozenset(
    {"car", "truck", "bus", "ship", "boat", "airplane", "helicopter", "person", "bicycle", "motorbike", "vehicle"}
)
"""What comes and goes by itself."""

Probability = NDArray[np.float32]
Cell = TypeVar("Cell", bound=np.generic)


def changes(
    objects: tuple[Sequence[SeenObject], Sequence[SeenObject]],
    covers: tuple[CoverMap | None, CoverMap | None],
    compared: Comparison | None = None,
    *,
    frames: tuple[int, int],
    sizes: tuple[tuple[int, int], tuple[int, int]],
) -> list[SeenChange]:
    """Give appeared and disappeared objects, and ground that became or looks like something else.

    What lies under a cloud of either date (`events.clouded`) is not told. compared: what happened in each cell of the
    later cover map, and whether at all; None where the dates could not be compared cell by cell, and two looks have to
    speak for themselves. frames: indices of before and after; sizes: (width, height) of both, which show the same
    ground.
    """
    across, down = sizes[1][0] / sizes[0][0], sizes[1][1] / sizes[0][1]
    found = list(_objects(objects[0], objects[1], frames, (across, down)))
    before, after = covers
    if before is not None and after is not None:
        hidden = clouded(before, after)
        found = [each for each in found if hidden[_cells_of(each.region, after)].mean() < HIDDEN]
        if compared is None:
            found += _covers(before, after, frames)
        else:
            found = [doubted for each in found if (doubted := _doubted(each, compared, after)).score >= LEAST]
            found += _events(compared, before, after)
    return [replace(change, id=f"c{number}") for number, change in enumerate(found, start=1)]


def _doubted(change: SeenChange, compared: Comparison, after: CoverMap) -> SeenChange:
    """A thing seen at one date only has come or gone if its place looks different as well.

    What does not move by itself has done so only if anything lasting happened in the pair.
    """
    rows, columns = _cells_of(change.region, after)
    moves = things.canonical(change.what) in MOVES
    there = 1 - compared.cells[0] if moves else compared.lasting * compared.flags[0]
    score = change.score * float(there[rows, columns].max(initial=0.0))
    return replace(change, score=score, region=replace(change.region, score=score))


def _events(compared: Comparison, before: CoverMap, after: CoverMap) -> list[SeenChange]:
    """What happened, one change for each kind with all its places: five places of one flood are no five floods.

    Its score is the probability that it happened at all. Lasting changes that no likely event explains come last.
    """
    shape = after.labels.shape
    known = _on_grid(before.ground, shape) & after.ground & ~clouded(before, after)
    likeliest = compared.cells.argmax(axis=0)
    rest, found = compared.lasting.copy(), []
    for kind, name in enumerate(KINDS):
        score = float(min(compared.flags[kind], compared.flags[0]))
        if name not in FROM_TO or score < LEAST:
            continue
        whole = _places(compared.cells[kind], known, BUILT if name in BUILT_UP else CHANGED)
        places = _built(name, whole, (before, after))
        if score >= SURE or compared.flags[0] < SURE:
            rest[known & (places | ((likeliest == kind) & ~(whole & ~places)))] = 0
        if places.any():
            found.append(_became(name, places, (before, after), score))
    score = float(compared.flags[0])
    places = _without_specks((rest > CHANGED) & known)
    if score >= SURE and not places.any() and not any(change.score >= SURE for change in found):
        places = _places(rest, known, CHANGED)
    if score >= LEAST and places.any():
        found.append(_became("other", places, (before, after), score))
    return sorted(found, key=lambda change: (-change.score, -change.region.area_px))


def _places(probability: Probability, known: NDArray[np.bool_], sure: float) -> NDArray[np.bool_]:
    """Where something happened that did happen: the known cells above `sure` or in the likelier half of the range, but
    for specks.

    The range is that of all cells: what seems to have happened under a cloud is not told beside it.
    """
    most = float(probability.max(initial=0.0))
    return _without_specks((probability > min(sure, most / 2)) & known)


def _built(name: str, places: NDArray[np.bool_], covers: tuple[CoverMap, CoverMap]) -> NDArray[np.bool_]:
    """A building that came stands on what is seen as built-up now, one that went stood on what was: the lot around it
    is another change. All places where too little of them is seen so.
    """
    if name not in BUILT_UP:
        return places
    cover = covers[BUILT_UP[name]]
    built = _on_grid(cover.labels, places.shape) == (cover.classes.index(URBAN) if URBAN in cover.classes else -1)
    narrower = _without_specks(places & built)
    return narrower if narrower.sum() > SEEN_BUILT * places.sum() else places


def _without_specks(places: NDArray[np.bool_]) -> NDArray[np.bool_]:
    kept = np.zeros(places.shape, np.bool_)
    for cells in patches(places.astype(np.int32)):
        if len(cells) >= LEAST_CELLS:
            kept[cells[:, 0], cells[:, 1]] = True
    return kept


def _became(name: str, places: NDArray[np.bool_], covers: tuple[CoverMap, CoverMap], score: float) -> SeenChange:
    """Say of places what they were and became: what the event is known to do, else the cover that is mostly seen."""
    before, after = covers
    labels = (_on_grid(before.labels, places.shape)[places], after.labels[places])
    seen = (cover.classes[int(np.bincount(one).argmax())] for cover, one in zip(covers, labels, strict=True))
    known = FROM_TO.get(name, (None, None))
    was, now = (told or one for told, one in zip(known, seen, strict=True))
    if was == now and any(known):  # the eye sees no difference, yet there is no flood without land that was dry
        was, now = known[0] or BARE, known[1] or BARE
    region = _mask(np.argwhere(places), after, label=now, score=score, frame=after.frame)
    kind, became = ("became", now) if was != now else ("changed", None)
    return SeenChange("", kind, was, score, region, before.frame, after.frame, became)


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
    for kind, seen, matched in (
        ("disappeared", before, overlap.max(axis=1, initial=0)),
        ("appeared", after, overlap.max(axis=0, initial=0)),
    ):
        boxes = moved if kind == "disappeared" else there
        for thing, best, corners in zip(seen, matched, boxes, strict=True):
            if best < NEAR and thing.score >= SURE_OBJECT:
                region = Box(*corners, label=thing.label, score=thing.score, frame=frames[1])
                found.append(SeenChange("", kind, thing.label, thing.score, region, frames[0], frames[1]))
    return found


def _covers(before: CoverMap, after: CoverMap, frames: tuple[int, int]) -> list[SeenChange]:
    shape = after.labels.shape
    old, old_p = _on_grid(before.labels, shape), _on_grid(before.probability, shape)
    both = old_p.astype(np.float32) * after.probability.astype(np.float32)
    known = _on_grid(before.ground, shape) & after.ground & ~clouded(before, after)
    differ = (old != after.labels) & known & (both > SURE / 2)
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
