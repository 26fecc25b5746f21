"""How districts put things into the world: lists of objects, ground patches and road pieces, as plain rows."""

from __future__ import annotations

import math
from functools import cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from geoglot.simulate.loops import Array, kernel, subkernel
from geoglot.simulate.noise import draw, mix, normal
from geoglot.simulate.tables import Things, material, object_classes, thing_classes, things
from geoglot.simulate.water import Waters, ground

# Columns of an object row.
CLASS, VARIANT, X, Y, ANGLE, LENGTH, WIDTH, HEIGHT, PAINT, PAINT2, TONE, BASE, RUNNING, KEY, STAND, SPEED = range(16)
# Columns of a ground patch: kind, four corners or an ellipse, then look.
P_KIND, P_XY, P_MATERIAL, P_TONE, P_MIX, P_ROW_ANGLE, P_ROW_M, P_ROW, P_CROP = 0, 1, 9, 10, 11, 12, 13, 14, 15
QUAD, ELLIPSE, STRIPES = 0, 1, 2
# Columns of a road piece.
R_XY, R_HALF, R_MATERIAL, R_CLASS, R_TONE, R_START, R_BRIDGE, R_SIDE, R_ZEBRA = 0, 4, 5, 6, 7, 8, 9, 10, 11
# Where an object stands (column STAND), for the truth.
ON_GROUND, ON_ROAD, ON_PARKING, ON_DRIVE, ON_WATER, ON_APRON, ALONG_STREET, IN_WOOD, BY_QUAY = range(9)
STANDS = ("ground", "road", "parking", "drive", "water", "apron", "street side", "wood", "quay")


class Paints(NamedTuple):
    """Indices of the materials that districts name."""

    water: int
    turbid_water: int
    grass: int
    dry_grass: int
    lawn: int
    turf: int
    crop: int
    crop_blue: int
    crop_ripe: int
    rapeseed: int
    soil: int
    soil_dark: int
    soil_red: int
    soil_pale: int
    sand: int
    gravel: int
    rock: int
    snow: int
    forest: int
    conifer: int
    undergrowth: int
    shrub: int
    wetland: int
    asphalt: int
    asphalt_new: int
    concrete: int
    paving: int
    marking: int
    marking_yellow: int
    foam: int
    wood: int
    ash: int


class Kinds(NamedTuple):
    """Indices of the object classes."""

    car: int
    truck: int
    bus: int
    ship: int
    boat: int
    airplane: int
    helicopter: int
    storage_tank: int
    building: int
    house: int
    greenhouse: int
    swimming_pool: int
    tennis_court: int
    soccer_field: int
    basketball_court: int
    athletics_track: int
    bridge: int
    roundabout: int
    wind_turbine: int
    solar_array: int
    tree: int
    bush: int
    pier: int
    container: int
    wake: int
    clutter: int


class Kit(NamedTuple):
    """Everything a district needs to build: tables and names."""

    things: Things
    paint: Paints
    kind: Kinds


class Site(NamedTuple):
    """Where building goes on: the world, its water, and the part of it that is wanted."""

    seed: int
    water: Waters
    bounds: NDArray[np.float64]  # x0, y0, x1, y1 in metres
    least_m: float  # things smaller than this are left out
    time_s: float  # seconds of motion since the world's moment


class Lists(NamedTuple):
    """Rows written so far; used holds objects, patches, road pieces, and how many did not fit."""

    objects: NDArray[np.float64]  # (N, 16)
    patches: NDArray[np.float64]  # (P, 16)
    roads: NDArray[np.float64]  # (R, 12)
    used: NDArray[np.int64]  # (4,)


@cache
def kit() -> Kit:
    """The kit from the TOML tables."""
    names = [thing.name for thing in thing_classes()]
    return Kit(
        things(),
        Paints(*(material(name) for name in Paints._fields)),
        Kinds(*(names.index(name.replace("_", " ")) for name in Kinds._fields)),
    )


def new_lists(objects: int, patches: int, roads: int) -> Lists:
    """Empty lists with room for so many rows."""
    return Lists(np.empty((objects, 16)), np.empty((patches, 16)), np.empty((roads, 12)), np.zeros(4, np.int64))


def labelled(index: int) -> bool:
    """Whether a class index is one of the labelled classes."""
    return index < len(object_classes())


@subkernel
def cut_normal(table: Array, h: np.uint64, k: int, shared: float) -> float:
    """A size from [mean, sd, least, greatest]; `shared` is the object's own normal draw, so sizes go together."""
    z = 0.85 * shared + 0.527 * normal(h, k)
    return float(min(table[3], max(table[2], table[0] + table[1] * z)))


