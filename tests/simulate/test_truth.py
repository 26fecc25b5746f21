"""Truth is exact: boxes, outlines, shares, counts from one geometry (row G1)."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from geoglot.errors import InputError, UnknownName
from geoglot.simulate import (
    ALIGNED,
    COVER_CLASSES,
    FURTHER_SENSORS,
    SCENE_LABELS,
    SENSORS,
    aligned,
    object_classes,
    scene,
)
from geoglot.simulate.emit import KEY
from geoglot.simulate.epoch import NOW
from geoglot.simulate.places import THEMES
from geoglot.simulate.render import layers_for
from geoglot.simulate.scene import choose_frame, world_of
from geoglot.simulate.tables import material_colours
from geoglot.simulate.truth import objects_in
from geoglot.simulate.view_optical import OpticalView

labels = st.sampled_from(("medium residential", "harbour", "airport", "tennis courts", "storage tanks", "parking lot"))


@settings(max_examples=8, deadline=None)
@given(labels, st.integers(0, 40), st.sampled_from((0.3, 0.6, 1.5)))
def test_boxes_contain_outlines_and_rasters(label: str, index: int, gsd_m: float) -> None:
    world = world_of(20)
    rng = np.random.default_rng(index)
    frame = choose_frame(world, THEMES[SCENE_LABELS.index(label)], index, 96, gsd_m, rng)
    layers, margins = layers_for(world, frame, (OpticalView(gsd_m),), NOW)
    keys = np.append(layers.objects[:, KEY], -1.0)[layers.thing]
    west, north = 2 * margins[0], 2 * margins[1]
    seen = keys[north : north + 192, west : west + 192]
    for obj in objects_in(layers, frame):
        x0, y0, x1, y1 = obj.box
        assert 0.0 <= x0 <= x1 <= 96.0
        assert 0.0 <= y0 <= y1 <= 96.0
        rows, columns = np.nonzero(seen == float(obj.id))
        assert len(rows)
        assert columns.min() / 2 >= x0 - 1.0
        assert rows.min() / 2 >= y0 - 1.0
        assert (columns.max() + 1) / 2 <= x1 + 1.0
        assert (rows.max() + 1) / 2 <= y1 + 1.0
        if obj.visible > 0.99 and obj.label not in ("roundabout", "wind turbine"):
            # Seen whole: the raster's tight box is the box.
            assert columns.min() / 2 == pytest.approx(x0, abs=1.0)
            assert rows.min() / 2 == pytest.approx(y0, abs=1.0)
            assert (columns.max() + 1) / 2 == pytest.approx(x1, abs=1.0)
            assert (rows.max() + 1) / 2 == pytest.approx(y1, abs=1.0)


def test_cars_of_two_pixels_are_dots_and_not_labelled() -> None:
    seen = scene(20, 0, label="parking lot", size_px=96, gsd_m=2.2)
    sides = seen.faint[:, 2:] - seen.faint[:, :2]
    assert len(seen.faint) > 0
    assert np.all((sides >= 1.25) & (sides < 2.5))
    assert all(max(obj.oriented[2:4]) >= 2.5 for obj in seen.objects)


@settings(max_examples=8, deadline=None)
@given(labels, st.integers(0, 40))
def test_oriented_boxes_hold_their_outlines(label: str, index: int) -> None:
    for obj in scene(20, index, label=label, size_px=96, gsd_m=0.6).objects:
        cx, cy, length, width, angle = obj.oriented
        turn = np.radians(angle)
        at = np.array(obj.outline) - (cx, cy)
        u = at[:, 0] * np.cos(turn) + at[:, 1] * np.sin(turn)
        v = -at[:, 0] * np.sin(turn) + at[:, 1] * np.cos(turn)
        assert np.abs(u).max() <= 0.5 * length + 1e-6
        assert np.abs(v).max() <= 0.5 * width + 1e-6
        assert length * 0.6 == pytest.approx(obj.length_m)
        assert 0.0 < obj.visible <= 1.0


def test_every_object_of_a_scene_has_an_id_of_its_own() -> None:
    for index in range(4):
        seen = scene(20, index, label="parking lot", size_px=128, gsd_m=0.4)
        assert len({obj.id for obj in seen.objects}) == len(seen.objects)


def test_objects_cut_by_the_frame_carry_the_share_inside() -> None:
    errors: dict[str, list[float]] = {"cut": [], "whole": []}
    for index in range(6):
        for obj in scene(20, index, label="storage tanks", size_px=128, gsd_m=1.0).objects:
            if obj.label == "storage tank":
                inside = shapely.Polygon(obj.outline).intersection(shapely.box(0, 0, 128, 128)).area
                share = inside / shapely.Polygon(obj.outline).area
                errors["cut" if share < 0.8 else "whole"].append(abs(obj.visible - share))
    assert errors["whole"]
    assert errors["cut"]
    assert max(errors["whole"]) < 0.12
    assert max(errors["cut"]) < 0.15


def test_objects_under_others_carry_the_share_that_shows() -> None:
    """Cars under the trees of a car park: what no crown covers is seen."""
    objects = scene(20, 1, label="parking lot", size_px=192, gsd_m=0.3).objects
    crowns = shapely.union_all([shapely.Polygon(obj.outline) for obj in objects if obj.label == "tree"])
    hidden = 0
    for obj in objects:
        car = shapely.Polygon(obj.outline)
        if obj.label == "car" and shapely.box(0, 0, 192, 192).contains(car):
            share = car.difference(crowns).area / car.area
            assert obj.visible == pytest.approx(share, abs=0.1)
            hidden += share < 0.7
    assert hidden > 9


def test_attributes_come_from_the_table() -> None:
    words = set(material_colours())
    for obj in scene(20, 1, label="parking lot", gsd_m=0.4).objects:
        assert obj.label in object_classes()
        assert obj.colour in words
        assert obj.length_m > 0.0 < obj.width_m


def test_cover_is_a_class_index_of_every_pixel() -> None:
    for sensor in (*SENSORS, *FURTHER_SENSORS):
        seen = scene(20, 2, sensor=sensor, size_px=64)
        assert seen.cover.shape == seen.image.shape[1:] == (64, 64)
        assert seen.cover.max() < len(COVER_CLASSES)
        assert seen.image.dtype == np.float32
        assert np.isfinite(seen.image).all()


def test_six_views_of_one_world_share_their_truth() -> None:
    views = aligned(20, 3, size_px=96, gsd_m=1.0)
    assert len(views) == len(ALIGNED) == 6
    first = views[0]
    for seen in views[1:]:
        assert seen.objects == first.objects
        assert np.array_equal(seen.cover, first.cover)
        assert (seen.x_m, seen.y_m, seen.gsd_m) == (first.x_m, first.y_m, first.gsd_m)


def test_twenty_one_classes_can_be_seen() -> None:
    found: set[str] = set()
    places = [(label, index) for label in SCENE_LABELS for index in range(3)] + [("airport", k) for k in range(3, 9)]
    for label, index in places:
        found |= {obj.label for obj in scene(21, index, label=label, size_px=128, gsd_m=0.9).objects}
    assert found == set(object_classes())
    assert len(found) == 21


def test_unknown_names_and_sizes_are_refused() -> None:
    with pytest.raises(UnknownName):
        scene(1, 0, sensor="sonar")
    with pytest.raises(UnknownName):
        scene(1, 0, label="moon")
    with pytest.raises(InputError, match="size"):
        scene(1, 0, size_px=2)
