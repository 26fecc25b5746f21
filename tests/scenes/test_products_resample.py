"""Windows of arrays at any size keep the mean, the mask and the place of what they show."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geoglot.regions import Box
from geoglot.scenes import resample as room
from geoglot.scenes.resample import ArraySource

ramp = np.arange(12 * 8, dtype=np.uint16).reshape(1, 8, 12)


def test_whole_pixels_come_back_as_stored() -> None:
    values, valid = ArraySource(ramp).read(0, Box(2, 1, 7, 4), (5, 3), exact=False)
    assert values.dtype == np.uint16
    assert np.array_equal(values, ramp[0, 1:4, 2:7])
    assert valid.all()


def test_what_lies_outside_is_invalid() -> None:
    _, valid = ArraySource(ramp).read(0, Box(-2, -1, 2, 1), (4, 2), exact=False)
    assert np.array_equal(valid, [[False] * 4, [False, False, True, True]])


def test_shrinking_averages_only_measurements() -> None:
    layer = np.array([[[100.0, -9999.0], [100.0, -9999.0]]], np.float32)
    values, valid = ArraySource(layer, layer[0] > 0).read(0, Box(0, 0, 2, 2), (1, 1), exact=False)
    assert values[0, 0] == 100
    assert valid.all()


def test_growing_keeps_the_outline_of_the_mask() -> None:
    mask = np.array([[True, False]])
    _, valid = ArraySource(np.ones((1, 1, 2)), mask).read(0, Box(0, 0, 2, 1), (8, 4), exact=False)
    assert np.array_equal(valid.any(axis=0), [True] * 4 + [False] * 4)


def test_classes_are_never_mixed() -> None:
    classes = np.array([[[1, 9], [9, 1]]], np.uint8)
    values, _ = ArraySource(classes).read(0, Box(0, 0, 2, 2), (7, 5), exact=True)
    assert set(np.unique(values)) == {1, 9}


def test_bilinear_passes_through_the_pixel_centres() -> None:
    line = np.array([[[0.0, 10.0, 20.0]]])
    values, _ = ArraySource(line).read(0, Box(0, 0, 3, 1), (6, 1), exact=False)
    assert values[0] == pytest.approx([0, 2.5, 7.5, 12.5, 17.5, 20])


@given(width=st.integers(1, 12), height=st.integers(1, 8))
def test_the_mean_over_everything_is_kept_when_shrinking(width: int, height: int) -> None:
    values, valid = ArraySource(ramp).read(0, Box(0, 0, 12, 8), (width, height), exact=False)
    assert valid.all()
    assert float(values.mean()) == pytest.approx(float(ramp.mean()), rel=1e-5)


@given(x0=st.integers(0, 11), y0=st.integers(0, 7), exact=st.booleans(), width=st.integers(1, 20))
def test_strips_give_the_same_as_one_piece(x0: int, y0: int, exact: bool, width: int) -> None:
    source, box = ArraySource(ramp), Box(x0 / 2, y0 / 2, 12, 8)
    whole = source.read(0, box, (width, 5), exact=exact)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(room, "_STRIP_PIXELS", 20)
        strips = source.read(0, box, (width, 5), exact=exact)
    assert np.array_equal(whole[0], strips[0])
    assert np.array_equal(whole[1], strips[1])
