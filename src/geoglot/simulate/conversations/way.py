"""Ways over dry, open ground, found on the land cover."""

from __future__ import annotations

from collections import deque

import numpy as np
from numpy.typing import NDArray

from geoglot.simulate.tables import COVER_CLASSES

_CELL_PX = 8
_CLOSED = ("water", "urban")


def way(cover: NDArray[np.uint8], start: tuple[float, float], goal: tuple[float, float]) -> list[tuple[float, float]]:
    """The fewest steps of 8 pixels from start to goal (x, y) that avoid water and buildings; empty if there are none.

    Start and goal may lie on anything. Gives the corners of the way, start and goal included.
    """
    rows, columns = cover.shape[0] // _CELL_PX, cover.shape[1] // _CELL_PX
    closed = np.isin(cover, [COVER_CLASSES.index(name) for name in _CLOSED])
    share = closed[: rows * _CELL_PX, : columns * _CELL_PX].reshape(rows, _CELL_PX, columns, _CELL_PX).mean(axis=(1, 3))
    open_cells = share < 0.5
    first, last = (_cell(point, rows, columns) for point in (start, goal))
    open_cells[first] = open_cells[last] = True
    back: dict[tuple[int, int], tuple[int, int]] = {first: first}
    queue = deque([first])
    while queue and last not in back:
        r, c = queue.popleft()
        for near in ((r + 1, c), (r - 1, c), (r, c + 1), (r, c - 1)):
            inside = 0 <= near[0] < rows and 0 <= near[1] < columns
            if inside and near not in back and open_cells[near]:
                back[near] = (r, c)
                queue.append(near)
    if last not in back:
        return []
    cells = [last]
    while cells[-1] != first:
        cells.append(back[cells[-1]])
    middle = [((c + 0.5) * _CELL_PX, (r + 0.5) * _CELL_PX) for r, c in reversed(cells)]
    return _corners([start, *middle[1:-1], goal])


def _cell(point: tuple[float, float], rows: int, columns: int) -> tuple[int, int]:
    return min(rows - 1, max(0, int(point[1] / _CELL_PX))), min(columns - 1, max(0, int(point[0] / _CELL_PX)))


def _corners(points: list[tuple[float, float]]) -> list[tuple[float, float]]:
    """The points without those in the middle of a straight run."""
    kept = points[:1]
    for before, here, after in zip(points, points[1:], points[2:], strict=False):
        turn = (here[0] - before[0]) * (after[1] - here[1]) - (here[1] - before[1]) * (after[0] - here[0])
        if abs(turn) > 1e-6:
            kept.append(here)
    return [*kept, points[-1]]
