"""What a map does not show: walls with windows, crowns from the side, ground under trees, mirroring water, the sky.

Everything is reflectance, or radiance on that scale: 1 is a white matt surface under the full sun.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from geoglot.simulate.emit import (
    ANGLE,
    BASE,
    CLASS,
    HEIGHT,
    KEY,
    LENGTH,
    PAINT,
    TONE,
    VARIANT,
    WIDTH,
    Kit,
    X,
    Y,
)  # fmt: skip
from geoglot.simulate.loops import Array, kernel, subkernel
from geoglot.simulate.march import FLOOR, ROTOR, SIDE_X, SIDE_Y, TOP, UNDERSIDE, Field, Found, march, ray_of
from geoglot.simulate.noise import draw, hash_cell, value_noise

_WINDOW = 87
_SHADOW_M = 60.0  # how far a wall looks for what keeps the sun off
_BOUNCE = 0.08  # light that sunny ground throws at a wall, as a share of the sun's
# Of water at normal incidence (refractive index 1.33), for Schlick's approximation of Fresnel's law.
_MIRROR = 0.02
_WINDOW_SHUT = 0.16


class Ground(NamedTuple):
    """A field with all that its look needs. texture: (3, h, w) lit ground seen from above, lit: (h, w) share of the
    sun, both on pixels of two by two cells; material, under, slopes: (H, W) of its layers; rows: its objects."""

    field: Field
    texture: Array
    lit: Array
    material: Array
    under: Array
    slope_x: Array
    slope_y: Array
    rows: Array


class Daylight(NamedTuple):
    """Light and air: spectra (M, 3); sky (3,), its share of the light; sun: unit vector east, south, up; fade: (3,)
    extinction a metre; walls: (2, 8) materials of the walls of buildings and houses."""

    spectra: Array
    sky: Array
    sun: tuple[float, float, float]
    fade: Array
    walls: Array


class Met(NamedTuple):
    """What a ray met: row, column and part of the cell; the point (3,) in metres; the way of the ray, a unit vector."""

    row: int
    column: int
    part: int
    at: Array
    way: tuple[float, float, float]


@subkernel
def sky(day: Daylight, way: tuple[float, float, float], out: Array) -> None:
    """Radiance of a clear sky into (3,): deep blue overhead, whitish at the horizon, bright around the sun."""
    high = max(0.0, way[2])
    low = (1.0 - high) ** 5
    mean = (day.sky[0] + day.sky[1] + day.sky[2]) / 3.0
    near = way[0] * day.sun[0] + way[1] * day.sun[1] + way[2] * day.sun[2]
    glow = 0.35 * math.exp(18.0 * (near - 1.0))
    for k in range(3):
        deep = 0.62 * day.sky[k] * (day.sky[k] / mean) ** (0.9 * (1.0 - low))
        out[k] = deep * (1.0 + 0.9 * low) * (1.0 - 0.55 * low) + 1.18 * mean * 0.55 * low + glow * (1.0 - 0.3 * high)


@subkernel
def _facing(row: Array, kit: Kit, at: tuple[float, float], part: int, way: tuple[float, float, float]) -> Array:
    """(4,) the wall that a point lies on: its normal (east, south), metres along it, and half of its length."""
    out = np.empty(4)
    co = math.cos(row[ANGLE])
    si = math.sin(row[ANGLE])
    x = at[0] - row[X]
    y = at[1] - row[Y]
    u = x * co + y * si
    v = y * co - x * si
    kind = int(row[CLASS])
    if kind == kit.kind.storage_tank:
        away = math.sqrt(x * x + y * y) + 1e-9
        out[0], out[1] = x / away, y / away
        out[2], out[3] = 0.5 * row[LENGTH] * math.atan2(y, x), 1.57 * row[LENGTH]
        return out
    in_u = 0.5 * row[LENGTH] - abs(u)
    in_v = 0.5 * row[WIDTH] - abs(v)
    if min(in_u, in_v) < 0.06 * row[WIDTH] + 0.2:
        ends = in_u < in_v
        sign = (1.0 if u > 0.0 else -1.0) if ends else (1.0 if v > 0.0 else -1.0)
    else:
        # Inside the outline, in a yard or on a roof: the side of the object's frame that the cell's side is nearest.
        nx = -way[0] if part == SIDE_X else 0.0
        ny = -way[1] if part == SIDE_Y else 0.0
        along = nx * co + ny * si
        across = ny * co - nx * si
        ends = abs(along) > abs(across)
        sign = 1.0 if (along if ends else across) > 0.0 else -1.0
    out[0] = sign * (co if ends else -si)
    out[1] = sign * (si if ends else co)
    out[2] = v if ends else u
    out[3] = 0.5 * (row[WIDTH] if ends else row[LENGTH])
    return out


@subkernel
def _window(row: Array, kit: Kit, side: Array, z: float) -> int:
    """What a point of a wall at a height (m) over its foot is: -1 wall, -2 frame or door, else a pane's number."""
    key = np.uint64(row[KEY])
    kind = int(row[CLASS])
    storey = 2.8 + 0.7 * draw(key, 901)
    every = 2.1 + 1.9 * draw(key, 902)
    wide = every * (0.32 + 0.3 * draw(key, 903))
    eaves = row[HEIGHT]
    if kind == kit.kind.house:
        eaves *= 0.62
    elif int(row[VARIANT]) - kit.things.variants[kind, 0] == 1:  # a hall: one band of lights below the eaves
        storey = max(3.0, 0.8 * row[HEIGHT])
        eaves *= 0.85
    face = 2.0 * (side[0] > 0.0) + (side[1] > 0.0)
    s = side[2] + side[3]
    if s < 0.5 or s > 2.0 * side[3] - 0.5:
        return -1
    count = max(1, int((2.0 * side[3] - 0.4) / every))
    pitch = 2.0 * side[3] / count
    i = min(count - 1, int(s / pitch))
    across = s - (i + 0.5) * pitch
    h = hash_cell(int(face), _WINDOW, int(key & np.uint64(0xFFFFFF)), 0)
    if i == int(draw(h, 1) * count) and z < 2.15:
        return -2 if abs(across) < 0.55 else -1
    level = int(z / storey)
    up = z - level * storey
    if (level + 1) * storey > eaves + 0.25 or not 0.32 * storey < up < 0.78 * storey or abs(across) > 0.5 * wide:
        return -1
    if kind == kit.kind.house and draw(h, 10 + i + 64 * level) < 0.35:
        return -1
    edge = min(0.5 * wide - abs(across), min(up - 0.32 * storey, 0.78 * storey - up))
    return -2 if edge < 0.06 or abs(across) < 0.03 else 1 + i + 256 * level


