"""Photos across the world: pinhole geometry, what hides what, and truth that agrees with every pixel."""

from __future__ import annotations

import hashlib
import json
import math
import subprocess
import sys
import warnings
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

import geoglot
from geoglot.errors import InputError, UnknownName
from geoglot.scenes.gdal import gdal
from geoglot.simulate import (
    PHOTO_SENSORS,
    SCENE_LABELS,
    Camera,
    Frame,
    PhotoView,
    SimulatedPhoto,
    World,
    photo,
    photograph,
    render,
)
from geoglot.simulate.dataset import Job, write_one
from geoglot.simulate.earth import CRS, grid_of
from geoglot.simulate.emit import kit
from geoglot.simulate.photo import NOTHING, SKY
from geoglot.simulate.photo_files import PHOTOS_READ_AS, write_photo_scene
from geoglot.simulate.places import THEMES, place
from geoglot.simulate.samples import Kind, make
from geoglot.simulate.view_optical import NOON, OpticalView, Sun
from geoglot.simulate.view_photo import MOST_PX, Exposure, expose, exposures, ground_of, pieces, rings
from geoglot.simulate.world import Layers

from .conftest import MakeLayers

rasterio = gdal()
angles = st.floats(0.0, 359.0)


@settings(deadline=None)
@given(angles, st.floats(0.0, 110.0), st.floats(10.0, 100.0), st.floats(0.0, 64.0), st.floats(0.0, 48.0))
def test_a_point_on_a_pixels_ray_projects_to_that_pixel(h: float, tilt: float, fov: float, x: float, y: float) -> None:
    camera = Camera(1000.0, -200.0, 30.0, h, tilt, fov, (64, 48))
    (way,) = camera.rays([(x, y)])
    assert np.linalg.norm(way) == pytest.approx(1.0)
    assert camera.project(camera.lens[0] + 37.0 * way)[0] == pytest.approx((x, y), abs=1e-6)


def test_headings_run_from_north_over_east_and_tilts_from_straight_down() -> None:
    middle = (32.0, 24.0)
    for heading, level in ((0.0, (0.0, -1.0)), (90.0, (1.0, 0.0)), (180.0, (0.0, 1.0))):
        (way,) = Camera(0.0, 0.0, 0.0, heading, 90.0, 60.0, (64, 48)).rays([middle])
        assert way == pytest.approx((*level, 0.0), abs=1e-12)
    (down,) = Camera(0.0, 0.0, 0.0, 77.0, 0.0, 60.0, (64, 48)).rays([middle])
    assert down == pytest.approx((0.0, 0.0, -1.0), abs=1e-12)


def test_points_behind_a_camera_are_nowhere() -> None:
    assert np.isnan(Camera(0.0, 0.0, 2.0, 0.0, 90.0, 60.0, (64, 48)).project([(0.0, 5.0, 2.0)])).all()


def shot(layers: Layers, camera: Camera, sun: Sun = NOON, far_m: float = 5000.0) -> Exposure:
    """What the centres of pixels see of fabricated layers."""
    parts = exposures(camera)
    expose(parts, PhotoView(camera, 2.0, sun), ground_of(1, layers, sun), 0, (0.0, far_m))
    return parts[0]


def pixels_of(layers: Layers, exposure: Exposure, n: int) -> NDArray[np.bool_]:
    """(H, W) where the n-th object is seen."""
    found = exposure.found
    seen: NDArray[np.bool_] = (found.t >= 0.0) & (layers.thing[found.row, found.column] == n)
    return seen


@settings(max_examples=6, deadline=None)
@given(angles, st.floats(80.0, 100.0))
def test_the_horizon_lies_where_the_tilt_says(heading: float, tilt: float) -> None:
    layers = _MAKE[0](500, 8.0, "grass")
    camera = Camera(2000.0, 2000.0, 2.0, heading, tilt, 60.0, (64, 48))
    hit = shot(layers, camera).found.t >= 0.0
    # The ground ends 1.4 to 2.8 km away, a thousandth of a radian below the horizon of an endless plane.
    assert np.abs((~hit).sum(axis=0) - camera.horizon_px).max() <= 1.0


_MAKE: list[MakeLayers] = []


@pytest.fixture(autouse=True)
def _maker(flat: MakeLayers) -> None:
    _MAKE[:] = [flat]  # hypothesis runs one test many times, and fixtures once


