"""Districts with a purpose: airports, harbours, tank farms, sports grounds, open water."""

from __future__ import annotations

import math

import numpy as np

from geoglot.simulate.district_country import spot
from geoglot.simulate.district_town import car_park, frame_of, scatter, sub_key
from geoglot.simulate.emit import (
    BY_QUAY,
    ON_APRON,
    ON_GROUND,
    ON_WATER,
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
from geoglot.simulate.noise import Array, draw, subkernel

_BERTH_M = 195.0  # the longest ship and its ropes


@subkernel
def tank_farm(site: Site, kit: Kit, out: Lists, quad: Array, h: np.uint64) -> None:
    """Tanks of equal size on a grid inside bunds, a pump house, pipes."""
    along, across = side_lengths(quad)
    base = kit.paint.gravel if draw(h, 0) < 0.5 else kit.paint.concrete if draw(h, 0) < 0.75 else kit.paint.dry_grass
    patch(site, out, quad, base, 0.1 * (draw(h, 1) - 0.5), 0.5 * draw(h, 2))
    halves = 2
    for part in range(halves):
        hk = sub_key(h, part)
        size = size_of(kit, kit.kind.storage_tank, hk)[0]
        pitch = size * (1.35 + 0.5 * draw(hk, 30))
        # Six tanks a group, whatever their size: else small tanks would outnumber large ones.
        room = 0.5 * along - 26.0
        columns = max(1, min(2, int(room / pitch)))
        rows = max(1, min(6 // columns, int((across - 60.0) / pitch)))
        for j in range(rows):
            for i in range(columns):
                u = (20.0 + part * 0.5 * along + 0.5 * room + (i - 0.5 * (columns - 1)) * pitch) / along
                v = (0.5 * across + (j - 0.5 * (rows - 1)) * pitch) / across
                x, y = lerp_quad(quad, u, v)
                hm = sub_key(hk, 100 + 10 * j + i)
                n = place(site, kit, out, kit.kind.storage_tank, x, y, 6.28 * draw(hm, 31), hm, ON_GROUND)
                if n >= 0:
                    blob(site, out, (x, y, 0.62 * size, 0.62 * size, 0.0), kit.paint.soil_pale, 0.05)
                    # One row of tanks is one order: same size, kind and paint.
                    one = 0.97 + 0.06 * draw(hm, 32)
                    out.objects[n, 5] = size * one
                    out.objects[n, 6] = size * one
                    out.objects[n, 1] = kit.things.variants[kit.kind.storage_tank, 0] + int(3.0 * draw(hk, 33))
        ax, ay = lerp_quad(quad, 0.03 + 0.5 * part, 0.06)
        bx, by = lerp_quad(quad, 0.47 + 0.5 * part, 0.06)
        road(site, out, (ax, ay, bx, by), 3.0, kit.paint.asphalt, 1)


@subkernel
def sports(site: Site, kit: Kit, out: Lists, quad: Array, h: np.uint64) -> None:
    """A sports ground: a track or pitches, courts in a row, a club house, a car park."""
    along, across = side_lengths(quad)
    patch(site, out, quad, kit.paint.lawn, 0.0, 0.2 + 0.3 * draw(h, 0))
    x0, y0, angle, c, s = frame_of(quad)
    if draw(h, 1) < 0.55:
        v = 0.16 * across
        place(site, kit, out, kit.kind.athletics_track, x0 - v * s, y0 + v * c, angle, sub_key(h, 1), ON_GROUND)
    else:
        for k in range(2):
            u = (k - 0.5) * 84.0
            v = 0.15 * across
            place(
                site,
                kit,
                out,
                kit.kind.soccer_field,
                x0 + u * c - v * s,
                y0 + u * s + v * c,
                angle + 0.5 * math.pi,
                sub_key(h, 2 + k),
                ON_GROUND,
            )
    courts = 3 + int(3.0 * draw(h, 3))
    v = -0.5 * across + 44.0
    first = sub_key(h, 10)
    u = -0.5 * along + 26.0
    for k in range(courts):
        hk = sub_key(h, 10 + k)
        if u + 20.0 > 0.5 * along - 70.0:
            break
        n = place(
            site,
            kit,
            out,
            kit.kind.tennis_court,
            x0 + (u + 9.0) * c - v * s,
            y0 + (u + 9.0) * s + v * c,
            angle + 0.5 * math.pi,
            hk,
            ON_GROUND,
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
        place(
            site,
            kit,
            out,
            kit.kind.basketball_court,
            x0 + (u + 8.0) * c - v * s,
            y0 + (u + 8.0) * s + v * c,
            angle + 0.5 * math.pi,
            sub_key(h, 30 + k),
            ON_GROUND,
        )
        u += 18.0
    scatter(site, kit, out, sub_quad(quad, 0.04, 0.04, 0.96, 0.065), sub_key(h, 60), 20, kit.kind.tree)
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
    n = place(site, kit, out, kit.kind.pier, x + 0.5 * length * c, y + 0.5 * length * s, angle, h, BY_QUAY)
    if n >= 0:
        out.objects[n, 5] = length
    pitch = 5.0
    busy = 0.55 + 0.45 * draw(h, 31)
    for k in range(int((length - 6.0) / pitch)):
        for side in range(-1, 2, 2):
            hk = sub_key(h, 4 * k + side + 5)
            if draw(hk, 30) > busy:
                continue
            boat = size_of(kit, kit.kind.boat, hk)[0]
            u = 6.0 + (k + 0.5) * pitch
            v = side * (1.5 + 0.5 * boat)
            turn = angle + 0.5 * math.pi * (1.0 if draw(hk, 32) < 0.75 else -1.0) * side
            place(site, kit, out, kit.kind.boat, x + u * c - v * s, y + u * s + v * c, turn, hk, BY_QUAY)


@subkernel
def harbour(site: Site, kit: Kit, out: Lists, quad: Array, h: np.uint64) -> None:
    """A quayed basin: a marina with piers, or a port with ships, cranes' yards and sheds."""
    along, across = side_lengths(quad)
    patch(site, out, quad, kit.paint.concrete, 0.0, 0.3)
    x0, y0, angle, c, s = frame_of(quad)
    length = along - 70.0
    width = min(across - 96.0, 190.0)
    n = patch(site, out, rectangle(x0, y0, angle, length, width), kit.paint.water, 0.0, 0.25 + 0.4 * draw(h, 0))
    if n >= 0:
        out.patches[n, 15] = -1.0
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
                _, beam, _ = size_of(kit, kit.kind.ship, hs)
                if draw(hs, 31) > 0.8:
                    continue
                u = -0.5 * length + (k + 0.5) * length / berths
                v = side * (0.5 * width - 0.5 * beam - 1.5)
                turn = angle + (math.pi if draw(hs, 30) < 0.5 else 0.0)
                x, y = x0 + u * c - v * s, y0 + u * s + v * c
                place(site, kit, out, kit.kind.ship, x, y, turn, hs, BY_QUAY)
            for k in range(int(length / 13.5)):
                hc = sub_key(hk, 50 + k)
                if draw(hc, 30) < 0.6:
                    for row in range(3):
                        v = side * (0.5 * width + 9.0 + 2.7 * row)
                        uc = -0.5 * length + 13.5 * (k + 0.5)
                        place(
                            site,
                            kit,
                            out,
                            kit.kind.container,
                            x0 + uc * c - v * s,
                            y0 + uc * s + v * c,
                            angle,
                            sub_key(hc, row),
                            ON_GROUND,
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
        x, y = lerp_quad(quad, u, v)
        turn = 6.28 * draw(hk, 32) if count < 3 else swing + 0.25 * (draw(hk, 33) - 0.5)
        kind = kit.kind.ship if draw(h, 4) < 0.62 else kit.kind.boat
        if kind == kit.kind.ship and count >= 3 and k >= 4:
            kind = kit.kind.boat
        n = place(site, kit, out, kind, x, y, turn, hk, ON_WATER)
        if n >= 0 and count < 3 and draw(hk, 34) < 0.75:
            row = out.objects[n]
            length, width = row[5], row[6]
            back = length * (0.5 + 0.95)
            m = place(
                site,
                kit,
                out,
                kit.kind.wake,
                x - back * math.cos(turn),
                y - back * math.sin(turn),
                turn,
                sub_key(hk, 5),
                BY_QUAY,
            )
            if m >= 0:
                out.objects[m, 5] = 1.9 * length + 10.0
                out.objects[m, 6] = 1.4 * width + 1.0


@subkernel
def airport(site: Site, kit: Kit, out: Lists, frame: Array, h: np.uint64) -> None:
    """A runway, a taxiway beside it, an apron with airliners nose-in, a terminal. frame: x, y, angle, length, width."""
    x, y, angle, length, width = frame[0], frame[1], frame[2], frame[3], frame[4]
    p = kit.paint
    spot(site, out, frame, p.grass, 0.0)
    c = math.cos(angle)
    s = math.sin(angle)
    v_run = -0.5 * width + 130.0
    v_taxi = v_run + 170.0
    surface = p.asphalt if draw(h, 0) < 0.6 else p.concrete
    _runway(site, kit, out, np.array((x - v_run * s, y + v_run * c, angle, length - 160.0)), surface)
    spot(site, out, np.array((x - v_taxi * s, y + v_taxi * c, angle, length - 200.0, 23.0)), surface, -0.05)
    spot(site, out, np.array((x - v_taxi * s, y + v_taxi * c, angle, length - 210.0, 0.5)), p.marking_yellow, 0.0)
    for k in range(5):
        u = (-0.44 + 0.22 * k) * (length - 200.0)
        vm = 0.5 * (v_run + v_taxi)
        spot(
            site,
            out,
            np.array((x + u * c - vm * s, y + u * s + vm * c, angle + 0.5 * math.pi, v_taxi - v_run, 24.0)),
            surface,
            -0.03,
        )
        spot(
            site,
            out,
            np.array((x + u * c - vm * s, y + u * s + vm * c, angle + 0.5 * math.pi, v_taxi - v_run - 50.0, 0.5)),
            p.marking_yellow,
            0.0,
        )
        hk = sub_key(h, 40 + k)
        if draw(hk, 30) < 0.35:
            place(
                site,
                kit,
                out,
                kit.kind.airplane,
                x + u * c - (vm + 10.0) * s,
                y + u * s + (vm + 10.0) * c,
                angle - 0.5 * math.pi,
                hk,
                ON_APRON,
            )
    _apron(site, kit, out, np.array((x, y, angle, length, v_taxi)), h)


@subkernel
def _runway(site: Site, kit: Kit, out: Lists, box: Array, surface: int) -> None:
    """Runway 45 m wide with threshold bars, centre line and edge lines (ICAO Annex 14, chapter 5)."""
    x, y, angle, length = box[0], box[1], box[2], box[3]
    c = math.cos(angle)
    s = math.sin(angle)
    white = kit.paint.marking
    spot(site, out, np.array((x, y, angle, length + 120.0, 60.0)), kit.paint.dry_grass, 0.0)
    spot(site, out, np.array((x, y, angle, length, 45.0)), surface, -0.12)
    for side in range(-1, 2, 2):
        spot(site, out, np.array((x - side * 21.8 * s, y + side * 21.8 * c, angle, length - 8.0, 0.9)), white, 0.0)
        for k in range(8):
            v = (k - 3.5) * 3.6 + (1.2 if k >= 4 else -1.2)
            u = side * (0.5 * length - 24.0)
            spot(site, out, np.array((x + u * c - v * s, y + u * s + v * c, angle, 30.0, 1.8)), white, 0.0)
        for k in range(2):
            v = (2 * k - 1) * 8.0
            u = side * (0.5 * length - 340.0)
            spot(site, out, np.array((x + u * c - v * s, y + u * s + v * c, angle, 45.0, 6.0)), white, -0.05)
    n = patch(site, out, rectangle(x, y, angle, length - 140.0, 0.9), white, 0.0, 0.1)
    if n >= 0:
        out.patches[n, P_KIND] = STRIPES
        out.patches[n, P_ROW_M] = 50.0
        out.patches[n, P_ROW] = 30.0


@subkernel
def _joints(site: Site, kit: Kit, out: Lists, box: Array) -> None:
    """The joints of concrete slabs, 7.5 m apart both ways."""
    for turn in range(2):
        long, wide = (box[3], box[4]) if turn == 0 else (box[4], box[3])
        quad = rectangle(box[0], box[1], box[2] + 0.5 * math.pi * turn, long, wide)
        n = patch(site, out, quad, kit.paint.concrete, -0.28, 0.6)
        if n >= 0:
            out.patches[n, P_KIND] = STRIPES
            out.patches[n, P_ROW_M] = 7.5
            out.patches[n, P_ROW] = 0.2


@subkernel
def _apron(site: Site, kit: Kit, out: Lists, box: Array, h: np.uint64) -> None:
    x, y, angle, length, v_taxi = box[0], box[1], box[2], box[3], box[4]
    p = kit.paint
    c = math.cos(angle)
    s = math.sin(angle)
    v = v_taxi + 105.0
    spot(site, out, np.array((x - v * s, y + v * c, angle, 0.56 * length, 190.0)), p.concrete, -0.06)
    _joints(site, kit, out, np.array((x - v * s, y + v * c, angle, 0.56 * length, 190.0)))
    gates = int(0.52 * length / 62.0)
    for k in range(gates):
        hk = sub_key(h, k)
        u = (k - 0.5 * (gates - 1)) * 62.0
        va = v + 44.0
        spot(
            site,
            out,
            np.array((x + u * c - (va - 26.0) * s, y + u * s + (va - 26.0) * c, angle + 0.5 * math.pi, 90.0, 0.5)),
            p.marking_yellow,
            0.0,
        )
        if draw(hk, 30) < 0.62:
            place(
                site,
                kit,
                out,
                kit.kind.airplane,
                x + u * c - va * s,
                y + u * s + va * c,
                angle + 0.5 * math.pi + 0.02 * (draw(hk, 31) - 0.5),
                hk,
                ON_APRON,
            )
            for t in range(2):
                ht = sub_key(hk, 5 + t)
                if draw(ht, 30) < 0.5:
                    place(
                        site,
                        kit,
                        out,
                        kit.kind.truck,
                        x + (u + 24.0) * c - (va + 4.0 * t) * s,
                        y + (u + 24.0) * s + (va + 4.0 * t) * c,
                        angle + 1.57 * t,
                        ht,
                        ON_APRON,
                    )
    for k in range(gates // 2):
        hk = sub_key(h, 100 + k)
        u = (2 * k + 1 - 0.5 * gates) * 62.0
        vb = v + 95.0 + 24.0
        place(site, kit, out, kit.kind.building, x + u * c - vb * s, y + u * s + vb * c, angle, hk, ON_GROUND)
    u = 0.34 * length
    spot(
        site,
        out,
        np.array((x + u * c - (v - 40.0) * s, y + u * s + (v - 40.0) * c, angle, 120.0, 80.0)),
        p.asphalt,
        0.1,
    )
    for k in range(4):
        hk = sub_key(h, 200 + k)
        uk = u - 42.0 + 28.0 * k
        blob(site, out, (x + uk * c - (v - 40.0) * s, y + uk * s + (v - 40.0) * c, 8.5, 8.5, 0.0), p.marking, 0.0)
        blob(site, out, (x + uk * c - (v - 40.0) * s, y + uk * s + (v - 40.0) * c, 8.0, 8.0, 0.0), p.asphalt, 0.0)
        if draw(hk, 30) < 0.7:
            place(
                site,
                kit,
                out,
                kit.kind.helicopter,
                x + uk * c - (v - 40.0) * s,
                y + uk * s + (v - 40.0) * c,
                angle + 0.4 * k,
                hk,
                ON_APRON,
            )
    car_park(
        site,
        kit,
        out,
        np.array((x - (v + 190.0) * s, y + (v + 190.0) * c, angle, 0.3 * length, 68.0)),
        sub_key(h, 300),
        0.6,
    )
