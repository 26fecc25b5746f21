"""Rays through a field of heights: what each pixel of a camera meets first, exactly, cell by cell.

A cell is a column from its ground to its top; a crown or a bridge leaves the air below its underside open. The rotors
of wind turbines, which no height can tell, are discs with three blades. Cells are crossed as by Amanatides and Woo
(1987); blocks of cells that lie wholly below a ray are crossed in one step.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from geoglot.simulate.emit import ANGLE, BASE, CLASS, HEIGHT, KEY, LENGTH, WIDTH, X, Y
from geoglot.simulate.loops import Array, kernel, subkernel
from geoglot.simulate.noise import Spot, value_noise

# What was met of a cell: its top; a side, entered across x or across y; the underside; the ground below it; a rotor.
TOP, SIDE_X, SIDE_Y, UNDERSIDE, FLOOR, ROTOR = range(6)
_BLOCK = 16
_SOLID = -1e9
_OPEN = 1e9  # top and underside of a cell that is nothing but ground
_TWIG = 7015
_CROWN_BASE = 0.25  # of a tree's height, as objects.toml says
_PIER_M, _DECK = 24.0, 0.65  # spans of bridges, and the share of their height that is open


class Field(NamedTuple):
    """Heights of a window in metres, all (H, W): top; low, of undersides, far below where solid; ground; thing, the
    row of the object or -1; and highest, the greatest top of each block."""

    col0: int
    row0: int
    step_m: float
    top: Array
    low: Array
    ground: Array
    thing: Array
    highest: Array


class Found(NamedTuple):
    """What rays (H, W) met: distance in m, -1 for nothing yet; number of the field, row, column, part of the cell.

    The cell of a rotor is that at the foot of its turbine.
    """

    t: Array
    field: Array
    row: Array
    column: Array
    part: Array


def nothing(rows: int, columns: int) -> Found:
    """Rays that have met nothing yet."""
    shape = (rows, columns)
    return Found(np.full(shape, -1.0), *(np.zeros(shape, np.int32) for _ in range(4)))


@kernel
def highest_of(top: Array, ground: Array) -> Array:
    """Greatest height of each block of cells."""
    rows, columns = top.shape
    out = np.full(((rows + _BLOCK - 1) // _BLOCK, (columns + _BLOCK - 1) // _BLOCK), -1e9, np.float32)
    for r in range(rows):
        for c in range(columns):
            z = top[r, c] if top[r, c] < _OPEN else ground[r, c]
            out[r // _BLOCK, c // _BLOCK] = max(out[r // _BLOCK, c // _BLOCK], z)
    return out


@kernel
def undersides(top: Array, thing: Array, rows: Array, kinds: tuple[int, int, int, int], spot: Spot) -> Array:
    """(H, W) height below which there is air: under crowns off the trunk, bridges off the piers, and aircraft.

    In place: the tops of crowns, smooth domes on a map, are made ragged, and blades painted on the ground are taken
    away. kinds: tree, bridge, airplane and wind turbine.
    """
    tree, bridge, airplane, turbine = kinds
    step = spot.step_m
    out = np.full(top.shape, _SOLID, np.float32)
    for r in range(top.shape[0]):
        for c in range(top.shape[1]):
            n = thing[r, c]
            if n < 0:
                continue
            row = rows[n]
            x = (spot.col0 + c + 0.5) * step - row[X]
            y = (spot.row0 + r + 0.5) * step - row[Y]
            kind = int(row[CLASS])
            if kind == tree:
                away = math.sqrt(x * x + y * y)
                if step <= 0.5 and away < max(0.5 * step, 0.06 + 0.018 * row[HEIGHT]):
                    continue
                bowl = 1.0 - math.sqrt(max(0.0, 1.0 - (2.0 * away / row[LENGTH]) ** 2))
                twig = value_noise(7, _TWIG, (x + row[X]) / 0.7, (y + row[Y]) / 0.7)
                top[r, c] -= 0.09 * row[HEIGHT] * (0.6 + 0.6 * twig) * (0.3 + bowl)
                low = row[BASE] + row[HEIGHT] * (_CROWN_BASE + 0.22 * bowl + 0.05 * twig)
                out[r, c] = min(low, top[r, c] - 0.2)
            elif kind == bridge:
                u = x * math.cos(row[ANGLE]) + y * math.sin(row[ANGLE]) + 0.5 * row[LENGTH]
                if 2.0 < u < row[LENGTH] - 2.0 and u % _PIER_M > 1.6:
                    out[r, c] = row[BASE] + _DECK * row[HEIGHT]
            elif kind == airplane:
                out[r, c] = row[BASE] + 0.1 * row[HEIGHT]
            elif kind == turbine and top[r, c] < row[BASE] + 1.0:
                top[r, c] = _OPEN
                out[r, c] = _OPEN
    return out


@subkernel
def march(
    field: Field, eye: tuple[float, float, float], way: tuple[float, float, float], span: tuple[float, float], only: int
) -> tuple[float, int, int, int]:
    """Follow a ray (unit vector) between two distances: where it meets a cell, its row and column, and which part.

    only: row of the one object that counts, or -1 for everything. The distance is -1 where nothing is met.
    """
    rows, columns = field.top.shape
    ox = eye[0] / field.step_m - field.col0
    oy = eye[1] / field.step_m - field.row0
    dx = way[0] / field.step_m
    dy = way[1] / field.step_m
    oz = eye[2]
    dz = way[2]
    t, end = span
    if dx != 0.0:
        t = max(t, min(-ox / dx, (columns - ox) / dx))
        end = min(end, max(-ox / dx, (columns - ox) / dx))
    elif ox < 0.0 or ox >= columns:
        return -1.0, 0, 0, TOP
    if dy != 0.0:
        t = max(t, min(-oy / dy, (rows - oy) / dy))
        end = min(end, max(-oy / dy, (rows - oy) / dy))
    elif oy < 0.0 or oy >= rows:
        return -1.0, 0, 0, TOP
    forth_x = 1 if dx > 0.0 else 0
    forth_y = 1 if dy > 0.0 else 0
    every_x = abs(1.0 / dx) if dx != 0.0 else 1e18
    every_y = abs(1.0 / dy) if dy != 0.0 else 1e18
    hair = 1e-6 * field.step_m
    part = TOP
    while t < end:
        c = min(columns - 1, max(0, math.floor(ox + dx * (t + hair))))
        r = min(rows - 1, max(0, math.floor(oy + dy * (t + hair))))
        b = c // _BLOCK
        a = r // _BLOCK
        out_x = ((b + forth_x) * _BLOCK - ox) / dx if dx != 0.0 else 1e18
        out_y = ((a + forth_y) * _BLOCK - oy) / dy if dy != 0.0 else 1e18
        leave = max(t + hair, min(out_x, out_y))
        if min(oz + dz * t, oz + dz * min(leave, end)) > field.highest[a, b]:
            t = leave
            part = SIDE_X if out_x < out_y else SIDE_Y
            continue
        leave = min(leave, end)
        next_x = ((c + forth_x) - ox) / dx if dx != 0.0 else 1e18
        next_y = ((r + forth_y) - oy) / dy if dy != 0.0 else 1e18
        while t < leave:
            beyond = min(leave, min(next_x, next_y))
            if only < 0 or field.thing[r, c] == only:
                z0 = oz + dz * t
                z1 = oz + dz * beyond
                top = field.top[r, c]
                low = field.low[r, c]
                if z0 >= top:
                    if z1 < top:
                        return (top - oz) / dz, r, c, TOP
                elif z0 > low:
                    return t, r, c, part
                elif z1 > low:
                    return max(t, (low - oz) / dz), r, c, UNDERSIDE
                elif only < 0 and z1 < field.ground[r, c]:
                    return max(t, min(beyond, (field.ground[r, c] - oz) / dz)) if dz < 0.0 else t, r, c, FLOOR
            if next_x < next_y:
                t = next_x
                next_x += every_x
                c += 2 * forth_x - 1
                part = SIDE_X
            else:
                t = next_y
                next_y += every_y
                r += 2 * forth_y - 1
                part = SIDE_Y
            if c < 0 or r < 0 or c >= columns or r >= rows:
                return -1.0, 0, 0, TOP
        t = max(t, leave)
    return -1.0, 0, 0, TOP


@subkernel
def ray_of(lens: Array, x: float, y: float) -> tuple[float, float, float]:
    """The unit vector along which an image point is seen; lens as of Camera."""
    dx = lens[1, 0] + x * lens[2, 0] + y * lens[3, 0]
    dy = lens[1, 1] + x * lens[2, 1] + y * lens[3, 1]
    dz = lens[1, 2] + x * lens[2, 2] + y * lens[3, 2]
    scale = 1.0 / math.sqrt(dx * dx + dy * dy + dz * dz)
    return dx * scale, dy * scale, dz * scale


@subkernel
def on_rotor(row: Array, eye: tuple[float, float, float], way: tuple[float, float, float]) -> float:
    """How far along a ray the blades of a turbine are, or -1. They stand as the turbine's key says."""
    co = math.cos(row[ANGLE])
    si = math.sin(row[ANGLE])
    towards = way[0] * co + way[1] * si
    if abs(towards) < 1e-9:
        return -1.0
    x = row[X] + 0.4 * row[LENGTH] * co - eye[0]
    y = row[Y] + 0.4 * row[LENGTH] * si - eye[1]
    t = (x * co + y * si) / towards
    if t <= 0.0:
        return -1.0
    across = (t * way[1] - y) * co - (t * way[0] - x) * si
    up = eye[2] + t * way[2] - row[BASE] - 0.99 * row[HEIGHT]
    reach = 0.5 * row[WIDTH]
    away = math.sqrt(across * across + up * up)
    if away > reach:
        return -1.0
    if away < 1.6:
        return float(t)
    third = 2.0943951
    turn = (math.atan2(up, across) + row[KEY] % third) % third
    return t if away * min(turn, third - turn) < 0.018 * reach * (1.4 - away / reach) + 0.1 else -1.0


