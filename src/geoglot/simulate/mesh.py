"""The mesh of districts: warped quadrilaterals of about 320 m, what each one is, and the roads on its edges.

Neighbouring cells share their vertices, so parcels, towns and roads join without seams anywhere in the world.
"""

from __future__ import annotations

import math

import numpy as np

from geoglot.simulate.loops import Array, kernel, subkernel
from geoglot.simulate.noise import draw, draw_cell, hash_cell, unit, value_noise
from geoglot.simulate.terrain import macro_height, moisture, relief_height, ruggedness, urbanity, warmth

CELL_M = 320.0
BLOCK = 24
(
    NATURE, CROPS, PASTURE, ORCHARD, SUBURB, APARTMENTS, DOWNTOWN, INDUSTRY, COMMERCE, TANKS, SPORTS, PARK, SOLAR,
    WIND, GLASS, HARBOUR, AIRPORT, GOLF, FARM, WATER, QUARRY, TRAILERS,
) = range(22)  # fmt: skip
NO_ROAD, TRACK, STREET, PRIMARY, MOTORWAY = range(5)
HALF_WIDTH_M = np.array([0.0, 2.0, 4.6, 6.2, 14.5])
_WARP, _VERTEX, _KIND, _EDGE, _SITE, DENSITY = 21, 22, 23, 24, 25, 61


@subkernel
def _turn(seed: int) -> float:
    return unit(hash_cell(seed, _WARP, 0, 0)) * 0.5 * math.pi


@subkernel
def _line(i: int) -> int:
    """What runs along a mesh line: 2 a motorway, 1 a primary road, 0 neither."""
    if i % 29 == 11:
        return 2
    return 1 if i % 8 == 3 else 0


@kernel
def vertex(seed: int, i: int, j: int) -> tuple[float, float]:
    """World position (m) of a mesh vertex."""
    h = hash_cell(seed, _VERTEX, i, j)
    give_i = 0.5 if _line(i) == 0 else (0.16 if _line(i) == 1 else 0.0)
    give_j = 0.5 if _line(j) == 0 else (0.16 if _line(j) == 1 else 0.0)
    u = (i + give_i * (draw(h, 0) - 0.5)) * CELL_M
    v = (j + give_j * (draw(h, 1) - 0.5)) * CELL_M
    a = _turn(seed)
    x = u * math.cos(a) - v * math.sin(a)
    y = u * math.sin(a) + v * math.cos(a)
    dx = 900.0 * value_noise(seed, _WARP * 32, x / 5200.0, y / 5200.0)
    dy = 900.0 * value_noise(seed, _WARP * 32 + 1, x / 5200.0, y / 5200.0)
    return x + dx, y + dy


@kernel
def cell_at(seed: int, x: float, y: float) -> tuple[int, int]:
    """Indices of a mesh cell near a world point (right to within one cell)."""
    px = x
    py = y
    for _ in range(12):
        dx = 900.0 * value_noise(seed, _WARP * 32, px / 5200.0, py / 5200.0)
        dy = 900.0 * value_noise(seed, _WARP * 32 + 1, px / 5200.0, py / 5200.0)
        px += 0.8 * (x - dx - px)
        py += 0.8 * (y - dy - py)
    a = _turn(seed)
    u = px * math.cos(a) + py * math.sin(a)
    v = -px * math.sin(a) + py * math.cos(a)
    return math.floor(u / CELL_M), math.floor(v / CELL_M)


@kernel
def corners(seed: int, i: int, j: int) -> Array:
    """(4, 2) corners of a cell in turn: (i, j), (i+1, j), (i+1, j+1), (i, j+1)."""
    quad = np.empty((4, 2))
    quad[0] = vertex(seed, i, j)
    quad[1] = vertex(seed, i + 1, j)
    quad[2] = vertex(seed, i + 1, j + 1)
    quad[3] = vertex(seed, i, j + 1)
    return quad


@subkernel
def airport(seed: int, bi: int, bj: int) -> tuple[bool, int, int]:
    """Whether a block of BLOCK x BLOCK cells has an airport, and the first of its 7 x 3 cells."""
    h = hash_cell(seed, _SITE, bi, bj)
    i = bi * BLOCK + 2 + int(draw(h, 1) * (BLOCK - 11))
    j = bj * BLOCK + 2 + int(draw(h, 2) * (BLOCK - 7))
    if draw(h, 0) > 0.55:
        return False, i, j
    x, y = vertex(seed, i + 4, j + 1)
    if ruggedness(seed, x, y) > 0.08:
        return False, i, j
    for k in range(8):
        for m in range(2):
            px, py = vertex(seed, i + k, j + 3 * m)
            if macro_height(seed, px, py) < 16.0:
                return False, i, j
    for k in range(8):
        if _line(i + k) == 2 and 0 < k < 7:
            return False, i, j
    return not (_line(j + 1) == 2 or _line(j + 2) == 2), i, j


