"""Everything that stands in a window, district by district, in one fixed order."""

from __future__ import annotations

import math

import numpy as np

from geoglot.simulate import mesh
from geoglot.simulate.district_airport import airport
from geoglot.simulate.district_country import (
    farm,
    fields,
    glasshouses,
    golf,
    orchard,
    pasture,
    quarry,
    solar,
    wind,
)  # fmt: skip
from geoglot.simulate.district_homes import suburb
from geoglot.simulate.district_special import harbour, open_water, sports, tank_farm
from geoglot.simulate.district_town import centre, flats, park
from geoglot.simulate.district_works import shops, works
from geoglot.simulate.emit import Kit, Lists, Site, new_lists
from geoglot.simulate.loops import Array, kernel, subkernel
from geoglot.simulate.noise import draw, hash_cell
from geoglot.simulate.roads import edge, ring
from geoglot.simulate.terrain import urbanity

_FILL = 61


@subkernel
def _inset(quad: Array, i: int, j: int, seed: int) -> Array:
    """The cell without its road margins."""
    part = quad.copy()
    cx = 0.25 * (quad[0, 0] + quad[1, 0] + quad[2, 0] + quad[3, 0])
    cy = 0.25 * (quad[0, 1] + quad[1, 1] + quad[2, 1] + quad[3, 1])
    wide = 1.0
    for k in range(4):
        a = i + 1 if k == 1 else i
        b = j + 1 if k == 2 else j
        category = mesh.edge_road(seed, a, b, 1 if k in (1, 3) else 0)
        wide = max(
            wide,
            17.0
            if category == mesh.MOTORWAY
            else 9.5
            if category == mesh.PRIMARY
            else 7.4
            if category == mesh.STREET
            else 2.4,
        )
    for k in range(4):
        d = math.hypot(quad[k, 0] - cx, quad[k, 1] - cy)
        f = 1.0 - 1.35 * wide / d
        part[k, 0] = cx + (quad[k, 0] - cx) * f
        part[k, 1] = cy + (quad[k, 1] - cy) * f
    return part


@subkernel
def _fill(site: Site, kit: Kit, out: Lists, i: int, j: int) -> None:
    """Build one district."""
    whole = mesh.corners(site.seed, i, j)
    b = site.bounds
    if max(whole[:, 0]) < b[0] or min(whole[:, 0]) > b[2] or max(whole[:, 1]) < b[1] or min(whole[:, 1]) > b[3]:
        return
    kind = mesh.cell_kind(site.seed, i, j)
    if kind in (mesh.NATURE, mesh.AIRPORT):
        return
    h = hash_cell(site.seed, _FILL, i, j)
    if kind == mesh.WATER:
        open_water(site, kit, out, whole, h)
        return
    if kind == mesh.CROPS:
        fields(site, kit, out, whole, h)
        return
    quad = _inset(whole, i, j, site.seed)
    if kind == mesh.SUBURB or kind == mesh.TRAILERS:
        u = urbanity(site.seed, whole[0, 0], whole[0, 1])
        dense = min(1.0, max(0.0, (u - 0.5) * 2.0 + 0.8 * (draw(h, 90) - 0.35)))
        suburb(site, kit, out, quad, h, dense)
    elif kind == mesh.APARTMENTS:
        flats(site, kit, out, quad, h)
    elif kind == mesh.DOWNTOWN:
        centre(site, kit, out, quad, h)
    elif kind == mesh.INDUSTRY:
        works(site, kit, out, quad, h)
    elif kind == mesh.COMMERCE:
        shops(site, kit, out, quad, h)
    elif kind == mesh.PARK:
        park(site, kit, out, quad, h)
    else:
        _fill_rest(site, kit, out, quad, h, kind)


