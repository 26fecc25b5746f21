"""Districts where people live: suburbs, blocks of flats, city centres, parks, trailers."""

from __future__ import annotations

import math

from geoglot.simulate.emit import (
    ALONG_STREET,
    ON_DRIVE,
    ON_GROUND,
    ON_PARKING,
    ON_ROAD,
    P_KIND,
    P_ROW,
    P_ROW_M,
    STRIPES,
    Kit,
    Lists,
    Site,
    blob,
    lerp_quad,
    patch,
    place,
    rectangle,
    road,
    side_lengths,
    size_of,
    sub_quad,
)  # fmt: skip
from geoglot.simulate.mesh import STREET
from geoglot.simulate.noise import Array, draw, hash_cell, mix, subkernel

import numpy as np  # isort: skip

_LOT, _TREES, _STALL = 41, 42, 43
STALL_M = 2.55
_MODULE_M = 17.0


@subkernel
def sub_key(h: np.uint64, k: int) -> np.uint64:
    """The key of the k-th child of a keyed thing."""
    return mix(h + np.uint64(k + 1) * np.uint64(0xD1B54A32D192ED03))


@subkernel
def frame_of(quad: Array) -> tuple[float, float, float, float, float]:
    """The middle of a district, the angle of its long axis, and the cosine and sine of that."""
    x, y = lerp_quad(quad, 0.5, 0.5)
    ahead_x, ahead_y = lerp_quad(quad, 0.7, 0.5)
    angle = math.atan2(ahead_y - y, ahead_x - x)
    return x, y, angle, math.cos(angle), math.sin(angle)


