"""Sentinel-2: thirteen bands on nested grids, stored as digital numbers (row M1)."""

from __future__ import annotations

import numpy as np
import pytest

from geoglot.errors import InputError
from geoglot.simulate import COVER_CLASSES, Frame, World, scene
from geoglot.simulate.bands import SENTINEL2, SENTINEL2_GSD_M
from geoglot.simulate.places import THEMES, place
from geoglot.simulate.scene import SCENE_LABELS
from geoglot.simulate.view_multispectral import MultispectralView, digital_numbers, multispectral


def bands_of(label: str) -> tuple[np.ndarray, ...]:
    world = World(20)
    x, y = place(world, THEMES[SCENE_LABELS.index(label)], 1)
    return multispectral(world, Frame(x, y, 10.0, (0, 0)), (8, 8), MultispectralView())[1]


def test_every_band_has_its_own_grid_and_all_nest_in_sixty_metres() -> None:
    for band, gsd_m in zip(bands_of("agricultural"), SENTINEL2_GSD_M, strict=True):
        assert band.shape == (8 * 60 // gsd_m, 8 * 60 // gsd_m)
        assert band.dtype == np.float32


def test_the_corner_lies_on_the_sixty_metre_grid() -> None:
    world = World(20)
    one = multispectral(world, Frame(100.0, 200.0, 10.0, (0, 0)), (4, 4), MultispectralView())
    two = multispectral(world, Frame(119.0, 181.0, 10.0, (0, 0)), (4, 4), MultispectralView())
    assert all(np.array_equal(a, b) for a, b in zip(one[1], two[1], strict=True))


def test_digital_numbers_are_reflectance_times_ten_thousand_plus_the_offset() -> None:
    numbers = digital_numbers(np.array([[0.0, 0.1234], [1.0, -0.2]], np.float32))
    assert numbers.tolist() == [[1000, 2234], [11000, 1]]
    assert numbers.dtype == np.uint16


def test_a_scene_stacks_the_bands_on_ten_metres() -> None:
    seen = scene(20, 5, sensor="multispectral", size_px=96)
    assert seen.image.shape == (13, 96, 96)
    assert seen.bands == tuple(band.name for band in SENTINEL2)
    assert seen.x_m % 60.0 == 0.0
    aerosol = seen.image[0].reshape(16, 6, 16, 6)
    assert np.array_equal(aerosol.min(axis=(1, 3)), aerosol.max(axis=(1, 3)))


def test_plants_and_water_show_in_their_indices() -> None:
    plants, water = [], []
    for k in range(8):
        seen = scene(20, k, sensor="multispectral", label=("forest", "sea", "agricultural", "lake")[k % 4], size_px=96)
        if seen.season != 0.5:
            continue
        green, red, nir = (seen.image[seen.bands.index(name)] for name in ("B03", "B04", "B08"))
        plants.append(((nir - red) / (nir + red))[seen.cover == COVER_CLASSES.index("forest")])
        water.append(((green - nir) / (green + nir))[seen.cover == COVER_CLASSES.index("water")])
    assert np.median(np.concatenate(plants)) > 0.5
    assert np.median(np.concatenate(water)) > 0.0


def test_the_cirrus_band_sees_almost_nothing_of_the_ground() -> None:
    assert bands_of("desert")[10].mean() < 0.02


def test_another_pixel_size_is_refused() -> None:
    with pytest.raises(InputError, match="pixels of its own"):
        scene(20, 0, sensor="multispectral", gsd_m=5.0)
