"""Ground that people shape: patches (fields, yards, lawns), roads and their markings."""

from __future__ import annotations

import math

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
from geoglot.simulate.loops import Array, kernel, subkernel
from geoglot.simulate.mesh import MOTORWAY, PRIMARY, STREET
from geoglot.simulate.noise import draw, hash_cell, smooth
from geoglot.simulate.paint import Canvas

_WEAR = 83


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