def test_a_block_fills_what_its_corners_span(flat: MakeLayers) -> None:
    layers = flat(400, 0.25, "grass", block=(160, 180, 60, 40, 12.0, "building"))
    camera = Camera(20.0, 90.0, 30.0, 40.0, 65.0, 60.0, (160, 120))
    seen = pixels_of(layers, shot(layers, camera), 0)
    corners = [(x, y, z) for x in (45.0, 55.0) for y in (40.0, 55.0) for z in (0.0, 12.0)]
    hull = shapely.MultiPoint(camera.project(corners)).convex_hull
    rows, columns = np.nonzero(seen)
    x0, y0, x1, y1 = hull.bounds
    assert (columns.min(), rows.min(), columns.max() + 1, rows.max() + 1) == pytest.approx((x0, y0, x1, y1), abs=1.0)
    assert seen.sum() == pytest.approx(hull.area, rel=0.03)


def two_blocks(flat: MakeLayers, near_m: float) -> Layers:
    """A block of 4 m height, and north of it, nearer to a camera in the north, a wall of a chosen height."""
    layers = flat(400, 0.25, "grass", block=(240, 190, 20, 20, 4.0, "house"))
    part = (slice(160, 168), slice(120, 280))
    layers.surface_m[part], layers.thing[part] = near_m, 1
    rows = np.repeat(layers.objects, 2, axis=0)
    rows[1, [0, 2, 3, 5, 6, 7]] = kit().kind.building, 50.0, 41.0, 40.0, 2.0, near_m
    object.__setattr__(layers, "objects", rows)
    return layers


def test_what_stands_before_hides_what_is_lower_behind(flat: MakeLayers) -> None:
    camera = Camera(50.0, 10.0, 1.8, 180.0, 90.0, 60.0, (96, 72))
    counts = [
        int(pixels_of(layers, shot(layers, camera), 0).sum()) for layers in (two_blocks(flat, z) for z in (0.5, 3, 9))
    ]
    assert counts[0] > counts[1] >= counts[2] == 0
    tall = [int(pixels_of(layers, shot(layers, camera), 1).sum()) for layers in (two_blocks(flat, z) for z in (3, 9))]
    assert tall[1] > 1.5 * tall[0]


def test_distances_are_those_along_the_ray(flat: MakeLayers) -> None:
    layers = flat(400, 0.25, "grass")
    camera = Camera(50.0, 50.0, 20.0, 10.0, 30.0, 40.0, (64, 48))
    rows, columns = np.indices((48, 64))
    ways = camera.rays(np.stack([columns + 0.5, rows + 0.5], axis=-1)).reshape(48, 64, 3)
    assert shot(layers, camera).found.t == pytest.approx(-20.0 / ways[:, :, 2], rel=1e-9)


def test_one_sees_through_below_a_crown_but_not_through_its_trunk(flat: MakeLayers) -> None:
    layers = flat(400, 0.125, "grass", block=(180, 180, 40, 40, 10.0, "tree"), roof="forest")
    camera = Camera(25.0, 45.0, 1.5, 0.0, 90.0, 40.0, (96, 72))
    exposure = shot(layers, camera)
    middle = exposure.found.t[36]
    assert middle[48] == pytest.approx(45.0 - 25.2, abs=0.5)
    assert (middle[10:40] < 0.0).all() or (middle[10:40] > 25.0).all()
    assert pixels_of(layers, exposure, 0)[5:12, 40:56].all()


def test_a_wall_in_the_sun_is_brighter_than_one_in_the_shade(flat: MakeLayers) -> None:
    layers = flat(400, 0.25, "grass", block=(180, 180, 40, 40, 12.0, "building"))
    level = []
    for y, heading in ((90.0, 0.0), (10.0, 180.0)):
        exposure = shot(layers, Camera(50.0, y, 4.0, heading, 90.0, 40.0, (64, 48)), Sun(180.0, 40.0))
        level.append(np.median(exposure.light[1][pixels_of(layers, exposure, 0)]))
    assert level[0] > 2.0 * level[1] > 0.0


def test_rings_follow_each_other_and_coarsen() -> None:
    found = rings(Camera(0.0, 0.0, 1.7, 0.0, 88.0, 70.0, (256, 192)), 1.7, 1500.0)
    assert found[0].near_m == 0.0
    assert found[-1].far_m == 1500.0
    assert all(a.far_m == b.near_m and b.gsd_m == 2.0 * a.gsd_m for a, b in pairwise(found))


