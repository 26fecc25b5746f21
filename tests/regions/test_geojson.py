"""Regions as RFC 7946 geometries and as shapely geometries in a CRS."""

from __future__ import annotations

import math

import numpy as np
import pytest
import shapely
from hypothesis import given

from geoglot.errors import PlaceError
from geoglot.regions import Box, Grid, Mask, OrientedBox, Path, Point, Polygon, Region
from geoglot.regions.geojson import geojson, shape

from . import strategies as draw

SIZE = (200, 100)
UTM = Grid(*SIZE, "EPSG:32633", (10, 0, 500_000, 0, -10, 5_800_000))
SOUTH_UP = Grid(*SIZE, "EPSG:32633", (10, 0, 500_000, 0, 10, 5_800_000))
DATELINE = Grid(*SIZE, "EPSG:4326", (0.1, 0, 170, 0, -0.1, 10))
POLE = Grid(300, 300, "EPSG:3413", (1000, 0, -150_000, 0, -1000, 150_000))
AREAS: list[Region] = [
    Box(10, 10, 150, 90),
    OrientedBox(100, 50, 60, 30, 40),
    Polygon((((10, 10), (150, 10), (150, 90)), ((100, 20), (140, 20), (140, 50)))),
    Mask.from_array(np.ones((80, 140), bool), left=10, top=10),
]


@pytest.mark.parametrize("grid", [UTM, SOUTH_UP, DATELINE], ids=["utm", "south-up", "dateline"])
@pytest.mark.parametrize("region", AREAS, ids=[region.type for region in AREAS])
def test_every_geometry_is_valid_counter_clockwise_and_inside_the_map(region: Region, grid: Grid) -> None:
    found = shapely.geometry.shape(geojson(region, grid))
    assert found.is_valid
    for part in shapely.get_parts(found):
        assert part.exterior.is_ccw
        assert not any(ring.is_ccw for ring in part.interiors)
    west, south, east, north = found.bounds
    assert (west, south, east, north) >= (-180, -90, -180, -90)
    assert east <= 180
    assert north <= 90


def test_a_box_over_the_antimeridian_is_cut_in_two() -> None:
    found = geojson(Box(50, 10, 150, 90), DATELINE)
    assert found["type"] == "MultiPolygon"
    west, east = sorted(
        (shapely.geometry.shape({"type": "Polygon", "coordinates": rings}) for rings in found["coordinates"]),
        key=lambda part: -part.bounds[0],
    )
    assert west.bounds == pytest.approx((175, 1, 180, 9))
    assert east.bounds == pytest.approx((-180, 1, -175, 9))


def test_a_path_over_the_antimeridian_is_cut_in_two() -> None:
    found = geojson(Path(((50, 50), (150, 50))), DATELINE)
    assert found["type"] == "MultiLineString"
    assert [line[0][0] for line in found["coordinates"]] == [175, -180]


def test_a_box_that_only_touches_the_antimeridian_stays_whole() -> None:
    assert geojson(Box(50, 10, 100, 90), DATELINE)["type"] == "Polygon"
    assert geojson(Box(100, 10, 150, 90), DATELINE)["coordinates"][0][0][0] == -180


@pytest.mark.parametrize("crs", ["EPSG:3413", "EPSG:3031"])
def test_a_box_around_a_pole_holds_the_pole(crs: str) -> None:
    grid = Grid(300, 300, crs, POLE.affine)
    found = shapely.geometry.shape(geojson(Box(50, 50, 250, 250), grid))
    sign = 1 if crs == "EPSG:3413" else -1
    assert found.is_valid
    assert found.bounds[0] == -180
    assert found.bounds[2] == 180
    assert found.intersects(shapely.Point(37, 89.99 * sign))
    assert not found.intersects(shapely.Point(37, 85 * sign))


def test_a_small_box_has_its_four_corners_and_no_more() -> None:
    ring = geojson(Box(10, 10, 20, 20), UTM)["coordinates"][0]
    assert len(ring) == 5
    assert ring[0] == ring[-1]


def test_a_long_edge_follows_the_ground_to_a_quarter_of_a_pixel() -> None:
    wide = Grid(10_000, 10_000, "EPSG:32633", (10, 0, 450_000, 0, -10, 6_700_000))
    ring = np.array(geojson(Box(0, 0, 10_000, 10_000), wide)["coordinates"][0])
    assert len(ring) > 8
    middle = wide.from_lonlat((ring[:-1] + ring[1:]) / 2)
    off = np.minimum(np.abs(middle), np.abs(middle - 10_000)).min(axis=1)
    assert off.max() < 0.26


def test_seven_decimals() -> None:
    point = geojson(Point(1 / 3, 1 / 7), UTM)["coordinates"]
    assert point == [round(number, 7) for number in point]


def test_pixels_that_meet_at_a_corner_are_parts() -> None:
    assert geojson(Mask(2, 2, (0, 1, 2, 1)), UTM)["type"] == "MultiPolygon"


@given(draw.oriented_boxes(SIZE))
def test_the_area_of_the_geometry_is_that_of_the_region(box: OrientedBox) -> None:
    found = shapely.geometry.shape(geojson(box, UTM))
    scale = math.cos(math.radians(52.35)) * (111_320 * 111_250)
    assert found.area * scale == pytest.approx(box.area_px * 100, rel=0.01)


def test_a_polygon_that_crosses_itself_becomes_valid() -> None:
    bow = Polygon((((0, 0), (50, 50), (50, 0), (0, 50)),))
    assert shapely.geometry.shape(geojson(bow, UTM)).is_valid
    assert shape(bow, UTM, "EPSG:32633").is_valid


def test_a_box_without_area_still_has_a_place() -> None:
    assert geojson(Box(5, 5, 5, 5), UTM)["type"] == "Polygon"


def test_shapes_are_in_the_crs_that_is_asked_for() -> None:
    box = Box(0, 0, 100, 100)
    assert shape(box, UTM, "EPSG:32633").bounds == (500_000, 5_799_000, 501_000, 5_800_000)
    assert shape(box, UTM, "EPSG:32632").bounds[0] == pytest.approx(908_700, abs=500)
    assert shape(Point(0, 0), UTM, "EPSG:32633").coords[0] == (500_000, 5_800_000)


def test_without_a_crs_there_is_no_geometry() -> None:
    with pytest.raises(PlaceError):
        geojson(Box(0, 0, 1, 1), Grid(10, 10))


@pytest.mark.parametrize("west", [-180, 0])
def test_a_box_around_the_whole_world_covers_it(west: float) -> None:
    world = Grid(360, 180, "EPSG:4326", (1, 0, west, 0, -1, 90))
    found = shapely.geometry.shape(geojson(Box(0, 0, 360, 180), world))
    assert found.is_valid
    assert found.area == pytest.approx(360 * 180)
