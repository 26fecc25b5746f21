"""Districts of a town: blocks of flats, city centres, parks."""

from __future__ import annotations

import math

import numpy as np

from geoglot.simulate import emit
from geoglot.simulate.district_parts import car_park, scatter, street, sub_key
from geoglot.simulate.emit import Kit, Lists, Site
from geoglot.simulate.loops import Array, subkernel
from geoglot.simulate.mesh import NO_ROAD
from geoglot.simulate.noise import draw


@subkernel
def flats(site: Site, kit: Kit, out: Lists, quad: Array, h: np.uint64) -> None:
    """Slab blocks in rows on lawn, car parks between."""
    along, across = emit.side_lengths(quad)
    emit.patch(site, out, quad, kit.paint.lawn, 0.05 * (draw(h, 0) - 0.5), 0.25 + 0.3 * draw(h, 1))
    rows = max(2, int(across / 78.0))
    for row in range(rows):
        v = (row + 0.32) / rows
        ax, ay = emit.lerp_quad(quad, 0.02, v)
        bx, by = emit.lerp_quad(quad, 0.98, v)
        angle = math.atan2(by - ay, bx - ax)
        px, py = emit.lerp_quad(quad, 0.0, (row + 0.66) / rows)
        qx, qy = emit.lerp_quad(quad, 1.0, (row + 0.66) / rows)
        street(site, kit, out, (px, py, qx, qy), sub_key(h, 10 + row), 0.35)
        s = 26.0
        k = 0
        while k < 12:
            hk = sub_key(h, 100 * row + k + 40)
            length, _, _ = emit.size_of(kit, kit.kind.building, hk)
            if s + length > along - 24.0:
                break
            u = (s + 0.5 * length) / along
            x, y = emit.lerp_quad(quad, u, v)
            emit.place(site, kit, out, kit.kind.building, x, y, angle, hk, emit.ALONG_STREET)
            s += length + 14.0
            k += 1
        mid = np.array((0.5 * (ax + bx), 0.5 * (ay + by), angle, 0.62 * along, 16.4))
        qx, qy = emit.lerp_quad(quad, 0.5, (row + 0.83) / rows)
        mid[0] = qx
        mid[1] = qy
        if across / rows > 70.0 and draw(h, 60 + row) < 0.8:
            car_park(site, kit, out, mid, sub_key(h, 70 + row), 0.35 + 0.5 * draw(h, 61 + row))
        scatter(
            site,
            kit,
            out,
            emit.sub_quad(quad, 0.03, row / rows + 0.02, 0.97, (row + 0.12) / rows),
            sub_key(h, 80 + row),
            16,
            kit.kind.tree,
        )


@subkernel
def centre(site: Site, kit: Kit, out: Lists, quad: Array, h: np.uint64) -> None:
    """Dense blocks of large buildings; streets between."""
    along, across = emit.side_lengths(quad)
    emit.patch(site, out, quad, kit.paint.paving, 0.1 * (draw(h, 0) - 0.5), 0.5 * draw(h, 1))
    blocks = 3 if along > 250.0 else 2
    lines = 3 if across > 250.0 else 2
    for k in range(1, blocks):
        ax, ay = emit.lerp_quad(quad, k / blocks, 0.0)
        bx, by = emit.lerp_quad(quad, k / blocks, 1.0)
        street(site, kit, out, (ax, ay, bx, by), sub_key(h, k), 0.5)
    for k in range(1, lines):
        ax, ay = emit.lerp_quad(quad, 0.0, k / lines)
        bx, by = emit.lerp_quad(quad, 1.0, k / lines)
        street(site, kit, out, (ax, ay, bx, by), sub_key(h, 5 + k), 0.5)
    for row in range(lines):
        for column in range(blocks):
            _block(
                site,
                kit,
                out,
                quad,
                np.array((column / blocks, row / lines, 1.0 / blocks, 1.0 / lines, along, across)),
                sub_key(h, 20 + 4 * row + column),
            )


