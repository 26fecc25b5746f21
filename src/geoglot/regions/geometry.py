"""Plain geometry in pixels, on arrays: overlap, suppression, rectangles around points.

Boxes are (N, 4) rows x0, y0, x1, y1; oriented boxes (N, 5) rows cx, cy, w, h, angle in degrees from +x
towards +y.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from geoglot.errors import InputError

Floats = NDArray[np.float64]

_PAIRS_AT_ONCE = 65_536
"""Pairs of oriented boxes clipped together: about 50 MB of corners."""

_ROWS_AT_ONCE = 256
"""Boxes whose neighbours suppression looks up together."""


def box_iou(a: Floats, b: Floats) -> Floats:
    """Give the IoU of each of (N, 4) boxes with each of (M, 4), as (N, M); 0 where either has no area."""
    a, b = _rows(a, 4), _rows(b, 4)
    low = np.maximum(a[:, None, :2], b[None, :, :2])
    high = np.minimum(a[:, None, 2:], b[None, :, 2:])
    shared = np.clip(high - low, 0, None).prod(axis=-1)  # (N, M)
    return _ratio(shared, (a[:, 2:] - a[:, :2]).prod(axis=1)[:, None], (b[:, 2:] - b[:, :2]).prod(axis=1)[None])


def rotated_iou(a: Floats, b: Floats) -> Floats:
    """Give the exact IoU of each of (N, 5) oriented boxes with each of (M, 5), as (N, M).

    0 where either has no area. Each pair of rectangles is clipped and its common area taken by the shoelace
    formula; pairs whose circumscribed circles are apart are skipped.
    """
    a, b = _rows(a, 5), _rows(b, 5)
    reach_a, reach_b = np.hypot(a[:, 2], a[:, 3]) / 2, np.hypot(b[:, 2], b[:, 3]) / 2
    apart = np.hypot(a[:, None, 0] - b[None, :, 0], a[:, None, 1] - b[None, :, 1])
    rows, columns = np.nonzero(apart < reach_a[:, None] + reach_b[None])
    shared = np.zeros((len(a), len(b)))
    for start in range(0, len(rows), _PAIRS_AT_ONCE):
        i, j = rows[start : start + _PAIRS_AT_ONCE], columns[start : start + _PAIRS_AT_ONCE]
        shared[i, j] = _common_area(a[i], b[j])
    return _ratio(shared, (a[:, 2] * a[:, 3])[:, None], (b[:, 2] * b[:, 3])[None])


def polygon_iou(a: Floats, b: Floats) -> float:
    """Give the exact IoU of two rings (N, 2) and (M, 2), of any shape; 0 where either has no area.

    A ring that crosses itself counts where its even-odd inside is.
    """
    import shapely

    first, second = (shapely.make_valid(shapely.Polygon(ring)) for ring in (a, b))
    union = shapely.area(shapely.union(first, second))
    return float(shapely.area(shapely.intersection(first, second)) / union) if union > 0 else 0.0


def nms(boxes: Floats, scores: Floats, iou: float) -> NDArray[np.intp]:
    """Give the indices that non-maximum suppression keeps, best score first; ties by order.

    boxes: (N, 4) or (N, 5). scores: (N,). A box goes if its IoU with a better kept one is above `iou`, 0..1. Only
    pairs whose upright bounds touch are compared, so time grows with those and not with N squared.
    Raises InputError for other shapes.
    """
    boxes, scores = np.asarray(boxes, np.float64), np.asarray(scores, np.float64)
    if boxes.ndim != 2 or boxes.shape[1] not in (4, 5) or scores.shape != (len(boxes),) or not 0 <= iou <= 1:
        raise InputError(
            "boxes, scores and a limit that do not fit",
            value=(boxes.shape, scores.shape, iou),
            expected="(N, 4 or 5), (N,) and 0..1",
        )
    order = np.argsort(-scores, kind="stable")
    boxes = boxes[order]
    bounds = boxes if boxes.shape[1] == 4 else np.hstack([corners(boxes).min(axis=1), corners(boxes).max(axis=1)])
    by_x = np.argsort(bounds[:, 0])
    gone = np.zeros(len(boxes), np.bool_)
    for first in range(0, len(boxes), _ROWS_AT_ONCE):
        rows = first + np.flatnonzero(~gone[first : first + _ROWS_AT_ONCE])
        better, worse = _touching(rows, bounds, by_x)
        over = _paired_iou(boxes[better], boxes[worse]) > iou
        better, worse = better[over], worse[over]
        for row, start, end in zip(
            rows, np.searchsorted(better, rows), np.searchsorted(better, rows, side="right"), strict=True
        ):
            if not gone[row]:
                gone[worse[start:end]] = True
    return order[~gone]


def _touching(
    rows: NDArray[np.intp], bounds: Floats, by_x: NDArray[np.intp]
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Pairs of a row and a later box whose bounds touch, in the order of rows. by_x: boxes by their left side."""
    lefts = bounds[by_x, 0]
    widest = (bounds[:, 2] - bounds[:, 0]).max(initial=0.0)
    first = np.searchsorted(lefts, bounds[rows, 0] - widest)
    count = np.searchsorted(lefts, bounds[rows, 2], side="right") - first
    owner = np.repeat(rows, count)
    other = by_x[np.arange(len(owner)) - np.repeat(np.cumsum(count) - count, count) + np.repeat(first, count)]
    a, b = bounds[owner], bounds[other]
    touch = (other > owner) & (a[:, :2] <= b[:, 2:]).all(axis=1) & (b[:, :2] <= a[:, 2:]).all(axis=1)
    return owner[touch], other[touch]


