"""A place from ground control points: a thin-plate spline through them.

The spline passes through every point and is an affine for three. Control points of satellite products are
exact but their grid is curved (Sentinel-1: polynomials of order 2 are metres off), hence no polynomial.
Source: Bookstein, Principal warps, IEEE TPAMI 11(6), 1989.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from geoglot.errors import PlaceError

if TYPE_CHECKING:
    from geoglot.regions.grid import Coordinates, GroundControlPoint

_MOST = 1024
"""More control points than these are thinned evenly: the spline costs their number cubed."""

_NEWTON_STEPS = 40
_TOLERANCE_PX = 1e-9


@dataclass(frozen=True, slots=True, eq=False)
class _Spline:
    """From pixels to the CRS. nodes: (N, 2) pixels, scaled; weights: (N + 3, 2); `system` inverted."""

    nodes: Coordinates
    middle: Coordinates
    size: float
    origin: Coordinates
    weights: Coordinates
    inverse: Coordinates


def forward(gcps: tuple[GroundControlPoint, ...], pixels: Coordinates) -> Coordinates:
    """Give x, y in the CRS of the control points for (N, 2) pixels.

    Raises PlaceError where the control points lie on a line.
    """
    spline = _fit(gcps)
    scaled = (pixels - spline.middle) / spline.size
    return np.asarray(_basis(scaled, spline.nodes) @ spline.weights + spline.origin)


def backward(gcps: tuple[GroundControlPoint, ...], places: Coordinates) -> Coordinates:
    """Give the pixels (N, 2) that `forward` takes to these places, by Newton's method.

    Raises PlaceError where the spline does not lead back: far outside its control points.
    """
    spline = _fit(gcps)
    linear = spline.weights[-2:].T / spline.size  # (2, 2) d place / d pixel, of the affine part
    flat = places - spline.origin - spline.weights[-3]
    pixels = flat @ np.linalg.inv(linear).T + spline.middle
    for _ in range(_NEWTON_STEPS):
        step = np.linalg.solve(_slope(gcps, pixels), (places - forward(gcps, pixels))[..., None])[..., 0]
        pixels = pixels + step
        if np.abs(step).max(initial=0.0) < _TOLERANCE_PX * max(1.0, np.abs(pixels).max(initial=0.0)):
            return np.asarray(pixels)
    raise PlaceError(
        "the control points do not lead from this place to a pixel",
        value=tuple(places[np.abs(step).max(axis=1).argmax()].tolist()),
        expected="a place in or near the image",
    )


def left_out(gcps: tuple[GroundControlPoint, ...]) -> Coordinates | None:
    """Give where the spline through all other points puts each one, (N, 2); None if there are only three.

    Source: Rippa, Advances in Computational Mathematics 11, 1999, eq. 17.
    """
    spline = _fit(gcps)
    count = len(spline.nodes)
    if count < 4:
        return None
    error = spline.weights[:count] / np.diag(spline.inverse)[:count, None]
    there = forward(gcps, spline.nodes * spline.size + spline.middle)
    return np.asarray(there - error)


@lru_cache(maxsize=32)
def _fit(gcps: tuple[GroundControlPoint, ...]) -> _Spline:
    rows = np.array([(gcp.x_px, gcp.y_px, gcp.x, gcp.y) for gcp in gcps], np.float64)
    _, first = np.unique(rows[:, :2], axis=0, return_index=True)
    rows = rows[np.sort(first)]
    if len(rows) > _MOST:
        rows = rows[np.linspace(0, len(rows) - 1, _MOST).round().astype(int)]
    pixels, places = rows[:, :2], rows[:, 2:]
    middle, origin = pixels.mean(axis=0), places.mean(axis=0)
    size = float(np.abs(pixels - middle).max()) or 1.0
    nodes = (pixels - middle) / size
    if np.linalg.matrix_rank(np.column_stack([np.ones(len(nodes)), nodes]), tol=1e-9) < 3:
        raise PlaceError("ground control points on one line", value=f"{len(gcps)} points",
                         expected="at least three that span an area")  # fmt: skip
    left = _basis(nodes, nodes)  # (N, N + 3)
    system = np.vstack([left, np.hstack([left[:, -3:].T, np.zeros((3, 3))])])
    inverse = np.linalg.inv(system)
    weights = inverse @ np.vstack([places - origin, np.zeros((3, 2))])
    return _Spline(nodes, middle, size, origin, weights, inverse)


def _basis(points: Coordinates, nodes: Coordinates) -> Coordinates:
    """r^2 log r to every node, then 1, x, y: (P, N + 3)."""
    squared = ((points[:, None] - nodes[None]) ** 2).sum(axis=-1)  # (P, N)
    bent = squared * np.log(np.where(squared > 0, squared, 1.0)) / 2
    return np.column_stack([bent, np.ones(len(points)), points])


def _slope(gcps: tuple[GroundControlPoint, ...], pixels: Coordinates) -> Coordinates:
    """Derivatives of `forward`, (P, 2, 2): rows x, y of the CRS; columns x, y of the image."""
    half = 0.5
    columns = [forward(gcps, pixels + step) - forward(gcps, pixels - step) for step in ((half, 0.0), (0.0, half))]
    return np.stack(columns, axis=-1)
