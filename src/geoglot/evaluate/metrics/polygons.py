"""Overlap of polygons in pairs, and the corners of rotated boxes as the public scorers turn them."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

TIE = 1e-9
"""Slack of a threshold on a rotated IoU. Overlaps of integer boxes are often exactly one half (a box inside
another), and the last bit of the computed value differs between machines. The slack decides for the exact."""


def pair_iou(first: NDArray[np.float64], second: NDArray[np.float64]) -> NDArray[np.float64]:
    """Give the intersection over union of polygon i of `first` with polygon i of `second`.

    Both (n, 4, 2) in the same frame and unit. A polygon that is not simple or has no area overlaps nothing (0),
    as shapely's `is_valid` decides.
    """
    low, high = np.maximum(first.min(1), second.min(1)), np.minimum(first.max(1), second.max(1))
    near = (low < high).all(-1)
    upright = near & _is_upright(first) & _is_upright(second)
    result = np.zeros(len(first))
    common = np.prod(high[upright] - low[upright], axis=-1)
    areas = sum(np.prod(np.ptp(corners[upright], axis=1), axis=-1) for corners in (first, second))
    result[upright] = common / (areas - common)
    turned = near & ~upright
    result[turned] = _turned_iou(first[turned], second[turned])
    return result


def _is_upright(corners: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Tell which quadrilaterals are boxes along the axes: these need no polygon library."""
    x, y = corners[..., 0], corners[..., 1]
    wide = (x[:, 0] == x[:, 3]) & (x[:, 1] == x[:, 2]) & (y[:, 0] == y[:, 1]) & (y[:, 2] == y[:, 3])
    tall = (x[:, 0] == x[:, 1]) & (x[:, 2] == x[:, 3]) & (y[:, 1] == y[:, 2]) & (y[:, 3] == y[:, 0])
    upright: NDArray[np.bool_] = wide | tall
    return upright


def _turned_iou(first: NDArray[np.float64], second: NDArray[np.float64]) -> NDArray[np.float64]:
    if not len(first):
        return np.zeros(0)
    # Costs 100 ms, and most families need no polygons.
    import shapely  # type: ignore[import-untyped, unused-ignore]

    one, other = shapely.polygons(first), shapely.polygons(second)
    usable = shapely.is_valid(one) & shapely.is_valid(other)
    common = np.zeros(len(first))
    common[usable] = shapely.area(shapely.intersection(one[usable], other[usable]))
    union = shapely.area(one) + shapely.area(other) - common
    iou: NDArray[np.float64] = np.divide(common, union, out=np.zeros(len(first)), where=usable & (union > 0))
    return iou


def rotated_corners(boxes: ArrayLike) -> NDArray[np.float64]:
    """Give the corners (n, 4, 2) of boxes (n, 5) = x_left, y_top, x_right, y_bottom, angle in degrees.

    The four edges are those of the unrotated box; it turns about its own centre, a positive angle counter-
    clockwise as seen on screen (y down): (1, 0) goes to (cos, -sin).
    Source: EarthDial, rs_detection/eval.py, get_rotated_box_vertices (row vectors times [[c, -s], [s, c]]).
    """
    x0, y0, x1, y1, angle_deg = np.asarray(boxes, np.float64).reshape(-1, 5).T
    centre = np.stack([(x0 + x1) / 2, (y0 + y1) / 2], axis=-1)[:, None]
    corners = np.stack([np.stack([x0, x1, x1, x0], -1), np.stack([y0, y0, y1, y1], -1)], axis=-1) - centre
    cos, sin = np.cos(np.radians(angle_deg)), np.sin(np.radians(angle_deg))
    turn = np.stack([np.stack([cos, -sin], -1), np.stack([sin, cos], -1)], axis=-2)  # (n, 2, 2)
    turned: NDArray[np.float64] = corners @ turn + centre
    return turned


def greedy_pairs(iou: NDArray[np.float64], threshold: float) -> list[tuple[int, int]]:
    """Match rows with columns one to one, best overlap first, until none reaches `threshold`.

    Ties go to the smaller row, then the smaller column.
    """
    rows, columns = np.nonzero(iou >= threshold)
    order = np.lexsort((columns, rows, -iou[rows, columns]))
    used_rows: set[int] = set()
    used_columns: set[int] = set()
    pairs = []
    for row, column in zip(rows[order].tolist(), columns[order].tolist(), strict=True):
        if row not in used_rows and column not in used_columns:
            used_rows.add(row)
            used_columns.add(column)
            pairs.append((row, column))
    return pairs
