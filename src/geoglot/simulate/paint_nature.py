"""Ground that nobody built on: water, shores, woods, meadows, rock, snow, and what floods and fires leave."""

from __future__ import annotations

import math

import numpy as np

from geoglot.simulate.emit import (
    Paints,
)  # fmt: skip
from geoglot.simulate.loops import Array, inlined, kernel, subkernel
from geoglot.simulate.noise import smooth, value_noise, value_noise_line
from geoglot.simulate.paint import TREES_UNTIL_M, Canvas, Fields, Season


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
