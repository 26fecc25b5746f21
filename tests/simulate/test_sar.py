"""Radar: speckle, geometry, levels (rows S1, S2, S3)."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import stats

from geoglot.errors import InputError
from geoglot.simulate import COVER_CLASSES, Frame, SimulatedScene, World, render, scene
from geoglot.simulate.emit import P_CROP
from geoglot.simulate.places import THEMES, place
from geoglot.simulate.scene import SCENE_LABELS
from geoglot.simulate.view_sar import SarView, complex_sar, sar

from .backscatter import medians_db, quartiles_db, real_levels, simulated_levels
from .conftest import MakeLayers

NO_MARGIN = (0, 0, 0, 0)
QUIET = 64  # looks: as little speckle as a view may have


def enl_and_fit(make: MakeLayers, looks: int) -> tuple[float, float]:
    """Equivalent number of looks over uniform ground, and the p-value of the gamma law."""
    layers = make(512, 0.5, "grass")
    view = SarView(1.0, looks=looks, noise_seed=looks)
    image = sar(1, layers, view, NO_MARGIN)[0]
    values = (image / texture(layers_mean(make))).ravel().astype(float)
    enl = values.mean() ** 2 / values.var()
    p = stats.kstest(values[::7] / values.mean(), stats.gamma(looks, scale=1.0 / looks).cdf).pvalue
    return float(enl), float(p)


def layers_mean(make: MakeLayers) -> NDArray[np.float64]:
    """The same ground averaged over twelve quiet draws: what varies is the ground's own texture."""
    layers = make(512, 0.5, "grass")
    draws = [sar(1, layers, SarView(1.0, looks=QUIET, noise_seed=900 + k), NO_MARGIN)[0] for k in range(12)]
    return np.mean(draws, axis=0)


def texture(mean: NDArray[np.float64]) -> NDArray[np.float64]:
    return mean / mean.mean()


@pytest.mark.parametrize("looks", [1, 4])
def test_speckle_is_gamma_distributed_with_its_looks(flat: MakeLayers, looks: int) -> None:
    enl, p = enl_and_fit(flat, looks)
    assert enl == pytest.approx(looks, rel=0.1)
    assert p > 0.01


def test_speckle_of_two_draws_is_independent(flat: MakeLayers) -> None:
    layers = flat(256, 0.5, "grass")
    one, two = (sar(1, layers, SarView(1.0, looks=1, noise_seed=k), NO_MARGIN)[0].ravel() for k in (1, 2))
    assert abs(np.corrcoef(one, two)[0, 1]) < 0.05


def test_complex_speckle_is_circular_gaussian(flat: MakeLayers) -> None:
    layers = flat(512, 0.5, "grass")
    view = SarView(1.0, noise_seed=3)
    field = complex_sar(1, layers, view, NO_MARGIN)[0]
    assert field.dtype == np.complex64
    assert abs(field.real.mean()) < 0.02 * field.real.std()
    assert field.real.std() == pytest.approx(field.imag.std(), rel=0.03)
    intensity = (np.abs(field) ** 2).ravel()
    assert intensity.mean() ** 2 / intensity.var() == pytest.approx(1.0, rel=0.15)


def displacement_px(make: MakeLayers, incidence_deg: float, height_m: float) -> tuple[float, float]:
    """How far (pixels of 1 m) the roof's far edge moves towards the sensor, and how long the shadow is."""
    layers = make(400, 0.5, "water", block=(160, 200, 80, 40, height_m, "building"))
    view = SarView(1.0, look_deg=90.0, incidence_deg=incidence_deg, looks=QUIET, noise_db=-60.0, blur_px=0.3)
    row = np.median(sar(1, layers, view, NO_MARGIN)[0, 85:115], axis=0)
    # The block spans columns 100 to 120; the wall is laid over from column 100 to the left, to half its brightness.
    bright = np.flatnonzero(row > 0.5 * np.median(row[100 - int(height_m / 2) : 100]))
    layover = 100.0 - bright.min()
    dark = np.flatnonzero(10 * np.log10(row[120:]) < -35.0)
    return layover, float(dark.max() + 1 if len(dark) else 0.0)


