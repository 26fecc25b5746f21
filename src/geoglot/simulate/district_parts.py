"""What districts share: keys of their parts, streets, car parks, things in clumps."""

from __future__ import annotations

import math

import numpy as np

from geoglot.simulate import emit
from geoglot.simulate.emit import Kit, Lists, Site
from geoglot.simulate.loops import Array, subkernel
from geoglot.simulate.mesh import STREET
from geoglot.simulate.noise import draw, hash_cell, mix

_STALL = 43
STALL_M = 2.55
_MODULE_M = 17.0


@subkernel
def sub_key(h: np.uint64, k: int) -> np.uint64:
    """The key of the k-th child of a keyed thing."""
    return mix(h + np.uint64(k + 1) * np.uint64(0xD1B54A32D192ED03))


@subkernel
def frame_of(quad: Array) -> tuple[float, float, float, float, float]:
    """The middle of a district, the angle of its long axis, and the cosine and sine of that."""
    x, y = emit.lerp_quad(quad, 0.5, 0.5)
    ahead_x, ahead_y = emit.lerp_quad(quad, 0.7, 0.5)
    angle = math.atan2(ahead_y - y, ahead_x - x)
    return x, y, angle, math.cos(angle), math.sin(angle)


@subkernel
def car_park(site: Site, kit: Kit, out: Lists, box: Array, h: np.uint64, busy: float) -> None:
    """A car park on a rectangle (x, y, angle, length, width): double rows of stalls, aisles between, cars in stalls."""
    x, y, angle, length, width = box[0], box[1], box[2], box[3], box[4]
    base = kit.paint.asphalt if draw(h, 0) < 0.8 else kit.paint.concrete
    emit.patch(
        site, out, emit.rectangle(x, y, angle, length, width), base, 0.25 * (draw(h, 1) - 0.4), 0.35 * draw(h, 2)
    )
    c = math.cos(angle)
    s = math.sin(angle)
    rows = max(1, int(width / _MODULE_M))
    stalls = int((length - 8.0) / STALL_M)
    for row in range(rows):
        middle = -0.5 * width + (row + 0.5) * width / rows
        n = emit.patch(
            site,
            out,
            emit.rectangle(x - middle * s, y + middle * c, angle, stalls * STALL_M, 10.4),
            kit.paint.marking,
            0.0,
            0.3,
        )
        if n >= 0:
            out.patches[n, emit.P_KIND] = emit.STRIPES
            out.patches[n, emit.P_ROW_M] = STALL_M
            out.patches[n, emit.P_ROW] = 0.12
        for side in range(2):
            for k in range(stalls):
                hk = hash_cell(int(h >> np.uint64(8)), _STALL, k, 2 * row + side)
                # Cars come in runs: neighbours near the entrance fill first.
                if draw(hk, 0) > busy * (1.15 - 0.5 * abs(k / max(1, stalls) - 0.4)):
                    continue
                u = -0.5 * stalls * STALL_M + (k + 0.5) * STALL_M + 0.12 * (draw(hk, 7) - 0.5)
                v = middle + (2.75 if side == 1 else -2.75) + 0.35 * (draw(hk, 8) - 0.5)
                turn = 0.5 * math.pi * (1.0 if draw(hk, 9) < 0.5 else -1.0) + 0.03 * (draw(hk, 10) - 0.5)
                emit.place(
                    site,
                    kit,
                    out,
                    kit.kind.car,
                    x + u * c - v * s,
                    y + u * s + v * c,
                    angle + turn,
                    hk,
                    emit.ON_PARKING,
                )
        if draw(h, 3) < 0.35:
            # Trees between the two rows of stalls.
            for k in range(1, stalls // 8):
                u = -0.5 * stalls * STALL_M + 8.0 * k * STALL_M
                ht = sub_key(h, 300 + 60 * row + k)
                emit.place(
                    site,
                    kit,
                    out,
                    kit.kind.tree,
                    x + u * c - middle * s,
                    y + u * s + middle * c,
                    0.0,
                    ht,
                    emit.ON_GROUND,
                )


@subkernel
def scatter(site: Site, kit: Kit, out: Lists, quad: Array, h: np.uint64, count: int, kind: int) -> None:
    """Things scattered in clumps over a quadrilateral."""
    u = 0.5
    v = 0.5
    for k in range(count):
        hk = sub_key(h, k)
        if k == 0 or draw(hk, 30) < 0.35:
            u = 0.06 + 0.88 * draw(hk, 31)
            v = 0.06 + 0.88 * draw(hk, 32)
        else:
            u = min(0.96, max(0.04, u + 0.16 * (draw(hk, 31) - 0.5)))
            v = min(0.96, max(0.04, v + 0.16 * (draw(hk, 32) - 0.5)))
        x, y = emit.lerp_quad(quad, u, v)
        emit.place(site, kit, out, kind, x, y, 6.28 * draw(hk, 33), hk, emit.ON_GROUND)


@subkernel
def street(
    site: Site, kit: Kit, out: Lists, ends: tuple[float, float, float, float], h: np.uint64, cars: float
) -> None:
    """A street piece with pavement, traffic and cars at the kerb."""
    n = emit.road(site, out, ends, 3.4, kit.paint.asphalt, STREET)
    if n < 0:
        return
    out.roads[n, emit.R_TONE] = 0.25 * (draw(h, 0) - 0.4)
    out.roads[n, emit.R_SIDE] = 1.6
    x0, y0, x1, y1 = ends
    length = math.hypot(x1 - x0, y1 - y0)
    angle = math.atan2(y1 - y0, x1 - x0)
    avenue = draw(h, 4) < 0.3
    for k in range(int(length / 7.0)):
        hk = sub_key(h, k + 100)
        side = 1.0 if k % 2 == 0 else -1.0
        # Bins, boxes and hedges behind the pavement; trees along every third street.
        if draw(hk, 40) < (0.45 if avenue else 0.16):
            t = (k + 0.2 + 0.6 * draw(hk, 41)) * 7.0 / length
            wide = side * (5.7 + 0.5 * draw(hk, 42))
            kind = kit.kind.tree if avenue else kit.kind.clutter if draw(hk, 43) < 0.6 else kit.kind.bush
            px, py = x0 + (x1 - x0) * t - wide * math.sin(angle), y0 + (y1 - y0) * t + wide * math.cos(angle)
            emit.place(site, kit, out, kind, px, py, angle, sub_key(hk, 9), emit.ON_GROUND)
        if draw(hk, 0) < cars:
            t = (k + 0.5) * 7.0 / length
            offset = side * 2.35
            kind = kit.kind.car if draw(hk, 12) < 0.96 else kit.kind.truck
            emit.place(
                site, kit, out, kind, x0 + (x1 - x0) * t - offset * math.sin(angle),
                y0 + (y1 - y0) * t + offset * math.cos(angle), angle + (math.pi if side > 0 else 0.0), hk, emit.ON_ROAD,
            )  # fmt: skip
