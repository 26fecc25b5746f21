"""Shards and views: pixels and truth move together."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from geoglot.models.nano.slots import SEA_DB, TYPICAL_DB
from geoglot.nets import classes
from geoglot.train import shard
from geoglot.train.augment import Seen, augment, blur, fractal, overcast
from geoglot.train.batches import Part, batch, by_class, taught
from geoglot.train.shard import Shard
from geoglot.train.view import cut


def red_box(levels: np.ndarray) -> tuple[int, int, int, int]:
    """Bounds of the red square, x0, y0, x1, y1."""
    rows, columns = np.nonzero(np.nan_to_num(levels[0]) - np.nan_to_num(levels[1]) > 0.4)
    return columns.min(), rows.min(), columns.max() + 1, rows.max() + 1


def test_a_shard_remembers_what_it_was_given(squares: Shard) -> None:
    assert squares.slots == ("red", "green", "blue")
    assert squares.of("val") == (6, 7)
    assert squares.labelled[classes.OBJECTS.index("car")] == 1
    assert squares.labelled.sum() == 1
    assert squares.cover_sets[1] == (classes.COVER.index("grass"), classes.COVER.index("shrub"))
    assert squares.truth[0].tags is not None
    assert squares.truth[0].tags[classes.TAGS.index("cars")] == 1


@settings(deadline=None, max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 10_000), index=st.integers(0, 7))
def test_boxes_stay_on_their_objects_under_every_cut_flip_and_turn(squares: Shard, seed: int, index: int) -> None:
    view = cut(squares, index, np.random.default_rng(seed), size_px=64, scale=(0.6, 1.6), turn=False)
    if len(view.marks.cls) == 0:
        return
    corners = view.marks.corners[0]
    told = np.concatenate([corners.min(axis=0), corners.max(axis=0)]).clip(0, 64)
    if min(told[2] - told[0], told[3] - told[1]) < 4:
        return  # nearly outside: too little of it is there to find
    assert np.abs(told - np.array(red_box(view.levels))).max() < 2.0


def test_what_lies_outside_the_image_is_without_data(squares: Shard) -> None:
    view = cut(squares, 0, np.random.default_rng(0), size_px=64, scale=(0.4, 0.4), turn=False)
    assert np.isnan(view.levels).any()
    assert view.cover is not None
    assert (view.cover == 255).any()


def test_the_same_generator_gives_the_same_batch(squares: Shard) -> None:
    parts = [Part(squares, squares.of("train"), 1.0, (0.8, 1.2))]
    one, other = (batch(parts, np.random.default_rng(5), views=3, size_px=64) for _ in range(2))
    assert bool((one.image == other.image).all())
    assert one.where.tolist() == other.where.tolist()


def test_a_batch_knows_what_its_sets_know(squares: Shard) -> None:
    parts = [Part(squares, squares.of("train"), 1.0, (0.8, 1.2))]
    drawn = batch(parts, np.random.default_rng(1), views=4, size_px=64)
    car, tree = classes.OBJECTS.index("car"), classes.OBJECTS.index("tree")
    assert bool((drawn.known[:, car] == 1).all())
    assert bool((drawn.known[:, tree] == 1).all()), "the tags say that no tree is there"
    assert int(drawn.scene[0]) == classes.SCENES.index("parking lot")
    assert bool(drawn.allowed.any())


@pytest.mark.parametrize(
    "slots",
    [("red", "green", "blue"), ("co", "cross"), ("thermal",), ("red", "green", "blue", "nir", "swir16", "swir22")],
)
def test_augmentation_keeps_shape_and_leaves_something(slots: tuple[str, ...]) -> None:
    levels = np.random.default_rng(0).random((len(slots), 48, 48), dtype=np.float32)
    for seed in range(120):
        seen = augment(levels, slots, np.random.default_rng(seed))
        assert seen.levels
        assert all(plane.shape == (48, 48) and np.isfinite(plane).all() for plane in seen.levels.values())
        assert 0 <= seen.cloud <= 1


def test_blur_keeps_the_mean_and_the_gaps() -> None:
    plane = np.random.default_rng(0).random((40, 40), dtype=np.float32)
    plane[5, 5] = np.nan
    soft = blur(plane, 2.0)
    assert np.isnan(soft[5, 5])
    assert np.nanstd(soft) < 0.4 * np.nanstd(plane)
    assert np.nanmean(soft) == pytest.approx(np.nanmean(plane), abs=0.02)


def test_cloud_noise_fills_its_range() -> None:
    field = fractal(64, np.random.default_rng(0))
    assert (field.min(), field.max()) == (0, pytest.approx(1))


def test_packing_levels_are_those_of_the_runtime() -> None:
    from tests.train.conftest import square

    counts = shard.packed(square(0, "train"), ("red", "green", "blue"))
    assert counts.max() == 1 + round(254 * 250 / 255)
    assert counts.min() >= 1


def test_some_radar_views_are_shown_as_images_of_land_or_sea_without_calibration_are() -> None:
    water = np.full((1, 32, 32), 0.1, np.float32)
    medians = []
    for seed in range(120):
        seen = augment(water, ("co",), np.random.default_rng(seed))
        if not seen.noise:
            medians.append(float(np.nanmedian(seen.levels["co"])))
    land = [median for median in medians if median > 0.38]
    sea = [median for median in medians if median < 0.38 and median > 0.21]
    assert 0.1 < (len(land) + len(sea)) / len(medians) < 0.45
    assert np.median(land) == pytest.approx(TYPICAL_DB["co"] / 30 + 25 / 30, abs=0.06)
    assert np.median(sea) == pytest.approx(np.median(land) - SEA_DB / 30, abs=0.06)


def test_coarse_pixels_are_magnified_as_the_runtime_shows_them(squares: Shard) -> None:
    coarse = replace(squares, truth=tuple(replace(one, gsd_m=10.0) for one in squares.truth))
    parts = [Part(coarse, coarse.of("train"), 1.0, (0.5, 0.5), enlarge=True)]
    twice = batch(parts, np.random.default_rng(5), views=3, size_px=64)
    plain = batch([Part(squares, squares.of("train"), 1.0, (1.0, 1.0))], np.random.default_rng(5), views=3, size_px=64)
    assert bool((twice.heat == plain.heat).all())


def test_radar_without_calibration_teaches_objects_but_no_cover(squares: Shard) -> None:
    view = cut(squares, 0, np.random.default_rng(0), size_px=64, scale=(0.5, 0.5), turn=False)
    levels = {"co": view.levels[0]}
    sure, loose = (taught(view, squares, Seen(levels, loose=loose)) for loose in (False, True))
    assert sure.cover is not None
    assert loose.cover is None
    assert (loose.dense.heat == sure.dense.heat).all()


def test_views_show_the_rare_as_often_as_the_common(squares: Shard) -> None:
    lone, crowd = (
        (0, (88.0, 88.0, 90.0, 88.0, 90.0, 90.0, 88.0, 90.0), False),
        (1, (4.0, 4.0, 6.0, 4.0, 6.0, 6.0, 4.0, 6.0), False),
    )
    mixed = replace(squares, truth=(replace(squares.truth[0], size=(96, 96), objects=(lone, *[crowd] * 99)),))
    rng = np.random.default_rng(0)
    seen = sum(0 in cut(mixed, 0, rng, size_px=24, scale=(1.0, 1.0), turn=False).marks.cls for _ in range(200))
    assert seen > 50  # of the views about an object, 70 %, half are about the lone one


def test_a_rare_class_is_drawn_first_where_images_are_known_by_class(squares: Shard) -> None:
    bus = classes.OBJECTS.index("bus")
    rare = replace(squares.truth[3], objects=((bus, (40, 40, 52, 40, 52, 46, 40, 46), False),))
    mixed = replace(squares, truth=(*squares.truth[:3], rare, *squares.truth[4:]))
    images = mixed.of("train")
    assert by_class(mixed, images)[bus] == (3,)
    part = Part(mixed, images, 1.0, (1.0, 1.0))
    drawn = [
        float((batch([one], np.random.default_rng(5), views=300, size_px=64).heat[:, bus] == 1).any(2).any(1).sum())
        for one in (part, replace(part, images_of=by_class(mixed, images)))
    ]
    assert drawn[1] > 1.3 * drawn[0]


def test_a_close_view_of_a_labelled_image_teaches_only_what_is_not_there(squares: Shard) -> None:
    part = Part(squares, squares.of("train"), 1.0, (1.5, 1.5), absent_only=True)
    drawn = batch([part], np.random.default_rng(1), views=30, size_px=32)
    cars, trees = classes.TAGS.index("cars"), classes.TAGS.index("trees")
    assert bool((drawn.scene == -1).all())
    assert bool((drawn.tags[:, cars] == -1).all()), "the car may lie outside"
    assert 0 in drawn.tags[:, trees].tolist()
    assert float(drawn.held.sum()) == 0


def test_a_photograph_without_water_by_its_tags_teaches_that_no_cell_is_water(squares: Shard) -> None:
    dry = replace(squares, cover=None)
    drawn = batch([Part(dry, dry.of("train"), 1.0, (1.0, 1.0))], np.random.default_rng(1), views=30, size_px=32)
    seen = drawn.cover < 255
    assert bool(seen.any())
    possible = {classes.COVER[place] for place in drawn.allowed[int(drawn.cover[seen][0])].nonzero().flatten().tolist()}
    assert possible == set(classes.COVER) - {"water", "forest"}


def test_clouds_lie_over_pictures_of_any_shape() -> None:
    planes = {"red": np.full((40, 56), 0.2, np.float32)}
    thick = overcast(planes, np.random.default_rng(0))
    assert thick.shape == planes["red"].shape == (40, 56)
    assert planes["red"].max() > 0.5
