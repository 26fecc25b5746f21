"""Roads on the mesh: surfaces, bridges where they meet water, roundabouts, traffic."""

from __future__ import annotations

import math

import numpy as np

from geoglot.simulate.district_parts import sub_key
from geoglot.simulate.emit import (
    BASE,
    HEIGHT,
    LENGTH,
    ON_ROAD,
    R_SIDE,
    R_TONE,
    R_ZEBRA,
    RUNNING,
    SPEED,
    WIDTH,
    Kit,
    Lists,
    Site,
    X,
    Y,
    lay,
    outside,
    place,
    shore,
)  # fmt: skip
from geoglot.simulate.loops import Array, subkernel
from geoglot.simulate.mesh import MOTORWAY, NO_ROAD, PRIMARY, STREET, TRACK, edge_road, vertex
from geoglot.simulate.noise import draw, hash_cell, mix
from geoglot.simulate.water import ground

_ROAD, _RING = 51, 52
_STEP_M = 8.0
_LONGEST_BRIDGE_M = 240.0
_RING_HALF_M = 20.0


@subkernel
def half_width(category: int) -> float:
    """Half the paved width of a road class in metres."""
    if category == MOTORWAY:
        return 13.5
    if category == PRIMARY:
        return 5.6
    return 4.4 if category == STREET else 1.9


@subkernel
def water_spans(site: Site, ends: tuple[float, float, float, float], spans: Array) -> int:
    """Runs of water along a road as metres from its start; gives their number, or -1 where it cannot be bridged."""
    x0, y0, x1, y1 = ends
    length = math.hypot(x1 - x0, y1 - y0)
    steps = int(length / _STEP_M) + 1
    count = 0
    start = -1.0
    for k in range(steps + 1):
        d = min(length, k * _STEP_M)
        wet = shore(site, x0 + (x1 - x0) * d / length, y0 + (y1 - y0) * d / length) > -7.0
        if wet and (k == 0 or k == steps):
            return -1
        if wet and start < 0.0:
            start = d - _STEP_M
        if not wet and start >= 0.0:
            if d - start > _LONGEST_BRIDGE_M or count == spans.shape[0]:
                return -1
            spans[count, 0] = start
            spans[count, 1] = d
            count += 1
            start = -1.0
    return count


@subkernel
def _bridge(
    site: Site, kit: Kit, out: Lists, ends: tuple[float, float, float, float], half: float, h: np.uint64
) -> float:
    """Span the water between two points; gives the height of the deck, level with the higher bank."""
    x0, y0, x1, y1 = ends
    length = math.hypot(x1 - x0, y1 - y0)
    angle = math.atan2(y1 - y0, x1 - x0)
    za = ground(site.seed, x0, y0, site.water)[0]
    zb = ground(site.seed, x1, y1, site.water)[0]
    deck = max(za, zb) + 0.8
    n = place(site, kit, out, kit.kind.bridge, 0.5 * (x0 + x1), 0.5 * (y0 + y1), angle, h, ON_ROAD)
    if n >= 0:
        row = out.objects[n]
        row[LENGTH] = length + 6.0
        row[WIDTH] = 2.0 * half + 1.6
        row[HEIGHT] = 5.0
        row[BASE] = deck - 5.0
    return deck


