"""Objects and woods onto the fine grid: shapes, paints, heights and roof slopes."""

from __future__ import annotations

import math

import numpy as np

from geoglot.simulate.emit import (
    ANGLE,
    BASE,
    CLASS,
    HEIGHT,
    IN_WOOD,
    KEY,
    LENGTH,
    PAINT,
    PAINT2,
    RUNNING,
    STAND,
    TONE,
    VARIANT,
    WIDTH,
    Kit,
    X,
    Y,
    choose,
    size_of,
)  # fmt: skip
from geoglot.simulate.loops import Array, kernel, subkernel
from geoglot.simulate.noise import draw, hash_cell, mix, normal, value_noise
from geoglot.simulate.paint import Canvas
from geoglot.simulate.terrain import warmth
from geoglot.simulate.water import Waters, ground

_WOOD = 71
WOOD_M = 4.6


@subkernel
def _inside(shape: int, u: float, v: float, extra: float, points: Array, first: int, count: int) -> bool:
    """Whether a point in a part's own frame (-0.5 … 0.5) belongs to it."""
    if shape == 6:  # polygon, in the object's frame
        hit = False
        k = first + count - 1
        for m in range(first, first + count):
            if (points[m, 1] > v) != (points[k, 1] > v) and u < (points[k, 0] - points[m, 0]) * (v - points[m, 1]) / (
                points[k, 1] - points[m, 1]
            ) + points[m, 0]:
                hit = not hit
            k = m
        return hit
    if abs(u) > 0.5 or abs(v) > 0.5:
        return False
    if shape == 0 or shape == 8:
        return True
    if shape == 1 or shape == 5:
        return u * u + v * v <= 0.25
    if shape == 2:
        d = u * u + v * v
        return 0.25 * extra * extra <= d <= 0.25
    if shape == 4:
        return (u + 0.5) * extra % 1.0 < 0.5
    if shape == 10:
        return (v + 0.5) * extra % 1.0 < 0.56
    return True


@subkernel
def _round_ends(u: float, v: float, length: float, width: float) -> float:
    """Signed distance (m) into a stadium of that size at fractions (u, v)."""
    x = abs(u) * length
    y = abs(v) * width
    r = 0.5 * width
    over = max(0.0, x - (0.5 * length - r))
    return r - math.sqrt(over * over + y * y)


@subkernel
def _hit(shape: int, u: float, v: float, part: Array, size: tuple[float, float, float], points: Array) -> bool:
    length, width, step = size
    if shape == 3:
        return _round_ends(u, v, length, width) >= 0.0
    if shape == 7:  # a frame: lines of `extra` metres, never thinner than one pixel's half
        line = max(part[9], 0.3 * step)
        x = 0.5 * length - abs(u) * length
        y = 0.5 * width - abs(v) * width
        return x >= 0.0 and y >= 0.0 and min(x, y) < line
    if shape == 9:  # lane lines of a running track, 1.22 m apart
        d = _round_ends(u, v, length, width)
        return 0.0 <= d < 9.8 and d % 1.22 < 0.07 and step < 0.3
    if shape == 11:  # a wake widens and fades astern (u falls)
        t = 0.5 - u
        if abs(u) > 0.5 or t < 0.0:
            return False
        edge = 0.12 + 0.38 * t
        return abs(v) < edge and (abs(v) > edge - 0.10 or t < 0.35)
    return _inside(shape, u, v, part[9], points, int(part[10]), int(part[11]))


