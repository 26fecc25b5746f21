from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geoglot.errors import InputError
from geoglot.scale.tiling import tiles

sizes = st.tuples(st.integers(1, 900), st.integers(1, 900))


@given(sizes, st.integers(50, 400), st.integers(0, 60))
def test_every_pixel_belongs_to_exactly_one_core(size: tuple[int, int], core_px: int, overlap_px: int) -> None:
    counted = np.zeros((size[1], size[0]), int)
    for tile in tiles(size, core_px=core_px, overlap_px=overlap_px):
        counted[int(tile.core.y0) : int(tile.core.y1), int(tile.core.x0) : int(tile.core.x1)] += 1
    assert (counted == 1).all()


@given(sizes, st.integers(50, 400), st.integers(0, 60))
def test_a_view_holds_its_core_and_stays_inside_the_frame(size: tuple[int, int], core_px: int, overlap_px: int) -> None:
    for tile in tiles(size, core_px=core_px, overlap_px=overlap_px):
        assert 0 <= tile.view.x0 <= tile.core.x0 < tile.core.x1 <= tile.view.x1 <= size[0]
        assert 0 <= tile.view.y0 <= tile.core.y0 < tile.core.y1 <= tile.view.y1 <= size[1]


def test_tiles_have_unique_ids() -> None:
    made = tiles((2000, 1500))
    assert len({tile.id for tile in made}) == len(made)


def test_a_tile_without_size_is_refused() -> None:
    with pytest.raises(InputError, match="core_px"):
        tiles((10, 10), core_px=0)
