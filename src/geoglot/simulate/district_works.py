"""Districts where people work and trade: industrial halls with their yards, shops with their car parks."""

from __future__ import annotations

import math

import numpy as np

from geoglot.simulate import emit
from geoglot.simulate.district_parts import car_park, scatter, sub_key
from geoglot.simulate.emit import Kit, Lists, Site
from geoglot.simulate.loops import Array, subkernel
from geoglot.simulate.noise import draw


@subkernel
def stains(site: Site, kit: Kit, out: Lists, quad: Array, material: int, h: np.uint64) -> None:
    """Oil, rust and repairs that a large paved area collects: blots and strips of the same ground, other in tone."""
    for k in range(14):
        hk = sub_key(h, 700 + k)
        x, y = emit.lerp_quad(quad, 0.04 + 0.92 * draw(hk, 0), 0.04 + 0.92 * draw(hk, 1))
        tone = 0.30 * (draw(hk, 2) - 0.62)
        angle = math.atan2(quad[1, 1] - quad[0, 1], quad[1, 0] - quad[0, 0])
        long = 4.0 + 26.0 * draw(hk, 3) ** 2
        if draw(hk, 4) < 0.5:
            emit.blob(site, out, (x, y, 0.5 * long, 1.5 + 3.0 * draw(hk, 5), angle + 3.0 * draw(hk, 6)), material, tone)
        else:
            emit.patch(
                site,
                out,
                emit.rectangle(x, y, angle, 2.0 * long, 2.0 + 6.0 * draw(hk, 5)),
                material,
                tone,
                0.5 * draw(hk, 7),
            )


@subkernel
def works(site: Site, kit: Kit, out: Lists, quad: Array, h: np.uint64) -> None:
    """Industrial halls on concrete, lorries, containers."""
    along, across = emit.side_lengths(quad)
    ground = kit.paint.concrete if draw(h, 0) < 0.5 else kit.paint.asphalt
    emit.patch(site, out, quad, ground, 0.2 * (draw(h, 1) - 0.5), 0.6 * draw(h, 2))
    stains(site, kit, out, quad, ground, h)
    rows = max(1, int((across - 20.0) / 68.0))
    for row in range(rows):
        v = (row + 0.5) / rows
        ax, ay = emit.lerp_quad(quad, 0.05, v)
        bx, by = emit.lerp_quad(quad, 0.95, v)
        angle = math.atan2(by - ay, bx - ax)
        s = 20.0
        k = 0
        while k < 8:
            hk = sub_key(h, 20 * row + k + 5)
            length, width, _ = emit.size_of(kit, kit.kind.building, hk)
            if s + length > along - 16.0:
                break
            x, y = emit.lerp_quad(quad, (s + 0.5 * length) / along, v)
            emit.place(site, kit, out, kit.kind.building, x, y, angle, hk, emit.ALONG_STREET)
            _yard(site, kit, out, np.array((x, y, angle, length, width)), hk)
            s += length + 12.0
            k += 1
    for row in range(1, rows + 1):
        _stores(site, kit, out, quad, min(0.94, row / rows), sub_key(h, 800 + row))
    scatter(site, kit, out, emit.sub_quad(quad, 0.02, 0.01, 0.98, 0.05), sub_key(h, 3), 10, kit.kind.tree)