@subkernel
def choose(kit: Kit, kind: int, paint: int, chance: float) -> int:
    """A material of one of the two free paints of a class."""
    weights = kit.things.weight[kind, paint]
    for k in range(weights.shape[0]):
        if chance < weights[k]:
            return int(kit.things.palette[kind, paint, k])
    return int(kit.things.palette[kind, paint, 0])


@subkernel
def outside(site: Site, x: float, y: float, r: float) -> bool:
    """Whether a disc lies wholly outside the wanted bounds."""
    b = site.bounds
    return bool(x + r < b[0] or x - r > b[2] or y + r < b[1] or y - r > b[3])


@subkernel
def shore(site: Site, x: float, y: float) -> float:
    """Signed distance into water at a point (m, positive in water)."""
    return ground(site.seed, x, y, site.water)[1]


@subkernel
def size_of(kit: Kit, kind: int, h: np.uint64) -> tuple[float, float, float]:
    """Length, width and height (m) of the object that this hash makes."""
    shared = normal(h, 3)
    size = kit.things.size[kind]
    length = cut_normal(size[0], h, 4, shared)
    width = cut_normal(size[1], h, 5, shared)
    return length, width, cut_normal(size[2], h, 6, shared)


@subkernel
def place(
    site: Site, kit: Kit, out: Lists, kind: int, x: float, y: float, angle: float, h: np.uint64, stand: int
) -> int:
    """Put one object into the list; gives its row, or -1 where it is not wanted or would stand in the wrong element.

    Round things (tank, tree, roundabout) take their width from their length.
    """
    most = kit.things.size[kind]
    if outside(site, x, y, 0.5 * math.sqrt(most[0, 3] ** 2 + most[1, 3] ** 2) + 2.0 * max(1.0, most[2, 3])):
        return -1  # whatever its size: most are, and sizes are dear
    length, width, height = size_of(kit, kind, h)
    names = kit.kind
    if kind == names.storage_tank or kind == names.tree or kind == names.roundabout or kind == names.bush:
        width = length
    wide, long = width, length
    if kind == names.bridge or kind == names.pier or kind == names.wake or kind == names.storage_tank:
        # Their districts change the size afterwards, up to the greatest of the class.
        wide, long = kit.things.size[kind, 1, 3], kit.things.size[kind, 0, 3]
    reach = 0.5 * math.sqrt(long * long + wide * wide) + (2.0 * height if height > 2.0 else 2.0)
    if max(length, width) < site.least_m or outside(site, x, y, reach):
        return -1
    margin = 0.5 * max(length, width) + 2.0 if max(length, width) > 3.0 else 1.5
    if stand == ON_WATER:
        # Room by the greatest of the class: else long hulls would be rarer than the table says.
        if shore(site, x, y) < 0.55 * kit.things.size[kind, 0, 3]:
            return -1
    elif stand != BY_QUAY and stand != ON_ROAD and shore(site, x, y) > -margin:
        return -1
    n = out.used[0]
    if n >= out.objects.shape[0]:
        out.used[3] += 1
        return -1
    out.used[0] = n + 1
    row = out.objects[n]
    row[CLASS] = kind
    first = kit.things.variants[kind, 0]
    row[VARIANT] = first + int(draw(h, 1) * kit.things.variants[kind, 1])
    row[X] = x
    row[Y] = y
    row[ANGLE] = angle
    row[LENGTH] = length
    row[WIDTH] = width
    row[HEIGHT] = height
    row[PAINT] = choose(kit, kind, 0, draw(h, 2))
    row[PAINT2] = choose(kit, kind, 1, draw(h, 20))
    row[TONE] = 0.10 * normal(h, 11)
    row[BASE] = math.nan
    row[RUNNING] = 1.0 if draw(h, 24) < kit.things.warm[kind, 1] else 0.0
    row[KEY] = float(mix(h + np.uint64(kind)) >> np.uint64(12))
    row[STAND] = stand
    row[SPEED] = 0.0
    return int(n)


@subkernel
def patch(site: Site, out: Lists, quad: Array, material: int, tone: float, mixed: float) -> int:
    """Paint a convex quadrilateral (4, 2) of ground; gives its row or -1. `mixed` is the share of the dry material."""
    b = site.bounds
    if max(quad[:, 0]) < b[0] or min(quad[:, 0]) > b[2] or max(quad[:, 1]) < b[1] or min(quad[:, 1]) > b[3]:
        return -1
    n = out.used[1]
    if n >= out.patches.shape[0]:
        out.used[3] += 1
        return -1
    out.used[1] = n + 1
    row = out.patches[n]
    row[:] = 0.0
    row[P_KIND] = QUAD
    for k in range(4):
        row[P_XY + 2 * k] = quad[k, 0]
        row[P_XY + 2 * k + 1] = quad[k, 1]
    row[P_MATERIAL] = material
    row[P_TONE] = tone
    row[P_MIX] = mixed
    return int(n)


