"""Districts with a purpose: harbours, tank farms, sports grounds, open water."""

from __future__ import annotations

import math

import numpy as np

from geoglot.simulate import emit
from geoglot.simulate.district_parts import car_park, frame_of, scatter, sub_key
from geoglot.simulate.emit import Kit, Lists, Site
from geoglot.simulate.loops import Array, subkernel
from geoglot.simulate.mesh import TRACK
from geoglot.simulate.noise import draw

_BERTH_M = 195.0  # the longest ship and its ropes


@subkernel
def tank_farm(site: Site, kit: Kit, out: Lists, quad: Array, h: np.uint64) -> None:
    """Tanks of equal size on a grid inside bunds, a pump house, pipes."""
    along, across = emit.side_lengths(quad)
    base = kit.paint.gravel if draw(h, 0) < 0.5 else kit.paint.concrete if draw(h, 0) < 0.75 else kit.paint.dry_grass
    emit.patch(site, out, quad, base, 0.1 * (draw(h, 1) - 0.5), 0.5 * draw(h, 2))
    halves = 2
    for part in range(halves):
        hk = sub_key(h, part)
        size = emit.size_of(kit, kit.kind.storage_tank, hk)[0]
        pitch = size * (1.35 + 0.5 * draw(hk, 30))
        # Six tanks a group, whatever their size: else small tanks would outnumber large ones.
        room = 0.5 * along - 26.0
        columns = max(1, min(2, int(room / pitch)))
        rows = max(1, min(6 // columns, int((across - 60.0) / pitch)))
        for j in range(rows):
            for i in range(columns):
                u = (20.0 + part * 0.5 * along + 0.5 * room + (i - 0.5 * (columns - 1)) * pitch) / along
                v = (0.5 * across + (j - 0.5 * (rows - 1)) * pitch) / across
                x, y = emit.lerp_quad(quad, u, v)
                hm = sub_key(hk, 100 + 10 * j + i)
                n = emit.place(site, kit, out, kit.kind.storage_tank, x, y, 6.28 * draw(hm, 31), hm, emit.ON_GROUND)
                if n >= 0:
                    emit.blob(site, out, (x, y, 0.62 * size, 0.62 * size, 0.0), kit.paint.soil_pale, 0.05)
                    # One row of tanks is one order: same size, kind and paint.
                    one = 0.97 + 0.06 * draw(hm, 32)
                    out.objects[n, emit.LENGTH] = size * one
                    out.objects[n, emit.WIDTH] = size * one
                    out.objects[n, emit.VARIANT] = kit.things.variants[kit.kind.storage_tank, 0] + int(
                        3.0 * draw(hk, 33)
                    )
        ax, ay = emit.lerp_quad(quad, 0.03 + 0.5 * part, 0.06)
        bx, by = emit.lerp_quad(quad, 0.47 + 0.5 * part, 0.06)
        emit.road(site, out, (ax, ay, bx, by), 3.0, kit.paint.asphalt, TRACK)


@subkernel
def sports(site: Site, kit: Kit, out: Lists, quad: Array, h: np.uint64) -> None:
    """A sports ground: a track or pitches, courts in a row, a club house, a car park."""
    along, across = emit.side_lengths(quad)
    emit.patch(site, out, quad, kit.paint.lawn, 0.0, 0.2 + 0.3 * draw(h, 0))
    x0, y0, angle, c, s = frame_of(quad)
    if draw(h, 1) < 0.55:
        v = 0.16 * across
        emit.place(
            site, kit, out, kit.kind.athletics_track, x0 - v * s, y0 + v * c, angle, sub_key(h, 1), emit.ON_GROUND
        )
    else:
        for k in range(2):
            u = (k - 0.5) * 84.0
            v = 0.15 * across
            emit.place(
                site,
                kit,
                out,
                kit.kind.soccer_field,
                x0 + u * c - v * s,
                y0 + u * s + v * c,
                angle + 0.5 * math.pi,
                sub_key(h, 2 + k),
                emit.ON_GROUND,
            )
    courts = 3 + int(3.0 * draw(h, 3))
    v = -0.5 * across + 44.0
    first = sub_key(h, 10)
    u = -0.5 * along + 26.0
    for k in range(courts):
        hk = sub_key(h, 10 + k)
        if u + 20.0 > 0.5 * along - 70.0:
            break
        n = emit.place(
            site,
            kit,
            out,
            kit.kind.tennis_court,
            x0 + (u + 9.0) * c - v * s,
            y0 + (u + 9.0) * s + v * c,
            angle + 0.5 * math.pi,
            hk,
            emit.ON_GROUND,
        )
        if n >= 0:
            row = out.objects[n]
            row[8] = kit.things.palette[kit.kind.tennis_court, 0, int(3.0 * draw(first, 40))]
            row[9] = kit.things.palette[kit.kind.tennis_court, 1, int(4.0 * draw(first, 41))]
        u += 18.6
    u += 12.0
    for k in range(1 + int(2.0 * draw(h, 5))):
        if u + 16.0 > 0.5 * along - 16.0:
            break
        emit.place(
            site,
            kit,
            out,
            kit.kind.basketball_court,
            x0 + (u + 8.0) * c - v * s,
            y0 + (u + 8.0) * s + v * c,
            angle + 0.5 * math.pi,
            sub_key(h, 30 + k),
            emit.ON_GROUND,
        )
        u += 18.0
    scatter(site, kit, out, emit.sub_quad(quad, 0.04, 0.04, 0.96, 0.065), sub_key(h, 60), 20, kit.kind.tree)
    # Between the courts and the pitches, where the district is deep enough for both.
    v = -0.5 * across + 77.0
    if 0.15 * across - 53.0 > v + 9.0:
        car_park(site, kit, out, np.array((x0 - v * s, y0 + v * c, angle, 0.5 * along, 17.0)), sub_key(h, 70), 0.4)


@subkernel
def _moor(site: Site, kit: Kit, out: Lists, berth: Array, h: np.uint64) -> None:
    """A pier with boats along both sides. berth: x, y at its root, angle, length."""
    x, y, angle, length = berth[0], berth[1], berth[2], berth[3]
    c = math.cos(angle)
    s = math.sin(angle)
    n = emit.place(site, kit, out, kit.kind.pier, x + 0.5 * length * c, y + 0.5 * length * s, angle, h, emit.BY_QUAY)
    if n >= 0:
        out.objects[n, emit.LENGTH] = length
    pitch = 5.0
    busy = 0.55 + 0.45 * draw(h, 31)
    for k in range(int((length - 6.0) / pitch)):
        for side in range(-1, 2, 2):
            hk = sub_key(h, 4 * k + side + 5)
            if draw(hk, 30) > busy:
                continue
            boat = emit.size_of(kit, kit.kind.boat, hk)[0]
            u = 6.0 + (k + 0.5) * pitch
            v = side * (1.5 + 0.5 * boat)
            turn = angle + 0.5 * math.pi * (1.0 if draw(hk, 32) < 0.75 else -1.0) * side
            emit.place(site, kit, out, kit.kind.boat, x + u * c - v * s, y + u * s + v * c, turn, hk, emit.BY_QUAY)


@subkernel
def harbour(site: Site, kit: Kit, out: Lists, quad: Array, h: np.uint64) -> None:
    """A quayed basin: a marina with piers, or a port with ships, cranes' yards and sheds."""
    along, across = emit.side_lengths(quad)
    emit.patch(site, out, quad, kit.paint.concrete, 0.0, 0.3)
    x0, y0, angle, c, s = frame_of(quad)
    length = along - 70.0
    width = min(across - 96.0, 190.0)
    n = emit.patch(
        site, out, emit.rectangle(x0, y0, angle, length, width), kit.paint.water, 0.0, 0.25 + 0.4 * draw(h, 0)
    )
    if n >= 0:
        out.patches[n, emit.P_CROP] = -1.0
    if draw(h, 1) < 0.6:
        piers = int(length / 34.0)
        for k in range(piers):
            u = -0.5 * length + (k + 0.5) * length / piers
            v = -0.5 * width
            _moor(
                site,
                kit,
                out,
                np.array(
                    (
                        x0 + u * c - v * s,
                        y0 + u * s + v * c,
                        angle + 0.5 * math.pi,
                        width * (0.55 + 0.25 * draw(h, 20 + k)),
                    )
                ),
                sub_key(h, 5 + k),
            )
    else:
        for side in range(-1, 2, 2):
            hk = sub_key(h, 40 + side)
            berths = int(length / _BERTH_M)
            for k in range(berths):
                hs = sub_key(hk, k)
                _, beam, _ = emit.size_of(kit, kit.kind.ship, hs)
                if draw(hs, 31) > 0.8:
                    continue
                u = -0.5 * length + (k + 0.5) * length / berths
                v = side * (0.5 * width - 0.5 * beam - 1.5)
                turn = angle + (math.pi if draw(hs, 30) < 0.5 else 0.0)
                x, y = x0 + u * c - v * s, y0 + u * s + v * c
                emit.place(site, kit, out, kit.kind.ship, x, y, turn, hs, emit.BY_QUAY)
            for k in range(int(length / 13.5)):
                hc = sub_key(hk, 50 + k)
                if draw(hc, 30) < 0.6:
                    for row in range(3):
                        v = side * (0.5 * width + 9.0 + 2.7 * row)
                        uc = -0.5 * length + 13.5 * (k + 0.5)
                        emit.place(
                            site,
                            kit,
                            out,
                            kit.kind.container,
                            x0 + uc * c - v * s,
                            y0 + uc * s + v * c,
                            angle,
                            sub_key(hc, row),
                            emit.ON_GROUND,
                        )


@subkernel
def open_water(site: Site, kit: Kit, out: Lists, quad: Array, h: np.uint64) -> None:
    """Ships under way with wakes, at anchor in groups, or boats."""
    use = draw(h, 0)
    if use < 0.6:
        return
    count = 1 if use < 0.83 else 2 if use < 0.91 else 5 + int(6.0 * draw(h, 1))
    swing = 6.28 * draw(h, 2)
    for k in range(count):
        hk = sub_key(h, k)
        # A grid of nine keeps hulls apart: one ship in each ninth of the district.
        slot = (k * 4 + int(9.0 * draw(h, 3))) % 9
        u = (slot % 3 + 0.3 + 0.4 * draw(hk, 30)) / 3.0
        v = (slot // 3 + 0.3 + 0.4 * draw(hk, 31)) / 3.0
        x, y = emit.lerp_quad(quad, u, v)
        turn = 6.28 * draw(hk, 32) if count < 3 else swing + 0.25 * (draw(hk, 33) - 0.5)
        kind = kit.kind.ship if draw(h, 4) < 0.62 else kit.kind.boat
        if kind == kit.kind.ship and count >= 3 and k >= 4:
            kind = kit.kind.boat
        n = emit.place(site, kit, out, kind, x, y, turn, hk, emit.ON_WATER)
        if n >= 0 and count < 3 and draw(hk, 34) < 0.75:
            row = out.objects[n]
            length, width = row[5], row[6]
            back = length * (0.5 + 0.95)
            m = emit.place(
                site,
                kit,
                out,
                kit.kind.wake,
                x - back * math.cos(turn),
                y - back * math.sin(turn),
                turn,
                sub_key(hk, 5),
                emit.BY_QUAY,
            )
            if m >= 0:
                out.objects[m, 5] = 1.9 * length + 10.0
                out.objects[m, 6] = 1.4 * width + 1.0