def _paired_iou(a: Floats, b: Floats) -> Floats:
    """The IoU of each box with the one of the same row, (K,)."""
    if a.shape[1] == 4:
        shared = np.clip(np.minimum(a[:, 2:], b[:, 2:]) - np.maximum(a[:, :2], b[:, :2]), 0, None).prod(axis=1)
        return _ratio(shared, (a[:, 2:] - a[:, :2]).prod(axis=1), (b[:, 2:] - b[:, :2]).prod(axis=1))
    parts = [
        _common_area(a[start : start + _PAIRS_AT_ONCE], b[start : start + _PAIRS_AT_ONCE])
        for start in range(0, len(a), _PAIRS_AT_ONCE)
    ]
    return _ratio(np.concatenate([np.zeros(0), *parts]), a[:, 2] * a[:, 3], b[:, 2] * b[:, 3])


def corners(boxes: Floats) -> Floats:
    """Give the corners of (N, 5) oriented boxes as (N, 4, 2).

    From (-w/2, -h/2) of the unturned box, clockwise on screen.
    """
    boxes = _rows(boxes, 5)
    half, angle = boxes[:, None, 2:4] / 2, np.radians(boxes[:, 4])[:, None]
    x, y = np.moveaxis(half * np.array([(-1, -1), (1, -1), (1, 1), (-1, 1)]), -1, 0)  # (N, 4) each
    turned = np.stack([x * np.cos(angle) - y * np.sin(angle), x * np.sin(angle) + y * np.cos(angle)], axis=-1)
    return np.asarray(boxes[:, None, :2] + turned, np.float64)  # (N, 4, 2)


def ring_area(ring: Floats) -> float:
    """Give the signed area of a ring (N, 2): positive if clockwise on screen. Source: shoelace formula."""
    if len(ring) < 3:
        return 0.0
    x, y = (ring - ring[0]).T
    return float(np.dot(x, np.roll(y, -1)) - np.dot(y, np.roll(x, -1))) / 2


def smallest_rectangle(points: Floats) -> tuple[float, float, float, float, float]:
    """Give the smallest turned rectangle around (N, 2) points: cx, cy, w, h, angle in degrees, w >= h.

    Source: one of its sides lies on an edge of the convex hull (Freeman and Shapira, CACM 18(7), 1975).
    """
    hull = convex_hull(points)
    edges = np.roll(hull, -1, axis=0) - hull
    angles = np.arctan2(edges[:, 1], edges[:, 0])
    axis = np.stack([np.cos(angles), np.sin(angles)], axis=-1)  # (K, 2)
    across = np.stack([-axis[:, 1], axis[:, 0]], axis=-1)
    u, v = hull @ axis.T, hull @ across.T  # (P, K)
    w, h = np.ptp(u, axis=0), np.ptp(v, axis=0)
    best = int(np.argmin(w * h))
    middle = (u[:, best].min() + u[:, best].max()) / 2 * axis[best]
    middle = middle + (v[:, best].min() + v[:, best].max()) / 2 * across[best]
    angle, long, short = float(np.degrees(angles[best])), float(w[best]), float(h[best])
    if long < short:
        angle, long, short = angle + 90, short, long
    return float(middle[0]), float(middle[1]), long, short, angle % 180


