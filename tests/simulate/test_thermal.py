"""Heat: kelvin, the order of surfaces by day and by night, engines, noise (row T1)."""

from __future__ import annotations

import numpy as np
import pytest

from geoglot.simulate.emit import RUNNING
from geoglot.simulate.view_optical import Sun
from geoglot.simulate.view_thermal import ThermalView, thermal

from .conftest import MakeLayers

NO_MARGIN = (0, 0, 0, 0)


def level_k(make: MakeLayers, name: str, sun: Sun | None) -> float:
    layers = make(64, 0.5, name)
    return float(thermal(1, layers, ThermalView(1.0, sun, air_k=290.0), NO_MARGIN).mean())


def test_by_day_water_is_coolest_and_asphalt_hotter_than_plants(flat: MakeLayers) -> None:
    noon = Sun(180.0, 55.0)
    water, forest, grass, asphalt, roof = (
        level_k(flat, name, noon) for name in ("water", "forest", "grass", "asphalt", "bitumen")
    )
    assert water < forest < grass < asphalt < roof
    assert 8.0 < asphalt - grass < 30.0


def test_by_night_water_and_asphalt_are_warmer_than_plants_and_roofs(flat: MakeLayers) -> None:
    water, forest, grass, asphalt, roof = (
        level_k(flat, name, None) for name in ("water", "forest", "grass", "asphalt", "bitumen")
    )
    assert water > forest > grass
    assert asphalt > forest
    assert roof < asphalt


def test_values_are_kelvin_near_the_air(flat: MakeLayers) -> None:
    assert 275.0 < level_k(flat, "grass", None) < 300.0
    assert 280.0 < level_k(flat, "grass", Sun(180.0, 50.0)) < 305.0


def test_bare_metal_mirrors_the_cold_sky(flat: MakeLayers) -> None:
    assert level_k(flat, "roof_metal", None) < level_k(flat, "bitumen", None) - 3.0


def engine_excess_k(make: MakeLayers) -> float:
    """How much hotter the bonnet of a running car is than the same car parked, by night."""
    layers = make(64, 0.1, "asphalt", block=(20, 10, 18, 45, 1.5, "car"), roof="paint_grey")
    cold = thermal(1, layers, ThermalView(0.2, nedt_k=0.0), NO_MARGIN)[0]
    layers.objects[0, RUNNING] = 1.0
    warm = thermal(1, layers, ThermalView(0.2, nedt_k=0.0), NO_MARGIN)[0]
    return float((warm - cold).max())


def test_running_engines_are_warm(flat: MakeLayers) -> None:
    assert 5.0 < engine_excess_k(flat) < 20.0


def test_noise_is_what_the_view_says(flat: MakeLayers) -> None:
    layers = flat(256, 0.5, "water")
    quiet, noisy = (thermal(1, layers, ThermalView(1.0, nedt_k=n), NO_MARGIN) for n in (0.0, 0.08))
    assert float((noisy - quiet).std()) == pytest.approx(0.08, rel=0.05)


def test_the_camera_blurs_edges(flat: MakeLayers) -> None:
    layers = flat(120, 0.5, "asphalt", block=(0, 60, 120, 60, 0.05, "tennis_court"), roof="water")
    image = thermal(1, layers, ThermalView(1.0, nedt_k=0.0, blur_px=0.9), NO_MARGIN)[0]
    spread = np.diff(image[10:50].mean(axis=0))[25:34]
    spread = np.maximum(spread, 0.0) / np.maximum(spread, 0.0).sum()
    at = np.arange(len(spread))
    sigma = np.sqrt((spread * (at - (spread * at).sum()) ** 2).sum())
    assert sigma == pytest.approx(np.hypot(0.9, 1 / np.sqrt(12)), rel=0.15)


def test_shade_is_cooler_by_day(flat: MakeLayers) -> None:
    layers = flat(400, 0.5, "concrete", block=(180, 180, 40, 40, 20.0, "building"))
    # North of the block, 5 to 15 m away from its wall, is shade at noon; far away is light.
    noon, night = (
        image[0, 75:85, 95:105].mean() - image[0, 150:190, 20:180].mean()
        for sun in (Sun(180.0, 40.0), None)
        for image in (thermal(1, layers, ThermalView(1.0, sun, nedt_k=0.0), NO_MARGIN),)
    )
    assert noon < -3.0
    assert abs(night) < 1.0