@subkernel
def _traffic(
    site: Site, kit: Kit, out: Lists, ends: tuple[float, float, float, float], category: int, h: np.uint64
) -> None:
    """Vehicles in their lanes, in platoons: heavy tails make counts over-dispersed."""
    x0, y0, x1, y1 = ends
    length = math.hypot(x1 - x0, y1 - y0)
    angle = math.atan2(y1 - y0, x1 - x0)
    busy = draw(h, 0) ** (2 if category >= PRIMARY else 3)
    gap = 13.0 if category != MOTORWAY else 21.0
    lanes = 3 if category == MOTORWAY else 1
    share = (0.01 if category == TRACK else 0.55 if category == MOTORWAY else 0.6) * busy
    jam = draw(h, 1) < 0.08 and category != TRACK
    if jam:
        gap = 7.0
        share = 0.85
    pace = (27.0 if category == MOTORWAY else 15.0 if category == PRIMARY else 9.0) * (0.8 + 0.4 * draw(h, 2))
    pace = 0.0 if jam else 0.4 * pace if category == TRACK else pace
    room = length - 24.0
    slots = int(room / gap)
    for side in range(-1, 2, 2):
        for lane in range(lanes):
            offset = side * (4.4 + 3.6 * lane) if category == MOTORWAY else side * (1.05 if category == TRACK else 2.0)
            speed = pace * (1.0 - 0.12 * lane)
            for k in range(slots):
                hk = hash_cell(int(h >> np.uint64(8)), _ROAD, k, 2 * lane + (side + 1) // 2)
                if draw(hk, 40) > share:
                    continue
                s = (k + 0.5) * gap + (gap - 7.0) * 0.6 * (draw(hk, 41) - 0.5) - side * speed * site.time_s
                # Who leaves at one end is followed by another at the other end, with a key of its own.
                laps = math.floor(s / room)
                s = 12.0 + s - laps * room
                if laps != 0:
                    hk = mix(hk + np.uint64(laps))
                kind = _vehicle(kit, category, lane == lanes - 1, draw(hk, 42), gap < 9.0)
                turn = angle if side < 0 else angle + math.pi
                x = x0 + (x1 - x0) * s / length - offset * math.sin(angle)
                y = y0 + (y1 - y0) * s / length + offset * math.cos(angle)
                n = place(site, kit, out, kind, x, y, turn, hk, ON_ROAD)
                if n >= 0:
                    out.objects[n, SPEED] = speed
                    out.objects[n, RUNNING] = 1.0


@subkernel
def _vehicle(kit: Kit, category: int, outer: bool, pick: float, dense: bool) -> int:
    """Which kind of vehicle: lorries keep to the outer lane, queues are drawn as cars, which never overlap."""
    if dense:
        return kit.kind.car
    heavy = 0.16 if category == MOTORWAY and outer else 0.05
    if pick > heavy + 0.02:
        return kit.kind.car
    return kit.kind.truck if pick > 0.02 else kit.kind.bus


@subkernel
def has_ring(seed: int, i: int, j: int) -> bool:
    """Whether a roundabout joins the roads at a vertex: only where four streets meet."""
    if draw(hash_cell(seed, _RING, i, j), 0) > 0.16:
        return False
    for k in range(4):
        a = i - 1 if k == 1 else i
        b = j - 1 if k == 3 else j
        category = edge_road(seed, a, b, 0 if k < 2 else 1)
        if category not in (STREET, PRIMARY):
            return False
    return True


@subkernel
def edge(site: Site, kit: Kit, out: Lists, i: int, j: int, upward: int) -> None:
    """Lay the road of one mesh edge, with bridges and traffic."""
    x0, y0 = vertex(site.seed, i, j)
    x1, y1 = vertex(site.seed, i, j + 1) if upward == 1 else vertex(site.seed, i + 1, j)
    if outside(site, 0.5 * (x0 + x1), 0.5 * (y0 + y1), 0.5 * math.hypot(x1 - x0, y1 - y0) + 40.0):
        return
    category = edge_road(site.seed, i, j, upward)
    if category == NO_ROAD:
        return
    ends = (x0, y0, x1, y1)
    spans = np.empty((3, 2))
    decks = np.empty(3)
    count = water_spans(site, ends, spans)
    if count < 0:
        return
    h = hash_cell(site.seed, _ROAD, 2 * i + upward, j)
    p = kit.paint
    half = half_width(category)
    if category == TRACK:
        surface = p.soil_pale if draw(h, 2) < 0.7 else p.gravel
    elif category == MOTORWAY:
        surface = p.asphalt
    else:
        surface = p.asphalt if draw(h, 2) < 0.75 else p.asphalt_new
    n = lay(site, out, ends, half, surface, category)
    if n >= 0:
        out.roads[n, R_TONE] = 0.22 * (draw(h, 3) - 0.45)
        out.roads[n, R_ZEBRA] = 1.0 if category in (STREET, PRIMARY) and draw(h, 5) < 0.4 else 0.0
        out.roads[n, R_SIDE] = 2.4 if category == STREET else 1.5 if category != TRACK else 0.0
    length = math.hypot(x1 - x0, y1 - y0)
    for k in range(count):
        a = spans[k, 0] / length
        b = spans[k, 1] / length
        part = (x0 + (x1 - x0) * a, y0 + (y1 - y0) * a, x0 + (x1 - x0) * b, y0 + (y1 - y0) * b)
        decks[k] = _bridge(site, kit, out, part, half, sub_key(h, k))
    before = out.used[0]
    _traffic(site, kit, out, ends, category, h)
    for n in range(before, out.used[0]):
        row = out.objects[n]
        d = math.hypot(row[X] - x0, row[Y] - y0)
        for k in range(count):
            if spans[k, 0] <= d <= spans[k, 1]:
                row[BASE] = decks[k]


@subkernel
def ring(site: Site, kit: Kit, out: Lists, i: int, j: int) -> None:
    """Lay the roundabout of a vertex where there is one."""
    x, y = vertex(site.seed, i, j)
    if outside(site, x, y, 40.0) or not has_ring(site.seed, i, j):
        return
    place(site, kit, out, kit.kind.roundabout, x, y, 0.0, hash_cell(site.seed, _RING, i, j), ON_ROAD)
