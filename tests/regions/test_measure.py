"""Lengths and areas on the ellipsoid."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pytest

from geoglot.errors import PlaceError
from geoglot.regions import Box, Grid, Mask, OrientedBox, Path, Point, Polygon, Region


@dataclass(frozen=True)
class Place:
    """Something with a grid."""

    grid: Grid


UTM = Place(Grid(512, 512, "EPSG:32633", (10, 0, 500_000, 0, -10, 5_800_000)))
ON_THE_MERIDIAN = 0.9996**2
"""UTM's scale on the central meridian, squared: ground is larger by that than the map."""


def test_a_box_near_the_central_meridian_is_as_large_as_utm_says() -> None:
    assert Box(0, 0, 20, 10).area_m2(UTM) == pytest.approx(200 * 100 / ON_THE_MERIDIAN, rel=1e-6)


@pytest.mark.parametrize(
    "region",
    [
        OrientedBox(60, 60, 40, 40, 90),
        Polygon((((40, 40), (40, 80), (80, 80), (80, 40)),)),
        Polygon((((40, 40), (80, 40), (80, 80), (40, 80)),)),
        Mask.from_array(np.ones((40, 40), bool), left=40, top=40),
    ],
    ids=["oriented", "counter-clockwise", "clockwise", "mask"],
)
def test_the_same_ground_has_the_same_area_whatever_the_kind(region: Region) -> None:
    assert region.area_m2(UTM) == pytest.approx(Box(40, 40, 80, 80).area_m2(UTM), rel=1e-8)


def test_a_hole_has_no_area() -> None:
    hole = ((10, 10), (20, 10), (20, 20), (10, 20))
    whole = Polygon((((0, 0), (40, 0), (40, 40), (0, 40)),)).area_m2(UTM)
    assert Polygon((((0, 0), (40, 0), (40, 40), (0, 40)), hole)).area_m2(UTM) == pytest.approx(
        whole * 15 / 16, rel=1e-6
    )


def test_a_large_box_in_degrees_follows_its_parallels() -> None:
    """software-anchors 3.7: 60 x 10 degrees measured along geodesics would be 3.85 M km2, not 4.27 M km2."""
    world = Place(Grid(360, 180, "EPSG:4326", (1, 0, -180, 0, -1, 90)))
    box = Box(180, 30, 240, 40)  # latitudes 50..60 north
    zone = 2 * math.pi * 6_371_007.2**2 * (math.sin(math.radians(60)) - math.sin(math.radians(50))) / 6
    assert box.area_m2(world) == pytest.approx(zone, rel=0.005)
    inside = np.zeros((180, 360), bool)
    inside[30:40, 180:240] = True
    assert Mask.from_array(inside).area_m2(world) == pytest.approx(box.area_m2(world), rel=1e-5)


def test_the_whole_earth_in_one_mask() -> None:
    world = Place(Grid(360, 180, "EPSG:4326", (1, 0, -180, 0, -1, 90)))
    assert Mask(360, 180, (0, 360 * 180)).area_m2(world) == pytest.approx(510.0656e12, rel=1e-4)


@pytest.mark.parametrize(
    ("crs", "affine"),
    [
        ("EPSG:4326", (0.1, 0, 178, 0, -0.1, -16)),
        ("EPSG:3413", (1000, 0, -20_000, 0, -1000, 10_000)),
        ("EPSG:3857", (30_000, 0, 1_000_000, 0, -30_000, 15_000_000)),
    ],
    ids=["antimeridian", "pole", "mercator"],
)
def test_mask_and_polygon_agree_where_the_earth_is_awkward(crs: str, affine: tuple[float, ...]) -> None:
    place = Place(Grid(40, 20, crs, affine))  # type: ignore[arg-type]
    blob = np.zeros((20, 40), bool)
    blob[3:17, 5:35] = True
    blob[8:12, 10:20] = False
    mask = Mask.from_array(blob)
    assert mask.area_m2(place) == pytest.approx(mask.polygons()[0].area_m2(place), rel=1e-5)


def test_a_small_object_in_fine_pixels_is_measured_to_a_thousandth() -> None:
    fine = Place(Grid(2000, 2000, "EPSG:32633", (0.1, 0, 500_000, 0, -0.1, 5_800_000)))
    assert Box(0, 0, 40, 20).area_m2(fine) == pytest.approx(8 / ON_THE_MERIDIAN, rel=1e-4)
    assert Mask(40, 20, (0, 800)).area_m2(fine) == pytest.approx(8 / ON_THE_MERIDIAN, rel=1e-4)


def test_a_path_is_as_long_as_its_pieces_and_an_area_as_its_edge() -> None:
    assert Path(((0, 0), (30, 0), (30, 40))).length_m(UTM) == pytest.approx(700 / 0.9996, rel=1e-6)
    assert Box(0, 0, 30, 40).length_m(UTM) == pytest.approx(1400 / 0.9996, rel=1e-6)
    assert Mask(30, 40, (0, 1200)).length_m(UTM) == pytest.approx(1400 / 0.9996, rel=1e-6)
    assert Polygon((((0, 0), (30, 0), (30, 40), (0, 40)),)).length_m(UTM) == pytest.approx(1400 / 0.9996, rel=1e-6)


def test_points_and_paths_have_no_area_and_points_no_length() -> None:
    assert Point(1, 1).area_m2(UTM) == Path(((0, 0), (1, 1))).area_m2(UTM) == Point(1, 1).length_m(UTM) == 0


@pytest.mark.parametrize("region", [Box(0, 0, 1, 1), Point(0, 0), Mask(2, 2, (0, 4)), Mask(2, 2, (4,))])
def test_without_a_place_there_are_no_metres(region: Region) -> None:
    nowhere = Place(Grid(10, 10))
    for measure in (region.area_m2, region.length_m, region.to_crs, region.to_lonlat):
        with pytest.raises(PlaceError):
            measure(nowhere)


def test_regions_know_their_place() -> None:
    assert Box(0, 0, 1, 1).to_crs(UTM)[2].tolist() == [500_010, 5_799_990]
    assert Box(0, 0, 1, 1).to_lonlat(UTM)[0] == pytest.approx((15, 52.35), abs=0.01)
