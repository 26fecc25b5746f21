"""Pixels to Earth and back, for every kind of place."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geoglot.errors import InputError, PlaceError
from geoglot.regions import Box, Grid, GroundControlPoint


def turned(angle_deg: float, gsd: float, x: float, y: float) -> tuple[float, ...]:
    """A north-up affine turned about its corner."""
    cos, sin = gsd * math.cos(math.radians(angle_deg)), gsd * math.sin(math.radians(angle_deg))
    return (cos, sin, x, sin, -cos, y)


NORTH_UP = Grid(200, 100, "EPSG:32633", (10, 0, 500_000, 0, -10, 5_800_000))
GRIDS = {
    "north-up": NORTH_UP,
    "south-up": replace(NORTH_UP, affine=(10, 0, 500_000, 0, 10, 5_800_000)),
    "rotated": replace(NORTH_UP, affine=turned(30, 10, 500_000, 5_800_000)),
    "sheared": replace(NORTH_UP, affine=(10, 3, 500_000, -2, -10, 5_800_000)),
    "zone edge": replace(NORTH_UP, affine=(10, 0, 100_000, 0, -10, 5_800_000)),
    "dateline in UTM": Grid(4000, 4000, "EPSG:32760", (30, 0, 740_000, 0, -30, 8_000_000)),
    "dateline in degrees": Grid(40, 20, "EPSG:4326", (0.1, 0, 178, 0, -0.1, -16)),
    "dateline from 0 to 360": Grid(40, 20, "EPSG:4326", (0.1, 0, 358, 0, -0.1, 10)),
    "north pole": Grid(300, 300, "EPSG:3413", (1000, 0, -150_000, 0, -1000, 150_000)),
    "south pole": Grid(300, 300, "EPSG:3031", (1000, 0, -150_000, 0, -1000, 150_000)),
    "web mercator": Grid(256, 256, "EPSG:3857", (100, 0, 1_000_000, 0, -100, 6_000_000)),
    "other datum": Grid(100, 100, "EPSG:31468", (10, 0, 4_468_000, 0, -10, 5_333_000)),
}


def with_control_points(grid: Grid, columns: int = 5, rows: int = 4, bend_m: float = 0.0) -> Grid:
    """The same place told by control points; bend_m: how far the middle bulges out to the east."""
    points = []
    for x in np.linspace(0, grid.width, columns):
        for y in np.linspace(0, grid.height, rows):
            east, north = grid.to_crs([(x, y)])[0]
            bulge = bend_m * math.sin(math.pi * x / grid.width) * math.sin(math.pi * y / grid.height)
            points.append(GroundControlPoint(float(x), float(y), float(east + bulge), float(north)))
    return Grid(grid.width, grid.height, grid.crs, gcps=tuple(points))


GRIDS["control points"] = with_control_points(NORTH_UP, bend_m=80)
GRIDS["three control points"] = replace(NORTH_UP, affine=None, gcps=tuple(with_control_points(NORTH_UP, 2, 2).gcps[:3]))
GRIDS["control points over the dateline"] = replace(
    with_control_points(GRIDS["dateline in degrees"]),
    gcps=tuple(
        replace(gcp, x=(gcp.x + 180) % 360 - 180) for gcp in with_control_points(GRIDS["dateline in degrees"]).gcps
    ),
)
SHARE = st.floats(-0.1, 1.1)


@pytest.mark.parametrize("name", GRIDS)
@given(x=SHARE, y=SHARE)
def test_pixels_come_back_from_the_crs_and_from_lonlat(name: str, x: float, y: float) -> None:
    grid = GRIDS[name]
    pixels = np.array([(x * grid.width, y * grid.height)])
    assert grid.from_crs(grid.to_crs(pixels)) == pytest.approx(pixels, abs=1e-6)
    assert grid.from_lonlat(grid.to_lonlat(pixels)) == pytest.approx(pixels, abs=1e-6)


@pytest.mark.parametrize("name", GRIDS)
def test_longitude_comes_first_and_stays_in_its_range(name: str) -> None:
    lonlat = GRIDS[name].footprint_lonlat()
    assert (np.abs(lonlat[:, 0]) <= 180).all()
    assert (np.abs(lonlat[:, 1]) <= 90).all()


def test_the_corner_of_a_utm_frame_lies_where_proj_says() -> None:
    """The central meridian of zone 33 is 15 degrees east; 500000 m is its false easting."""
    lon, lat = NORTH_UP.to_lonlat([(0, 0)])[0]
    assert lon == pytest.approx(15)
    assert lat == pytest.approx(52.3501, abs=1e-3)


def test_bounds_of_a_rotated_frame_hold_all_four_corners() -> None:
    """software-anchors 3.4: 1000 x 500 m turned by 30 degrees has an envelope of 1116 x 933 m."""
    grid = Grid(100, 50, "EPSG:32633", turned(30, 10, 500_000, 5_800_000))
    left, bottom, right, top = grid.bounds
    assert (right - left, top - bottom) == pytest.approx((1116.025, 933.013), abs=1e-3)


@pytest.mark.parametrize("name", ["north-up", "south-up", "rotated", "zone edge", "control points"])
def test_the_ground_sample_distance_of_a_10_m_frame_is_10_m(name: str) -> None:
    assert GRIDS[name].gsd_m == pytest.approx(10, rel=0.005)


def test_the_ground_sample_distance_in_degrees_shrinks_with_latitude() -> None:
    equator, north = (Grid(10, 10, "EPSG:4326", (0.001, 0, 5, 0, -0.001, lat)).gsd_m for lat in (0.005, 60.005))
    assert north / equator == pytest.approx(math.sqrt(0.5), rel=0.01)


def test_the_ground_sample_distance_at_the_pole_is_finite() -> None:
    assert GRIDS["north pole"].gsd_m == pytest.approx(1000, rel=0.04)


def test_the_ground_sample_distance_of_unequal_sides_is_their_geometric_mean() -> None:
    assert replace(NORTH_UP, affine=(10, 0, 500_000, 0, -40, 5_800_000)).gsd_m == pytest.approx(20, rel=0.001)


@pytest.mark.parametrize("name", GRIDS)
def test_a_window_puts_its_pixels_where_the_whole_does(name: str) -> None:
    grid = GRIDS[name]
    part = grid.window(Box(5, 3, 15, 13))
    assert (part.width, part.height) == (10, 10)
    assert part.to_crs([(2.5, 4)]) == pytest.approx(grid.to_crs([(7.5, 7)]), rel=1e-9)


@pytest.mark.parametrize("name", GRIDS)
def test_a_scaled_grid_covers_the_same_ground(name: str) -> None:
    grid = GRIDS[name]
    small = grid.scaled(0.5, 0.25)
    assert (small.width, small.height) == (grid.width / 2, grid.height / 4)
    assert small.bounds == pytest.approx(grid.bounds, rel=1e-9)


def test_without_a_crs_nothing_is_guessed() -> None:
    for grid in (Grid(10, 10), Grid(10, 10, None, (1, 0, 0, 0, -1, 0)), Grid(10, 10, "EPSG:4326")):
        assert not grid.located
        for ask in (
            lambda g: g.bounds,
            lambda g: g.gsd_m,
            lambda g: g.to_lonlat([(0, 0)]),
            lambda g: g.from_lonlat([(0, 0)]),
            lambda g: g.from_crs([(0, 0)]),
        ):
            with pytest.raises(PlaceError):
                ask(grid)


def test_a_grid_without_a_place_can_still_be_cut_and_scaled() -> None:
    assert Grid(10, 10).window(Box(0, 0, 4, 2)) == Grid(4, 2)
    assert Grid(10, 10).scaled(2, 2) == Grid(20, 20)


def test_an_unknown_crs_is_a_place_error_that_names_it() -> None:
    with pytest.raises(PlaceError, match="EPSG:999999"):
        Grid(10, 10, "EPSG:999999", (1, 0, 0, 0, -1, 0)).to_lonlat([(0, 0)])


def test_a_local_crs_has_no_longitude_and_latitude() -> None:
    local = 'LOCAL_CS["site",UNIT["metre",1],AXIS["x",EAST],AXIS["y",NORTH]]'
    with pytest.raises(PlaceError):
        Grid(10, 10, local, (1, 0, 0, 0, -1, 0)).to_lonlat([(0, 0)])


def test_a_pixel_beside_the_full_disk_shows_no_ground() -> None:
    disk = Grid(100, 100, "+proj=geos +h=35785831 +lon_0=0", (110_000, 0, -5_500_000, 0, -110_000, 5_500_000))
    assert disk.to_lonlat([(50, 50)])[0] == pytest.approx((0, 0), abs=1e-6)
    with pytest.raises(PlaceError):
        disk.to_lonlat([(0, 0)])


@pytest.mark.parametrize("affine", [(0, 0, 0, 0, 0, 0), (1, 2, 0, 2, 4, 0), (math.nan, 0, 0, 0, 1, 0)])
def test_an_affine_without_an_inverse_is_refused(affine: tuple[float, ...]) -> None:
    with pytest.raises(PlaceError):
        Grid(10, 10, "EPSG:4326", affine)  # type: ignore[arg-type]


def test_a_grid_without_pixels_is_refused() -> None:
    with pytest.raises(InputError):
        Grid(0, 10)


def test_points_of_the_wrong_shape_are_refused() -> None:
    with pytest.raises(InputError):
        NORTH_UP.to_crs([(1, 2, 3)])


def test_control_points_are_met_exactly() -> None:
    grid = GRIDS["control points"]
    pixels = np.array([(gcp.x_px, gcp.y_px) for gcp in grid.gcps])
    places = np.array([(gcp.x, gcp.y) for gcp in grid.gcps])
    assert grid.to_crs(pixels) == pytest.approx(places, abs=1e-6)


def test_control_points_that_agree_have_no_residual_and_one_that_is_off_shows() -> None:
    exact = with_control_points(NORTH_UP)
    assert exact.gcp_residual_m == pytest.approx(0, abs=1e-4)
    wrong = replace(exact, gcps=(*exact.gcps[:9], replace(exact.gcps[9], x=exact.gcps[9].x + 100), *exact.gcps[10:]))
    assert wrong.gcp_residual_m is not None
    assert wrong.gcp_residual_m > 20


def test_the_residual_is_what_leaving_each_point_out_gives() -> None:
    grid = with_control_points(NORTH_UP, 3, 3, bend_m=50)
    errors = []
    for index, gcp in enumerate(grid.gcps):
        others = replace(grid, gcps=grid.gcps[:index] + grid.gcps[index + 1 :])
        errors.append(np.hypot(*(others.to_crs([(gcp.x_px, gcp.y_px)])[0] - (gcp.x, gcp.y))))
    assert grid.gcp_residual_m == pytest.approx(np.sqrt(np.mean(np.square(errors))), rel=0.001)


def test_three_control_points_and_an_affine_have_no_residual_to_tell() -> None:
    assert GRIDS["three control points"].gcp_residual_m is None
    assert NORTH_UP.gcp_residual_m is None


def test_control_points_on_a_line_are_refused() -> None:
    line = tuple(GroundControlPoint(i, i, i, i) for i in range(5))
    with pytest.raises(PlaceError):
        Grid(10, 10, "EPSG:4326", gcps=line).to_crs([(0, 0)])


def test_thousands_of_control_points_are_thinned_and_right_to_a_tenth_of_a_pixel() -> None:
    grid = with_control_points(NORTH_UP, 60, 40, bend_m=80)
    assert len(grid.gcps) == 2400
    truth = with_control_points(NORTH_UP, 13, 9, bend_m=80)
    pixels = np.array([(gcp.x_px, gcp.y_px) for gcp in truth.gcps])
    assert grid.to_crs(pixels) == pytest.approx(np.array([(gcp.x, gcp.y) for gcp in truth.gcps]), abs=1.0)