@subkernel
def _stores(site: Site, kit: Kit, out: Lists, quad: Array, v: float, h: np.uint64) -> None:
    """Goods in the open, in a strip across a quadrilateral: blocks of containers, of crates or of pallets."""
    ax, ay = emit.lerp_quad(quad, 0.05, v)
    bx, by = emit.lerp_quad(quad, 0.95, v)
    length = math.hypot(bx - ax, by - ay)
    angle = math.atan2(by - ay, bx - ax)
    c = math.cos(angle)
    s = math.sin(angle)
    t = 6.0
    k = 0
    while t < length - 30.0:
        hk = sub_key(h, k)
        k += 1
        boxes = draw(hk, 0) < 0.3
        kind = kit.kind.container if boxes else kit.kind.clutter
        long = 13.0 if boxes else 3.3
        columns = 1 + int(2.5 * draw(hk, 1)) if boxes else 2 + int(7.0 * draw(hk, 1))
        lines = 1 + int(3.0 * draw(hk, 2))
        for item in range(columns * lines if draw(hk, 3) < 0.65 else 0):
            hi = sub_key(hk, 40 + item)
            if draw(hi, 30) < 0.12:
                continue
            u = t + (item // lines + 0.5) * long
            w = 2.9 * (item % lines - 0.5 * (lines - 1))
            emit.place(site, kit, out, kind, ax + u * c - w * s, ay + u * s + w * c, angle, hi, emit.ON_GROUND)
        t += columns * long + 5.0 + 25.0 * draw(hk, 4)


@subkernel
def _yard(site: Site, kit: Kit, out: Lists, box: Array, h: np.uint64) -> None:
    """Lorries at the doors of a hall, containers or cars beside it."""
    x, y, angle, length, width = box[0], box[1], box[2], box[3], box[4]
    c = math.cos(angle)
    s = math.sin(angle)
    use = draw(h, 60)
    for k in range(int((length - 4.0) / 4.2)):
        hk = sub_key(h, k)
        u = -0.5 * length + 4.0 + 4.2 * k
        if use < 0.45 and draw(hk, 30) < 0.45:
            v = 0.5 * width + 8.5
            emit.place(
                site,
                kit,
                out,
                kit.kind.truck,
                x + u * c - v * s,
                y + u * s + v * c,
                angle + 0.5 * math.pi,
                hk,
                emit.ON_PARKING,
            )
        if draw(hk, 33) < 0.25:
            v = (0.5 * width + 1.5) * (1.0 if draw(hk, 34) < 0.5 else -1.0)
            emit.place(
                site,
                kit,
                out,
                kit.kind.clutter,
                x + u * c - v * s,
                y + u * s + v * c,
                angle,
                sub_key(hk, 7),
                emit.ON_GROUND,
            )
        if use > 0.75 and draw(hk, 31) < 0.6 and k % 3 == 0:
            v = -0.5 * width - 4.5
            emit.place(
                site, kit, out, kit.kind.container, x + u * c - v * s, y + u * s + v * c, angle, hk, emit.ON_GROUND
            )
    if 0.45 <= use <= 0.75:
        v = -0.5 * width - 8.6
        car_park(site, kit, out, np.array((x - v * s, y + v * c, angle, length, 16.0)), sub_key(h, 99), 0.5)


@subkernel
def shops(site: Site, kit: Kit, out: Lists, quad: Array, h: np.uint64) -> None:
    """A few large stores behind one large car park."""
    along, across = emit.side_lengths(quad)
    emit.patch(site, out, quad, kit.paint.asphalt, 0.1, 0.3)
    stains(site, kit, out, quad, kit.paint.asphalt, h)
    ax, ay = emit.lerp_quad(quad, 0.1, 0.5)
    bx, by = emit.lerp_quad(quad, 0.9, 0.5)
    angle = math.atan2(by - ay, bx - ax)
    s = 24.0
    for k in range(5):
        hk = sub_key(h, k)
        length, _, _ = emit.size_of(kit, kit.kind.building, hk)
        if s + length > along - 20.0:
            break
        x, y = emit.lerp_quad(quad, (s + 0.5 * length) / along, 0.88 - 8.0 / across)
        emit.place(site, kit, out, kit.kind.building, x, y, angle, hk, emit.ALONG_STREET)
        s += length + 2.0
    x, y = emit.lerp_quad(quad, 0.5, 0.40)
    car_park(
        site,
        kit,
        out,
        np.array((x, y, angle, 0.80 * along - 16.0, 0.58 * across - 12.0)),
        sub_key(h, 50),
        0.25 + 0.65 * draw(h, 51),
    )
    scatter(site, kit, out, emit.sub_quad(quad, 0.02, 0.02, 0.98, 0.05), sub_key(h, 60), 14, kit.kind.tree)
