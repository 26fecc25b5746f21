"""From rows to pixels: ground cover, patches, roads, and objects with their heights, on a fine grid.

A pixel takes what lies under its centre; centres are exact multiples of the pixel size, so overlapping windows of
equal pixel size agree to the byte.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from geoglot.simulate.emit import (
    ELLIPSE,
    P_CROP,
    P_KIND,
    P_MATERIAL,
    P_MIX,
    P_ROW,
    P_ROW_ANGLE,
    P_ROW_M,
    P_TONE,
    P_XY,
    QUAD,
    R_CLASS,
    R_HALF,
    R_MATERIAL,
    R_SIDE,
    R_TONE,
    R_ZEBRA,
    STRIPES,
    Paints,
)  # fmt: skip
from geoglot.simulate.mesh import MOTORWAY, PRIMARY, STREET
from geoglot.simulate.noise import (
    Array,
    draw,
    hash_cell,
    inlined,
    kernel,
    smooth,
    subkernel,
    value_noise,
    value_noise_line,
)
from geoglot.simulate.terrain import moisture, patchiness, ruggedness, warmth
from geoglot.simulate.water import Waters, ground

# Woods are drawn tree by tree up to this pixel size; beyond it, as one canopy.
TREES_UNTIL_M = 1.6
_WEAR = 83


class Canvas(NamedTuple):
    """A fine grid under construction; pixel (r, c) has its centre at (col0 + c + .5, row0 + r + .5) * step_m."""

    col0: int
    row0: int
    step_m: float
    base: NDArray[np.float32]  # height of the bare ground, m
    top: NDArray[np.float32]  # height of the surface, m
    slope_x: NDArray[np.float32]  # rise per metre along x and y
    slope_y: NDArray[np.float32]
    material: NDArray[np.uint8]
    tone: NDArray[np.float32]  # natural logarithm of a brightness factor
    mixed: NDArray[np.float32]  # share of the material's dry companion
    patch: NDArray[np.int32]  # row of the ground patch, -1 natural
    thing: NDArray[np.int32]  # row of the topmost object, -1 none


class Fields(NamedTuple):
    """Slow fields on a coarse lattice of `every` fine pixels.

    planes: (7, h, w) height, water distance, moisture, warmth, patchiness, and the slopes along x and y.
    """

    every: int
    col0: int
    row0: int
    planes: NDArray[np.float32]


class Season(NamedTuple):
    """What time does to the ground: kelvin below summer, and the states (S, 4) of epoch.Epoch.states."""

    chill_k: float
    states: NDArray[np.float64]


def new_canvas(col0: int, row0: int, width: int, height: int, step_m: float) -> Canvas:
    """An empty canvas."""
    shape = (height, width)

    def plane() -> NDArray[np.float32]:
        return np.zeros(shape, np.float32)

    return Canvas(
        col0, row0, step_m, plane(), plane(), plane(), plane(), np.zeros(shape, np.uint8), plane(), plane(),
        np.full(shape, -1, np.int32), np.full(shape, -1, np.int32),
    )  # fmt: skip


@kernel
def _sample(seed: int, water: Waters, step: float, i0: int, j0: int, planes: Array) -> None:
    """Fill (7, h, w) planes at lattice points; slopes by central differences."""
    h, w = planes.shape[1], planes.shape[2]
    for r in range(h):
        y = (j0 + r) * step
        for c in range(w):
            x = (i0 + c) * step
            z, inside, _ = ground(seed, x, y, water)
            planes[0, r, c] = z
            planes[1, r, c] = min(400.0, max(-400.0, inside))
            planes[2, r, c] = moisture(seed, x, y)
            planes[3, r, c] = warmth(seed, x, y, z) - 4.0 * ruggedness(seed, x, y)
            planes[4, r, c] = patchiness(seed, x, y)
    for r in range(h):
        for c in range(w):
            a = min(h - 2, max(1, r))
            b = min(w - 2, max(1, c))
            planes[5, r, c] = (planes[0, a, b + 1] - planes[0, a, b - 1]) / (2.0 * step)
            planes[6, r, c] = (planes[0, a + 1, b] - planes[0, a - 1, b]) / (2.0 * step)


def fields(seed: int, water: Waters, canvas: Canvas) -> Fields:
    """Slow fields under a canvas, on a lattice that all windows of this pixel size share.

    Two lattice points more than needed lie on each side, so that slopes inside never come from a border.
    """
    every = 8 if canvas.step_m <= 2.5 else 4 if canvas.step_m <= 6.0 else 2
    rows, columns = canvas.base.shape
    i0 = canvas.col0 // every - 2
    j0 = canvas.row0 // every - 2
    w = (canvas.col0 + columns) // every + 4 - i0
    h = (canvas.row0 + rows) // every + 4 - j0
    planes = np.empty((7, h, w), np.float32)
    _sample(seed, water, every * canvas.step_m, i0, j0, planes)
    return Fields(every, i0, j0, planes)


@subkernel
def _fine_noise(seed: int, canvas: Canvas, block_row: int, line: Array) -> None:
    """Fine noise of one row of 2 x 2 blocks; the blocks are tied to the world, not to the window."""
    step = 2.0 * canvas.step_m
    y = (block_row + 0.5) * step
    first = canvas.col0 >> 1
    count = line.shape[0]
    xs = np.empty(count)
    ys = np.full(count, y / 17.0)
    for k in range(count):
        xs[k] = (first + k + 0.5) * step / 17.0
    value_noise_line(seed, 2001, xs, ys, line)
    if step < 6.0:
        finer = np.empty(count)
        ys[:] = y / 4.1
        for k in range(count):
            xs[k] = (first + k + 0.5) * step / 4.1
        value_noise_line(seed, 2002, xs, ys, finer)
        for k in range(count):
            line[k] = 0.7 * line[k] + 0.3 * finer[k]


@kernel
def natural(seed: int, canvas: Canvas, slow: Fields, paints: Paints, season: Season) -> None:
    """Paint what grows or lies where nobody built: water, shore, wood, scrub, meadow, bare ground, rock, snow."""
    rows, columns = canvas.base.shape
    every = slow.every
    planes = slow.planes
    line = np.empty((columns >> 1) + 2)
    across = np.empty((planes.shape[2], 7))
    last = 1 << 60
    for r in range(rows):
        gy = canvas.row0 + r
        if gy >> 1 != last:
            last = gy >> 1
            _fine_noise(seed, canvas, last, line)
        fy = (gy + 0.5) / every
        j = math.floor(fy)
        ty = fy - j
        a = j - slow.row0
        for b in range(planes.shape[2]):
            for k in range(7):
                across[b, k] = planes[k, a, b] + (planes[k, a + 1, b] - planes[k, a, b]) * ty
        for c in range(columns):
            gx = canvas.col0 + c
            fx = (gx + 0.5) / every
            i = math.floor(fx)
            tx = fx - i
            left = across[i - slow.col0]
            right = across[i - slow.col0 + 1]
            z = left[0] + (right[0] - left[0]) * tx
            inside = left[1] + (right[1] - left[1]) * tx
            patchy = left[4] + (right[4] - left[4]) * tx
            fine = line[(gx >> 1) - (canvas.col0 >> 1)]
            canvas.base[r, c] = z
            canvas.top[r, c] = z
            edge = inside + 2.2 * fine
            flooded = False
            if season.states.shape[0] and edge <= 0.0:
                edge += _flood(season.states, (gx + 0.5) * canvas.step_m, (gy + 0.5) * canvas.step_m)
                flooded = edge > 0.0
            if edge > 0.0:
                _wet(canvas, r, c, (inside, z, patchy, fine), paints)
                if flooded:
                    canvas.material[r, c] = paints.turbid_water
                    canvas.mixed[r, c] = 0.1
                continue
            sx = left[5] + (right[5] - left[5]) * tx
            sy = left[6] + (right[6] - left[6]) * tx
            canvas.slope_x[r, c] = sx
            canvas.slope_y[r, c] = sy
            canvas.tone[r, c] = 0.10 * patchy
            canvas.mixed[r, c] = min(1.0, max(0.0, 0.5 + 0.5 * patchy + 0.25 * fine))
            wet = left[2] + (right[2] - left[2]) * tx
            warm = left[3] + (right[3] - left[3]) * tx
            steep = sx * sx + sy * sy
            found = _cover(paints, (edge, z, wet, warm, patchy, fine, steep), season.chill_k)
            if season.states.shape[0]:
                found = _bared(paints, season.states, found, (gx, gy, patchy, fine), canvas.step_m)
            if found == paints.sand and edge > -14.0:
                # Sand that waves or rain keep wet is darker, up to a line that wanders with the run-up.
                canvas.tone[r, c] -= 0.42 * (1.0 - smooth(1.5, 7.0 + 5.0 * fine, -edge))
            if abs(patchy) < 0.012 and canvas.step_m < 2.0 and found != paints.undergrowth and found != paints.snow:
                # Paths, drains and game trails wind along the seams of the ground.
                canvas.tone[r, c] += 0.14
                canvas.mixed[r, c] = min(1.0, canvas.mixed[r, c] + 0.5)
            if found == paints.undergrowth and canvas.step_m > TREES_UNTIL_M:
                # Too coarse for single crowns: a closed canopy, dark with its own shadows, twelve metres high.
                found = paints.conifer if warm < 9.0 + 3.0 * patchy else paints.forest
                canvas.tone[r, c] = 0.18 * fine - 0.30
                canvas.mixed[r, c] = 0.15
                canvas.top[r, c] = z + 12.0 + 3.0 * fine
            canvas.material[r, c] = found


@subkernel
def _flood(states: Array, x: float, y: float) -> float:
    """How far (m) floods push the waterline out at a point."""
    push = 0.0
    for k in range(states.shape[0]):
        if states[k, 0] == 1.0:
            d = math.hypot(x - states[k, 1], y - states[k, 2])
            push = max(push, 70.0 * (1.0 - smooth(0.7 * states[k, 3], states[k, 3], d)))
    return push


@subkernel
def _bared(paints: Paints, states: Array, found: int, at: tuple[int, int, float, float], step: float) -> int:
    """The natural material after fire (any plants) or clearing (woods)."""
    gx, gy, patchy, fine = at
    for k in range(states.shape[0]):
        if states[k, 0] < 3.0:
            continue
        d = math.hypot((gx + 0.5) * step - states[k, 1], (gy + 0.5) * step - states[k, 2])
        if d > states[k, 3] * (0.82 + 0.3 * patchy + 0.04 * fine):
            continue
        wood = found == paints.undergrowth
        if states[k, 0] == 3.0 and (
            wood or found == paints.shrub or found == paints.grass or found == paints.dry_grass
        ):
            return paints.ash
        if states[k, 0] == 4.0 and wood:
            return paints.soil if patchy > -0.1 else paints.dry_grass
    return found


@subkernel
def _wet(canvas: Canvas, r: int, c: int, at: tuple[float, float, float, float], paints: Paints) -> None:
    """Paint one pixel of water: clear and dark off shore, turbid near it, surf on some sea shores."""
    inside, z, patchy, fine = at
    canvas.slope_x[r, c] = 0.0
    canvas.slope_y[r, c] = 0.0
    canvas.material[r, c] = paints.water
    shallow = 1.0 - smooth(0.0, 30.0, inside)
    canvas.mixed[r, c] = min(1.0, max(0.0, 0.22 + 0.25 * patchy + 0.45 * shallow))
    canvas.tone[r, c] = 0.04 * patchy
    # Surf on sea shores: lines along the beach that break into lace, more and wider where the coast lies open.
    wide = 5.0 + 34.0 * max(0.0, patchy + 0.3)
    swell = max(0.0, inside + 2.5 * fine)
    if z < 0.6 and swell < wide and canvas.step_m < 3.0:
        x = (canvas.col0 + c + 0.5) * canvas.step_m
        y = (canvas.row0 + r + 0.5) * canvas.step_m
        lace = 0.6 * value_noise(7, 2003, x / 3.4, y / 3.4) + 0.4 * value_noise(7, 2004, x / 1.2, y / 1.2)
        behind = ((swell + 0.8 * lace) / 9.0) % 1.0
        breaking = (1.0 - swell / wide) * (0.75 + 0.5 * fine)
        covered = breaking * (1.15 - 1.5 * behind + 0.5 * lace)
        if covered > 0.08:
            canvas.material[r, c] = paints.foam
            canvas.mixed[r, c] = 1.0 - min(1.0, 1.1 * covered)
            canvas.tone[r, c] = 0.12 * lace


@inlined
def _cover(paints: Paints, at: tuple[float, float, float, float, float, float, float], chill_k: float) -> int:
    """The natural material from distance to water, height, moisture, warmth, two noises and the slope squared."""
    edge, z, wet, warm, patchy, fine, steep = at
    if warm - chill_k + 3.0 * patchy + fine < -4.0 and steep < 1.2:
        return paints.snow
    if steep > 0.38 + 0.2 * fine or (warm < 1.0 + 2.0 * patchy and patchy > 0.05):
        return paints.rock
    if edge > -7.0 - 40.0 * max(0.0, patchy + 0.15) and z < 2.6 + fine:
        return paints.sand
    if edge > -9.0 - 6.0 * patchy and wet > 0.3:
        return paints.wetland if patchy > 0.18 else paints.shrub if patchy < -0.25 else paints.grass
    if wet > 0.58 and z < 60.0 and patchy > 0.42 and steep < 0.0004:
        return paints.wetland
    dense = wet + 0.42 * patchy + 0.05 * fine
    if warm > 2.0 and dense > 0.56:
        return paints.undergrowth
    if dense > 0.42 or (warm <= 2.0 and dense > 0.3):
        return paints.shrub if wet < 0.52 and patchy < 0.2 else paints.grass
    if dense > 0.30:
        return paints.grass if wet > 0.4 else paints.dry_grass
    if dense > 0.16:
        return paints.shrub if patchy > 0.0 else paints.dry_grass
    return paints.soil_red if warm > 21.0 and patchy < 0.1 else paints.sand if warm > 24.0 else paints.soil_pale


@kernel
def patches(canvas: Canvas, rows: Array, paints: Paints) -> None:
    """Paint ground patches in order; water keeps its place except for basins (crop column -1)."""
    for n in range(rows.shape[0]):
        row = rows[n]
        kind = int(row[P_KIND])
        if kind == ELLIPSE:
            r = max(row[P_XY + 2], row[P_XY + 3])
            x0, x1 = row[P_XY] - r, row[P_XY] + r
            y0, y1 = row[P_XY + 1] - r, row[P_XY + 1] + r
        else:
            x0 = min(row[1], row[3], row[5], row[7])
            x1 = max(row[1], row[3], row[5], row[7])
            y0 = min(row[2], row[4], row[6], row[8])
            y1 = max(row[2], row[4], row[6], row[8])
        _patch(canvas, row, n, (x0, y0, x1, y1), paints)


@subkernel
def _patch(canvas: Canvas, row: Array, n: int, box: tuple[float, float, float, float], paints: Paints) -> None:
    kind = int(row[P_KIND])
    step = canvas.step_m
    height, width = canvas.base.shape
    r0 = max(0, math.floor(box[1] / step) - canvas.row0)
    r1 = min(height - 1, math.floor(box[3] / step) - canvas.row0 + 1)
    c0 = max(0, math.floor(box[0] / step) - canvas.col0)
    c1 = min(width - 1, math.floor(box[2] / step) - canvas.col0 + 1)
    if r1 < r0 or c1 < c0:
        return
    material = int(row[P_MATERIAL])
    basin = row[P_CROP] < 0.0
    co = math.cos(row[P_XY + 4])
    si = math.sin(row[P_XY + 4])
    # Crop rows finer than two pixels average out; tramlines (wheel tracks every 18 m) show to about 1.5 m.
    drilled = kind == QUAD and row[P_ROW] > 0.0
    stripe = row[P_ROW] * (1.0 - smooth(0.18, 0.5, step / row[P_ROW_M])) if drilled else 0.0
    tram = drilled and step < 0.8
    row_c = -math.sin(row[P_ROW_ANGLE])
    row_s = math.cos(row[P_ROW_ANGLE])
    dx = row[3] - row[1]
    dy = row[4] - row[2]
    long = math.sqrt(dx * dx + dy * dy) if kind == STRIPES else 1.0
    ax, ay, bx, by, cx, cy, ex, ey = row[1], row[2], row[3], row[4], row[5], row[6], row[7], row[8]
    for r in range(r0, r1 + 1):
        y = (canvas.row0 + r + 0.5) * step
        side_a = (bx - ax) * (y - ay)
        side_b = (cx - bx) * (y - by)
        side_c = (ex - cx) * (y - cy)
        side_e = (ax - ex) * (y - ey)
        for c in range(c0, c1 + 1):
            x = (canvas.col0 + c + 0.5) * step
            if kind == ELLIPSE:
                u = ((x - row[1]) * co + (y - row[2]) * si) / row[3]
                v = (-(x - row[1]) * si + (y - row[2]) * co) / row[4]
                if u * u + v * v > 1.0:
                    continue
            else:
                if side_a - (by - ay) * (x - ax) < 0.0 or side_b - (cy - by) * (x - bx) < 0.0:
                    continue
                if side_c - (ey - cy) * (x - cx) < 0.0 or side_e - (ay - ey) * (x - ex) < 0.0:
                    continue
                if kind == STRIPES:
                    s = ((x - row[1]) * dx + (y - row[2]) * dy) / long
                    if s - math.floor(s / row[P_ROW_M]) * row[P_ROW_M] > max(row[P_ROW], 0.55 * step):
                        continue
                    if step > row[P_ROW_M]:
                        continue
            if not basin and (canvas.material[r, c] == paints.water or canvas.material[r, c] == paints.foam):
                continue
            canvas.material[r, c] = material
            canvas.tone[r, c] = 0.3 * canvas.tone[r, c] + row[P_TONE]
            if drilled:
                s = (x * row_c + y * row_s) / row[P_ROW_M]
                canvas.tone[r, c] += stripe * math.sin(6.2831853 * s)
                if tram and (s * row[P_ROW_M] / 18.0) % 1.0 < 0.035:
                    canvas.tone[r, c] -= 0.22
            canvas.mixed[r, c] = row[P_MIX]
            canvas.patch[r, c] = n if kind != STRIPES else canvas.patch[r, c]


@kernel
def roads(canvas: Canvas, rows: Array, paints: Paints) -> None:
    """Paint pavements, then carriageways, then markings, so that crossings join cleanly."""
    for layer in range(3):
        for n in range(rows.shape[0]):
            row = rows[n]
            if layer == 0 and row[R_SIDE] <= 0.0:
                continue
            if layer == 2 and (row[R_CLASS] < STREET or canvas.step_m > 0.7):
                continue
            _road(canvas, row, layer, paints)


@subkernel
def _road(canvas: Canvas, row: Array, layer: int, paints: Paints) -> None:
    step = canvas.step_m
    height, width = canvas.base.shape
    half = row[R_HALF] + (row[R_SIDE] if layer == 0 else 0.0)
    x0, y0, x1, y1 = row[0], row[1], row[2], row[3]
    r0 = max(0, math.floor((min(y0, y1) - half) / step) - canvas.row0)
    r1 = min(height - 1, math.floor((max(y0, y1) + half) / step) - canvas.row0 + 1)
    c0 = max(0, math.floor((min(x0, x1) - half) / step) - canvas.col0)
    c1 = min(width - 1, math.floor((max(x0, x1) + half) / step) - canvas.col0 + 1)
    dx = x1 - x0
    dy = y1 - y0
    length = math.sqrt(dx * dx + dy * dy)
    if length < 0.01:
        return
    dx /= length
    dy /= length
    category = int(row[R_CLASS])
    for r in range(r0, r1 + 1):
        y = (canvas.row0 + r + 0.5) * step - y0
        for c in range(c0, c1 + 1):
            x = (canvas.col0 + c + 0.5) * step - x0
            v = y * dx - x * dy
            if abs(v) > half:
                continue
            s = x * dx + y * dy
            beyond = max(0.0, max(-s, s - length))
            if beyond * beyond + v * v > half * half:
                continue
            under = canvas.material[r, c]
            if under == paints.water or under == paints.foam:
                continue
            if layer == 0:
                canvas.material[r, c] = paints.paving if category == STREET else paints.gravel
                canvas.tone[r, c] = -0.05
                canvas.mixed[r, c] = 0.2
                canvas.patch[r, c] = -1
            elif layer == 1:
                verge = category == MOTORWAY and abs(v) < 1.8
                canvas.material[r, c] = paints.dry_grass if verge else int(row[R_MATERIAL])
                canvas.tone[r, c] = row[R_TONE] + (_wear(row, s, v, category) if step < 1.2 else 0.0)
                canvas.mixed[r, c] = 0.25
                canvas.patch[r, c] = -1
            elif _marked(category, abs(v), s, length, half, row[R_ZEBRA] > 0.0):
                canvas.material[r, c] = paints.marking
                canvas.tone[r, c] = -0.12


@subkernel
def _wear(row: Array, s: float, v: float, category: int) -> float:
    """Brightness of a used carriageway: polished or oily wheel tracks, and repaired strips of other age."""
    lane = 3.6 if category == MOTORWAY else 3.2
    across = abs(v) % lane - 0.5 * lane
    tone = -0.07 * math.exp(-((abs(across) - 0.75) ** 2) / 0.12)
    h = hash_cell(int(row[0] * 8.0), _WEAR, math.floor(s / 14.0), math.floor(v / lane))
    if draw(h, 0) < 0.16:
        tone += 0.28 * (draw(h, 1) - 0.6)
    return tone


@subkernel
def _marked(category: int, v: float, s: float, length: float, half: float, zebra: bool) -> bool:
    """Whether a point of the carriageway is paint: dashes, edge lines, a zebra crossing; none within junctions."""
    if s < half + 4.0 or s > length - half - 6.0:
        return False
    if category == MOTORWAY:
        for k in range(2):
            if abs(v - 6.2 - 3.6 * k) < 0.10 and s % 12.0 < 4.0:
                return True
        return abs(v - 2.5) < 0.14 or abs(v - 13.1) < 0.14
    if zebra and 4.0 < s - half < 7.0:
        return v % 1.1 < 0.55
    if category == PRIMARY:
        return (v < 0.09 and s % 9.0 < 4.5) or abs(v - half + 0.5) < 0.09
    return v < 0.08 and s % 8.0 < 3.0 and half > 4.0
