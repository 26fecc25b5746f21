"""Rivers that run downhill, lakes in hollows, and the sea.

Rivers are edges of a jittered lattice: each node drains to its lowest neighbour, so levels fall along every course
and any window finds the same rivers from a bounded neighbourhood. All functions work on world metres.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from geoglot.simulate.loops import Array, kernel, subkernel
from geoglot.simulate.noise import draw, fractal, hash_cell, smooth, value_noise
from geoglot.simulate.terrain import macro_height, moisture, relief_height, ruggedness

NODE_M = 2600.0
VALLEY_M = 480.0
_NODE, _BEND, _POND, _BANK = 11, 12, 13, 14
_BANK_M = 40.0
_HOPS = 6
_STEPS = 18
_POND_M = 1500.0


class Waters(NamedTuple):
    """The inland waters near a window.

    courses: (N, 8) x0, y0, x1, y1, half-width 0 and 1, level 0 and 1. lakes: (L, 4) x, y, radius, level.
    """

    courses: NDArray[np.float64]
    lakes: NDArray[np.float64]


@subkernel
def _node(seed: int, i: int, j: int) -> tuple[float, float]:
    h = hash_cell(seed, _NODE, i, j)
    return (i + 0.5 + 0.7 * (draw(h, 0) - 0.5)) * NODE_M, (j + 0.5 + 0.7 * (draw(h, 1) - 0.5)) * NODE_M


@subkernel
def _bend(seed: int, x: float, y: float) -> tuple[float, float]:
    """Meanders: one displacement field for all rivers, so that courses meet where their nodes do."""
    dx = 330.0 * value_noise(seed, _BEND * 32, x / 1500.0, y / 1500.0)
    dy = 330.0 * value_noise(seed, _BEND * 32 + 1, x / 1500.0, y / 1500.0)
    dx += 95.0 * value_noise(seed, _BEND * 32 + 2, x / 430.0, y / 430.0)
    dy += 95.0 * value_noise(seed, _BEND * 32 + 3, x / 430.0, y / 430.0)
    return x + dx, y + dy


@subkernel
def _drainage(seed: int, i0: int, j0: int, n: int, m: int) -> tuple[Array, Array, Array]:
    """Levels, downstream index (or -1) and upstream count of the nodes of a lattice patch."""
    level = np.empty((m, n))
    for j in range(m):
        for i in range(n):
            x, y = _node(seed, i0 + i, j0 + j)
            level[j, i] = macro_height(seed, x, y)
    down = np.full((m, n), -1, np.int64)
    for j in range(1, m - 1):
        for i in range(1, n - 1):
            low = level[j, i]
            for dj in range(-1, 2):
                for di in range(-1, 2):
                    if level[j + dj, i + di] < low:
                        low = level[j + dj, i + di]
                        down[j, i] = (j + dj) * n + i + di
    # Upstream area within a fixed number of hops: bounded, hence the same for every window.
    total = np.ones((m, n))
    moved = np.ones((m, n))
    for _ in range(_HOPS):
        arrived = np.zeros((m, n))
        for j in range(1, m - 1):
            for i in range(1, n - 1):
                if down[j, i] >= 0:
                    arrived[down[j, i] // n, down[j, i] % n] += moved[j, i]
        total += arrived
        moved = arrived
    return level, down, total


@subkernel
def _half_width(seed: int, i: int, j: int, count: float, wet: float) -> float:
    share = 0.7 + 0.9 * draw(hash_cell(seed, _NODE, i, j), 2)
    return max(0.0, (1.2 + 5.2 * math.sqrt(max(0.0, count - 1.0))) * share * min(1.3, max(0.3, wet + 0.3)))


@kernel
def _courses(seed: int, x0: float, y0: float, x1: float, y1: float) -> tuple[Array, Array]:
    pad = _HOPS + 3
    i0 = math.floor(x0 / NODE_M) - pad
    j0 = math.floor(y0 / NODE_M) - pad
    n = math.floor(x1 / NODE_M) + pad + 1 - i0
    m = math.floor(y1 / NODE_M) + pad + 1 - j0
    level, down, total = _drainage(seed, i0, j0, n, m)
    rows = np.empty((n * m * _STEPS, 8))
    lakes = np.empty((n * m, 4))
    count = 0
    hollows = 0
    for j in range(_HOPS + 1, m - _HOPS - 1):
        for i in range(_HOPS + 1, n - _HOPS - 1):
            x, y = _node(seed, i0 + i, j0 + j)
            if down[j, i] < 0:
                if level[j, i] > 2.0:
                    px, py = _bend(seed, x, y)
                    size = 160.0 + 420.0 * draw(hash_cell(seed, _NODE, i0 + i, j0 + j), 3)
                    lakes[hollows] = np.array((px, py, size, level[j, i] - 3.0))
                    hollows += 1
                continue
            if level[j, i] < 0.0 or total[j, i] < 2.0:
                continue
            q = down[j, i] // n
            p = down[j, i] % n
            ex, ey = _node(seed, i0 + p, j0 + q)
            wet = moisture(seed, x, y)
            a = _half_width(seed, i0 + i, j0 + j, total[j, i], wet)
            b = max(a, _half_width(seed, i0 + p, j0 + q, total[q, p], wet))
            la = max(0.0, level[j, i] - 3.0)
            lb = max(0.0, level[q, p] - 3.0)
            px, py = _bend(seed, x, y)
            for k in range(1, _STEPS + 1):
                t = k / _STEPS
                s = (k - 1) / _STEPS
                nx, ny = _bend(seed, x + (ex - x) * t, y + (ey - y) * t)
                rows[count] = np.array(
                    (px, py, nx, ny, a + (b - a) * s, a + (b - a) * t, la + (lb - la) * s, la + (lb - la) * t)
                )
                count += 1
                px, py = nx, ny
    return rows[:count], lakes[:hollows]


@kernel
def _ponds(seed: int, x0: float, y0: float, x1: float, y1: float) -> Array:
    i0 = math.floor(x0 / _POND_M) - 1
    j0 = math.floor(y0 / _POND_M) - 1
    i1 = math.floor(x1 / _POND_M) + 2
    j1 = math.floor(y1 / _POND_M) + 2
    rows = np.empty(((i1 - i0) * (j1 - j0), 4))
    count = 0
    for j in range(j0, j1):
        for i in range(i0, i1):
            h = hash_cell(seed, _POND, i, j)
            x = (i + draw(h, 1)) * _POND_M
            y = (j + draw(h, 2)) * _POND_M
            if draw(h, 0) > 0.45 * moisture(seed, x, y) or ruggedness(seed, x, y) > 0.5:
                continue
            level = relief_height(seed, x, y) - 1.0
            if level > 3.0:
                rows[count] = np.array((x, y, 18.0 + 150.0 * draw(h, 3) ** 2.5, level))
                count += 1
    return rows[:count]


def waters(seed: int, x0: float, y0: float, x1: float, y1: float) -> Waters:
    """Rivers and lakes whose water or valley can touch the window (world metres)."""
    reach = VALLEY_M + 700.0
    courses, hollows = _courses(seed, x0 - reach, y0 - reach, x1 + reach, y1 + reach)
    ponds = _ponds(seed, x0 - reach, y0 - reach, x1 + reach, y1 + reach)
    lakes = np.concatenate([hollows, ponds])
    near = (
        (np.minimum(courses[:, 0], courses[:, 2]) < x1 + reach)
        & (np.maximum(courses[:, 0], courses[:, 2]) > x0 - reach)
        & (np.minimum(courses[:, 1], courses[:, 3]) < y1 + reach)
        & (np.maximum(courses[:, 1], courses[:, 3]) > y0 - reach)
    )
    far = lakes[:, 2] * 2.4 + 50.0
    close = (lakes[:, 0] < x1 + far) & (lakes[:, 0] > x0 - far) & (lakes[:, 1] < y1 + far) & (lakes[:, 1] > y0 - far)
    return Waters(np.ascontiguousarray(courses[near]), np.ascontiguousarray(lakes[close]))


@subkernel
def inland(seed: int, x: float, y: float, water: Waters) -> tuple[float, float, float]:
    """Signed distance into the nearest inland water (m, positive inside), its level, and the pull of its valley."""
    best = -1.0e9
    level = 0.0
    pull = 0.0
    courses = water.courses
    for k in range(courses.shape[0]):
        ax = courses[k, 0]
        ay = courses[k, 1]
        bx = courses[k, 2]
        by = courses[k, 3]
        room = VALLEY_M + courses[k, 5]
        if x < min(ax, bx) - room or x > max(ax, bx) + room or y < min(ay, by) - room or y > max(ay, by) + room:
            continue
        dx = bx - ax
        dy = by - ay
        t = ((x - ax) * dx + (y - ay) * dy) / (dx * dx + dy * dy)
        t = min(1.0, max(0.0, t))
        d = math.sqrt((x - ax - t * dx) ** 2 + (y - ay - t * dy) ** 2)
        half = courses[k, 4] + (courses[k, 5] - courses[k, 4]) * t
        if half - d > best:
            best = half - d
            level = courses[k, 6] + (courses[k, 7] - courses[k, 6]) * t
            pull = 1.0 - smooth(0.0, VALLEY_M, d - half)
    lakes = water.lakes
    for k in range(lakes.shape[0]):
        dx = x - lakes[k, 0]
        dy = y - lakes[k, 1]
        r = lakes[k, 2]
        d = math.sqrt(dx * dx + dy * dy)
        if d > 2.4 * r:
            continue
        edge = r * (1.0 + 0.42 * fractal(seed, _BANK, x / (1.3 * r), y / (1.3 * r), 3, 0.5))
        if edge - d > best:
            best = edge - d
            level = lakes[k, 3]
            pull = 1.0 - smooth(0.0, r, d - edge)
    return best, level, pull


@kernel
def ground(seed: int, x: float, y: float, water: Waters) -> tuple[float, float, float]:
    """Height of the ground (m), signed distance into water (m, positive inside), and the level of that water.

    The ground under water is the level itself less a shallow bed; sea counts as water of level 0.
    """
    relief = relief_height(seed, x, y)
    inside, level, pull = inland(seed, x, y, water)
    if pull > 0.0:
        relief += (max(level, 0.0) + 1.2 - relief) * pull
    salt = -relief * 7.0
    if salt > inside or (inside < -200.0 and salt > -200.0):
        inside = salt
        level = 0.0
    if inside > 0.0:
        return level, inside, level
    if inside < -_BANK_M:
        return relief, inside, level
    # A bank rises gently from the water's edge, and freely further off.
    bank = level + 0.15 - 0.15 * inside + (inside / 12.0) ** 4
    return min(max(relief, level + 0.15), bank), inside, level