@pytest.mark.parametrize("incidence_deg", [30.0, 45.0])
def test_tall_things_lean_towards_the_sensor_and_throw_shadow_away(flat: MakeLayers, incidence_deg: float) -> None:
    height_m = 15.0
    layover, shadow = displacement_px(flat, incidence_deg, height_m)
    slant = math.tan(math.radians(incidence_deg))
    assert layover == pytest.approx(height_m / slant, abs=1.5)
    assert shadow == pytest.approx(height_m * slant, abs=1.5)


def levels_db() -> dict[str, float]:
    """Median sigma nought over many scenes by cover, VV, and VH below VV where plants grow."""
    world = World(20)
    values: dict[str, list[NDArray[np.float32]]] = {name: [] for name in COVER_CLASSES}
    cross: list[NDArray[np.float32]] = []
    town: list[NDArray[np.float32]] = []
    for label in ("agricultural", "beach", "forest", "sea", "city centre", "dense residential", "pasture"):
        for index in range(2):
            x, y = place(world, THEMES[SCENE_LABELS.index(label)], index)
            frame = Frame(round(x / 5.0) * 5.0 - 480.0, round(y / 5.0) * 5.0 - 480.0, 5.0, (192, 192))
            seen = render(world, frame, SarView(5.0, looks=4, noise_db=-30.0, incidence_deg=36.0))[0]
            image = 10 * np.log10(seen.image)
            for k, name in enumerate(COVER_CLASSES):
                values[name].append(image[0][seen.cover == k])
            plants = np.isin(seen.cover, [COVER_CLASSES.index(n) for n in ("forest", "grass", "crop", "shrub")])
            cross.append((image[0] - image[1])[plants])
            if label in ("city centre", "dense residential"):
                # A radar's urban level is that of built blocks of about 25 m, not of single roofs.
                block = seen.image[0, :190, :190].reshape(38, 5, 38, 5).mean(axis=(1, 3))
                built = (seen.cover[:190, :190] == COVER_CLASSES.index("urban")).reshape(38, 5, 38, 5).mean(axis=(1, 3))
                town.append(10 * np.log10(block[built > 0.3]))
    pooled = {name: np.concatenate(parts) for name, parts in values.items()}
    found = {name: float(np.median(part)) for name, part in pooled.items() if len(part) > 500}
    return found | {"cross": float(np.median(np.concatenate(cross))), "town": float(np.median(np.concatenate(town)))}


def test_levels_are_those_of_c_band() -> None:
    found = levels_db()
    assert found["water"] < -18.0
    assert -14.0 < found["crop"] < -8.0
    assert found["town"] > -6.0
    assert 5.0 < found["cross"] < 8.0


PUBLISHED_DB = {
    "water": ((-24.0, -12.0), (-30.0, -20.0)),
    "forest": ((-11.0, -7.5), (-17.0, -13.0)),
    "grass": ((-14.5, -10.0), (-21.0, -16.0)),
    "crop": ((-14.0, -8.0), (-21.0, -15.0)),
    "bare": ((-15.0, -9.0), (-23.0, -16.0)),
    "urban": ((-10.0, -4.0), (-17.0, -10.0)),
}
"""Where medians of VV and VH lie at C band and 30 to 45 degrees: Ulaby & Dobson 1989; Sentinel-1 over woods (Rüetschi
et al. 2018), crops and soil (Veloso et al. 2017; Vreugdenhil et al. 2018); CMOD5.N for winds of 0 to 10 m/s; towns of
two storeys and more."""


def test_covers_of_coarse_images_have_published_levels() -> None:
    places = simulated_levels(24)
    for name, ranges in PUBLISHED_DB.items():
        middle = np.median(medians_db(places, name), axis=0)
        for value, (low, high) in zip(middle, ranges, strict=True):
            assert low < value < high, (name, middle)


def test_echoes_of_towns_do_not_grow_with_the_pixel() -> None:
    """The radar cross-section of a wall is the wall's: four times as coarse, a town is as bright."""
    world = World(20)
    x, y = place(world, THEMES[SCENE_LABELS.index("city centre")], 0)
    means = []
    for gsd_m, side_px in ((2.5, 320), (5.0, 160), (10.0, 80)):
        left, top = (round(value / 10.0) * 10.0 - 400.0 for value in (x, y))
        seen = render(world, Frame(left, top, gsd_m, (side_px, side_px)), SarView(gsd_m, looks=16, noise_db=-35.0))[0]
        means.append(10.0 * math.log10(seen.image[0].mean()))
    assert max(means) - min(means) < 2.0, means


