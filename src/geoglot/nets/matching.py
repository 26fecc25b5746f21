"""Who is who: the assignment of least total cost between what was seen and what is there."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

from geoglot.errors import InputError


def assign(costs: NDArray[np.float64]) -> NDArray[np.int64]:
    """Give for each row of (rows, columns) costs its column, so that the total is least; rows <= columns.

    Raises InputError for more rows than columns and for costs that are not finite.
    """
    rows, columns = costs.shape
    if rows > columns or not np.isfinite(costs).all():
        raise InputError("these costs cannot be assigned", value=costs.shape, expected="finite, rows <= columns")
    return np.asarray(linear_sum_assignment(costs)[1], np.int64)
