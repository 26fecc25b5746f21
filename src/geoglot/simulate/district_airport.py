"""Airports: runway, taxiways, apron, terminal."""

from __future__ import annotations

import math

import numpy as np

from geoglot.simulate import emit
from geoglot.simulate.district_country import spot
from geoglot.simulate.district_parts import car_park, sub_key
from geoglot.simulate.emit import Kit, Lists, Site
from geoglot.simulate.loops import Array, subkernel
from geoglot.simulate.noise import draw


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
            emit.place(
                site,
                kit,
                out,
                kit.kind.airplane,
                x + u * c - (vm + 10.0) * s,
                y + u * s + (vm + 10.0) * c,
                angle - 0.5 * math.pi,
                hk,
                emit.ON_APRON,
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
    n = emit.patch(site, out, emit.rectangle(x, y, angle, length - 140.0, 0.9), white, 0.0, 0.1)
    if n >= 0:
        out.patches[n, emit.P_KIND] = emit.STRIPES
        out.patches[n, emit.P_ROW_M] = 50.0
        out.patches[n, emit.P_ROW] = 30.0


@subkernel
def _joints(site: Site, kit: Kit, out: Lists, box: Array) -> None:
    """The joints of concrete slabs, 7.5 m apart both ways."""
    for turn in range(2):
        long, wide = (box[3], box[4]) if turn == 0 else (box[4], box[3])
        quad = emit.rectangle(box[0], box[1], box[2] + 0.5 * math.pi * turn, long, wide)
        n = emit.patch(site, out, quad, kit.paint.concrete, -0.28, 0.6)
        if n >= 0:
            out.patches[n, emit.P_KIND] = emit.STRIPES
            out.patches[n, emit.P_ROW_M] = 7.5
            out.patches[n, emit.P_ROW] = 0.2


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
            emit.place(
                site,
                kit,
                out,
                kit.kind.airplane,
                x + u * c - va * s,
                y + u * s + va * c,
                angle + 0.5 * math.pi + 0.02 * (draw(hk, 31) - 0.5),
                hk,
                emit.ON_APRON,
            )
            for t in range(2):
                ht = sub_key(hk, 5 + t)
                if draw(ht, 30) < 0.5:
                    emit.place(
                        site,
                        kit,
                        out,
                        kit.kind.truck,
                        x + (u + 24.0) * c - (va + 4.0 * t) * s,
                        y + (u + 24.0) * s + (va + 4.0 * t) * c,
                        angle + 1.57 * t,
                        ht,
                        emit.ON_APRON,
                    )
    for k in range(gates // 2):
        hk = sub_key(h, 100 + k)
        u = (2 * k + 1 - 0.5 * gates) * 62.0
        vb = v + 95.0 + 24.0
        emit.place(site, kit, out, kit.kind.building, x + u * c - vb * s, y + u * s + vb * c, angle, hk, emit.ON_GROUND)
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
        emit.blob(site, out, (x + uk * c - (v - 40.0) * s, y + uk * s + (v - 40.0) * c, 8.5, 8.5, 0.0), p.marking, 0.0)
        emit.blob(site, out, (x + uk * c - (v - 40.0) * s, y + uk * s + (v - 40.0) * c, 8.0, 8.0, 0.0), p.asphalt, 0.0)
        if draw(hk, 30) < 0.7:
            emit.place(
                site,
                kit,
                out,
                kit.kind.helicopter,
                x + uk * c - (v - 40.0) * s,
                y + uk * s + (v - 40.0) * c,
                angle + 0.4 * k,
                hk,
                emit.ON_APRON,
            )
    car_park(
        site,
        kit,
        out,
        np.array((x - (v + 190.0) * s, y + (v + 190.0) * c, angle, 0.3 * length, 68.0)),
        sub_key(h, 300),
        0.6,
    )
