"""Finding places: where in the endless world a scene of a given theme can be taken."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from geoglot.simulate import mesh
from geoglot.simulate.emit import CLASS, Site, X, Y
from geoglot.simulate.loops import kernel, subkernel
from geoglot.simulate.noise import draw, generator, hash_cell
from geoglot.simulate.roads import has_ring, water_spans
from geoglot.simulate.tables import thing_classes
from geoglot.simulate.terrain import moisture, relief_height, ruggedness, urbanity, warmth
from geoglot.simulate.water import waters
from geoglot.simulate.world import World

_PLACE = 91
_PROBES = 6000
# Kinds of search beside mesh kinds: what the place must satisfy.
CELL, MOUNTAIN, SNOWY, DESERT, WOODED, RIVER, LAKE, BRIDGE, RING, HIGHWAY, CROSSING, COAST, MARSH = range(13)


@dataclass(frozen=True, slots=True)
class Theme:
    """One kind of place: its scene label, how it is found, which mesh kind or urban density, what it centres on.

    weight: how often `scene` visits it. dense: least and greatest urban density for suburbs.
    """

    label: str
    search: int = CELL
    kind: int = mesh.NATURE
    centres_on: tuple[str, ...] = ()
    weight: float = 1.0
    dense: tuple[float, float] = (0.0, 1.0)


THEMES = (
    Theme("agricultural", kind=mesh.CROPS, weight=1.4),
    Theme("pasture", kind=mesh.PASTURE),
    Theme("orchard", kind=mesh.ORCHARD, weight=0.6),
    Theme("farm", kind=mesh.FARM, centres_on=("house", "building")),
    Theme("sparse residential", kind=mesh.SUBURB, centres_on=("house", "swimming pool"), dense=(0.0, 0.25)),
    Theme(
        "medium residential", kind=mesh.SUBURB, centres_on=("house", "swimming pool"), weight=1.2, dense=(0.25, 0.65)
    ),
    Theme("dense residential", kind=mesh.SUBURB, centres_on=("house",), weight=1.2, dense=(0.65, 1.0)),
    Theme("apartment blocks", kind=mesh.APARTMENTS, centres_on=("building", "car")),
    Theme("city centre", kind=mesh.DOWNTOWN, centres_on=("building",)),
    Theme("industrial area", kind=mesh.INDUSTRY, centres_on=("building", "truck"), weight=1.2),
    Theme("parking lot", kind=mesh.COMMERCE, centres_on=("car",), weight=1.3),
    Theme("storage tanks", kind=mesh.TANKS, centres_on=("storage tank",), weight=1.2),
    Theme("sports ground", kind=mesh.SPORTS, centres_on=("athletics track", "soccer field"), weight=1.0),
    Theme("tennis courts", kind=mesh.SPORTS, centres_on=("tennis court", "basketball court"), weight=1.2),
    Theme("park", kind=mesh.PARK),
    Theme("solar farm", kind=mesh.SOLAR, centres_on=("solar array",)),
    Theme("wind farm", kind=mesh.WIND, centres_on=("wind turbine",)),
    Theme("greenhouses", kind=mesh.GLASS, centres_on=("greenhouse",)),
    Theme("harbour", kind=mesh.HARBOUR, centres_on=("boat", "ship"), weight=1.5),
    Theme("airport", kind=mesh.AIRPORT, centres_on=("airplane", "airplane", "helicopter"), weight=1.5),
    Theme("runway", kind=mesh.AIRPORT, weight=0.6),
    Theme("golf course", kind=mesh.GOLF),
    Theme("sea", kind=mesh.WATER, centres_on=("ship", "boat"), weight=1.5),
    Theme("quarry", kind=mesh.QUARRY, weight=0.5),
    Theme("forest", WOODED, weight=1.2),
    Theme("mountain", MOUNTAIN),
    Theme("snow", SNOWY, weight=0.6),
    Theme("desert", DESERT, weight=0.8),
    Theme("wetland", MARSH, weight=0.6),
    Theme("river", RIVER),
    Theme("lake", LAKE, weight=0.7),
    Theme("bridge", BRIDGE, weight=1.0),
    Theme("roundabout", RING, weight=1.0),
    Theme("motorway", HIGHWAY, weight=1.1),
    Theme("intersection", CROSSING, weight=1.1),
    Theme("beach", COAST, weight=0.8),
)


@subkernel
def town_density(seed: int, i: int, j: int) -> float:
    """How tightly a suburb is built, 0 to 1."""
    x, y = mesh.vertex(seed, i, j)
    loose = draw(hash_cell(seed, mesh.DENSITY, i, j), 90) - 0.35
    return min(1.0, max(0.0, (urbanity(seed, x, y) - 0.5) * 2.0 + 0.8 * loose))


@subkernel
def _suits(seed: int, i: int, j: int, search: int, kind: int, dense: tuple[float, float]) -> bool:
    """Whether a cell is what the search wants."""
    if search == RING:
        return has_ring(seed, i, j)
    if search == HIGHWAY:
        return mesh.edge_road(seed, i, j, 1) == mesh.MOTORWAY or mesh.edge_road(seed, i, j, 0) == mesh.MOTORWAY
    if search == CROSSING:
        crossing = mesh.edge_road(seed, i, j, 0) >= mesh.STREET and mesh.edge_road(seed, i, j, 1) >= mesh.STREET
        return crossing and mesh.cell_kind(seed, i, j) == mesh.SUBURB
    x, y = mesh.vertex(seed, i, j)
    if search == COAST:
        px, py = mesh.vertex(seed, i + 1, j + 1)
        return (relief_height(seed, x, y) > 0.5) != (relief_height(seed, px, py) > 0.5)
    here = mesh.cell_kind(seed, i, j)
    if search == CELL:
        if here != kind:
            return False
        return kind != mesh.SUBURB or dense[0] <= town_density(seed, i, j) <= dense[1]
    if here != mesh.NATURE:
        return False
    z = relief_height(seed, x, y)
    if search == MOUNTAIN:
        return ruggedness(seed, x, y) > 0.5
    if search == SNOWY:
        return warmth(seed, x, y, z) < -3.0 and z > 2.0
    wet = moisture(seed, x, y)
    warm = warmth(seed, x, y, z)
    if search == DESERT:
        return wet < 0.22 and ruggedness(seed, x, y) < 0.5 and warm > 6.0 and z > 4.0
    if search == MARSH:
        return wet > 0.60 and 3.0 < z < 50.0 and ruggedness(seed, x, y) < 0.02 and warm > 4.0
    return wet > 0.55 and warm > 5.0 and z > 4.0 and ruggedness(seed, x, y) < 0.6


@kernel
def _find(
    seed: int, place: tuple[int, int], search: int, kind: int, dense: tuple[float, float]
) -> tuple[bool, int, int]:
    """The first suitable cell in a random walk over the world, keyed by (index, theme)."""
    key = hash_cell(seed, _PLACE, place[0], place[1])
    for k in range(_PROBES):
        # A new region every 40 probes: rare kinds are clustered, and so is their absence.
        region = k // 40
        i = int((draw(key, 4 * region) - 0.5) * 4000.0) + int(draw(key, 4 * k + 20001) * 30.0)
        j = int((draw(key, 4 * region + 1) - 0.5) * 4000.0) + int(draw(key, 4 * k + 20002) * 30.0)
        if search == HIGHWAY:
            i += 11 - i % 29
        if kind == mesh.AIRPORT and search == CELL:
            has, ai, aj = mesh.airport(seed, i // mesh.BLOCK, j // mesh.BLOCK)
            if has:
                return True, ai + 1 + int(5.0 * draw(key, 4 * k + 3)), aj + 1
            continue
        if _suits(seed, i, j, search, kind, dense):
            return True, i, j
    return False, 0, 0


@kernel
def _bridge_near(site: Site, i0: int, j0: int, turn: int) -> tuple[bool, float, float]:
    """The middle of some bridged water on the mesh around a cell."""
    spans = np.empty((3, 2))
    for k in range(162):
        m = (k * 7 + turn) % 162
        i = i0 - 4 + m // 2 % 9
        j = j0 - 4 + m // 18
        upward = m % 2
        if mesh.edge_road(site.seed, i, j, upward) < mesh.STREET and k < 150:
            continue
        if mesh.edge_road(site.seed, i, j, upward) == mesh.NO_ROAD:
            continue
        x0, y0 = mesh.vertex(site.seed, i, j)
        x1, y1 = mesh.vertex(site.seed, i, j + 1) if upward == 1 else mesh.vertex(site.seed, i + 1, j)
        if water_spans(site, (x0, y0, x1, y1), spans) > 0:
            t = 0.5 * (spans[0, 0] + spans[0, 1]) / math.hypot(x1 - x0, y1 - y0)
            return True, x0 + (x1 - x0) * t, y0 + (y1 - y0) * t
    return False, 0.0, 0.0


def _watery(world: World, rng: np.random.Generator, search: int) -> tuple[float, float] | None:
    for _ in range(12):
        x, y = (float(value) for value in (rng.random(2) - 0.5) * 1.2e6)
        near = waters(world.seed, x, y, x + 6000.0, y + 6000.0)
        if search == LAKE:
            big = near.lakes[near.lakes[:, 2] > 40.0]
            if len(big):
                lake = big[rng.integers(len(big))]
                turn = rng.random() * 6.28
                return lake[0] + 0.8 * lake[2] * math.cos(turn), lake[1] + 0.8 * lake[2] * math.sin(turn)
            continue
        wide = near.courses[near.courses[:, 4] > (4.0 if search == BRIDGE else 8.0)]
        if not len(wide):
            continue
        piece = wide[rng.integers(len(wide))]
        if search == RIVER:
            return float(piece[0]), float(piece[1])
        i, j = mesh.cell_at(world.seed, float(piece[0]), float(piece[1]))
        site = world.site(float(piece[0]) - 2500, float(piece[1]) - 2500, 5000.0, 5000.0)
        found, bx, by = _bridge_near(site, i, j, int(rng.integers(162)))
        if found:
            return bx, by
    return None


def _centre(world: World, theme: Theme, quad: NDArray[np.float64], rng: np.random.Generator) -> tuple[float, float]:
    """A point in a cell: on one of the things the theme centres on, or anywhere in its middle."""
    if theme.centres_on and rng.random() < 0.8:
        # An airport is searched as a whole, for things of some size; other districts to their roads.
        wide, least_m = (1300.0, 8.0) if theme.kind == mesh.AIRPORT else (60.0, 1.0)
        low, high = quad.min(axis=0) - wide, quad.max(axis=0) + wide
        site = world.site(low[0], low[1], high[0] - low[0], high[1] - low[1], least_m=least_m)
        lists = world.content(site)
        rows = lists.objects[: lists.used[0]]
        names = [thing.name for thing in thing_classes()]
        wanted = names.index(theme.centres_on[rng.integers(len(theme.centres_on))])
        hits = rows[rows[:, CLASS] == wanted]
        if len(hits):
            row = hits[rng.integers(len(hits))]
            return float(row[X]), float(row[Y])
    u, v = 0.2 + 0.6 * rng.random(2)
    top = (1 - u) * quad[0] + u * quad[1]
    low_side = (1 - u) * quad[3] + u * quad[2]
    point = (1 - v) * top + v * low_side
    return float(point[0]), float(point[1])


def place(world: World, theme: Theme, index: int) -> tuple[float, float]:
    """The centre (x, y) in metres of the index-th place of a theme; the middle of nowhere if there is none."""
    rng = generator(world.seed, _PLACE, index, THEMES.index(theme))
    if theme.search in (RIVER, LAKE, BRIDGE):
        point = _watery(world, rng, theme.search)
        return point if point is not None else (float(rng.random() * 1e5), 0.0)
    _, i, j = _find(world.seed, (index, THEMES.index(theme)), theme.search, theme.kind, theme.dense)
    if theme.search in (RING, CROSSING, HIGHWAY):
        x, y = mesh.vertex(world.seed, i, j)
        spread = 24.0 if theme.search != HIGHWAY else 120.0
        return x + spread * (rng.random() - 0.5), y + spread * (rng.random() - 0.5)
    return _centre(world, theme, mesh.corners(world.seed, i, j), rng)
