"""Sun, spectra and the camera (rows O1, O2, O3)."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from geoglot.errors import InputError
from geoglot.simulate import light
from geoglot.simulate.bands import RGBN, SENTINEL2, SpectralBand, reflectances, response, sky_share
from geoglot.simulate.noise import Spot
from geoglot.simulate.tables import material, material_names, materials, wavelengths_um
from geoglot.simulate.view_optical import OpticalView, Sun, optical, shade
from geoglot.simulate.world import FarHeights, Layers

from .conftest import MakeLayers

NO_MARGIN = (0, 0, 0, 0)


def clear(gsd_m: float, sun: Sun, **changes: float) -> OpticalView:
    """A view through no air, without noise."""
    settings = {"haze": 0.0, "shot": 0.0, "floor": 0.0} | changes
    return OpticalView(gsd_m, sun, RGBN, **settings)


_MAKE: list[MakeLayers] = []


@pytest.fixture(autouse=True)
def _maker(flat: MakeLayers) -> None:
    _MAKE[:] = [flat]  # hypothesis runs one test many times, and fixtures once


def block_layers(height_m: float) -> Layers:
    """A block of 4 x 4 m in the middle of 200 x 200 m of grass."""
    return _MAKE[0](400, 0.5, "grass", block=(196, 196, 8, 8, height_m, "building"))


@settings(max_examples=12, deadline=None)
@given(st.floats(0.0, 359.0), st.floats(25.0, 60.0))
def test_shadows_point_away_from_the_sun(azimuth: float, elevation: float) -> None:
    sun = Sun(azimuth, elevation)
    dark = 1.0 - shade(block_layers(24.0), sun, 1.0)
    dark[98:102, 98:102] = 0.0
    rows, columns = np.indices(dark.shape)
    # The sweep of a centred square is symmetric about the line through its centre.
    cx = float((dark * (columns + 0.5 - 100.0)).sum() / dark.sum())
    cy = float((dark * (rows + 0.5 - 100.0)).sum() / dark.sum())
    turn = (math.degrees(math.atan2(cx, -cy)) - azimuth - 180.0 + 180.0) % 360.0 - 180.0
    assert abs(turn) < 1.0


@settings(max_examples=12, deadline=None)
@given(st.sampled_from([0.0, 90.0, 180.0, 270.0]), st.floats(25.0, 65.0), st.floats(4.0, 20.0))
def test_shadows_are_as_long_as_height_over_tangent(azimuth: float, elevation: float, height_m: float) -> None:
    sun = Sun(azimuth, elevation)
    dark = 1.0 - shade(block_layers(height_m), sun, 1.0)
    dark[98:102, 98:102] = 0.0
    line = dark[:, 99] if azimuth in (0.0, 180.0) else dark[99, :]
    assert abs(float(line.sum()) - height_m / math.tan(math.radians(elevation))) <= 1.0


rough_ground = st.integers(0, 1 << 30).map(lambda seed: np.random.default_rng(seed).random((80, 96)) ** 8 * 12.0)


@settings(max_examples=10, deadline=None)
@given(rough_ground, st.floats(25.0, 65.0))
def test_shade_from_the_east_is_that_of_the_highest_thing_eastwards(heights: NDArray[np.float64], high: float) -> None:
    surface = heights.astype(np.float32)
    gsd, rise, steps = 0.5, math.tan(math.radians(high)), 40
    ray, soft = light.Ray(1.0, 0.0, rise, steps, steps), 0.6 * gsd * rise + 0.02
    none = FarHeights(0, 0, 1.6, np.empty((0, 0), np.float32))
    found = light.sunlit(surface, Spot(0, 0, gsd, 0), ray, none, (0, 80, 0, 96))
    over = np.zeros(surface.shape)
    for k in range(1, steps + 1):
        z = surface[:, : 96 - k] + 0.02 - 0.5 * soft + k * gsd * rise
        over[:, : 96 - k] = np.maximum(over[:, : 96 - k], (surface[:, k:] - z) / soft)
    # The row below counts with a share of rounding errors, and the last one has none.
    assert np.abs(found - np.clip(1.0 - over, 0.0, 1.0))[:-1].max() < 1e-4


@settings(max_examples=10, deadline=None)
@given(rough_ground, st.floats(0.0, 359.0), st.floats(20.0, 65.0))
def test_a_part_is_shaded_as_in_the_whole(heights: NDArray[np.float64], azimuth: float, high: float) -> None:
    layers = _MAKE[0](160, 0.5, "grass")
    layers.surface_m[20:100, 20:116] = heights
    sun = Sun(azimuth, high)
    whole = shade(layers, sun, 1.0)
    assert (whole < 1.0).any()
    assert np.array_equal(shade(layers, sun, 1.0, (7, 61, 13, 80)), whole[7:61, 13:80])


def shade_ratios(make: MakeLayers) -> NDArray[np.float64]:
    """Shaded over lit brightness of one ground, per band R, G, B, NIR."""
    sun = Sun(180.0, 40.0)
    layers = make(400, 0.5, "concrete", block=(180, 180, 40, 40, 20.0, "building"))
    image = optical(1, layers, clear(1.0, sun), NO_MARGIN)
    # North of the block, 5 to 18 m away from its wall, is shade; far away is light.
    return image[:, 75:85, 95:105].mean(axis=(1, 2)) / image[:, 150:190, 20:180].mean(axis=(1, 2))


def test_shadowed_ground_keeps_bluish_sky_light(flat: MakeLayers) -> None:
    red, green, blue, _ = shade_ratios(flat)
    assert all(0.15 <= ratio <= 0.4 for ratio in (red, green, blue))
    assert blue > green > red


@pytest.mark.parametrize("name", ["grass", "lawn", "turf", "crop", "forest", "conifer"])
def test_green_plants_have_a_red_edge(name: str) -> None:
    table = reflectances(SENTINEL2)[material(name)]
    red, edge, nir = table[3], table[5], table[7]
    assert (nir - red) / (nir + red) > 0.5
    assert red < edge < nir


@pytest.mark.parametrize("name", ["water", "turbid_water", "pool_water"])
def test_water_has_a_positive_water_index(name: str) -> None:
    green, nir = reflectances(SENTINEL2)[material(name)][[2, 7]]
    assert (green - nir) / (green + nir) > 0.0


@pytest.mark.parametrize(
    ("name", "band", "low", "high"),
    [
        # Ranges of the ECOSTRESS and USGS libraries for the class, per Sentinel-2 band.
        ("soil", "B04", 0.10, 0.30), ("soil", "B11", 0.25, 0.50), ("soil_dark", "B04", 0.05, 0.15),
        ("concrete", "B04", 0.20, 0.40), ("concrete", "B11", 0.25, 0.45), ("asphalt", "B04", 0.05, 0.15),
        ("asphalt", "B11", 0.10, 0.25), ("sand", "B04", 0.25, 0.50), ("snow", "B04", 0.80, 0.98),
        ("snow", "B11", 0.02, 0.20), ("water", "B08", 0.0, 0.02), ("tile_red", "B04", 0.20, 0.35),
    ],
)  # fmt: skip
def test_mineral_spectra_lie_within_published_ranges(name: str, band: str, low: float, high: float) -> None:
    index = [entry.name for entry in SENTINEL2].index(band)
    assert low <= reflectances(SENTINEL2)[material(name), index] <= high


def test_a_band_value_is_the_spectrum_weighted_by_its_response() -> None:
    table = reflectances(SENTINEL2)
    for k, band in enumerate(SENTINEL2):
        grid, weight = response(band)
        assert weight.sum() == pytest.approx(1.0)
        for m in (0, 10, 30):
            value = np.interp(grid, wavelengths_um(), materials().spectrum[m]) @ weight
            assert table[m, k] == pytest.approx(value)


def test_a_flat_spectrum_gives_its_value_in_any_band() -> None:
    grid, weight = response(SpectralBand("any", 1.0, 0.2))
    assert np.full(len(grid), 0.3) @ weight == pytest.approx(0.3)


def test_reflectances_are_fractions() -> None:
    assert ((materials().spectrum > 0.0) & (materials().spectrum < 1.0)).all()
    assert len(material_names()) == len(set(material_names())) < 256


def edge_sigma_px(make: MakeLayers, blur_px: float) -> float:
    """Standard deviation of the line spread measured on a straight edge between two grounds."""
    layers = make(160, 0.5, "asphalt")
    layers.material[:, 80:] = material("marking")
    # Texture of the ground, which is no part of the camera, would add to the spread of the tails.
    view = clear(1.0, Sun(150.0, 60.0), blur_px=blur_px, texture=0.0)
    image = optical(1, layers, view, NO_MARGIN)[1, 10:70]
    spread = np.diff(image.mean(axis=0))[30:49]
    spread = spread / spread.sum()
    at = np.arange(len(spread))
    mean = (spread * at).sum()
    return float(np.sqrt((spread * (at - mean) ** 2).sum()))


@pytest.mark.parametrize("blur_px", [0.5, 0.7, 1.0])
def test_the_measured_edge_response_is_that_of_the_camera(flat: MakeLayers, blur_px: float) -> None:
    # The edge lies between two pixels, so differences of neighbours are the kernel itself; sampling a Gaussian of
    # half a pixel narrows it by 7 %.
    assert edge_sigma_px(flat, blur_px) == pytest.approx(blur_px, rel=0.08)


def noise_fit(make: MakeLayers) -> tuple[float, float]:
    """Slope and intercept of noise variance against signal over materials of different brightness."""
    shot, floor = 1e-4, 2e-3
    signal, variance = [], []
    for name in ("water", "asphalt", "concrete", "sand", "snow"):
        layers = make(128, 0.5, name)
        sun = Sun(150.0, 60.0)
        quiet = optical(1, layers, clear(1.0, sun), NO_MARGIN)
        noisy = optical(1, layers, clear(1.0, sun, shot=shot, floor=floor), NO_MARGIN)
        signal.append(quiet[0].mean())
        variance.append(((noisy - quiet)[0]).var())
    slope, intercept = np.polyfit(signal, variance, 1)
    return float(slope), float(intercept)


def test_noise_grows_with_the_signal_over_a_floor(flat: MakeLayers) -> None:
    slope, intercept = noise_fit(flat)
    assert slope == pytest.approx(1e-4, rel=0.1)
    assert intercept == pytest.approx(4e-6, rel=0.5)


def test_more_air_lifts_and_bleaches_most_in_the_blue(flat: MakeLayers) -> None:
    layers = flat(64, 0.5, "asphalt")
    sun = Sun(150.0, 50.0)
    thin, thick = (optical(1, layers, clear(1.0, sun, haze=h), NO_MARGIN).mean(axis=(1, 2)) for h in (0.0, 1.0))
    gain = thick - thin
    assert gain[2] > gain[1] > gain[0] > gain[3]


def test_the_sky_is_bluer_than_the_sun() -> None:
    share = sky_share(RGBN)
    assert share[2] > share[1] > share[0] > share[3]


def test_a_sun_below_the_horizon_is_refused() -> None:
    with pytest.raises(InputError, match="too low"):
        Sun(180.0, 2.0)