def convex_hull(points: Floats) -> Floats:
    """Give the convex hull of (N, 2) points, clockwise on screen, without points on its edges.

    Source: Andrew, Another efficient algorithm for convex hulls in two dimensions, IPL 9(5), 1979.
    """
    ordered = np.unique(np.asarray(points, np.float64), axis=0)
    if len(ordered) < 3:
        return ordered
    there, back = _chain(ordered), _chain(ordered[::-1])
    return np.array(there[:-1] + back[:-1])


def _chain(ordered: Floats) -> list[Floats]:
    chain: list[Floats] = []
    for point in ordered:
        while len(chain) >= 2 and _turn(chain[-2], chain[-1], point) <= 0:
            chain.pop()
        chain.append(point)
    return chain


def _turn(a: Floats, b: Floats, c: Floats) -> float:
    return float((b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0]))


def _common_area(a: Floats, b: Floats) -> Floats:
    """Area that each of (K, 5) oriented boxes shares with the one of the same row, (K,)."""
    here = a[:, None, :2]  # near the origin the shoelace formula loses no digits
    rings, windows = corners(a) - here, corners(b) - here
    for edge in range(4):
        start, end = windows[:, edge, None], windows[:, (edge + 1) % 4, None]
        along = end - start
        side = along[..., 0] * (rings[..., 1] - start[..., 1]) - along[..., 1] * (rings[..., 0] - start[..., 0])
        rings = _cut(rings, side)
    x, y = rings[..., 0], rings[..., 1]
    area = (x * np.roll(y, -1, axis=1) - y * np.roll(x, -1, axis=1)).sum(axis=1) / 2
    return np.asarray(np.maximum(area, 0.0))


def _cut(rings: Floats, side: Floats) -> Floats:
    """The rings (K, V, 2) without what has a negative side (K, V); short rings repeat their first vertex."""
    after, side_after = np.roll(rings, -1, axis=1), np.roll(side, -1, axis=1)
    crosses = ((side > 0) & (side_after < 0)) | ((side < 0) & (side_after > 0))
    share = np.divide(side, side - side_after, out=np.zeros_like(side), where=crosses)
    crossing = rings + share[..., None] * (after - rings)
    points = np.stack([rings, crossing], axis=2).reshape(len(rings), -1, 2)  # (K, 2V, 2)
    kept = np.stack([side >= 0, crosses], axis=2).reshape(len(rings), -1)
    count = kept.sum(axis=1)
    order = np.argsort(~kept, axis=1, kind="stable")[:, : max(int(count.max(initial=0)), 1)]
    order = np.where(np.arange(order.shape[1]) < count[:, None], order, order[:, :1])
    return np.asarray(np.take_along_axis(points, order[..., None], axis=1))


def _ratio(shared: Floats, area_a: Floats, area_b: Floats) -> Floats:
    """Intersection over union from areas that broadcast; 0 where either is empty."""
    union = area_a + area_b - shared
    filled = (area_a > 0) & (area_b > 0) & (union > 0)
    return np.minimum(np.divide(shared, union, out=np.zeros_like(shared), where=filled), 1.0)


def _rows(boxes: Floats, columns: int) -> Floats:
    """Boxes as an array of that many columns; none gives (0, columns)."""
    array = np.asarray(boxes, np.float64)
    if not array.size:
        return array.reshape(0, columns)
    if array.ndim != 2 or array.shape[1] != columns:
        raise InputError("boxes of the wrong shape", value=array.shape, expected=f"(N, {columns})")
    return array