@subkernel
def _profile(profile: int, u: float, v: float, extra: float) -> tuple[float, float, float]:
    """Height share in [0, 1] of a roof form, and its derivatives along u and v."""
    if profile == 1:
        return 1.0 - 2.0 * abs(v), 0.0, -2.0 if v > 0 else 2.0
    if profile == 6:
        return 1.0 - 2.0 * abs(u), -2.0 if u > 0 else 2.0, 0.0
    if profile == 2:
        eave = (0.5 - abs(u)) * 2.6
        side = (0.5 - abs(v)) * 2.0
        if eave < side:
            return eave, -2.6 if u > 0 else 2.6, 0.0
        return side, 0.0, -2.0 if v > 0 else 2.0
    if profile == 3:
        d = min(0.98, 4.0 * (u * u + v * v))
        z = math.sqrt(1.0 - d)
        return z, -4.0 * u / max(z, 0.35), -4.0 * v / max(z, 0.35)
    if profile == 4:
        d = math.sqrt(u * u + v * v)
        return 1.0 - 2.0 * d, -2.0 * u / max(d, 1e-6), -2.0 * v / max(d, 1e-6)
    if profile == 5:
        wide = extra if 0.0 < extra < 1.0 else 1.0
        d = min(0.98, 4.0 * v * v / (wide * wide))
        z = math.sqrt(1.0 - d)
        return z, 0.0, -4.0 * v / (wide * wide) / max(z, 0.3)
    return 1.0, 0.0, 0.0


@subkernel
def _plain_paint(row: Array, part: Array) -> int:
    """The material of a part: one of the object's two paints, or its own."""
    paint = int(part[7])
    if paint == -2:
        return int(row[PAINT2])
    return int(row[PAINT]) if paint < 0 else paint


@subkernel
def _box_paint(row: Array, part: Array, kit: Kit, u: float, v: float) -> int:
    """The material of one box of a container stack."""
    nu = int((u + 0.5) * part[9])
    nv = int((v + 0.5) * 6.0)
    return choose(kit, kit.kind.container, 0, draw(np.uint64(row[KEY]), 500 + 7 * nu + nv))


@kernel
def objects(canvas: Canvas, rows: Array, order: Array, kit: Kit) -> None:
    """Draw objects in the given order; higher things hide lower ones."""
    for k in range(order.shape[0]):
        n = order[k]
        row = rows[n]
        variant = int(row[VARIANT])
        first = kit.things.parts[variant, 0]
        for p in range(first, first + kit.things.parts[variant, 1]):
            if int(kit.things.part[p, 0]) == 5:
                _crown(canvas, row, n, kit.things.part[p])
                continue
            _part(canvas, row, n, kit.things.part[p], kit)


@subkernel
def _part(canvas: Canvas, row: Array, n: int, part: Array, kit: Kit) -> None:
    step = canvas.step_m
    height, width = canvas.base.shape
    shape = int(part[0])
    co = math.cos(row[ANGLE])
    si = math.sin(row[ANGLE])
    length = row[LENGTH] * (part[3] if shape != 6 else 1.0)
    across = row[WIDTH] * (part[4] if shape != 6 else 1.0)
    if shape == 6:
        px = row[X]
        py = row[Y]
        across = across * part[4]
    else:
        px = row[X] + part[1] * row[LENGTH] * co - part[2] * row[WIDTH] * si
        py = row[Y] + part[1] * row[LENGTH] * si + part[2] * row[WIDTH] * co
    wide = 0.5 * (abs(length * co) + abs(across * si)) + step
    tall = 0.5 * (abs(length * si) + abs(across * co)) + step
    r0 = max(0, math.floor((py - tall) / step) - canvas.row0)
    r1 = min(height - 1, math.floor((py + tall) / step) - canvas.row0)
    c0 = max(0, math.floor((px - wide) / step) - canvas.col0)
    c1 = min(width - 1, math.floor((px + wide) / step) - canvas.col0)
    if r1 < r0 or c1 < c0:
        return
    thin = min(length, across) < step  # less than a pixel: keep it, one pixel wide
    lu = max(length, step) if thin else length
    lv = max(across, step) if thin else across
    z0 = row[BASE] + part[5] * row[HEIGHT]
    rise = (part[6] - part[5]) * row[HEIGHT]
    profile = int(part[8])
    size = (lu, lv, step)
    mown = int(part[7]) == -3
    paint = _plain_paint(row, part)
    raised = row[HEIGHT] > 0.2  # courts and pitches follow their ground
    bounded = shape != 6  # polygons may reach beyond their frame
    most_u = 0.5000001 * lu
    most_v = 0.5000001 * lv
    for r in range(r0, r1 + 1):
        y = (canvas.row0 + r + 0.5) * step - py
        for c in range(c0, c1 + 1):
            x = (canvas.col0 + c + 0.5) * step - px
            u = x * co + y * si
            v = y * co - x * si
            # Divisions are dear: most of the pixels of a slanting thing's bounds are clearly outside it.
            if bounded and (abs(u) > most_u or abs(v) > most_v):
                continue
            u /= lu
            v /= lv
            if shape == 0:
                if abs(u) > 0.5 or abs(v) > 0.5:
                    continue
            elif not _hit(shape, u, v, part, size, kit.things.point):
                continue
            share, du, dv = 1.0, 0.0, 0.0
            if profile > 0:
                share, du, dv = _profile(profile, u, v, part[9])
            z = z0 + rise * share if raised else canvas.base[r, c]
            if canvas.thing[r, c] != n and canvas.top[r, c] > z + 1.0 and z - canvas.base[r, c] < 1.0:
                continue
            canvas.top[r, c] = z
            canvas.thing[r, c] = n
            canvas.material[r, c] = paint if shape != 8 else _box_paint(row, part, kit, u, v)
            canvas.tone[r, c] = row[TONE] + (0.07 if mown else 0.0)
            canvas.mixed[r, c] = 0.0 if shape != 11 else 0.55 + 0.4 * (0.5 - u)
            if rise > 0.0:
                gu = rise * du / lu
                gv = rise * dv / lv
                canvas.slope_x[r, c] = gu * co - gv * si
                canvas.slope_y[r, c] = gu * si + gv * co


