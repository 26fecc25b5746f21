"""People build as they do on Earth: fields, towns along roads, things where they belong (rows W4 to W7)."""

from __future__ import annotations

import math
from functools import cache

import numpy as np
import pytest
import shapely
from numpy.typing import NDArray

from geoglot.simulate import World, object_classes, scene
from geoglot.simulate.emit import ANGLE, CLASS, LENGTH, P_CROP, P_XY, R_HALF, WIDTH, Lists, X, Y, rectangle
from geoglot.simulate.places import THEMES, place
from geoglot.simulate.scene import SCENE_LABELS
from geoglot.simulate.tables import material_names, thing_classes, things
from geoglot.simulate.water import ground

SEED = 20
NAMES = [thing.name for thing in thing_classes()]
TOWNS = (
    "sparse residential",
    "medium residential",
    "dense residential",
    "industrial area",
    "city centre",
    "parking lot",
)


@cache
def content(label: str, index: int, width_m: float = 900.0) -> tuple[Lists, tuple[float, float]]:
    world = World(SEED)
    x, y = place(world, THEMES[SCENE_LABELS.index(label)], index)
    site = world.site(x - width_m / 2, y - width_m / 2, width_m, width_m)
    return world.content(site), (x, y)


def objects(label: str, index: int, *names: str) -> NDArray[np.float64]:
    lists, _ = content(label, index)
    rows = lists.objects[: lists.used[0]]
    return rows[np.isin(rows[:, CLASS], [NAMES.index(name) for name in names])]


def footprints(rows: NDArray[np.float64]) -> NDArray[np.object_]:
    return np.array([shapely.Polygon(rectangle(r[X], r[Y], r[ANGLE], r[LENGTH], r[WIDTH])) for r in rows], dtype=object)


def parcel_areas_ha() -> NDArray[np.float64]:
    areas: list[float] = []
    for index in range(4):
        lists, _ = content("agricultural", index, 4000.0)
        rows = lists.patches[: lists.used[1]]
        quads = rows[rows[:, P_CROP] > 0.0, P_XY : P_XY + 8].reshape(-1, 4, 2)
        areas += [shapely.Polygon(quad).area / 1e4 for quad in quads]
    return np.array(areas)


def test_parcel_areas_are_log_normal_with_a_median_of_one_to_six_hectares() -> None:
    areas = parcel_areas_ha()
    assert len(areas) > 300
    assert 1.0 < np.median(areas) < 6.0
    logs = np.log(areas)
    z = (logs - logs.mean()) / logs.std()
    assert 0.25 < logs.std() < 1.0
    assert abs((z**3).mean()) < 0.75
    assert (z**4).mean() < 5.0


def test_parcels_share_their_straight_edges() -> None:
    lists, _ = content("agricultural", 0, 4000.0)
    rows = lists.patches[: lists.used[1]]
    quads = rows[rows[:, P_CROP] > 0.0, P_XY : P_XY + 8].reshape(-1, 4, 2)
    polygons = [shapely.Polygon(quad) for quad in quads]
    tree = shapely.STRtree(polygons)
    shared = 0
    for quad in quads:
        middle = 0.5 * (quad + np.roll(quad, -1, axis=0))
        hits = [len(tree.query(shapely.Point(point).buffer(0.01), predicate="intersects")) for point in middle]
        shared += max(hits) >= 2
    assert shared / len(quads) > 0.9


def street_angles_deg() -> NDArray[np.float64]:
    """Angle between each building and its street, folded to 0 … 45 degrees."""
    found: list[float] = []
    for label in TOWNS:
        for index in range(2):
            lists, _ = content(label, index)
            roads = lists.roads[: lists.used[2]]
            lines = [shapely.LineString(row[:4].reshape(2, 2)) for row in roads]
            tree = shapely.STRtree(lines)
            for row in objects(label, index, "building", "house"):
                piece = roads[tree.nearest(shapely.Point(row[X], row[Y]))]
                street = math.atan2(piece[3] - piece[1], piece[2] - piece[0])
                turn = math.degrees(street - row[ANGLE]) % 90.0
                found.append(min(turn, 90.0 - turn))
    return np.array(found)


def test_towns_are_built_along_their_roads() -> None:
    angles = street_angles_deg()
    assert len(angles) > 500
    assert (angles < 5.0).mean() >= 0.8