@subkernel
def _wall(ground: Ground, day: Daylight, kit: Kit, met: Met, out: Array) -> None:
    """Light from the upright side of an object into (3,)."""
    field = ground.field
    r, c, part, at, way = met
    row = ground.rows[field.thing[r, c]]
    kind = int(row[CLASS])
    side = _facing(row, kit, (at[0], at[1]), part, way)
    z = at[2] - row[BASE]
    material = int(ground.material[r, c])
    tone = row[TONE]
    pane = -1
    built = kind == kit.kind.building or kind == kit.kind.house
    if built:
        key = np.uint64(row[KEY])
        material = int(day.walls[1 if kind == kit.kind.house else 0, int(8.0 * draw(key, 904))])
        tone = 0.18 * (draw(key, 905) - 0.6) - 0.14 * math.exp(-1.6 * max(0.0, z))
        tone += 0.05 * value_noise(7, 7011, (at[0] + at[1]) / 1.9, at[2] / 2.6)
        pane = _window(row, kit, side, z) if field.step_m < 0.9 else -1
    elif z < 0.22 * row[HEIGHT] and (kind == kit.kind.car or kind == kit.kind.truck or kind == kit.kind.bus):
        tone -= 1.3  # wheels, and the shadow between them
    back = 1.5 * field.step_m
    # Off the stairs of the raster, both towards the camera and off the wall that they stand for.
    start = (at[0] + back * (side[0] - way[0]), at[1] + back * (side[1] - way[1]), at[2] - back * way[2] + 0.02)
    lit = 0.0
    facing = side[0] * day.sun[0] + side[1] * day.sun[1]
    if facing > 0.0:
        lit = 1.0 if march(field, start, day.sun, (0.0, _SHADOW_M), -1)[0] < 0.0 else 0.0
    light = min(2.4, facing / day.sun[2]) * lit
    if pane > 0:
        # A pane mirrors half of what lies before it, sky above and things below, over a dark room or a curtain.
        turn = 2.0 * (way[0] * side[0] + way[1] * side[1])
        sky(day, (way[0] - turn * side[0], way[1] - turn * side[1], way[2]), out)
        shut = draw(hash_cell(pane, _WINDOW + 1, int(row[X]), int(row[Y])), 0) < _WINDOW_SHUT
        mirror = 0.55 if way[2] > 0.0 else 0.22
        for k in range(3):
            room = 0.16 if shut else 0.018
            out[k] = mirror * out[k] * 0.6 + room * (0.35 + 0.65 * light * (1.0 - day.sky[k]))
        return
    bright = math.exp(min(0.6, tone)) * (0.55 if pane == -2 else 1.0)
    for k in range(3):
        shine = light * (1.0 - day.sky[k]) + 0.55 * day.sky[k] + _BOUNCE
        out[k] = day.spectra[material, k] * bright * shine


