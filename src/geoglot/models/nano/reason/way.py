"""A way over the ground from one place to another: A* on the cover map, around water and buildings."""

from __future__ import annotations

import heapq
import math

import numpy as np
from numpy.typing import NDArray

from geoglot.models.nano import things
from geoglot.models.nano.evidence import CoverMap
from geoglot.models.nano.query import Query
from geoglot.models.nano.reason.finding import Finding, refused
from geoglot.models.nano.reason.places import holds
from geoglot.models.nano.reason.relate import landmark
from geoglot.models.nano.reason.seen import Seen, cell_centres
from geoglot.models.nano.reason.select import SURE
from geoglot.regions import Path

COSTS = {
    "road": 1.0,
    "bare": 2.0,
    "grass": 2.0,
    "crop": 3.0,
    "urban": 2.0,
    "shrub": 4.0,
    "rock": 5.0,
    "snow": 5.0,
    "forest": 5.0,
}
"""How hard a cell is to cross, relative to road; an order of preference, not a measurement. All else is blocked."""

BLOCKING = frozenset({"building", "house", "greenhouse", "storage tank", "swimming pool"})
"""Objects that are walked around."""

MOST_CELLS = 128
"""Cells along the longer side of the map that is searched; larger maps are thinned, which keeps it below 0.2 s."""

REACH = 6
"""Cells from a start or goal that is itself blocked (a ship, a house) to the nearest free one."""

Cell = tuple[int, int]


def navigate(query: Query, seen: Seen) -> Finding:
    """Give the cheapest way between two things or marked places, as a path in pixels."""
    cover = seen.cover
    if cover is None:
        return refused("a way needs to know the ground, and land cover cannot be told from this image")
    if query.other is None or query.noun is None:
        return refused("I did not understand from where to where")
    ends = []
    for noun in (query.noun, query.other):
        found = landmark(noun, seen)
        if found is None:
            return refused(f"I see no {noun.asked_as}")
        ends.append(found[0])
    costs = _costs(cover, seen)
    step = max(1, math.ceil(max(costs.shape) / MOST_CELLS))
    thin = costs[::step, ::step]
    x, y = (values[::step, ::step] for values in cell_centres(cover))
    start, goal = (_nearest_free(thin, x, y, region.bounds.centre) for region, _, _ in ends)
    cells = cheapest(thin, start, goal) if start and goal else None
    if cells is None:
        return refused("there is no way that avoids water and buildings")
    inner = [(float(x[cell]), float(y[cell])) for cell in cells]
    points = (ends[0][0].bounds.centre, *_straightened(inner), ends[1][0].bounds.centre)
    sure = float(np.mean([float(cover.probability[::step, ::step][cell]) for cell in cells]))
    confidence = ends[0][1] * ends[1][1] * sure
    path = Path(points, label="way", score=min(1.0, confidence), frame=seen.frame)
    return Finding(regions=(path,), evidence=(*ends[0][2], *ends[1][2]), confidence=confidence).noted(
        "found on land cover alone: fences, slopes and rights of way are not seen"
    )


def _costs(cover: CoverMap, seen: Seen) -> NDArray[np.float64]:
    """(h, w) cost of crossing a cell, infinite where there is no way."""
    by_class = [COSTS.get(things.canonical(name), math.inf) for name in cover.classes]
    table = np.full(256, math.inf)
    table[: len(by_class)] = by_class
    costs = table[cover.labels]
    x, y = cell_centres(cover)
    for thing in seen.objects:
        if thing.score >= SURE and things.canonical(thing.label) in BLOCKING:
            costs[holds(thing.region, x, y)] = math.inf
    return costs


def _nearest_free(
    costs: NDArray[np.float64], x: NDArray[np.float64], y: NDArray[np.float64], point: tuple[float, float]
) -> Cell | None:
    """The nearest cell that can be crossed, if it is within `REACH` cells."""
    apart = np.hypot(x - point[0], y - point[1])
    row, column = np.unravel_index(int(np.where(np.isfinite(costs), apart, np.inf).argmin()), costs.shape)
    nearest = np.unravel_index(int(apart.argmin()), costs.shape)
    if not np.isfinite(costs[row, column]) or max(abs(row - nearest[0]), abs(column - nearest[1])) > REACH:
        return None
    return int(row), int(column)


def cheapest(costs: NDArray[np.float64], start: Cell, goal: Cell) -> list[Cell] | None:
    """Give the cheapest chain of neighbouring cells from start to goal, None if there is none.

    A*: a step costs its length times the mean of the two cells; the straight line at the lowest cost never
    overestimates. Diagonals do not cut the corner of a blocked cell.
    """
    least = float(costs[np.isfinite(costs)].min())
    best: dict[Cell, float] = {start: 0.0}
    came: dict[Cell, Cell] = {}
    queue = [(least * math.dist(start, goal), start)]
    done: set[Cell] = set()
    while queue:
        _, here = heapq.heappop(queue)
        if here == goal:
            return _traced(came, goal)
        if here in done:
            continue
        done.add(here)
        for there, cost in _steps(costs, here):
            total = best[here] + cost
            if total < best.get(there, math.inf):
                best[there], came[there] = total, here
                heapq.heappush(queue, (total + least * math.dist(there, goal), there))
    return None


def _steps(costs: NDArray[np.float64], here: Cell) -> list[tuple[Cell, float]]:
    out = []
    row, column = here
    for down in (-1, 0, 1):
        for across in (-1, 0, 1):
            there = (row + down, column + across)
            if there == here or not (0 <= there[0] < costs.shape[0] and 0 <= there[1] < costs.shape[1]):
                continue
            corners = (costs[there], costs[row, there[1]], costs[there[0], column])
            if all(map(math.isfinite, corners)):
                out.append((there, math.hypot(down, across) * float(costs[here] + costs[there]) / 2))
    return out


def _traced(came: dict[Cell, Cell], goal: Cell) -> list[Cell]:
    cells = [goal]
    while cells[-1] in came:
        cells.append(came[cells[-1]])
    return cells[::-1]


def _straightened(points: list[tuple[float, float]]) -> list[tuple[float, float]]:
    """Drop points in the middle of straight pieces."""
    out = points[:1]
    for before, point, after in zip(points, points[1:], points[2:], strict=False):
        turn = (point[0] - before[0]) * (after[1] - point[1]) - (point[1] - before[1]) * (after[0] - point[0])
        if abs(turn) > 1e-9:
            out.append(point)
    return [*out, *points[1:][-1:]]