@subkernel
def _block(site: Site, kit: Kit, out: Lists, quad: Array, plan: Array, h: np.uint64) -> None:
    """One city block: two or three rows of buildings edge to edge, rarely a square or a car park."""
    u0, v0, du, dv, along, across = plan[0], plan[1], plan[2], plan[3], plan[4], plan[5]
    ax, ay = emit.lerp_quad(quad, u0 + 0.1 * du, v0 + 0.5 * dv)
    bx, by = emit.lerp_quad(quad, u0 + 0.9 * du, v0 + 0.5 * dv)
    angle = math.atan2(by - ay, bx - ax)
    cx, cy = emit.lerp_quad(quad, u0 + 0.5 * du, v0 + 0.5 * dv)
    if draw(h, 0) < 0.10:
        car_park(site, kit, out, np.array((cx, cy, angle, du * along - 20.0, dv * across - 20.0)), h, 0.8)
        return
    if draw(h, 0) < 0.18:
        emit.patch(
            site,
            out,
            emit.sub_quad(quad, u0 + 0.1 * du, v0 + 0.1 * dv, u0 + 0.9 * du, v0 + 0.9 * dv),
            kit.paint.lawn,
            0.0,
            0.3,
        )
        scatter(
            site,
            kit,
            out,
            emit.sub_quad(quad, u0 + 0.12 * du, v0 + 0.12 * dv, u0 + 0.88 * du, v0 + 0.88 * dv),
            h,
            24,
            kit.kind.tree,
        )
        return
    room_v = 0.94 * dv * across - 24.0
    rows = max(1, int(room_v / 38.0))
    for row in range(rows):
        s = 11.0
        k = 0
        v = v0 + 0.5 * dv + ((row + 0.5) / rows - 0.5) * room_v / across
        while k < 8:
            hk = sub_key(h, 10 * row + k)
            length, width, _ = emit.size_of(kit, kit.kind.building, hk)
            if s + length > du * along - 11.0:
                break
            k += 1
            if width > room_v / rows - 2.0:
                continue
            x, y = emit.lerp_quad(quad, u0 + (s + 0.5 * length) / along, v)
            n = emit.place(site, kit, out, kit.kind.building, x, y, angle, hk, emit.ALONG_STREET)
            if n >= 0 and draw(hk, 51) < 0.3:
                out.objects[n, emit.HEIGHT] *= 1.6
            s += length + 0.8 + 5.0 * draw(hk, 52) ** 2


@subkernel
def park(site: Site, kit: Kit, out: Lists, quad: Array, h: np.uint64) -> None:
    """Lawns, paths, a pond, trees in clumps."""
    along, across = emit.side_lengths(quad)
    emit.patch(site, out, quad, kit.paint.lawn, 0.04, 0.3 * draw(h, 0))
    cx, cy = emit.lerp_quad(quad, 0.3 + 0.4 * draw(h, 1), 0.3 + 0.4 * draw(h, 2))
    for k in range(5):
        x, y = emit.lerp_quad(quad, draw(h, 10 + k), 1.0 if k % 2 == 0 else 0.0)
        mx = 0.5 * (x + cx) + 14.0 * (draw(h, 20 + k) - 0.5)
        my = 0.5 * (y + cy) + 14.0 * (draw(h, 30 + k) - 0.5)
        emit.road(site, out, (x, y, mx, my), 1.3, kit.paint.soil_pale, NO_ROAD)
        emit.road(site, out, (mx, my, cx, cy), 1.3, kit.paint.soil_pale, NO_ROAD)
    if draw(h, 3) < 0.6:
        emit.blob(
            site,
            out,
            (cx, cy, 0.05 * along + 14.0 * draw(h, 4), 0.04 * across + 8.0 * draw(h, 5), 3.0 * draw(h, 6)),
            kit.paint.turbid_water,
            0.0,
        )
    for k in range(9):
        u = 0.75 * draw(h, 40 + k)
        v = 0.75 * draw(h, 50 + k)
        scatter(
            site,
            kit,
            out,
            emit.sub_quad(quad, u + 0.03, v + 0.03, u + 0.22, v + 0.22),
            sub_key(h, 60 + k),
            14,
            kit.kind.tree,
        )