@subkernel
def _crown(ground: Ground, day: Daylight, met: Met, out: Array) -> None:
    """Light from leaves into (3,): an ellipsoid with clumps; what hangs low or inside is dark."""
    r, c, part = met.row, met.column, met.part
    row = ground.rows[ground.field.thing[r, c]]
    x, y, z = met.at[0], met.at[1], met.at[2]
    across = 0.5 * row[LENGTH]
    tall = 0.42 * row[HEIGHT]
    nx = (x - row[X]) / across
    ny = (y - row[Y]) / across
    nz = (z - row[BASE] - 0.58 * row[HEIGHT]) / tall
    size = math.sqrt(nx * nx + ny * ny + nz * nz) + 1e-6
    clump = value_noise(7, 7012, (x + 0.7 * z) / 0.9, (y - 0.7 * z) / 0.9)
    if ground.field.step_m < 0.3:
        clump = 0.6 * clump + 0.6 * value_noise(7, 7013, (x + 0.7 * z) / 0.3, (y - 0.7 * z) / 0.3)
    tilt = (nx * day.sun[0] + ny * day.sun[1] + (nz + 0.35) * day.sun[2]) / size + 0.45 * clump
    lit = ground.lit[r >> 1, c >> 1] if part != UNDERSIDE else 0.0
    light = max(0.0, min(1.7, 0.8 * tilt / day.sun[2] + 0.15)) * (0.15 + 0.85 * lit)
    if part == UNDERSIDE:
        light *= 0.2
    open_sky = min(1.0, max(0.25, 0.6 + 0.4 * nz / size))
    # The spectra are those of canopies, with the shadows in them: leaves alone are brighter.
    bright = 1.4 * math.exp(row[TONE] + 0.4 * clump)
    for k in range(3):
        out[k] = day.spectra[int(row[PAINT]), k] * bright * (light * (1.0 - day.sky[k]) + day.sky[k] * open_sky)


@subkernel
def _above(ground: Ground, hit: tuple[int, int], at: Array, out: Array) -> None:
    """The lit ground as a map shows it into (3,): between pixels of one object, else of the pixel itself."""
    field = ground.field
    n = field.thing[hit[0], hit[1]]
    rows, columns = ground.lit.shape
    a = min(rows - 1, hit[0] >> 1)
    b = min(columns - 1, hit[1] >> 1)
    x = 0.5 * (at[0] / field.step_m - field.col0) - 0.5
    y = 0.5 * (at[1] / field.step_m - field.row0) - 0.5
    i = min(columns - 2, max(0, math.floor(x)))
    j = min(rows - 2, max(0, math.floor(y)))
    thing = field.thing
    even = thing[2 * j, 2 * i] == n and thing[2 * j, 2 * i + 3] == n
    even = even and thing[2 * j + 3, 2 * i] == n and thing[2 * j + 3, 2 * i + 3] == n
    p = min(1.0, max(0.0, x - i))
    q = min(1.0, max(0.0, y - j))
    for k in range(3):
        plane = ground.texture[k]
        if even:
            top = plane[j, i] + (plane[j, i + 1] - plane[j, i]) * p
            low = plane[j + 1, i] + (plane[j + 1, i + 1] - plane[j + 1, i]) * p
            out[k] = top + (low - top) * q
        else:
            out[k] = plane[a, b]


@subkernel
def _water(ground: Ground, day: Daylight, hit: tuple[int, int], way: tuple[float, float, float], out: Array) -> None:
    """Add the sky that water mirrors; waves keep it from mirroring wholly at the horizon."""
    sx = ground.slope_x[hit[0], hit[1]]
    sy = ground.slope_y[hit[0], hit[1]]
    scale = 1.0 / math.sqrt(1.0 + sx * sx + sy * sy)
    nx, ny, nz = -sx * scale, -sy * scale, scale
    steep = -(way[0] * nx + way[1] * ny + way[2] * nz)
    mirror = _MIRROR + (1.0 - _MIRROR) * (1.0 - min(1.0, max(0.12, steep))) ** 5
    seen = np.empty(3)
    sky(day, (way[0] + 2.0 * steep * nx, way[1] + 2.0 * steep * ny, abs(way[2] + 2.0 * steep * nz)), seen)
    for k in range(3):
        out[k] = out[k] * (1.0 - mirror) + seen[k] * mirror


