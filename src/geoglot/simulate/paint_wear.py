"""What weather and use do to finished ground: slabs, cracks and repairs of pavement, waves on water, bare crowns.

Noise is drawn on blocks of 2 x 2 fine pixels, which are the pixels of the image and tied to the world.
"""

from __future__ import annotations

import math

from geoglot.simulate.emit import CLASS, P_XY, Paints
from geoglot.simulate.loops import Array, kernel, subkernel
from geoglot.simulate.noise import draw, hash_cell, smooth, value_noise
from geoglot.simulate.paint import Canvas

# Finest details are drawn up to these sizes of a fine pixel.
WEAR_UNTIL_M = 0.6
WAVES_UNTIL_M = 1.6
_ZONE, _CRACK, _SLAB, _REPAIR, _SWELL, _TWIG = 2011, 2012, 84, 85, 2014, 2016
_SLAB_M = 5.0
_REPAIR_M = 13.0
# Root mean square slope of a sea under a light wind of 3 m/s along the wind (Cox & Munk 1954): 0.003 + 0.0032 w, and
# its root; part of it lies in ripples finer than any pixel.
_WAVE_SLOPE = 0.09


@kernel
def wear(canvas: Canvas, rows: Array, seed: int, paints: Paints) -> None:
    """Slabs, cracks, stains and repairs of paved ground; rows are the ground patches, whose sides the slabs follow."""
    height, width = canvas.base.shape
    size = 2.0 * canvas.step_m
    for b in range(canvas.row0 >> 1, ((canvas.row0 + height - 1) >> 1) + 1):
        y = (b + 0.5) * size
        for a in range(canvas.col0 >> 1, ((canvas.col0 + width - 1) >> 1) + 1):
            x = (a + 0.5) * size
            known = False
            worn = 0.0
            laid = 0.0
            laid_on = -1
            for r in range(max(0, 2 * b - canvas.row0), min(height, 2 * b + 2 - canvas.row0)):
                for c in range(max(0, 2 * a - canvas.col0), min(width, 2 * a + 2 - canvas.col0)):
                    m = canvas.material[r, c]
                    slabs = m == paints.concrete or m == paints.paving
                    if not (slabs or m == paints.asphalt or m == paints.asphalt_new):
                        continue
                    if not known:
                        known = True
                        worn = _cracks(seed, x, y, size)
                    canvas.tone[r, c] += worn
                    n = canvas.patch[r, c]
                    if n < 0:
                        continue
                    key = 2 * n + slabs
                    if key != laid_on:
                        laid_on = key
                        laid = _laid(rows[n], x, y, size, slabs)
                    canvas.tone[r, c] += laid


@subkernel
def _cracks(seed: int, x: float, y: float, size: float) -> float:
    """Tone of cracks sealed with tar, dense where a pavement is old, and of stains."""
    zone = value_noise(seed, _ZONE, x / 31.0, y / 31.0)
    stain = value_noise(seed, _CRACK, x / 2.3, y / 2.3)
    tone = 0.05 * zone - 0.10 * smooth(0.45, 0.85, stain)
    if zone > -0.35:
        seam = value_noise(seed, _CRACK + 1, x / 9.0, y / 9.0) + 0.22 * stain
        # The seam of a noise of unit lattice is about as wide as its level over its slope, which is 1.5.
        if abs(seam) < 1.5 * max(0.06, 0.5 * size) / 9.0:
            tone -= 0.34 * min(1.0, 0.16 / size) * (0.5 + 0.5 * zone + 0.4)
    return tone