@settings(max_examples=40, deadline=None)
@given(st.floats(1.6, 700.0), st.floats(30.0, 94.0), st.floats(6.0, 90.0), angles, st.sampled_from((64, 256, 2048)))
def test_what_a_photo_holds_in_memory_is_bounded(
    above: float, tilt: float, fov: float, heading: float, width: int
) -> None:
    camera = Camera(0.0, 0.0, above, heading, tilt, fov, (width, width * 3 // 4))
    flat_ground = np.array([[away, 0.0] for away in np.geomspace(2.0, 4000.0, 40)])
    for ring in rings(camera, above, 1500.0):
        found = list(pieces(camera, ring, flat_ground))
        assert all(frame.size_px[0] * frame.size_px[1] <= MOST_PX for _, frame in found)
        assert all(a.far_m == b.near_m for (a, _), (b, _) in pairwise(found))


def test_straight_down_a_photo_is_the_map() -> None:
    world = World(20)
    x, y = place(world, THEMES[SCENE_LABELS.index("medium residential")], 0)
    frame = Frame(round(x / 0.5) * 0.5 - 24.0, round(y / 0.5) * 0.5 - 24.0, 0.5, (96, 96))
    (seen,) = render(world, frame, OpticalView(0.5, NOON, haze=0.0, shot=0.0, floor=0.0))
    level = float(world.window(frame.x_m, frame.y_m, 48.0, 48.0, 0.5).ground_m.mean())
    fov = 2.0 * math.degrees(math.atan(24.0 / 900.0))
    camera = Camera(frame.x_m + 24.0, frame.y_m + 24.0, level + 900.0, 0.0, 0.0, fov, (96, 96))
    taken = photograph(world, PhotoView(camera, 900.0, NOON, visibility_m=1e9, shot=0.0, floor=0.0))
    assert (taken.cover == seen.cover).mean() > 0.9
    assert {each.thing.id for each in taken.sightings if each.visible > 0.5} <= {each.id for each in seen.objects}
    assert np.corrcoef(taken.image[1].ravel(), seen.image[1].ravel())[0, 1] > 0.9
    assert float(np.median(taken.image / seen.image[:3])) == pytest.approx(1.0, abs=0.08)


def test_a_photo_of_the_sky_alone_tells_of_nothing(tmp_path: Path) -> None:
    world = World(20)
    camera = Camera(500.0, 500.0, 400.0, 30.0, 120.0, 20.0, (48, 36))
    taken = photograph(world, PhotoView(camera, 300.0), sensor="ground")
    assert taken.sky_share == 1.0
    assert taken.sightings == ()
    assert (taken.image[2] > taken.image[0]).mean() > 0.9  # blue
    write_photo_scene(tmp_path, taken)
    numbers, place_m = rasters(tmp_path)
    assert (numbers == 0).all()
    assert np.isnan(place_m).all()


PLACES = (
    ("oblique", "medium residential"),
    ("oblique", "harbour"),
    ("ground", "medium residential"),
    ("ground", "city centre"),
)
_KEPT: dict[tuple[str, str], SimulatedPhoto] = {}


@pytest.fixture(params=PLACES, ids=" of ".join)
def taken(request: pytest.FixtureRequest) -> SimulatedPhoto:
    """A small photo; each is taken once."""
    sensor, label = request.param
    if request.param not in _KEPT:
        _KEPT[request.param] = photo(20, 3, sensor=sensor, size_px=96, label=label)
    return _KEPT[request.param]


def test_boxes_are_the_bounds_of_the_mask_and_hidden_things_are_not_told(taken: SimulatedPhoto) -> None:
    assert taken.sightings
    for each in taken.sightings:
        rows, columns = np.nonzero(taken.ids == each.thing.id)
        assert len(rows)
        assert each.box == (columns.min(), rows.min(), columns.max() + 1, rows.max() + 1)
        assert 0.0 < each.visible <= 1.0
        assert each.visible == each.thing.visible
    told = {each.thing.id for each in taken.sightings}
    for key in set(np.unique(taken.ids).tolist()) - told - {NOTHING}:
        rows, columns = np.nonzero(taken.ids == key)
        assert max(np.ptp(rows), np.ptp(columns)) < 9  # too small to be told


def test_every_place_projects_back_to_its_pixel(taken: SimulatedPhoto) -> None:
    known = taken.cover != SKY
    rows, columns = np.nonzero(known)
    assert (np.isfinite(taken.place_m).all(axis=0) == known).all()
    found = taken.view.camera.project(taken.place_m[:, known].T)
    assert np.abs(found - np.stack([columns + 0.5, rows + 0.5], axis=1)).max() < 0.01


def test_what_shows_an_object_lies_within_its_outline_on_the_map(taken: SimulatedPhoto) -> None:
    for each in taken.sightings:
        mine = taken.ids == each.thing.id
        at = taken.place_m[:2, mine].T - (taken.chart.x_m, taken.chart.y_m)
        # A cell far away is as large as what the photo shows of it.
        outline = shapely.Polygon(each.thing.outline).buffer(0.3 + 0.02 * float(each.distance_m))
        assert shapely.contains_xy(outline, at).mean() > 0.97, each.thing.label
        away = np.linalg.norm(taken.place_m[:, mine] - taken.view.camera.lens[0][:, None], axis=0)
        assert each.distance_m == pytest.approx(away.min())


def test_sky_is_above_the_horizon_and_nowhere_in_views_from_the_air(taken: SimulatedPhoto) -> None:
    if taken.sensor == "oblique":
        assert taken.sky_share == 0.0
        return
    sky = np.nonzero(taken.cover == SKY)[0]
    assert 0.05 < taken.sky_share < 0.7
    assert sky.max() <= taken.view.camera.horizon_px + 2.0
    assert (taken.ids[taken.cover == SKY] == NOTHING).all()


def test_images_are_light_on_the_scale_of_reflectance(taken: SimulatedPhoto) -> None:
    assert taken.image.shape == (3, 72, 96)
    assert taken.image.dtype == np.float32
    assert np.isfinite(taken.image).all()
    assert 0.03 < float(np.median(taken.image)) < 0.6


_DIGEST = """
import hashlib
from geoglot.simulate import photo
for sensor in ("oblique", "ground"):
    taken = photo(20, 5, sensor=sensor, size_px=48)
    print(hashlib.sha256(taken.image.tobytes() + taken.ids.tobytes() + taken.place_m.tobytes()).hexdigest())
"""


def test_another_process_takes_the_same_photo() -> None:
    other = subprocess.run([sys.executable, "-c", _DIGEST], capture_output=True, text=True, check=True, timeout=600)
    for sensor, digest in zip(PHOTO_SENSORS, other.stdout.split(), strict=True):
        taken = photo(20, 5, sensor=sensor, size_px=48)
        content = taken.image.tobytes() + taken.ids.tobytes() + taken.place_m.tobytes()
        assert hashlib.sha256(content).hexdigest() == digest


def rasters(folder: Path) -> tuple[NDArray[np.uint16], NDArray[np.float64]]:
    """(H, W) numbers of objects and (3, H, W) places, as the files of a scene hold them."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", rasterio.errors.NotGeoreferencedWarning)
        with rasterio.open(folder / "numbers.tif") as numbers, rasterio.open(folder / "place.tif") as place:
            return numbers.read(1), place.read()


@pytest.mark.parametrize("sensor", list(PHOTOS_READ_AS))
def test_files_open_as_photos_and_tell_what_each_pixel_shows(sensor: str, tmp_path: Path) -> None:
    name, entry = write_one(Job(sensor, 1, 3), tmp_path, 0)
    made = make(Kind.IMAGE, 3, 0, sensor=sensor).what
    assert isinstance(made, SimulatedPhoto)
    images = entry["images"]
    assert isinstance(images, list)
    read = geoglot.read(tmp_path / images[0])
    assert read.sensor.name == PHOTOS_READ_AS[sensor]
    assert read.size == made.view.camera.size_px
    assert read.gsd_m is None
    truth = json.loads((tmp_path / name / "truth.json").read_text())["frames"][0]
    assert truth["camera"]["tilt_deg"] == pytest.approx(made.view.camera.tilt_deg, abs=1e-5)
    assert truth["map"]["crs"] == CRS
    numbers, place = rasters(tmp_path / name)
    assert len(np.unique(numbers[numbers > 0])) == len(made.sightings)
    for thing in truth["objects"]:
        rows, columns = np.nonzero(numbers == thing["number"])
        assert thing["box"] == [columns.min(), rows.min(), columns.max() + 1, rows.max() + 1]
    grid = grid_of(made.chart.x_m, made.chart.y_m, made.chart.size_px, 1.0)
    known = made.cover != SKY
    expected = grid.to_crs(made.place_m[:2, known].T - (made.chart.x_m, made.chart.y_m))
    assert np.abs(place[:2, known].T - expected).max() < 1e-6
    assert np.isnan(place[:, ~known]).all()
    assert [thing["number"] for thing in truth["objects"]] == list(range(1, len(made.sightings) + 1))
    assert [thing["id"] for thing in truth["objects"]] == [str(each.thing.id) for each in made.sightings]


def test_what_no_camera_is_like_is_refused() -> None:
    with pytest.raises(UnknownName, match="fisheye"):
        photo(1, 0, sensor="fisheye")
    with pytest.raises(InputError, match="size"):
        photo(1, 0, size_px=8)
    with pytest.raises(InputError, match="too high"):
        Camera(0.0, 0.0, 2.0, 0.0, 150.0, 60.0, (64, 48))
    with pytest.raises(InputError, match="pinhole"):
        Camera(0.0, 0.0, 2.0, 0.0, 90.0, 160.0, (64, 48))
