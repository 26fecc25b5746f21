"""Suburbs: streets of houses with their drives and gardens."""

from __future__ import annotations

import math

import numpy as np

from geoglot.simulate import emit
from geoglot.simulate.district_parts import street, sub_key
from geoglot.simulate.emit import Kit, Lists, Site
from geoglot.simulate.loops import Array, subkernel
from geoglot.simulate.noise import draw


@subkernel
def suburb(site: Site, kit: Kit, out: Lists, quad: Array, h: np.uint64, dense: float) -> None:
    """Streets with houses on both sides. dense: 0 wide lots, 1 terraces."""
    along, across = emit.side_lengths(quad)
    depth = 42.0 - 15.0 * dense
    gap = 20.0 * (1.0 - dense) ** 2 + 1.5
    leafy = 0.25 + 0.9 * draw(h, 2)
    emit.patch(site, out, quad, kit.paint.lawn, 0.0, 0.4)
    streets = max(1, int((across - 12.0) / (2.0 * depth + 10.0)))
    bow = 0.05 * (draw(h, 3) - 0.5) if draw(h, 4) < 0.5 else 0.0
    cars = 0.02 + 0.22 * dense * draw(h, 5)
    for row in range(streets):
        v0 = (row + 0.5) / streets
        px, py = emit.lerp_quad(quad, 0.0, v0)
        for k in range(1, 9):
            v = v0 + bow * math.sin(2.0 * math.pi * k / 8.0)
            x, y = emit.lerp_quad(quad, k / 8.0, v)
            street(site, kit, out, (px, py, x, y), sub_key(h, 50 + row * 9 + k), cars)
            px, py = x, y
        # Lots share all the ground between two streets.
        depth = 0.5 * across / streets - 1.0
        for side in range(-1, 2, 2):
            _house_row(
                site,
                kit,
                out,
                quad,
                np.array((v0, bow, side, depth, gap, leafy, along)),
                sub_key(h, 900 + 4 * row + side),
            )


@subkernel
def _house_row(site: Site, kit: Kit, out: Lists, quad: Array, plan: Array, h: np.uint64) -> None:
    v0, bow, side, depth, gap, leafy, along = plan[0], plan[1], plan[2], plan[3], plan[4], plan[5], plan[6]
    s = 12.0
    k = 0
    while k < 60:
        hk = sub_key(h, k)
        length, _, _ = emit.size_of(kit, kit.kind.house, hk)
        width = length + gap + (3.6 if gap > 3.0 else 2.6)
        if s + width > along - 12.0:
            return
        u = (s + 0.5 * width) / along
        v = v0 + bow * math.sin(2.0 * math.pi * u)
        slope = bow * 2.0 * math.pi * math.cos(2.0 * math.pi * u)
        x, y = emit.lerp_quad(quad, u, v)
        ax, ay = emit.lerp_quad(quad, u - 0.01, v - 0.01 * slope)
        bx, by = emit.lerp_quad(quad, u + 0.01, v + 0.01 * slope)
        angle = math.atan2(by - ay, bx - ax)
        kerb = 5.2
        if draw(hk, 50) < 0.95:
            frame = np.array(
                (x - math.sin(angle) * kerb * side, y + math.cos(angle) * kerb * side, angle, side, width, depth - kerb)
            )
            _lot(site, kit, out, frame, hk, leafy)
        s += width
        k += 1