@subkernel
def _fill_rest(site: Site, kit: Kit, out: Lists, quad: Array, h: np.uint64, kind: int) -> None:
    if kind == mesh.PASTURE:
        pasture(site, kit, out, quad, h)
    elif kind == mesh.ORCHARD:
        orchard(site, kit, out, quad, h)
    elif kind == mesh.FARM:
        farm(site, kit, out, quad, h)
    elif kind == mesh.WIND:
        wind(site, kit, out, quad, h)
    elif kind == mesh.SOLAR:
        solar(site, kit, out, quad, h)
    elif kind == mesh.GLASS:
        glasshouses(site, kit, out, quad, h)
    elif kind == mesh.GOLF:
        golf(site, kit, out, quad, h)
    elif kind == mesh.QUARRY:
        quarry(site, kit, out, quad, h)
    elif kind == mesh.TANKS:
        tank_farm(site, kit, out, quad, h)
    elif kind == mesh.SPORTS:
        sports(site, kit, out, quad, h)
    elif kind == mesh.HARBOUR:
        harbour(site, kit, out, quad, h)


@subkernel
def _airports(site: Site, kit: Kit, out: Lists, span: tuple[int, int, int, int]) -> None:
    i0, j0, i1, j1 = span
    for bj in range((j0 - 3) // mesh.BLOCK, (j1 + 3) // mesh.BLOCK + 1):
        for bi in range((i0 - 7) // mesh.BLOCK, (i1 + 7) // mesh.BLOCK + 1):
            has, i, j = mesh.airport(site.seed, bi, bj)
            if not has:
                continue
            ax, ay = mesh.vertex(site.seed, i, j)
            bx, by = mesh.vertex(site.seed, i + 7, j)
            cx, cy = mesh.vertex(site.seed, i + 7, j + 3)
            dx, dy = mesh.vertex(site.seed, i, j + 3)
            angle = math.atan2(by + cy - ay - dy, bx + cx - ax - dx)
            length = min(math.hypot(bx - ax, by - ay), math.hypot(cx - dx, cy - dy)) - 80.0
            width = min(math.hypot(dx - ax, dy - ay), math.hypot(cx - bx, cy - by)) - 60.0
            frame = np.array((0.25 * (ax + bx + cx + dx), 0.25 * (ay + by + cy + dy), angle, length, width))
            airport(site, kit, out, frame, hash_cell(site.seed, _FILL, i, j))


@kernel
def _build(site: Site, kit: Kit, out: Lists, span: tuple[int, int, int, int]) -> None:
    i0, j0, i1, j1 = span
    for j in range(j0, j1 + 1):
        for i in range(i0, i1 + 1):
            _fill(site, kit, out, i, j)
    _airports(site, kit, out, span)
    for j in range(j0, j1 + 2):
        for i in range(i0, i1 + 2):
            edge(site, kit, out, i, j, 0)
            edge(site, kit, out, i, j, 1)
            ring(site, kit, out, i, j)


def cell_span(seed: int, x0: float, y0: float, x1: float, y1: float) -> tuple[int, int, int, int]:
    """First and last mesh indices (i0, j0, i1, j1) of all cells that can touch a window."""
    xs = np.linspace(x0, x1, 2 + int((x1 - x0) / 900.0))
    ys = np.linspace(y0, y1, 2 + int((y1 - y0) / 900.0))
    cells = np.array([mesh.cell_at(seed, float(x), float(y)) for x in xs for y in ys])
    low = cells.min(axis=0) - 2
    high = cells.max(axis=0) + 2
    return int(low[0]), int(low[1]), int(high[0]), int(high[1])


def build(site: Site, kit: Kit) -> Lists:
    """All objects, ground patches and road pieces that touch the site's bounds."""
    x0, y0, x1, y1 = (float(value) for value in site.bounds)
    span = cell_span(site.seed, x0, y0, x1, y1)
    room = 600 + int((x1 - x0) * (y1 - y0) / 60.0)
    while True:
        lists = new_lists(min(room, 40000 + room // 8), 400 + room // 2, 400 + room // 4)
        _build(site, kit, lists, span)
        if lists.used[3] == 0:
            return lists
        room *= 3
