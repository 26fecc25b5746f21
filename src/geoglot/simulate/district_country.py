"""Districts of the countryside: fields, pasture, orchards, farms, golf, wind, sun, glass, quarries."""

from __future__ import annotations

import math

import numpy as np

from geoglot.simulate import emit
from geoglot.simulate.district_parts import frame_of, scatter, sub_key
from geoglot.simulate.emit import Kit, Lists, Paints, Site
from geoglot.simulate.loops import Array, kernel, subkernel
from geoglot.simulate.mesh import TRACK
from geoglot.simulate.noise import draw, normal
from geoglot.simulate.terrain import moisture


@kernel
def sown(p: Paints, pick: float, grown: float, earth: int) -> tuple[int, float]:
    """What a field carries, as material and share of its dry companion, for two even draws; earth: of bare fields."""
    if pick < 0.40:
        return p.crop, 0.85 * (1.0 - grown) ** 1.5
    if pick < 0.55:
        return p.crop_blue, 0.7 * (1.0 - grown)
    if pick < 0.72:
        return p.crop_ripe, 0.5 * grown
    if pick < 0.76:
        return p.rapeseed, 0.35 * grown
    return (earth, 0.7 * grown) if pick < 0.90 else (p.grass, 0.5 * grown)


@subkernel
def _field(site: Site, kit: Kit, out: Lists, quad: Array, h: np.uint64) -> None:
    """One parcel: a crop at one growth stage, drilled in rows along its longer side."""
    p = kit.paint
    pick = draw(h, 0)
    grown = draw(h, 1)
    wet = moisture(site.seed, quad[0, 0], quad[0, 1])
    earth = p.soil_dark if wet > 0.6 else p.soil
    material, mixed = sown(p, pick, grown, earth)
    n = emit.patch(site, out, quad, material, 0.10 * normal(h, 3), mixed)
    if n < 0:
        return
    along, across = emit.side_lengths(quad)
    first = 0 if along >= across else 1
    dx = quad[first + 1, 0] - quad[first, 0]
    dy = quad[first + 1, 1] - quad[first, 1]
    out.patches[n, emit.P_ROW_ANGLE] = math.atan2(dy, dx)
    out.patches[n, emit.P_ROW_M] = 0.75 + 2.6 * draw(h, 5) ** 2
    out.patches[n, emit.P_ROW] = 0.03 + 0.18 * draw(h, 6) ** 2
    out.patches[n, emit.P_CROP] = 1.0 + float(h >> np.uint64(40))


@subkernel
def fields(site: Site, kit: Kit, out: Lists, quad: Array, h: np.uint64) -> None:
    """A district cut into parcels with straight, shared edges; hedges on some of them."""
    first = 0.35 + 0.3 * draw(h, 0)
    pieces = 2 + int(2.5 * draw(h, 1))
    turned = draw(h, 2) < 0.5
    for side in range(2):
        a = 0.0 if side == 0 else first
        b = first if side == 0 else 1.0
        cut = 0.0
        for k in range(pieces):
            end = 1.0 if k == pieces - 1 else (k + 1 + 0.7 * (draw(h, 10 + 4 * side + k) - 0.5)) / pieces
            part = emit.sub_quad(quad, cut, a, end, b) if turned else emit.sub_quad(quad, a, cut, b, end)
            hk = sub_key(h, 10 * side + k)
            _field(site, kit, out, part, hk)
            if draw(hk, 60) < 0.22:
                hedge(site, kit, out, part[0], part[1], hk)
            cut = end


@subkernel
def hedge(site: Site, kit: Kit, out: Lists, a: Array, b: Array, h: np.uint64) -> None:
    """Bushes and trees along a line."""
    length = math.hypot(b[0] - a[0], b[1] - a[1])
    for k in range(int(length / 4.0)):
        hk = sub_key(h, k)
        if draw(hk, 30) < 0.75:
            t = (k + draw(hk, 31)) * 4.0 / length
            kind = kit.kind.bush if draw(hk, 32) < 0.55 else kit.kind.tree
            x = a[0] + (b[0] - a[0]) * t + 1.5 * (draw(hk, 33) - 0.5)
            y = a[1] + (b[1] - a[1]) * t + 1.5 * (draw(hk, 34) - 0.5)
            emit.place(site, kit, out, kind, x, y, 0.0, hk, emit.ON_GROUND)