@subkernel
def _lot(site: Site, kit: Kit, out: Lists, frame: Array, h: np.uint64, leafy: float) -> None:
    """One house with drive, garden, trees, perhaps a pool.

    frame: x, y at the kerb, street angle, side, width, depth.
    """
    x, y, angle, side, width, depth = frame[0], frame[1], frame[2], frame[3], frame[4], frame[5]
    _length, across, _ = emit.size_of(kit, kit.kind.house, h)
    nx = -math.sin(angle) * side
    ny = math.cos(angle) * side
    tx = math.cos(angle)
    ty = math.sin(angle)
    back = 4.5 + 2.5 * draw(h, 40)
    middle = emit.rectangle(x + nx * 0.5 * depth, y + ny * 0.5 * depth, angle, width - 0.4, depth)
    dryness = min(1.0, max(0.0, 0.35 + 0.9 * (draw(h, 41) - 0.5)))
    emit.patch(
        site,
        out,
        middle,
        kit.paint.lawn if draw(h, 42) < 0.9 else kit.paint.soil_pale,
        0.24 * (draw(h, 43) - 0.5),
        dryness,
    )
    left = 1.0 if draw(h, 44) < 0.5 else -1.0
    drive = left * (0.5 * width - 2.2)
    long = back + 5.0
    pave = kit.paint.concrete if draw(h, 45) < 0.7 else kit.paint.paving
    emit.patch(
        site,
        out,
        emit.rectangle(x + nx * 0.5 * long + tx * drive, y + ny * 0.5 * long + ty * drive, angle, 3.2, long),
        pave,
        0.0,
        0.2,
    )
    if draw(h, 46) < 0.42:
        hc = sub_key(h, 1)
        turn = angle + 0.5 * math.pi * (1.0 if draw(hc, 30) < 0.5 else -1.0)
        emit.place(
            site,
            kit,
            out,
            kit.kind.car,
            x + nx * (3.2 + draw(hc, 31)) + tx * drive,
            y + ny * 3.6 + ty * drive,
            turn,
            hc,
            emit.ON_DRIVE,
        )
    cx = x + nx * (back + 0.5 * across)
    cy = y + ny * (back + 0.5 * across)
    emit.place(site, kit, out, kit.kind.house, cx, cy, angle + (math.pi if side < 0 else 0.0), h, emit.ALONG_STREET)
    yard = depth - back - across
    if yard > 9.0 and draw(h, 47) < 0.16:
        hp = sub_key(h, 2)
        shift = 0.25 * width * (draw(hp, 30) - 0.5)
        far = back + across + 0.5 * yard
        emit.place(
            site,
            kit,
            out,
            kit.kind.swimming_pool,
            x + nx * far + tx * shift,
            y + ny * far + ty * shift,
            angle,
            hp,
            emit.ON_GROUND,
        )
    _yard_things(site, kit, out, frame, sub_key(h, 3), back + across)
    for k in range(int(leafy * (2.0 + 7.0 * draw(h, 48)))):
        ht = sub_key(h, 10 + k)
        if draw(ht, 30) < 0.66:
            v = back + across + 2.0 + max(2.0, yard - 3.0) * draw(ht, 31)
            u = (width - 3.0) * (draw(ht, 32) - 0.5)
        else:
            v = 1.5 + 2.5 * draw(ht, 31)
            u = -left * (0.5 * width - 3.0) * draw(ht, 32)
        kind = kit.kind.tree if draw(ht, 33) < 0.7 else kit.kind.bush
        emit.place(site, kit, out, kind, x + nx * v + tx * u, y + ny * v + ty * u, 0.0, ht, emit.ON_GROUND)


@subkernel
def _yard_things(site: Site, kit: Kit, out: Lists, frame: Array, h: np.uint64, behind: float) -> None:
    """A terrace, a fence or hedge, and the odds and ends of a back garden."""
    x, y, angle, side, width, depth = frame[0], frame[1], frame[2], frame[3], frame[4], frame[5]
    nx = -math.sin(angle) * side
    ny = math.cos(angle) * side
    tx = math.cos(angle)
    ty = math.sin(angle)
    if draw(h, 0) < 0.6:
        u = 0.3 * width * (draw(h, 1) - 0.5)
        v = behind + 1.8
        terrace = emit.rectangle(x + nx * v + tx * u, y + ny * v + ty * u, angle, 3.0 + 4.0 * draw(h, 2), 3.6)
        emit.patch(site, out, terrace, kit.paint.paving if draw(h, 3) < 0.6 else kit.paint.wood, 0.0, 0.3)
    if site.least_m < 0.8 and draw(h, 4) < 0.7:
        material = kit.paint.wood if draw(h, 5) < 0.5 else kit.paint.shrub
        wide = 0.35 if draw(h, 5) < 0.5 else 1.0
        u = 0.5 * width - 0.2
        v = behind + 0.5 * (depth - behind)
        emit.patch(
            site,
            out,
            emit.rectangle(x + nx * v + tx * u, y + ny * v + ty * u, angle + 0.5 * math.pi, depth - behind, wide),
            material,
            -0.25,
            0.2,
        )
        emit.patch(
            site,
            out,
            emit.rectangle(x + nx * (depth - 0.3), y + ny * (depth - 0.3), angle, width, wide),
            material,
            -0.25,
            0.2,
        )
    for k in range(int(9.0 * draw(h, 6))):
        hk = sub_key(h, k)
        u = (width - 3.0) * (draw(hk, 30) - 0.5)
        v = behind + 1.5 + max(1.0, depth - behind - 3.0) * draw(hk, 31)
        emit.place(
            site,
            kit,
            out,
            kit.kind.clutter,
            x + nx * v + tx * u,
            y + ny * v + ty * u,
            angle + 3.0 * draw(hk, 32),
            hk,
            emit.ON_GROUND,
        )
