"""The picture of an answer."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from geoglot.answers.colours import colours_of, on_top
from geoglot.regions import Box, Mask, Point, Region

from . import fabricated as made


def marked(regions: tuple[Region, ...]) -> np.ndarray:
    """Where the picture differs from one without regions, (H, W), without the legend."""
    plain = np.asarray(made.answer(()).picture()).astype(int)
    drawn = np.asarray(made.answer(regions).picture()).astype(int)[: plain.shape[0]]
    return np.abs(drawn - plain).sum(axis=2) > 60


def test_a_small_image_is_enlarged_by_a_whole_factor() -> None:
    assert made.answer(()).picture().size == (800, 400)


def test_a_legend_lies_below_where_there_are_several_labels() -> None:
    wide, high = made.answer().picture().size
    assert wide == 800
    assert high > 400
    assert made.answer(made.REGIONS[:2]).picture().size == (800, 400)


def test_a_box_is_drawn_where_it_lies() -> None:
    found = marked((Box(100, 40, 150, 80),))
    rows, columns = np.nonzero(found)
    assert (columns.min(), columns.max()) == pytest.approx((400, 600), abs=5)
    assert (rows.min(), rows.max()) == pytest.approx((160, 320), abs=5)
    assert not found[200:280, 440:560].any()


def test_a_mask_is_filled() -> None:
    found = marked((Mask.from_array(np.ones((40, 50), bool), left=100, top=40),))
    assert found[200:280, 440:560].all()


def test_a_hole_is_not_filled() -> None:
    pixels = np.ones((60, 90), bool)
    pixels[20:40, 30:60] = False
    found = marked((Mask.from_array(pixels, left=50, top=20),))
    assert not found[175:225, 340:420].any()


@pytest.mark.parametrize("region", made.REGIONS, ids=[region.type for region in made.REGIONS])
def test_every_kind_of_region_leaves_a_mark(region: Region) -> None:
    assert marked((region,)).any()


def test_regions_of_a_view_are_drawn_in_its_pixels() -> None:
    part = made.scene(made.view(made.frame(), Box(100, 40, 150, 80)))
    drawn = made.answer((Box(100, 40, 125, 60),), about=part).picture()
    plain = made.answer((), about=part).picture()
    rows, columns = np.nonzero(np.abs(np.asarray(drawn).astype(int) - np.asarray(plain)).sum(axis=2) > 60)
    assert columns.max() == pytest.approx(drawn.width / 2, abs=6)
    assert rows.max() == pytest.approx(drawn.height / 2, abs=6)


def test_regions_outside_the_view_are_left_out() -> None:
    part = made.scene(made.view(made.frame(), Box(100, 40, 150, 80)))
    drawn, plain = (made.answer(regions, about=part).picture() for regions in ((Box(0, 0, 9, 9),), ()))
    assert drawn.tobytes() == plain.tobytes()


def test_only_the_first_frame_with_regions_is_shown() -> None:
    pair = made.scene(made.frame(), made.frame())
    both = (Box(10, 10, 20, 20, frame=1), Box(60, 60, 90, 90, frame=1))
    assert made.answer(both, about=pair).picture().tobytes() != made.answer((), about=pair).picture().tobytes()
    mixed = (Box(10, 10, 20, 20), Box(60, 60, 90, 90, frame=1))
    assert made.answer(mixed, about=pair).picture().tobytes() == made.answer(mixed[:1], about=pair).picture().tobytes()


def test_thousands_of_regions_are_drawn_without_thousands_of_tags() -> None:
    boxes = tuple(Box(x, y, x + 1, y + 1, label="car", score=0.5) for x in range(0, 190, 5) for y in range(0, 95, 5))
    assert made.answer(boxes).picture().size == (800, 400)


def test_the_first_labels_have_colours_that_are_far_apart() -> None:
    colours = colours_of([Point(0, 0, label=str(index)) for index in range(30)])
    assert len(set(colours.values())) == 30
    for a, b in itertools.combinations(list(colours.values())[:8], 2):
        assert np.abs(np.subtract(a, b)).sum() > 90


def test_text_on_a_colour_is_dark_or_light_as_the_colour_needs() -> None:
    assert on_top((255, 221, 51)) != (255, 255, 255)
    assert on_top((30, 30, 120)) == (255, 255, 255)