@kernel
def rectangle(x: float, y: float, angle: float, length: float, width: float) -> Array:
    """(4, 2) corners of a rectangle around a centre."""
    c = math.cos(angle)
    s = math.sin(angle)
    quad = np.empty((4, 2))
    for k in range(4):
        u = (-0.5 if k in (0, 3) else 0.5) * length
        v = (-0.5 if k < 2 else 0.5) * width
        quad[k, 0] = x + u * c - v * s
        quad[k, 1] = y + u * s + v * c
    return quad


@subkernel
def blob(site: Site, out: Lists, oval: tuple[float, float, float, float, float], material: int, tone: float) -> int:
    """Paint an ellipse of ground: (x, y, semi-axis along, semi-axis across, angle)."""
    x, y, a, b, angle = oval
    if outside(site, x, y, max(a, b)):
        return -1
    n = patch(site, out, rectangle(x, y, angle, 2.0 * a, 2.0 * b), material, tone, 0.15)
    if n >= 0:
        row = out.patches[n]
        row[P_KIND] = ELLIPSE
        row[P_XY], row[P_XY + 1], row[P_XY + 2], row[P_XY + 3], row[P_XY + 4] = x, y, a, b, angle
    return int(n)


@subkernel
def road(
    site: Site, out: Lists, ends: tuple[float, float, float, float], half: float, material: int, category: int
) -> int:
    """Lay one straight road piece where all of it is dry; gives its row or -1."""
    x0, y0, x1, y1 = ends
    length = math.hypot(x1 - x0, y1 - y0)
    if outside(site, 0.5 * (x0 + x1), 0.5 * (y0 + y1), 0.5 * length + half + 4.0):
        return -1
    steps = 1 + int(length / 8.0)
    for k in range(steps + 1):
        t = k / steps
        if shore(site, x0 + (x1 - x0) * t, y0 + (y1 - y0) * t) > -half - 1.0:
            return -1
    return lay(site, out, ends, half, material, category)


@subkernel
def lay(
    site: Site, out: Lists, ends: tuple[float, float, float, float], half: float, material: int, category: int
) -> int:
    """Lay one straight road piece over anything; gives its row or -1."""
    x0, y0, x1, y1 = ends
    b = site.bounds
    r = half + 4.0
    if max(x0, x1) + r < b[0] or min(x0, x1) - r > b[2] or max(y0, y1) + r < b[1] or min(y0, y1) - r > b[3]:
        return -1
    n = out.used[2]
    if n >= out.roads.shape[0]:
        out.used[3] += 1
        return -1
    out.used[2] = n + 1
    row = out.roads[n]
    row[:] = 0.0
    row[0], row[1], row[2], row[3] = x0, y0, x1, y1
    row[R_HALF] = half
    row[R_MATERIAL] = material
    row[R_CLASS] = category
    return int(n)


@subkernel
def lerp_quad(quad: Array, u: float, v: float) -> tuple[float, float]:
    """The point at fractions (u, v) of a quadrilateral, bilinear."""
    x = (1 - v) * ((1 - u) * quad[0, 0] + u * quad[1, 0]) + v * ((1 - u) * quad[3, 0] + u * quad[2, 0])
    y = (1 - v) * ((1 - u) * quad[0, 1] + u * quad[1, 1]) + v * ((1 - u) * quad[3, 1] + u * quad[2, 1])
    return x, y


@subkernel
def sub_quad(quad: Array, u0: float, v0: float, u1: float, v1: float) -> Array:
    """(4, 2) the part of a quadrilateral between fractions."""
    part = np.empty((4, 2))
    part[0] = lerp_quad(quad, u0, v0)
    part[1] = lerp_quad(quad, u1, v0)
    part[2] = lerp_quad(quad, u1, v1)
    part[3] = lerp_quad(quad, u0, v1)
    return part


@subkernel
def side_lengths(quad: Array) -> tuple[float, float]:
    """The shorter of each pair of opposite sides (m): along u, along v."""
    a = math.hypot(quad[1, 0] - quad[0, 0], quad[1, 1] - quad[0, 1])
    b = math.hypot(quad[2, 0] - quad[3, 0], quad[2, 1] - quad[3, 1])
    c = math.hypot(quad[3, 0] - quad[0, 0], quad[3, 1] - quad[0, 1])
    d = math.hypot(quad[2, 0] - quad[1, 0], quad[2, 1] - quad[1, 1])
    return min(a, b), min(c, d)