@subkernel
def _crown(canvas: Canvas, row: Array, n: int, part: Array) -> None:
    """One tree or bush: a ragged dome that hides what is lower; the taller of two crowns wins a pixel."""
    step = canvas.step_m
    height, width = canvas.base.shape
    diameter = max(row[LENGTH], step)
    reach = 0.5 * diameter
    r0 = max(0, math.floor((row[Y] - reach) / step) - canvas.row0)
    r1 = min(height - 1, math.floor((row[Y] + reach) / step) - canvas.row0)
    c0 = max(0, math.floor((row[X] - reach) / step) - canvas.col0)
    c1 = min(width - 1, math.floor((row[X] + reach) / step) - canvas.col0)
    if r1 < r0 or c1 < c0:
        return
    low = row[BASE] + part[5] * row[HEIGHT]
    rise = (part[6] - part[5]) * row[HEIGHT]
    lean = row[KEY] % 6.28
    co = math.cos(lean)
    si = math.sin(lean)
    ripe = 0.25 * draw(np.uint64(row[KEY]), 3)
    steep = 4.0 * rise / diameter
    for r in range(r0, r1 + 1):
        y = (canvas.row0 + r + 0.5) * step
        v = (y - row[Y]) / diameter
        for c in range(c0, c1 + 1):
            if canvas.top[r, c] >= low + rise:
                continue
            x = (canvas.col0 + c + 0.5) * step
            u = (x - row[X]) / diameter
            d = u * u + v * v
            if d > 0.25:
                continue
            # The radius wanders with direction: cos 3t and sin 5t as polynomials of the unit vector; see
            # truth.crown_outline for the same curve.
            unit = 1.0 / math.sqrt(d + 1e-9)
            p = (u * co + v * si) * unit
            q = (u * si - v * co) * unit
            bump = 0.86 + 0.08 * (4.0 * p * p * p - 3.0 * p) + 0.06 * q * (16.0 * q * q * q * q - 20.0 * q * q + 5.0)
            d /= bump * bump
            if d > 0.25:
                continue
            share = math.sqrt(1.0 - 3.92 * d)
            z = low + rise * share
            if canvas.top[r, c] >= z:
                continue
            canvas.top[r, c] = z
            canvas.thing[r, c] = n
            canvas.material[r, c] = int(row[PAINT])
            tone = row[TONE] + 0.34 * (share - 0.62)
            if step < 0.5:  # clumps of leaves: lit tops and dark gaps
                tone += 0.38 * value_noise(7, 7001, x / 0.9, y / 0.9)
            canvas.tone[r, c] = tone
            canvas.mixed[r, c] = ripe
            fall = -steep / max(share, 0.35)
            canvas.slope_x[r, c] = fall * u
            canvas.slope_y[r, c] = fall * v