@subkernel
def _town(choice: float, u: float) -> int:
    if u > 0.95:
        return DOWNTOWN if choice < 0.62 else APARTMENTS if choice < 0.82 else COMMERCE if choice < 0.92 else PARK
    if u > 0.74:
        if choice < 0.52:
            return SUBURB
        if choice < 0.68:
            return APARTMENTS
        if choice < 0.78:
            return COMMERCE
        if choice < 0.86:
            return INDUSTRY
        return SPORTS if choice < 0.94 else PARK
    if choice < 0.64:
        return SUBURB
    if choice < 0.73:
        return INDUSTRY
    if choice < 0.78:
        return COMMERCE
    if choice < 0.85:
        return SPORTS
    if choice < 0.90:
        return PARK
    if choice < 0.93:
        return TANKS
    return GOLF if choice < 0.965 else TRAILERS


@subkernel
def _country(choice: float, wet: float) -> int:
    if wet < 0.27:
        return NATURE if choice < 0.86 else CROPS if choice < 0.95 else SOLAR if choice < 0.985 else QUARRY
    if choice < 0.46:
        return CROPS
    if choice < 0.62:
        return NATURE
    if choice < 0.75:
        return PASTURE
    if choice < 0.81:
        return ORCHARD
    if choice < 0.90:
        return FARM
    if choice < 0.925:
        return SOLAR
    if choice < 0.95:
        return WIND
    if choice < 0.97:
        return GLASS
    return GOLF if choice < 0.98 else TANKS if choice < 0.987 else QUARRY


@kernel
def cell_kind(seed: int, i: int, j: int) -> int:
    """What one district of the world is; a pure function of the cell."""
    has, ai, aj = airport(seed, i // BLOCK, j // BLOCK)
    if has and ai <= i < ai + 7 and aj <= j < aj + 3:
        return AIRPORT
    quad = corners(seed, i, j)
    cx = 0.25 * (quad[0, 0] + quad[1, 0] + quad[2, 0] + quad[3, 0])
    cy = 0.25 * (quad[0, 1] + quad[1, 1] + quad[2, 1] + quad[3, 1])
    choice = draw_cell(seed, _KIND, i, j)
    u = urbanity(seed, cx, cy) + 0.10 * (draw(hash_cell(seed, _KIND, i, j), 1) - 0.5)
    height = relief_height(seed, cx, cy)
    dry = 1 if height > 0.6 else 0
    for k in range(4):
        dry += 1 if relief_height(seed, quad[k, 0], quad[k, 1]) > 0.6 else 0
    if dry == 0:
        return WATER
    if dry < 5:
        return HARBOUR if u > 0.28 and dry > 1 and choice < 0.75 else NATURE
    if u > 0.52:
        return _town(choice, u)
    rugged = ruggedness(seed, cx, cy)
    if rugged > 0.4 or warmth(seed, cx, cy, height) < 3.0 or u < 0.1:
        return NATURE
    return _country(choice, moisture(seed, cx, cy))


@subkernel
def _is_town(kind: int) -> bool:
    return 4 <= kind <= 11 or kind in (GLASS, HARBOUR, GOLF, TRAILERS, SOLAR)


@subkernel
def edge_road(seed: int, i: int, j: int, upward: int) -> int:
    """Road class of the edge from (i, j) to (i+1, j), or to (i, j+1) when `upward` is 1."""
    one = cell_kind(seed, i, j)
    two = cell_kind(seed, i - 1, j) if upward == 1 else cell_kind(seed, i, j - 1)
    if (one == AIRPORT and two == AIRPORT) or one == WATER or two == WATER:
        return NO_ROAD
    line = _line(i) if upward == 1 else _line(j)
    if line == 2:
        return MOTORWAY
    if line == 1:
        return PRIMARY
    if one == AIRPORT or two == AIRPORT:
        return TRACK
    if _is_town(one) or _is_town(two):
        return STREET
    chance = draw_cell(seed, _EDGE, 2 * i + upward, j)
    if one == NATURE and two == NATURE:
        return TRACK if chance < 0.05 else NO_ROAD
    return STREET if chance < 0.10 else TRACK if chance < 0.55 else NO_ROAD