@subkernel
def _laid(row: Array, x: float, y: float, size: float, slabs: bool) -> float:
    """Tone of the slabs and joints of a paved patch, or of the repairs of one of asphalt, along its first side."""
    dx = row[P_XY + 2] - row[P_XY]
    dy = row[P_XY + 3] - row[P_XY + 1]
    long = math.sqrt(dx * dx + dy * dy) + 1e-9
    s = ((x - row[P_XY]) * dx + (y - row[P_XY + 1]) * dy) / long
    v = ((y - row[P_XY + 1]) * dx - (x - row[P_XY]) * dy) / long
    key = int(row[P_XY] * 8.0)
    if slabs:
        i = math.floor(s / _SLAB_M)
        j = math.floor(v / _SLAB_M)
        tone = 0.11 * (draw(hash_cell(key, _SLAB, i, j), 0) - 0.5)
        joint = min(s - i * _SLAB_M, v - j * _SLAB_M)
        return tone - (0.30 * min(1.0, 0.10 / size) if joint < max(0.08, size) else 0.0)
    i = math.floor(s / _REPAIR_M)
    j = math.floor(v / _REPAIR_M)
    h = hash_cell(key, _REPAIR, i, j)
    if draw(h, 0) > 0.22:
        return 0.0
    u = s / _REPAIR_M - i - 0.2 * draw(h, 1)
    w = v / _REPAIR_M - j - 0.2 * draw(h, 2)
    inside = 0.0 < u < 0.15 + 0.6 * draw(h, 3) and 0.0 < w < 0.1 + 0.4 * draw(h, 4)
    return 0.36 * (draw(h, 5) - 0.6) if inside else 0.0


@kernel
def waves(canvas: Canvas, seed: int, paints: Paints) -> None:
    """Slopes of the waves of open water, crests across a wind that blows one way over a world."""
    height, width = canvas.base.shape
    size = 2.0 * canvas.step_m
    wind = 6.28 * draw(hash_cell(seed, _SWELL, 0, 0), 0)
    co = math.cos(wind)
    si = math.sin(wind)
    length = max(3.2, 2.2 * size)
    for b in range(canvas.row0 >> 1, ((canvas.row0 + height - 1) >> 1) + 1):
        y = (b + 0.5) * size
        for a in range(canvas.col0 >> 1, ((canvas.col0 + width - 1) >> 1) + 1):
            x = (a + 0.5) * size
            known = False
            slope = 0.0
            for r in range(max(0, 2 * b - canvas.row0), min(height, 2 * b + 2 - canvas.row0)):
                for c in range(max(0, 2 * a - canvas.col0), min(width, 2 * a + 2 - canvas.col0)):
                    if canvas.material[r, c] != paints.water or canvas.patch[r, c] >= 0:
                        continue
                    if not known:
                        known = True
                        u = x * co + y * si
                        v = y * co - x * si
                        slope = value_noise(seed, _SWELL, u / length, v / (2.2 * length))
                        slope += value_noise(seed, _SWELL + 1, u / (3.7 * length), v / (9.0 * length))
                        slope *= _WAVE_SLOPE
                    canvas.slope_x[r, c] = slope * co
                    canvas.slope_y[r, c] = slope * si


@kernel
def bare_crowns(canvas: Canvas, under: Array, rows: Array, trees: tuple[int, int], gaps: float) -> None:
    """Open the crowns of leafless trees in place: the ground shows through them where no twig hides it.

    trees: index of the class tree, and of the material of broad leaves. gaps: share of a crown that is open. The
    pixels still belong to the tree, in truth and in what they shade.
    """
    kind, leaves = trees
    height, width = canvas.base.shape
    for r in range(height):
        y = (canvas.row0 + r + 0.5) * canvas.step_m
        for c in range(width):
            n = canvas.thing[r, c]
            if n < 0 or canvas.material[r, c] != leaves or int(rows[n, CLASS]) != kind:
                continue
            x = (canvas.col0 + c + 0.5) * canvas.step_m
            twigs = value_noise(7, _TWIG, x / 0.6, y / 0.6)
            if twigs < 2.0 * gaps - 1.0:
                canvas.material[r, c] = under[r, c]
                canvas.mixed[r, c] = 0.5
                canvas.tone[r, c] = -0.22 + 0.2 * twigs
                canvas.slope_x[r, c] = 0.0
                canvas.slope_y[r, c] = 0.0