@kernel
def woods(canvas: Canvas, kit: Kit, seed: int, out: Array) -> int:
    """Rows for the trees of woods and the bushes of scrub, from a jittered lattice; gives their number.

    A tree grows where the natural ground under its stem is wood.
    """
    step = canvas.step_m
    height, width = canvas.base.shape
    paints = kit.paint
    i0 = math.floor(canvas.col0 * step / WOOD_M) - 2
    i1 = math.floor((canvas.col0 + width) * step / WOOD_M) + 2
    j0 = math.floor(canvas.row0 * step / WOOD_M) - 2
    j1 = math.floor((canvas.row0 + height) * step / WOOD_M) + 2
    n = 0
    for j in range(j0, j1 + 1):
        for i in range(i0, i1 + 1):
            h = hash_cell(seed, _WOOD, i, j)
            x = (i + 0.15 + 0.7 * draw(h, 30)) * WOOD_M
            y = (j + 0.15 + 0.7 * draw(h, 31)) * WOOD_M
            c = math.floor(x / step) - canvas.col0
            r = math.floor(y / step) - canvas.row0
            if c < 0 or r < 0 or c >= width or r >= height or n >= out.shape[0] or canvas.patch[r, c] >= 0:
                continue
            under = canvas.material[r, c]
            if under == paints.undergrowth:
                kind = kit.kind.tree if draw(h, 32) < 0.94 else kit.kind.bush
            elif under == paints.shrub:
                if draw(h, 32) > 0.62:
                    continue
                kind = kit.kind.tree if draw(h, 33) < 0.04 else kit.kind.bush
            elif under == paints.grass or under == paints.dry_grass:
                if draw(h, 32) > 0.012:
                    continue
                kind = kit.kind.tree
            elif under == paints.soil_pale or under == paints.soil_red:
                # Desert scrub stands apart, denser in some places than in others.
                if draw(h, 32) > 0.42 * (value_noise(seed, 7002, x / 120.0, y / 120.0) + 0.35):
                    continue
                kind = kit.kind.bush
            else:
                continue
            _grow(out[n], kit, kind, (x, y, h), seed)
            out[n, BASE] = canvas.base[r, c]
            n += 1
    return n


@subkernel
def _grow(row: Array, kit: Kit, kind: int, where: tuple[float, float, np.uint64], seed: int) -> None:
    x, y, h = where
    length, _, height = size_of(kit, kind, h)
    row[CLASS] = kind
    row[VARIANT] = kit.things.variants[kind, 0]
    row[X] = x
    row[Y] = y
    row[ANGLE] = 0.0
    row[LENGTH] = length
    row[WIDTH] = length
    row[HEIGHT] = height
    paint = choose(kit, kind, 0, draw(h, 2))
    if kind == kit.kind.tree and draw(h, 34) < 0.85:
        # Stands are of one kind: conifers where it is cool.
        cool = warmth(seed, x, y, 0.0) < 9.0 + 6.0 * draw(hash_cell(seed, _WOOD, int(x // 90.0), int(y // 90.0)), 5)
        paint = kit.paint.conifer if cool else kit.paint.forest
    row[PAINT] = paint
    row[PAINT2] = paint
    row[TONE] = 0.16 * normal(h, 11)
    row[RUNNING] = 0.0
    row[KEY] = float(mix(h) >> np.uint64(12))
    row[STAND] = IN_WOOD
    row[15] = 0.0


@kernel
def set_base(rows: Array, seed: int, water: Waters) -> None:
    """Set the base of every object that has none to the height of the ground under its centre."""
    for n in range(rows.shape[0]):
        if math.isnan(rows[n, BASE]):
            rows[n, BASE] = ground(seed, rows[n, X], rows[n, Y], water)[0]


@kernel
def cover_of(under: Array, thing: Array, rows: Array, by_material: Array, by_class: Array) -> Array:
    """(H, W) land cover: that of the object on top where its class has one, else of the ground under it."""
    height, width = under.shape
    out = np.empty((height, width), np.uint8)
    for r in range(height):
        for c in range(width):
            n = thing[r, c]
            own = by_class[int(rows[n, CLASS])] if n >= 0 else -1
            out[r, c] = own if own >= 0 else by_material[under[r, c]]
    return out
