"""Outlines of masks: a mask of a whole scene is never unfolded at once."""

from __future__ import annotations

from unittest.mock import patch

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from geoglot.regions import Mask, vectorise


@given(arrays(bool, st.tuples(st.integers(1, 9), st.integers(1, 9))), st.integers(1, 30))
def test_outlines_do_not_depend_on_how_many_pixels_are_unfolded_at_once(inside: np.ndarray, strip_px: int) -> None:
    mask = Mask.from_array(inside)
    whole = mask.polygons()
    with patch.object(vectorise, "_STRIP_PX", strip_px):
        assert mask.polygons() == whole
