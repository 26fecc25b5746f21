"""Pictures of every kind of sensor."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from geoglot import sensors
from geoglot.regions import Box, Grid
from geoglot.scenes.arrays import frame_from_array, scene_from_array
from geoglot.scenes.frame import open_raster
from geoglot.scenes.palette import HEAT, HEIGHT, INDEX, class_colours, hillshade, ramp
from geoglot.scenes.render import picture, stretch_of
from geoglot.scenes.scene import Frame

from .fabricate import geotiff

H, W = 40, 60


def slope(low: float, high: float, bands: int = 1) -> NDArray[np.float32]:
    """From `low` at the left to `high` at the right, (C, H, W)."""
    return np.broadcast_to(np.linspace(low, high, W, dtype=np.float32), (bands, H, W)).copy()


def pixels(frame: Frame, **how: object) -> NDArray[np.uint8]:
    return np.asarray(picture(frame, **how))  # type: ignore[arg-type]


FRAMES = {
    "rgb": ("rgb", slope(0, 255, 3), ()),
    "grey": ("grey", slope(0, 255), ()),
    "optical": ("sentinel-2-l2a", slope(0, 0.4, 12), ()),
    "optical without red": ("sentinel-2-l2a", slope(0, 0.4, 2), ("B08", "B11")),
    "radar in decibels": ("sentinel-1-sigma0-db", slope(-25, 0, 2), ("VV", "VH")),
    "radar power": ("sentinel-1-sigma0", slope(0.001, 0.5, 2), ("VV", "VH")),
    "radar amplitude": ("sar-amplitude", slope(0, 4000), ()),
    "kelvin": ("thermal-kelvin", slope(280, 310), ()),
    "heights": ("elevation", slope(100, 900), ()),
    "classes": ("classes", np.round(slope(0, 9)), ()),
}


def frame_of(kind: str) -> Frame:
    sensor, array, bands = FRAMES[kind]
    return frame_from_array(array, sensor=sensor, bands=bands)


@pytest.mark.parametrize("kind", FRAMES)
def test_every_kind_of_sensor_has_a_picture_with_contrast(kind: str) -> None:
    got = pixels(frame_of(kind))
    assert got.shape == (H, W, 3)
    assert got.max(axis=(0, 1)).astype(int).sum() - got.min(axis=(0, 1)).astype(int).sum() > 150


@pytest.mark.parametrize("kind", FRAMES)
def test_missing_pixels_are_transparent_and_no_others(kind: str) -> None:
    sensor, array, bands = FRAMES[kind]
    holed = array.astype(np.float32)
    holed[:, :10, :10] = np.nan
    got = pixels(frame_from_array(holed, sensor=sensor, bands=bands))
    assert got.shape == (H, W, 4)
    assert (got[:10, :10, 3] == 0).all()
    assert (got[..., 3] == 0).sum() == 100


@pytest.mark.parametrize("kind", ["kelvin", "radar amplitude", "heights", "optical"])
def test_a_window_is_as_light_as_the_same_place_in_the_whole(kind: str) -> None:
    frame = frame_of(kind)
    inner = Box(20, 10, 40, 30)
    part, whole = pixels(frame.window(inner)), pixels(frame)[10:30, 20:40]
    edge = 1 if kind == "heights" else 0  # light at an edge needs the pixel beyond it
    inside = slice(edge, 20 - edge)
    np.testing.assert_allclose(part[inside, inside].astype(int), whole[inside, inside], atol=1)


def test_a_box_of_a_frame_is_its_window() -> None:
    frame = frame_of("kelvin")
    np.testing.assert_array_equal(pixels(frame, box=Box(5, 5, 25, 25)), pixels(frame.window(Box(5, 5, 25, 25))))


def test_display_values_are_shown_as_they_are() -> None:
    array = np.random.default_rng(0).integers(0, 256, (3, H, W)).astype(np.float32)
    np.testing.assert_array_equal(pixels(frame_from_array(array, sensor="rgb")), np.moveaxis(array, 0, -1))


def test_red_comes_first_whatever_the_order_of_the_file(tmp_path: Path) -> None:
    data = np.zeros((3, 4, 4), np.uint8)
    data[2] = 200
    path = geotiff(tmp_path / "x.tif", data, photometric="MINISBLACK", descriptions=("Blue", "Green", "Red"))
    assert pixels(open_raster(path))[0, 0].tolist() == [200, 0, 0]


def test_without_red_green_blue_near_infrared_stands_for_red() -> None:
    frame = frame_from_array(slope(0, 0.4, 3), sensor="sentinel-2-l2a", bands=("B03", "B04", "B08"))
    assert stretch_of(frame).bands == ("B08", "B04", "B03")


def test_warmer_is_lighter_and_higher_backscatter_is_lighter() -> None:
    for kind in ("kelvin", "radar amplitude", "grey"):
        lightness = pixels(frame_of(kind)).astype(float) @ (0.3, 0.59, 0.11)
        assert (np.diff(lightness[0]) >= -1.5).all()
        assert lightness[0, -1] > lightness[0, 0] + 100


def test_clouds_do_not_leave_the_ground_black() -> None:
    counts = np.full((6, H, W), 800, np.float32) + np.random.default_rng(0).normal(0, 100, (6, H, W)).astype(np.float32)
    counts[:, :8] = 9000
    names = ("blue", "green", "red", "nir", "swir16", "swir22")
    frame = frame_from_array(counts, sensor="multispectral", bands=names)
    assert np.median(pixels(frame)) > 40


def test_the_picture_is_at_most_1024_pixels_a_side_unless_asked() -> None:
    frame = frame_from_array(np.zeros((3, 10, 3000), np.uint8), sensor="rgb")
    assert frame.picture().size == (1024, 3)
    assert frame.picture(size=(50, 7)).size == (50, 7)


def test_a_class_has_the_same_colour_in_every_image() -> None:
    one, other = class_colours(np.array([[0, 3, 7]])), class_colours(np.array([[7, 7, 3]]))
    np.testing.assert_array_equal(one[0, [2, 2, 1]], other[0])
    numbers = np.arange(40)[None]
    assert len({tuple(colour) for colour in class_colours(numbers)[0]}) == 40


@pytest.mark.parametrize("anchors", [HEAT, HEIGHT, INDEX])
def test_a_palette_starts_and_ends_at_its_anchors(anchors: Sequence[tuple[int, int, int]]) -> None:
    got = ramp(np.array([[0.0, 1.0]]), tuple(anchors))[0] * 255
    np.testing.assert_allclose(got, [anchors[0], anchors[-1]], atol=0.01)


def test_light_comes_from_the_north_west() -> None:
    rows, columns = np.mgrid[0:20, 0:20].astype(float)
    toward, away = hillshade(rows + columns, 1.0), hillshade(-rows - columns, 1.0)
    assert toward[10, 10] > hillshade(np.zeros((20, 20)), 1.0)[10, 10] > away[10, 10]


def test_an_image_of_nothing_but_nodata_still_has_a_picture() -> None:
    got = pixels(frame_from_array(np.full((1, H, W), np.nan, np.float32), sensor="thermal-kelvin"))
    assert (got[..., 3] == 0).all()


def test_a_constant_image_has_a_picture() -> None:
    assert pixels(frame_from_array(np.full((1, H, W), 5.0, np.float32), sensor="elevation")).shape == (H, W, 3)


def test_the_notebook_card_escapes_what_the_file_says(tmp_path: Path) -> None:
    scene = scene_from_array(slope(0, 255, 3), sensor="rgb", grid=Grid(W, H))
    object.__setattr__(scene, "warnings", ("<script>alert(1)</script>",))
    html = scene._repr_html_()
    assert "<script>" not in html
    assert "&lt;script&gt;" in html
    assert html.count("data:image/png;base64") == 1
    assert sensors.get("rgb").title in html
