"""The eye's input: any sensor's bands come to the same slots, absent ones exactly zero."""

from __future__ import annotations

import numpy as np
import pytest

from geoglot.models.nano.shown import fitting_size, searching_size, show
from geoglot.models.nano.slots import SLOTS
from geoglot.regions import Box
from geoglot.sensors import Band, Kind, Unit
from tests.nano.frames import frame, picture


def shown(pixels: np.ndarray, bands: list[Band], kind: Kind):  # type: ignore[no-untyped-def]
    one = frame(pixels, bands, kind=kind)
    result = show(one, Box(0, 0, *one.size), one.size)
    assert result is not None
    return result


def slot(result, name: str) -> np.ndarray:  # type: ignore[no-untyped-def]
    return result.image[SLOTS.index(name)]


def test_bands_are_found_by_name_wherever_they_lie() -> None:
    bands = [
        Band(f"B{i}", common=name, unit=Unit.REFLECTANCE) for i, name in enumerate(("nir", "blue", "red", "green"))
    ]
    pixels = np.stack([np.full((64, 64), value, np.float32) for value in (0.5, 0.03, 0.3, 0.15)])
    result = shown(pixels, bands, Kind.OPTICAL)
    assert result.modality == "multispectral"
    assert slot(result, "red")[0, 0] == pytest.approx(2.0)  # level 1
    assert slot(result, "green")[0, 0] == pytest.approx(0.0)  # level 0.5
    assert slot(result, "nir")[0, 0] == pytest.approx(2.0)
    assert not slot(result, "swir16").any()
    assert result.present.tolist() == [1, 1, 0, 0]


def test_bands_are_found_by_wavelength_where_they_have_no_name() -> None:
    bands = [
        Band(f"b{i}", centre_um=centre, width_um=0.01, unit=Unit.REFLECTANCE)
        for i, centre in enumerate((0.47, 0.5, 0.66, 1.6))
    ]
    result = shown(np.full((4, 64, 64), 0.2, np.float32), bands, Kind.HYPERSPECTRAL)
    assert {name for name in SLOTS if slot(result, name).any()} == {"red", "blue", "swir16"}


def test_a_panchromatic_image_fills_all_three_colours() -> None:
    result = shown(
        picture()[:1], [Band("pan", common="pan", centre_um=0.6, width_um=0.4, unit=Unit.DISPLAY, high=255)], Kind.RGB
    )
    assert (slot(result, "red") == slot(result, "blue")).all()
    assert result.modality == "rgb"


def test_radar_in_power_and_in_decibels_is_the_same() -> None:
    db = np.array([[[-15.0]], [[-22.0]]], np.float32) * np.ones((2, 64, 64), np.float32)
    bands = [Band("VV", polarisation="VV", unit=Unit.SIGMA0_DB), Band("VH", polarisation="VH", unit=Unit.SIGMA0_DB)]
    linear = [Band("VV", polarisation="VV", unit=Unit.SIGMA0), Band("VH", polarisation="VH", unit=Unit.SIGMA0)]
    one, other = shown(db, bands, Kind.SAR), shown(10 ** (db / 10), linear, Kind.SAR)
    assert np.allclose(one.image, other.image, atol=1e-4)
    assert not one.warnings
    assert slot(one, "co")[0, 0] == pytest.approx((10 / 30 - 0.5) * 4)


def test_uncalibrated_radar_is_shifted_to_a_typical_median_and_warns() -> None:
    counts = np.random.default_rng(0).gamma(2, 100, (1, 64, 64)).astype(np.float32)
    band = [Band("VV", polarisation="VV", unit=Unit.AMPLITUDE)]
    one, other = shown(counts, band, Kind.SAR), shown(counts * 7, band, Kind.SAR)
    assert np.allclose(one.image, other.image, atol=1e-3)
    assert "not calibrated" in one.warnings[0]


def test_thermal_does_not_care_for_units() -> None:
    kelvin = np.random.default_rng(0).normal(290, 5, (1, 64, 64)).astype(np.float32)
    one = shown(kelvin, [Band("t", common="thermal", unit=Unit.KELVIN)], Kind.THERMAL)
    other = shown(kelvin - 273.15, [Band("t", common="thermal", unit=Unit.CELSIUS)], Kind.THERMAL)
    assert np.allclose(one.image, other.image, atol=1e-3)
    assert slot(one, "thermal").std() > 0.3


def test_plain_counts_are_stretched_and_warn() -> None:
    bands = [Band(name, common=name, unit=Unit.DN) for name in ("red", "green", "blue")]
    counts = np.random.default_rng(0).normal(900, 100, (3, 64, 64)).astype(np.float32)
    result = shown(counts, bands, Kind.OPTICAL)
    assert "plain counts" in result.warnings[0]
    assert np.percentile(slot(result, "red"), [1, 50, 99]) == pytest.approx([-2, 0, 2], abs=0.25)


def test_pixels_without_data_are_exactly_zero() -> None:
    pixels = picture(64, 64)
    pixels[:, 10, 10] = np.nan
    result = shown(pixels, [channel.band for channel in frame(picture()).channels], Kind.RGB)
    assert not result.image[:, 10, 10].any()
    assert not result.known[10, 10]


def test_inputs_are_padded_to_multiples_of_32() -> None:
    one = frame(picture(250, 190))
    result = show(one, Box(0, 0, 250, 190), (250, 190))
    assert result is not None
    assert result.image.shape == (9, 192, 256)
    assert not result.image[:, 190:].any()


@pytest.mark.parametrize(
    ("size", "fitted"),
    [
        ((64, 64), (192, 192)),
        ((256, 256), (256, 256)),
        ((640, 512), (640, 512)),
        ((6400, 3200), (810, 405)),
        ((1, 1), (192, 192)),
        ((40000, 10), (2048, 1)),
    ],
)
def test_whole_frames_are_shown_within_the_pixels_of_one_look(size: tuple[int, int], fitted: tuple[int, int]) -> None:
    assert fitting_size(*size) == fitted


@pytest.mark.parametrize(
    ("gsd_m", "fitted"),
    [(None, (256, 256)), (0.1, (256, 256)), (0.525, (384, 384)), (10.0, (512, 512))],
)
def test_coarse_pixels_are_enlarged_at_most_twice(gsd_m: float | None, fitted: tuple[int, int]) -> None:
    assert fitting_size(256, 256, gsd_m) == fitted


@pytest.mark.parametrize(
    ("size", "gsd_m", "searched"),
    [
        ((256, 256), None, (384, 384)),
        ((256, 256), 10.0, (512, 512)),  # a look has but a tenth more
        ((450, 450), 0.3, (572, 572)),
        ((512, 512), 0.3, (512, 512)),
        ((64, 64), 10.0, (192, 192)),  # three times already
        ((2000, 1000), 0.3, (810, 405)),
    ],
)
def test_things_are_looked_for_with_all_pixels_of_a_look(
    size: tuple[int, int], gsd_m: float | None, searched: tuple[int, int]
) -> None:
    assert searching_size(*size, gsd_m) == searched


def test_enlarging_stays_within_the_pixels_of_one_look() -> None:
    width, height = fitting_size(640, 512, 10.0)
    assert (width, height) == (640, 512)
    assert fitting_size(64, 64, 10.0) == (192, 192)