def test_fields_of_one_crop_differ(flat: MakeLayers) -> None:
    layers = flat(128, 0.5, "crop")
    patches = np.zeros((2, 16))
    patches[:, P_CROP] = 1.0 + 5.0e6, 1.0 + 9.0e6
    patch = np.repeat(np.repeat(np.arange(2, dtype=np.int32)[None], 128, 0), 64, 1)
    image = sar(1, replace(layers, patches=patches, patch=patch), SarView(1.0, looks=QUIET), NO_MARGIN)[0]
    assert abs(10.0 * np.log10(image[:, :28].mean() / image[:, 36:].mean())) > 0.5


def test_wet_ground_is_brighter_and_water_is_not(flat: MakeLayers) -> None:
    for ground, gain in (("soil", 3.0), ("water", 0.0)):
        dry, wet = (sar(1, flat(128, 0.5, ground), SarView(1.0, soil_db=d), NO_MARGIN)[0].mean() for d in (0.0, 3.0))
        assert 10.0 * math.log10(wet / dry) == pytest.approx(gain, abs=0.3)


def test_water_darkens_faster_with_incidence_than_land(flat: MakeLayers) -> None:
    fall = {}
    for ground in ("grass", "water"):
        layers = flat(128, 0.5, ground)
        near, far = (
            sar(1, layers, SarView(1.0, incidence_deg=a, wind=0.5, noise_db=-60.0), NO_MARGIN)[0].mean()
            for a in (30.0, 45.0)
        )
        fall[ground] = 10.0 * math.log10(near / far)
    assert 1.0 < fall["grass"] < 3.0
    assert fall["water"] > 5.0


@pytest.mark.data
def test_covers_are_as_bright_as_those_of_sentinel_1(shared_data: Path) -> None:
    """Medians over places within 2.5 dB of real places, which differ by 6 dB; the same spread within a place."""
    real, simulated = real_levels(shared_data), simulated_levels(24)
    for name in ("water", "forest", "grass", "crop"):
        one, other = (np.median(medians_db(places, name), axis=0) for places in (real, simulated))
        assert np.abs(one - other).max() < 2.5, (name, one, other)
        assert np.abs(quartiles_db(real, name) - quartiles_db(simulated, name)).max() < 2.0, name


def test_wind_brightens_water(flat: MakeLayers) -> None:
    layers = flat(128, 0.5, "water")
    calm, rough = (sar(1, layers, SarView(1.0, wind=w, noise_db=-60.0), NO_MARGIN)[0].mean() for w in (0.0, 1.0))
    assert rough > 2.5 * calm


def test_ships_stand_out_of_the_sea() -> None:
    seen = scene(20, 3, sensor="sar", label="sea", gsd_m=4.0)
    ships = [obj for obj in seen.objects if obj.label == "ship" and obj.visible > 0.8]
    assert ships
    for ship in ships:
        x0, y0, x1, y1 = (int(value) for value in ship.box)
        assert seen.image[0, y0 : y1 + 1, x0 : x1 + 1].mean() > 8.0 * np.median(seen.image[0])


def test_a_radar_from_straight_above_is_refused() -> None:
    with pytest.raises(InputError, match="wrong angle"):
        SarView(10.0, incidence_deg=2.0)
    with pytest.raises(InputError, match="looks"):
        SarView(10.0, looks=0)


def test_fields_of_a_flooded_scene_are_as_dark_as_water_and_true_water() -> None:
    water = COVER_CLASSES.index("water")

    def seen(index: int, *, flooded: bool) -> SimulatedScene:
        return scene(880_000, index, sensor="sar", label="agricultural", size_px=128, gsd_m=9.0, flooded=flooded)

    cross_db: dict[bool, list[float]] = {False: [], True: []}
    for index in range(4):
        dry, wet = seen(index, flooded=False), seen(index, flooded=True)
        under = (dry.cover != water) & (wet.cover == water)
        assert not ((dry.cover == water) & (wet.cover != water)).any()
        for view, flooded in ((dry, False), (wet, True)):
            cross_db[flooded] += (10 * np.log10(view.image[1][under])).tolist()
    assert len(cross_db[True]) > 0.05 * 4 * 128**2
    assert np.median(cross_db[True]) < np.median(cross_db[False]) - 4