@kernel
def rotors(
    field: Field, rows: Array, turbine: int, number: int, lens: Array, shift: float, ring: Array, found: Found
) -> None:
    """Let rays meet, in place, the rotors of turbines whose foot lies in a ring, where nothing nearer was met."""
    eye = (lens[0, 0], lens[0, 1], lens[0, 2])
    for n in range(rows.shape[0]):
        row = rows[n]
        c = math.floor(row[X] / field.step_m) - field.col0
        r = math.floor(row[Y] / field.step_m) - field.row0
        away = math.hypot(row[X] - eye[0], row[Y] - eye[1])
        if int(row[CLASS]) != turbine or not ring[0] <= away < ring[1]:
            continue
        if c < 0 or r < 0 or r >= field.top.shape[0] or c >= field.top.shape[1] or field.thing[r, c] != n:
            continue
        for a in range(found.t.shape[0]):
            for b in range(found.t.shape[1]):
                t = on_rotor(row, eye, ray_of(lens, b + shift, a + shift))
                if t >= 0.0 and (found.t[a, b] < 0.0 or t < found.t[a, b]):
                    _note(found, (a, b), t, (number, r, c, ROTOR))


@kernel
def trace(field: Field, number: int, lens: Array, shift: float, ring: tuple[float, float], found: Found) -> None:
    """Fill in place what rays that have met nothing meet in a ring (m over ground from the camera) of a field.

    shift: 0.5 for rays through the centres of pixels, 0 for rays through their corners.
    """
    eye = (lens[0, 0], lens[0, 1], lens[0, 2])
    for r in range(found.t.shape[0]):
        for c in range(found.t.shape[1]):
            if found.t[r, c] < 0.0:
                t, row, column, part = _within(field, eye, ray_of(lens, c + shift, r + shift), ring, -1)
                if t >= 0.0:
                    _note(found, (r, c), t, (number, row, column, part))