@subkernel
def car_park(site: Site, kit: Kit, out: Lists, box: Array, h: np.uint64, busy: float) -> None:
    """A car park on a rectangle (x, y, angle, length, width): double rows of stalls, aisles between, cars in stalls."""
    x, y, angle, length, width = box[0], box[1], box[2], box[3], box[4]
    base = kit.paint.asphalt if draw(h, 0) < 0.8 else kit.paint.concrete
    patch(site, out, rectangle(x, y, angle, length, width), base, 0.25 * (draw(h, 1) - 0.4), 0.35 * draw(h, 2))
    c = math.cos(angle)
    s = math.sin(angle)
    rows = max(1, int(width / _MODULE_M))
    stalls = int((length - 8.0) / STALL_M)
    for row in range(rows):
        middle = -0.5 * width + (row + 0.5) * width / rows
        n = patch(
            site,
            out,
            rectangle(x - middle * s, y + middle * c, angle, stalls * STALL_M, 10.4),
            kit.paint.marking,
            0.0,
            0.3,
        )
        if n >= 0:
            out.patches[n, P_KIND] = STRIPES
            out.patches[n, P_ROW_M] = STALL_M
            out.patches[n, P_ROW] = 0.12
        for side in range(2):
            for k in range(stalls):
                hk = hash_cell(int(h >> np.uint64(8)), _STALL, k, 2 * row + side)
                # Cars come in runs: neighbours near the entrance fill first.
                if draw(hk, 0) > busy * (1.15 - 0.5 * abs(k / max(1, stalls) - 0.4)):
                    continue
                u = -0.5 * stalls * STALL_M + (k + 0.5) * STALL_M + 0.12 * (draw(hk, 7) - 0.5)
                v = middle + (2.75 if side == 1 else -2.75) + 0.35 * (draw(hk, 8) - 0.5)
                turn = 0.5 * math.pi * (1.0 if draw(hk, 9) < 0.5 else -1.0) + 0.03 * (draw(hk, 10) - 0.5)
                place(site, kit, out, kit.kind.car, x + u * c - v * s, y + u * s + v * c, angle + turn, hk, ON_PARKING)
        if draw(h, 3) < 0.35:
            # Trees between the two rows of stalls.
            for k in range(1, stalls // 8):
                u = -0.5 * stalls * STALL_M + 8.0 * k * STALL_M
                ht = sub_key(h, 300 + 60 * row + k)
                place(site, kit, out, kit.kind.tree, x + u * c - middle * s, y + u * s + middle * c, 0.0, ht, ON_GROUND)


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
        x, y = lerp_quad(quad, u, v)
        place(site, kit, out, kind, x, y, 6.28 * draw(hk, 33), hk, ON_GROUND)


@subkernel
def street(
    site: Site, kit: Kit, out: Lists, ends: tuple[float, float, float, float], h: np.uint64, cars: float
) -> None:
    """A street piece with pavement, traffic and cars at the kerb."""
    n = road(site, out, ends, 3.4, kit.paint.asphalt, STREET)
    if n < 0:
        return
    out.roads[n, 7] = 0.25 * (draw(h, 0) - 0.4)
    out.roads[n, 10] = 1.6
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
            place(site, kit, out, kind, px, py, angle, sub_key(hk, 9), ON_GROUND)
        if draw(hk, 0) < cars:
            t = (k + 0.5) * 7.0 / length
            offset = side * 2.35
            kind = kit.kind.car if draw(hk, 12) < 0.96 else kit.kind.truck
            place(
                site, kit, out, kind, x0 + (x1 - x0) * t - offset * math.sin(angle),
                y0 + (y1 - y0) * t + offset * math.cos(angle), angle + (math.pi if side > 0 else 0.0), hk, ON_ROAD,
            )  # fmt: skip


@subkernel
def _lot(site: Site, kit: Kit, out: Lists, frame: Array, h: np.uint64, leafy: float) -> None:
    """One house with drive, garden, trees, perhaps a pool.

    frame: x, y at the kerb, street angle, side, width, depth.
    """
    x, y, angle, side, width, depth = frame[0], frame[1], frame[2], frame[3], frame[4], frame[5]
    _length, across, _ = size_of(kit, kit.kind.house, h)
    nx = -math.sin(angle) * side
    ny = math.cos(angle) * side
    tx = math.cos(angle)
    ty = math.sin(angle)
    back = 4.5 + 2.5 * draw(h, 40)
    middle = rectangle(x + nx * 0.5 * depth, y + ny * 0.5 * depth, angle, width - 0.4, depth)
    dryness = min(1.0, max(0.0, 0.35 + 0.9 * (draw(h, 41) - 0.5)))
    patch(
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
    patch(
        site,
        out,
        rectangle(x + nx * 0.5 * long + tx * drive, y + ny * 0.5 * long + ty * drive, angle, 3.2, long),
        pave,
        0.0,
        0.2,
    )
    if draw(h, 46) < 0.42:
        hc = sub_key(h, 1)
        turn = angle + 0.5 * math.pi * (1.0 if draw(hc, 30) < 0.5 else -1.0)
        place(
            site,
            kit,
            out,
            kit.kind.car,
            x + nx * (3.2 + draw(hc, 31)) + tx * drive,
            y + ny * 3.6 + ty * drive,
            turn,
            hc,
            ON_DRIVE,
        )
    cx = x + nx * (back + 0.5 * across)
    cy = y + ny * (back + 0.5 * across)
    place(site, kit, out, kit.kind.house, cx, cy, angle + (math.pi if side < 0 else 0.0), h, ALONG_STREET)
    yard = depth - back - across
    if yard > 9.0 and draw(h, 47) < 0.16:
        hp = sub_key(h, 2)
        shift = 0.25 * width * (draw(hp, 30) - 0.5)
        far = back + across + 0.5 * yard
        place(
            site,
            kit,
            out,
            kit.kind.swimming_pool,
            x + nx * far + tx * shift,
            y + ny * far + ty * shift,
            angle,
            hp,
            ON_GROUND,
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
        place(site, kit, out, kind, x + nx * v + tx * u, y + ny * v + ty * u, 0.0, ht, ON_GROUND)


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
        terrace = rectangle(x + nx * v + tx * u, y + ny * v + ty * u, angle, 3.0 + 4.0 * draw(h, 2), 3.6)
        patch(site, out, terrace, kit.paint.paving if draw(h, 3) < 0.6 else kit.paint.wood, 0.0, 0.3)
    if site.least_m < 0.8 and draw(h, 4) < 0.7:
        material = kit.paint.wood if draw(h, 5) < 0.5 else kit.paint.shrub
        wide = 0.35 if draw(h, 5) < 0.5 else 1.0
        u = 0.5 * width - 0.2
        v = behind + 0.5 * (depth - behind)
        patch(
            site,
            out,
            rectangle(x + nx * v + tx * u, y + ny * v + ty * u, angle + 0.5 * math.pi, depth - behind, wide),
            material,
            -0.25,
            0.2,
        )
        patch(
            site,
            out,
            rectangle(x + nx * (depth - 0.3), y + ny * (depth - 0.3), angle, width, wide),
            material,
            -0.25,
            0.2,
        )
    for k in range(int(9.0 * draw(h, 6))):
        hk = sub_key(h, k)
        u = (width - 3.0) * (draw(hk, 30) - 0.5)
        v = behind + 1.5 + max(1.0, depth - behind - 3.0) * draw(hk, 31)
        place(
            site,
            kit,
            out,
            kit.kind.clutter,
            x + nx * v + tx * u,
            y + ny * v + ty * u,
            angle + 3.0 * draw(hk, 32),
            hk,
            ON_GROUND,
        )


@subkernel
def suburb(site: Site, kit: Kit, out: Lists, quad: Array, h: np.uint64, dense: float) -> None:
    """Streets with houses on both sides. dense: 0 wide lots, 1 terraces."""
    along, across = side_lengths(quad)
    depth = 42.0 - 15.0 * dense
    gap = 20.0 * (1.0 - dense) ** 2 + 1.5
    leafy = 0.25 + 0.9 * draw(h, 2)
    patch(site, out, quad, kit.paint.lawn, 0.0, 0.4)
    streets = max(1, int((across - 12.0) / (2.0 * depth + 10.0)))
    bow = 0.05 * (draw(h, 3) - 0.5) if draw(h, 4) < 0.5 else 0.0
    cars = 0.02 + 0.22 * dense * draw(h, 5)
    for row in range(streets):
        v0 = (row + 0.5) / streets
        px, py = lerp_quad(quad, 0.0, v0)
        for k in range(1, 9):
            v = v0 + bow * math.sin(2.0 * math.pi * k / 8.0)
            x, y = lerp_quad(quad, k / 8.0, v)
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
        length, _, _ = size_of(kit, kit.kind.house, hk)
        width = length + gap + (3.6 if gap > 3.0 else 2.6)
        if s + width > along - 12.0:
            return
        u = (s + 0.5 * width) / along
        v = v0 + bow * math.sin(2.0 * math.pi * u)
        slope = bow * 2.0 * math.pi * math.cos(2.0 * math.pi * u)
        x, y = lerp_quad(quad, u, v)
        ax, ay = lerp_quad(quad, u - 0.01, v - 0.01 * slope)
        bx, by = lerp_quad(quad, u + 0.01, v + 0.01 * slope)
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
def flats(site: Site, kit: Kit, out: Lists, quad: Array, h: np.uint64) -> None:
    """Slab blocks in rows on lawn, car parks between."""
    along, across = side_lengths(quad)
    patch(site, out, quad, kit.paint.lawn, 0.05 * (draw(h, 0) - 0.5), 0.25 + 0.3 * draw(h, 1))
    rows = max(2, int(across / 78.0))
    for row in range(rows):
        v = (row + 0.32) / rows
        ax, ay = lerp_quad(quad, 0.02, v)
        bx, by = lerp_quad(quad, 0.98, v)
        angle = math.atan2(by - ay, bx - ax)
        px, py = lerp_quad(quad, 0.0, (row + 0.66) / rows)
        qx, qy = lerp_quad(quad, 1.0, (row + 0.66) / rows)
        street(site, kit, out, (px, py, qx, qy), sub_key(h, 10 + row), 0.35)
        s = 26.0
        k = 0
        while k < 12:
            hk = sub_key(h, 100 * row + k + 40)
            length, _, _ = size_of(kit, kit.kind.building, hk)
            if s + length > along - 24.0:
                break
            u = (s + 0.5 * length) / along
            x, y = lerp_quad(quad, u, v)
            place(site, kit, out, kit.kind.building, x, y, angle, hk, ALONG_STREET)
            s += length + 14.0
            k += 1
        mid = np.array((0.5 * (ax + bx), 0.5 * (ay + by), angle, 0.62 * along, 16.4))
        qx, qy = lerp_quad(quad, 0.5, (row + 0.83) / rows)
        mid[0] = qx
        mid[1] = qy
        if across / rows > 70.0 and draw(h, 60 + row) < 0.8:
            car_park(site, kit, out, mid, sub_key(h, 70 + row), 0.35 + 0.5 * draw(h, 61 + row))
        scatter(
            site,
            kit,
            out,
            sub_quad(quad, 0.03, row / rows + 0.02, 0.97, (row + 0.12) / rows),
            sub_key(h, 80 + row),
            16,
            kit.kind.tree,
        )


@subkernel
def centre(site: Site, kit: Kit, out: Lists, quad: Array, h: np.uint64) -> None:
    """Dense blocks of large buildings; streets between."""
    along, across = side_lengths(quad)
    patch(site, out, quad, kit.paint.paving, 0.1 * (draw(h, 0) - 0.5), 0.5 * draw(h, 1))
    blocks = 3 if along > 250.0 else 2
    lines = 3 if across > 250.0 else 2
    for k in range(1, blocks):
        ax, ay = lerp_quad(quad, k / blocks, 0.0)
        bx, by = lerp_quad(quad, k / blocks, 1.0)
        street(site, kit, out, (ax, ay, bx, by), sub_key(h, k), 0.5)
    for k in range(1, lines):
        ax, ay = lerp_quad(quad, 0.0, k / lines)
        bx, by = lerp_quad(quad, 1.0, k / lines)
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
    ax, ay = lerp_quad(quad, u0 + 0.1 * du, v0 + 0.5 * dv)
    bx, by = lerp_quad(quad, u0 + 0.9 * du, v0 + 0.5 * dv)
    angle = math.atan2(by - ay, bx - ax)
    cx, cy = lerp_quad(quad, u0 + 0.5 * du, v0 + 0.5 * dv)
    if draw(h, 0) < 0.10:
        car_park(site, kit, out, np.array((cx, cy, angle, du * along - 20.0, dv * across - 20.0)), h, 0.8)
        return
    if draw(h, 0) < 0.18:
        patch(
            site,
            out,
            sub_quad(quad, u0 + 0.1 * du, v0 + 0.1 * dv, u0 + 0.9 * du, v0 + 0.9 * dv),
            kit.paint.lawn,
            0.0,
            0.3,
        )
        scatter(
            site,
            kit,
            out,
            sub_quad(quad, u0 + 0.12 * du, v0 + 0.12 * dv, u0 + 0.88 * du, v0 + 0.88 * dv),
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
            length, width, _ = size_of(kit, kit.kind.building, hk)
            if s + length > du * along - 11.0:
                break
            k += 1
            if width > room_v / rows - 2.0:
                continue
            x, y = lerp_quad(quad, u0 + (s + 0.5 * length) / along, v)
            n = place(site, kit, out, kit.kind.building, x, y, angle, hk, ALONG_STREET)
            if n >= 0 and draw(hk, 51) < 0.3:
                out.objects[n, 7] *= 1.6
            s += length + 0.8 + 5.0 * draw(hk, 52) ** 2


@subkernel
def park(site: Site, kit: Kit, out: Lists, quad: Array, h: np.uint64) -> None:
    """Lawns, paths, a pond, trees in clumps."""
    along, across = side_lengths(quad)
    patch(site, out, quad, kit.paint.lawn, 0.04, 0.3 * draw(h, 0))
    cx, cy = lerp_quad(quad, 0.3 + 0.4 * draw(h, 1), 0.3 + 0.4 * draw(h, 2))
    for k in range(5):
        x, y = lerp_quad(quad, draw(h, 10 + k), 1.0 if k % 2 == 0 else 0.0)
        mx = 0.5 * (x + cx) + 14.0 * (draw(h, 20 + k) - 0.5)
        my = 0.5 * (y + cy) + 14.0 * (draw(h, 30 + k) - 0.5)
        road(site, out, (x, y, mx, my), 1.3, kit.paint.soil_pale, 0)
        road(site, out, (mx, my, cx, cy), 1.3, kit.paint.soil_pale, 0)
    if draw(h, 3) < 0.6:
        blob(
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
            sub_quad(quad, u + 0.03, v + 0.03, u + 0.22, v + 0.22),
            sub_key(h, 60 + k),
            14,
            kit.kind.tree,
        )


@subkernel
def trailers(site: Site, kit: Kit, out: Lists, quad: Array, h: np.uint64) -> None:
    """A trailer park: narrow homes packed side by side along loops; drawn as scenery-sized halls of light metal."""
    suburb(site, kit, out, quad, h, 1.0)
