"""Targets: a box becomes the cell of its centre and numbers from which it can be drawn again."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geoglot.nets.targets import Marks, draw
from geoglot.regions import OrientedBox

NOTHING = np.zeros((0, 4), np.float32)


def marks(*boxes: OrientedBox, cls: int = 0) -> Marks:
    corners = np.stack([box.outline for box in boxes]).astype(np.float32)
    return Marks(np.full(len(boxes), cls, np.int64), corners, np.ones(len(boxes), np.bool_))


@given(st.floats(20, 100), st.floats(20, 100), st.floats(6, 30), st.floats(4, 12), st.floats(0, 179))
def test_a_box_can_be_drawn_again_from_its_numbers(cx: float, cy: float, w: float, h: float, angle: float) -> None:
    box = OrientedBox(cx, cy, w, h, angle)
    dense = draw(marks(box), NOTHING, classes=1, size_px=128, stride=4)
    upright = box.bounds.clipped(128, 128)
    assert upright is not None
    for (row, column), numbers in zip(dense.cells, dense.geometry.astype(float), strict=True):
        assert math.isclose((column + numbers[2]) * 4, upright.centre[0], abs_tol=0.01)
        assert math.isclose((row + numbers[3]) * 4, upright.centre[1], abs_tol=0.01)
        assert math.isclose(math.exp(numbers[0]) * 4, upright.width, rel_tol=1e-3)
    assert math.isclose(dense.share.sum(), 1.0, rel_tol=1e-5)
    numbers = dense.geometry[0].astype(float)
    assert math.isclose(math.exp(numbers[4]) * 4, max(w, h), rel_tol=1e-3)
    turned = box.normalised.angle_deg
    told = math.degrees(math.atan2(numbers[6], numbers[7])) / 2 % 180
    if abs(w - h) > 0.1:
        assert min(abs(told - turned), 180 - abs(told - turned)) < 0.1


def test_the_peak_is_one_and_falls_off_around_it() -> None:
    heat = draw(marks(OrientedBox(34, 34, 40, 40, 0)), NOTHING, classes=1, size_px=64, stride=4).heat[0]
    assert heat[8, 8] == 1.0
    assert 0 < heat[8, 10] < heat[8, 9] < 1


def test_a_box_too_small_to_tell_is_neither_taught_nor_punished() -> None:
    dense = draw(marks(OrientedBox(34, 34, 2, 2, 0)), NOTHING, classes=1, size_px=64, stride=4)
    assert len(dense.cells) == 0
    assert not dense.scored[8, 8]


def test_a_box_whose_centre_is_outside_is_not_scored() -> None:
    dense = draw(marks(OrientedBox(-4, 32, 24, 24, 0)), NOTHING, classes=1, size_px=64, stride=4)
    assert len(dense.cells) == 0
    assert not dense.scored[8, 0]
    assert dense.scored[8, 8]


def test_ignored_places_are_not_scored_but_marked_objects_in_them_are() -> None:
    ignore = np.array([[0, 0, 64, 64]], np.float32)
    dense = draw(marks(OrientedBox(34, 34, 20, 12, 0)), ignore, classes=1, size_px=64, stride=4)
    assert dense.scored.sum() == 1
    assert dense.scored[8, 8]


def test_no_objects_give_empty_targets() -> None:
    dense = draw(Marks.none(), NOTHING, classes=3, size_px=64, stride=4)
    assert dense.heat.shape == (3, 16, 16)
    assert dense.geometry.shape == (0, 8)


def test_cells_around_a_centre_are_taught_its_box_but_not_another_centre() -> None:
    large, small = OrientedBox(62, 62, 60, 60, 0), OrientedBox(70, 62, 8, 8, 0)
    dense = draw(marks(large, small), NOTHING, classes=1, size_px=128, stride=4)
    cells = [tuple(cell) for cell in dense.cells.tolist()]
    assert len(cells) == len(set(cells)) == 25  # the large one's 5 x 5, one of them the small one's
    assert cells[0] == (15, 15)
    assert dense.geometry[cells.index((15, 17)), 0] == np.float32(np.log(2))
    assert dense.share.sum() == pytest.approx(2)