@subkernel
def _within(
    field: Field, eye: tuple[float, float, float], way: tuple[float, float, float], ring: tuple[float, float], only: int
) -> tuple[float, int, int, int]:
    """What a ray meets in a ring, m over ground from the camera; see `march`."""
    level = max(1e-9, math.sqrt(way[0] * way[0] + way[1] * way[1]))
    return march(field, eye, way, (ring[0] / level, ring[1] / level), only)


@subkernel
def _note(found: Found, pixel: tuple[int, int], t: float, met: tuple[int, int, int, int]) -> None:
    """Take down what the ray of a pixel met: number of the field, row, column and part of the cell."""
    r, c = pixel
    found.t[r, c] = t
    found.field[r, c], found.row[r, c], found.column[r, c], found.part[r, c] = met


@kernel
def alone(
    field: Field,
    only: int,
    row: Array,
    lens: Array,
    box: tuple[int, int, int, int, int],
    ring: tuple[float, float, int],
) -> int:
    """How many pixels the object of a row would fill were nothing else there.

    box: x0, y0, x1, y1 in pixels, and every how many pixels to look along x and y. ring: where it stands, in m over
    ground from the camera, and 1 if it is a wind turbine.
    """
    eye = (lens[0, 0], lens[0, 1], lens[0, 2])
    count = 0
    for r in range(box[1], box[3], box[4]):
        for c in range(box[0], box[2], box[4]):
            way = ray_of(lens, c + 0.5, r + 0.5)
            hit = _within(field, eye, way, (ring[0], ring[1]), only)[0] >= 0.0
            if hit or (ring[2] == 1 and on_rotor(row, eye, way) >= 0.0):
                count += 1
    return count * box[4] * box[4]