@pytest.mark.parametrize("label", TOWNS)
def test_no_building_overlaps_a_road_water_or_another(label: str) -> None:
    world = World(SEED)
    for index in range(2):
        lists, (x, y) = content(label, index)
        rows = objects(label, index, "building", "house", "storage tank", "greenhouse")
        shapes = footprints(rows)
        tree = shapely.STRtree(shapes)
        pairs = tree.query(shapes, predicate="intersects")
        clashes = [(a, b) for a, b in pairs.T if a < b and shapes[a].intersection(shapes[b]).area > 1.0]
        assert not clashes
        roads = lists.roads[: lists.used[2]]
        bands = [shapely.LineString(row[:4].reshape(2, 2)).buffer(row[R_HALF], cap_style="flat") for row in roads]
        hits = tree.query(np.array(bands, dtype=object), predicate="intersects")
        assert not [1 for a, b in hits.T if bands[a].intersection(shapes[b]).area > 1.0]
        site = world.site(x - 500.0, y - 500.0, 1000.0, 1000.0)
        for shape in shapes:
            assert all(ground(SEED, px, py, site.water)[1] < 0.0 for px, py in shape.exterior.coords)


def under(label: str, index: int, names: tuple[str, ...], gsd_m: float = 0.5) -> list[str]:
    """The material of the ground under the middle of each object of a place."""
    world = World(SEED)
    x, y = place(world, THEMES[SCENE_LABELS.index(label)], index)
    layers = world.window(x - 150.0, y - 150.0, 300.0, 300.0, gsd_m)
    found = []
    for row in layers.objects[np.isin(layers.objects[:, CLASS], [NAMES.index(name) for name in names])]:
        c, r = int((row[X] - layers.x_m) / gsd_m), int((row[Y] - layers.y_m) / gsd_m)
        if 0 <= c < layers.shape[1] and 0 <= r < layers.shape[0]:
            found.append(material_names()[layers.under[r, c]])
    return found


def test_all_ships_and_boats_are_on_water() -> None:
    found = [m for label in ("harbour", "sea", "beach") for k in range(5) for m in under(label, k, ("ship", "boat"))]
    assert len(found) > 40
    assert set(found) <= {"water", "turbid_water", "foam"}


def test_all_aircraft_stand_on_pavement() -> None:
    found = [m for k in range(5) for m in under("airport", k, ("airplane", "helicopter"))]
    assert len(found) > 8
    assert set(found) <= {"concrete", "asphalt", "marking", "marking_yellow"}


def car_shares() -> float:
    labels = ("parking lot", "medium residential", "motorway", "intersection", "dense residential", "apartment blocks")
    found = [m for label in labels for k in range(2) for m in under(label, k, ("car",))]
    paved = {"asphalt", "asphalt_new", "concrete", "paving", "marking", "soil_pale", "gravel"}
    assert len(found) > 300
    return float(np.mean([m in paved for m in found]))


def test_cars_are_on_roads_drives_or_car_parks() -> None:
    assert car_shares() >= 0.95


def dispersion() -> float:
    """Variance over mean of the cars in squares of 100 m, over town and country."""
    counts: list[int] = []
    for label in ("parking lot", "medium residential", "agricultural", "industrial area"):
        rows = objects(label, 0, "car")
        _, (x, y) = content(label, 0)
        edges = [np.arange(-400.0, 401.0, 100.0) + middle for middle in (x, y)]
        counts += list(np.histogram2d(rows[:, X], rows[:, Y], bins=edges)[0].ravel().astype(int))
    return float(np.var(counts) / np.mean(counts))


def test_counts_are_over_dispersed() -> None:
    assert dispersion() > 2.0


def size_errors() -> dict[str, float]:
    """Worst relative error of mean length and width against the table, for each class placed at least 60 times."""
    labels = [label for label in SCENE_LABELS if label not in ("forest", "snow", "desert", "wetland", "mountain")]
    lists = [content(label, k, 1500.0)[0] for label in labels for k in range(2)]
    rows = np.concatenate([each.objects[: each.used[0]] for each in lists])
    errors: dict[str, float] = {}
    for name in object_classes():
        # Bridges are as long as their water is wide, and turbines' lengths are those of nacelles.
        mine = rows[rows[:, CLASS] == NAMES.index(name)]
        if len(mine) >= 60 and name != "bridge":
            table = things().size[NAMES.index(name), :2, 0]
            errors[name] = float(np.abs(mine[:, [LENGTH, WIDTH]].mean(axis=0) / table - 1.0).max())
    return errors


@pytest.mark.slow
def test_mean_sizes_are_those_of_the_table() -> None:
    errors = size_errors()
    assert len(errors) >= 12
    assert all(error < 0.05 for error in errors.values()), errors


def test_what_an_object_stands_on_is_told() -> None:
    seen = {obj.stand for k in range(4) for obj in scene(SEED, k, label="parking lot", gsd_m=0.4).objects}
    assert "parking" in seen