@subkernel
def pasture(site: Site, kit: Kit, out: Lists, quad: Array, h: np.uint64) -> None:
    """Meadows of different use, with single trees and hedges."""
    cut = 0.3 + 0.4 * draw(h, 0)
    for k in range(2):
        hk = sub_key(h, k)
        part = emit.sub_quad(quad, 0.0, 0.0 if k == 0 else cut, 1.0, cut if k == 0 else 1.0)
        emit.patch(site, out, part, kit.paint.grass, 0.08 * normal(hk, 1), 0.8 * draw(hk, 2))
        if draw(hk, 3) < 0.5:
            hedge(site, kit, out, part[0], part[1], hk)
        scatter(site, kit, out, part, hk, int(14.0 * draw(hk, 4) ** 2), kit.kind.tree)


@subkernel
def orchard(site: Site, kit: Kit, out: Lists, quad: Array, h: np.uint64) -> None:
    """Trees in straight rows on grass or bare soil."""
    along, across = emit.side_lengths(quad)
    base = kit.paint.grass if draw(h, 0) < 0.6 else kit.paint.soil
    emit.patch(site, out, quad, base, 0.05 * normal(h, 1), 0.6 * draw(h, 2))
    row_m = 7.0 + 5.0 * draw(h, 3)
    tree_m = 6.0 + 4.0 * draw(h, 4)
    rows = int((across - 16.0) / row_m)
    trees = int((along - 16.0) / tree_m)
    for j in range(rows):
        for i in range(trees):
            hk = sub_key(h, 1000 * j + i)
            if draw(hk, 30) < 0.93:
                x, y = emit.lerp_quad(quad, (8.0 + (i + 0.5) * tree_m) / along, (8.0 + (j + 0.5) * row_m) / across)
                emit.place(site, kit, out, kit.kind.tree, x + 0.6 * (draw(hk, 31) - 0.5), y, 0.0, hk, emit.ON_GROUND)


@subkernel
def farm(site: Site, kit: Kit, out: Lists, quad: Array, h: np.uint64) -> None:
    """Fields with a farmstead in one corner: house, barns, yard, trees."""
    fields(site, kit, out, quad, h)
    along, across = emit.side_lengths(quad)
    u = 50.0 / along
    v = 48.0 / across
    yard = emit.sub_quad(quad, 9.0 / along, 9.0 / across, 2.0 * u, 2.0 * v)
    emit.patch(site, out, yard, kit.paint.gravel if draw(h, 1) < 0.5 else kit.paint.lawn, 0.0, 0.4)
    x, y = emit.lerp_quad(quad, u, v)
    ax, ay = emit.lerp_quad(quad, u + 0.1, v)
    angle = math.atan2(ay - y, ax - x)
    c = math.cos(angle)
    s = math.sin(angle)
    for k in range(3):
        hk = sub_key(h, 70 + k)
        dv = -26.0 + 27.0 * k
        kind = kit.kind.house if k == 0 else kit.kind.building
        turn = angle
        emit.place(site, kit, out, kind, x - dv * s - 4.0 * c, y + dv * c - 4.0 * s, turn, hk, emit.ON_GROUND)
    scatter(site, kit, out, yard, sub_key(h, 80), 9, kit.kind.tree)


@subkernel
def wind(site: Site, kit: Kit, out: Lists, quad: Array, h: np.uint64) -> None:
    """Fields with one turbine and its track."""
    fields(site, kit, out, quad, h)
    x, y = emit.lerp_quad(quad, 0.5, 0.5)
    ax, ay = emit.lerp_quad(quad, 0.5, 0.0)
    emit.road(site, out, (ax, ay, x, y), 2.0, kit.paint.gravel, TRACK)
    # All rotors of a region face the same wind.
    facing = 6.28 * moisture(site.seed, 0.2 * x, 0.2 * y)
    emit.place(site, kit, out, kit.kind.wind_turbine, x, y, facing, sub_key(h, 5), emit.ON_GROUND)


@subkernel
def solar(site: Site, kit: Kit, out: Lists, quad: Array, h: np.uint64) -> None:
    """Blocks of solar panels on a grid."""
    along, across = emit.side_lengths(quad)
    base = kit.paint.grass if moisture(site.seed, quad[0, 0], quad[0, 1]) > 0.3 else kit.paint.soil_pale
    emit.patch(site, out, quad, base, 0.0, 0.5 * draw(h, 0))
    x0, y0, angle, c, s = frame_of(quad)
    columns = int((along * 0.82 - 20.0) / 68.0)
    rows = int((across * 0.82 - 20.0) / 37.0)
    for j in range(rows):
        for i in range(columns):
            hk = sub_key(h, 100 * j + i)
            if draw(hk, 30) < 0.94:
                u = (i - 0.5 * (columns - 1)) * 68.0
                v = (j - 0.5 * (rows - 1)) * 37.0
                emit.place(
                    site,
                    kit,
                    out,
                    kit.kind.solar_array,
                    x0 + u * c - v * s,
                    y0 + u * s + v * c,
                    angle,
                    hk,
                    emit.ON_GROUND,
                )
    emit.road(
        site,
        out,
        (x0 - 0.5 * along * c, y0 - 0.5 * along * s, x0 - 0.42 * along * c, y0 - 0.42 * along * s),
        2.0,
        kit.paint.gravel,
        TRACK,
    )