@subkernel
def _look(ground: Ground, day: Daylight, kit: Kit, met: Met, out: Array) -> None:
    """Light from what a ray met into (3,)."""
    r, c, part, at, way = met
    field = ground.field
    n = field.thing[r, c]
    if part == ROTOR:
        for k in range(3):
            out[k] = 0.9 * day.spectra[int(ground.rows[n, PAINT]), k]
        return
    kind = int(ground.rows[n, CLASS]) if n >= 0 else -1
    if part == FLOOR:
        # Below a crown only the sky gets in, and specks of sun.
        sun = 1.0
        if march(field, (at[0], at[1], at[2] + 0.03 + 0.2 * field.step_m), day.sun, (0.0, _SHADOW_M), -1)[0] >= 0.0:
            sun = 0.5 if value_noise(7, 7014, at[0] / 0.7, at[1] / 0.7) > 0.45 else 0.04
        for k in range(3):
            out[k] = day.spectra[int(ground.under[r, c]), k] * (sun * (1.0 - day.sky[k]) + 0.75 * day.sky[k])
        return
    if kind == kit.kind.tree or kind == kit.kind.bush:
        if kind == kit.kind.tree and part != TOP and at[2] < ground.rows[n, BASE] + 0.24 * ground.rows[n, HEIGHT]:
            for k in range(3):  # the trunk
                out[k] = 0.6 * day.spectra[kit.paint.wood, k] * (0.25 * ground.lit[r >> 1, c >> 1] + 0.2)
            return
        _crown(ground, day, met, out)
        return
    if n >= 0 and part != TOP and ground.rows[n, HEIGHT] > 0.2:
        a = r - (1 if way[1] > 0.0 else -1) if part == SIDE_Y else r
        b = c - (1 if way[0] > 0.0 else -1) if part == SIDE_X else c
        a = min(field.top.shape[0] - 1, max(0, a))
        b = min(field.top.shape[1] - 1, max(0, b))
        roof = 0.12 + 1.5 * field.step_m * (abs(ground.slope_x[r, c]) + abs(ground.slope_y[r, c]))
        before = field.top[a, b] if field.top[a, b] < field.top[r, c] + 100.0 else field.ground[a, b]
        if part == UNDERSIDE or field.top[r, c] - before > roof:
            _wall(ground, day, kit, met, out)
            return
    _above(ground, (r, c), at, out)
    m = ground.material[r, c]
    if m == kit.paint.water or m == kit.paint.turbid_water:
        _water(ground, day, (r, c), way, out)


@kernel
def colours(
    ground: Ground, number: int, day: Daylight, kit: Kit, lens: Array, shift: float, found: Found, out: Array
) -> None:
    """Fill (3, H, W) in place where rays met the field of that number; air lies between."""
    at = np.empty(3)
    seen = np.empty(3)
    air = np.empty(3)
    for r in range(found.t.shape[0]):
        for c in range(found.t.shape[1]):
            t = found.t[r, c]
            if t < 0.0 or found.field[r, c] != number:
                continue
            way = ray_of(lens, c + shift, r + shift)
            for k in range(3):
                at[k] = lens[0, k] + t * way[k]
            met = Met(found.row[r, c], found.column[r, c], found.part[r, c], at, way)
            _look(ground, day, kit, met, seen)
            sky(day, (way[0], way[1], 0.0), air)
            for k in range(3):
                clear = math.exp(-day.fade[k] * t)
                out[k, r, c] = seen[k] * clear + air[k] * (1.0 - clear)


@kernel
def backdrop(day: Daylight, lens: Array, shift: float, found: Found, out: Array) -> None:
    """Fill (3, H, W) in place where rays met nothing: sky above the horizon, haze below it."""
    seen = np.empty(3)
    for r in range(found.t.shape[0]):
        for c in range(found.t.shape[1]):
            if found.t[r, c] < 0.0:
                sky(day, ray_of(lens, c + shift, r + shift), seen)
                for k in range(3):
                    out[k, r, c] = seen[k]
