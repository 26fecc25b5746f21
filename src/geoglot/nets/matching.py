"""Who is who: the assignment of least total cost between what was seen and what is there."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from geoglot.errors import InputError


def assign(costs: NDArray[np.float64]) -> NDArray[np.int64]:
    """Give for each row of (rows, columns) costs its column, so that the total is least; rows <= columns.

    Shortest augmenting paths, O(rows² columns). Source: Jonker and Volgenant, Computing 38, 1987; Crouse, IEEE
    TAES 52, 2016. Raises InputError for more rows than columns and for costs that are not finite.
    """
    rows, columns = costs.shape
    if rows > columns or not np.isfinite(costs).all():
        raise InputError("these costs cannot be assigned", value=costs.shape, expected="finite, rows <= columns")
    row_price, column_price = np.zeros(rows), np.zeros(columns)
    owner = np.full(columns, -1)
    for row in range(rows):
        before, sink = _path(costs, row, row_price, column_price, owner)
        while sink >= 0:  # hand the columns along the path over, one to the next
            previous = before[sink]
            giver = int(previous)
            taken = int(np.flatnonzero(owner == giver)[0]) if giver != row else -1
            owner[sink] = giver
            sink = taken
    result = np.empty(rows, dtype=np.int64)
    held = np.flatnonzero(owner >= 0)
    result[owner[held]] = held
    return result


def _path(
    costs: NDArray[np.float64],
    row: int,
    row_price: NDArray[np.float64],
    column_price: NDArray[np.float64],
    owner: NDArray[np.int64],
) -> tuple[NDArray[np.int64], int]:
    """Find the cheapest chain of exchanges from a row to a free column; update the prices."""
    columns = costs.shape[1]
    shortest, before = np.full(columns, np.inf), np.full(columns, -1)
    done = np.zeros(columns, dtype=bool)
    visited, low, current = [row], 0.0, row
    while True:
        offered = low + costs[current] - row_price[current] - column_price
        better = ~done & (offered < shortest)
        shortest[better], before[better] = offered[better], current
        best = int(np.where(done, np.inf, shortest).argmin())
        low, done[best] = shortest[best], True
        if owner[best] < 0:
            break
        current = int(owner[best])
        visited.append(current)
    row_price[row] += low
    for other in visited[1:]:
        row_price[other] += low - shortest[int(np.flatnonzero(owner == other)[0])]
    column_price[done] -= low - shortest[done]
    return before, best