@subkernel
def glasshouses(site: Site, kit: Kit, out: Lists, quad: Array, h: np.uint64) -> None:
    """Greenhouses side by side in groups."""
    along, across = emit.side_lengths(quad)
    emit.patch(site, out, quad, kit.paint.soil_pale if draw(h, 0) < 0.5 else kit.paint.grass, 0.0, 0.4)
    ax, ay = emit.lerp_quad(quad, 0.3, 0.5)
    bx, by = emit.lerp_quad(quad, 0.7, 0.5)
    angle = math.atan2(by - ay, bx - ax)
    for i in range(int((along - 40.0) / 92.0)):
        s = 18.0
        k = 0
        while k < 24:
            hk = sub_key(h, 100 * i + k)
            _, width, _ = emit.size_of(kit, kit.kind.greenhouse, hk)
            if s + width > across * 0.86:
                break
            if draw(hk, 30) < 0.9:
                x, y = emit.lerp_quad(quad, (66.0 + 92.0 * i) / along, (s + 0.5 * width) / across)
                emit.place(site, kit, out, kit.kind.greenhouse, x, y, angle, hk, emit.ON_GROUND)
            s += width + (1.6 if k % 5 else 9.0)
            k += 1


@subkernel
def golf(site: Site, kit: Kit, out: Lists, quad: Array, h: np.uint64) -> None:
    """Fairways, greens, bunkers, ponds, clumps of trees."""
    emit.patch(site, out, quad, kit.paint.grass, 0.0, 0.25 + 0.5 * draw(h, 0))
    for k in range(4):
        hk = sub_key(h, k)
        x, y = emit.lerp_quad(quad, 0.15 + 0.7 * draw(hk, 1), 0.12 + 0.25 * k)
        angle = 0.8 * (draw(hk, 2) - 0.5) + math.atan2(quad[1, 1] - quad[0, 1], quad[1, 0] - quad[0, 0])
        long = 70.0 + 60.0 * draw(hk, 3)
        emit.blob(site, out, (x, y, long, 16.0 + 8.0 * draw(hk, 4), angle), kit.paint.lawn, 0.12)
        gx = x + 0.8 * long * math.cos(angle)
        gy = y + 0.8 * long * math.sin(angle)
        emit.blob(site, out, (gx, gy, 13.0, 10.0, angle), kit.paint.turf, 0.2)
        for b in range(3):
            t = 6.28 * draw(hk, 10 + b)
            emit.blob(
                site, out, (gx + 19.0 * math.cos(t), gy + 17.0 * math.sin(t), 6.5, 4.0, t + 1.2), kit.paint.sand, 0.1
            )
        if draw(hk, 20) < 0.3:
            emit.blob(site, out, (x - 20.0, y + 26.0, 18.0, 11.0, angle), kit.paint.turbid_water, 0.0)
        u = 0.7 * draw(hk, 21)
        scatter(
            site, kit, out, emit.sub_quad(quad, u, 0.06 + 0.23 * k, u + 0.3, 0.15 + 0.23 * k), hk, 22, kit.kind.tree
        )


@subkernel
def quarry(site: Site, kit: Kit, out: Lists, quad: Array, h: np.uint64) -> None:
    """Bare working ground with lorries."""
    emit.patch(site, out, quad, kit.paint.soil_pale, 0.0, 0.5)
    for k in range(4):
        hk = sub_key(h, k)
        x, y = emit.lerp_quad(quad, 0.2 + 0.6 * draw(hk, 0), 0.2 + 0.6 * draw(hk, 1))
        emit.blob(
            site,
            out,
            (x, y, 30.0 + 50.0 * draw(hk, 2), 20.0 + 30.0 * draw(hk, 3), 3.0 * draw(hk, 4)),
            kit.paint.gravel,
            0.3 * (draw(hk, 5) - 0.5),
        )
    scatter(site, kit, out, emit.sub_quad(quad, 0.2, 0.2, 0.8, 0.8), sub_key(h, 9), 5, kit.kind.truck)


@subkernel
def bare_block(site: Site, out: Lists, quad: Array, material: int, mixed: float) -> None:
    """One material over a whole district."""
    emit.patch(site, out, quad, material, 0.0, mixed)


@subkernel
def spot(site: Site, out: Lists, box: Array, material: int, tone: float) -> None:
    """A rectangle (x, y, angle, length, width) of one material."""
    emit.patch(site, out, emit.rectangle(box[0], box[1], box[2], box[3], box[4]), material, tone, 0.2)
