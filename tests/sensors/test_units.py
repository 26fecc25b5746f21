"""Units convert only where physics allows it, and values that cannot be in their unit raise."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from geoglot.errors import UnitError
from geoglot.sensors import Unit, check_values, convert, wavelength_um

PAIRS = [
    (Unit.KELVIN, Unit.CELSIUS),
    (Unit.SIGMA0, Unit.SIGMA0_DB),
    (Unit.GAMMA0, Unit.GAMMA0_DB),
]


@pytest.mark.parametrize(("one", "other"), PAIRS)
@given(value=st.floats(0.001, 500))
def test_converting_there_and_back_gives_the_same(one: Unit, other: Unit, value: float) -> None:
    there = convert(np.array([value]), one, other)
    assert_allclose(convert(there, other, one), [value], rtol=1e-4, atol=1e-4)


def test_known_values() -> None:
    assert_allclose(convert(np.array([273.15]), Unit.KELVIN, Unit.CELSIUS), [0], atol=1e-4)
    assert_allclose(convert(np.array([0.1]), Unit.SIGMA0, Unit.SIGMA0_DB), [-10], atol=1e-5)


def test_no_power_has_no_decibels() -> None:
    assert np.isnan(convert(np.array([0.0, -1.0, np.nan]), Unit.GAMMA0, Unit.GAMMA0_DB)).all()


def test_every_other_pair_is_refused_and_says_what_is_missing() -> None:
    allowed = {*PAIRS, *((b, a) for a, b in PAIRS)}
    for have in Unit:
        for want in Unit:
            if have is want or (have, want) in allowed:
                assert convert(np.ones(1), have, want).dtype == np.float32
            else:
                with pytest.raises(UnitError, match=str(have)):
                    convert(np.ones(1), have, want)


@pytest.mark.parametrize(
    ("value", "unit", "um"),
    [
        (665, "nm", 0.665),
        (10895, "Nanometers", 10.895),
        (0.665, "um", 0.665),
        (1.61, "µm", 1.61),
        (2.2, "Micrometers", 2.2),
    ],
)
def test_wavelengths_are_read_with_their_unit(value: float, unit: str, um: float) -> None:
    assert wavelength_um(value, unit) == pytest.approx(um)


@pytest.mark.parametrize(
    ("value", "unit"),
    [(665, "um"), (20.1, "µm"), (0.665, "nm"), (21000, "nm"), (5, "Index"), (0, "nm"), (float("nan"), "nm")],
)
def test_a_number_that_is_no_wavelength_in_its_unit_raises(value: float, unit: str) -> None:
    with pytest.raises(UnitError):
        wavelength_um(value, unit)


rng = np.random.default_rng(0)


def test_an_offset_applied_twice_raises() -> None:
    water = rng.normal(-0.09, 0.005, (50, 50))
    land = rng.normal(0.15, 0.05, (50, 200))
    with pytest.raises(UnitError, match="twice"):
        check_values(Unit.REFLECTANCE, np.concatenate([water, land], axis=1))


def test_a_forgotten_scale_raises() -> None:
    with pytest.raises(UnitError, match="scale was not applied"):
        check_values(Unit.REFLECTANCE, rng.normal(9000, 500, 1000))


def test_a_floor_of_minus_100_db_raises_above_five_percent() -> None:
    land = rng.normal(-12, 3, 1000)
    land[:40] = -100
    assert check_values(Unit.SIGMA0_DB, land) == ()
    land[:60] = -100
    with pytest.raises(UnitError, match="-100 dB"):
        check_values(Unit.SIGMA0_DB, land)


def test_decibels_and_power_exchanged_raise() -> None:
    decibels = rng.normal(-12, 3, 1000)
    with pytest.raises(UnitError, match="decibels"):
        check_values(Unit.GAMMA0, decibels)
    with pytest.raises(UnitError, match="linear power"):
        check_values(Unit.GAMMA0_DB, 10 ** (decibels / 10))


@pytest.mark.parametrize(("unit", "mean"), [(Unit.KELVIN, 20.0), (Unit.CELSIUS, 300.0), (Unit.KELVIN, 45000.0)])
def test_kelvin_and_celsius_exchanged_or_counts_raise(unit: Unit, mean: float) -> None:
    with pytest.raises(UnitError, match="temperature"):
        check_values(unit, rng.normal(mean, 3, 1000))


def test_a_fire_in_a_thermal_image_is_only_a_warning() -> None:
    ground = np.full(100, 25.0)
    ground[:5] = 400
    assert "outside" in check_values(Unit.CELSIUS, ground)[0]


def test_ordinary_values_pass_in_silence() -> None:
    assert check_values(Unit.REFLECTANCE, np.abs(rng.normal(0.1, 0.1, 1000))) == ()
    assert check_values(Unit.SIGMA0_DB, rng.normal(-12, 4, 1000)) == ()
    assert check_values(Unit.SIGMA0, 10 ** (rng.normal(-12, 4, 1000) / 10)) == ()
    assert check_values(Unit.KELVIN, rng.normal(290, 8, 1000)) == ()
    assert check_values(Unit.DISPLAY, rng.integers(0, 255, 1000).astype(float)) == ()
    assert check_values(Unit.KELVIN, np.full(5, np.nan)) == ()


def test_snow_is_a_warning_not_an_error() -> None:
    assert "snow" in check_values(Unit.REFLECTANCE, rng.normal(1.05, 0.05, 1000))[0]
