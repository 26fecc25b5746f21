"""Units: what may be turned into what, and values that cannot be in the unit they claim."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from geoglot.errors import UnitError
from geoglot.sensors.sensor import Unit

ZERO_CELSIUS_K = 273.15

_DECIBELS = {Unit.SIGMA0_DB: Unit.SIGMA0, Unit.GAMMA0_DB: Unit.GAMMA0}
_WHY_NOT = {
    Unit.DN: "counts become a physical value only with the factors of the product's metadata",
    Unit.DISPLAY: "picture values were stretched for the eye; no physical value is left in them",
    Unit.AMPLITUDE: "amplitude becomes sigma nought only with the product's calibration table",
    Unit.RADIANCE: "radiance becomes reflectance only with sun elevation and solar irradiance",
}
_NANOMETRES = frozenset({"nm", "nanometer", "nanometers", "nanometre", "nanometres"})
_MICROMETRES = frozenset(
    {"um", "µm", "μm", "micron", "microns", "micrometer", "micrometers", "micrometre", "micrometres"}
)
_LONGEST_UM = 20.0  # no optical or thermal instrument of the table sees beyond; larger numbers are nanometres


def convert(values: NDArray[np.floating], have: Unit, want: Unit) -> NDArray[np.float32]:
    """Give the values in another unit: kelvin and °C, decibels and linear power of the same quantity.

    float32 of the same shape; NaN stays NaN, and power of zero or less has no decibels: NaN.
    Raises UnitError for every other pair, saying what is missing.
    """
    values = np.asarray(values, np.float32)
    if have is want:
        return values
    if (have, want) == (Unit.KELVIN, Unit.CELSIUS):
        return values - np.float32(ZERO_CELSIUS_K)
    if (have, want) == (Unit.CELSIUS, Unit.KELVIN):
        return values + np.float32(ZERO_CELSIUS_K)
    if _DECIBELS.get(have) is want:
        return np.float32(10) ** (values / np.float32(10))
    if _DECIBELS.get(want) is have:
        power = np.where(values > 0, values, np.float32(np.nan))
        return (np.float32(10) * np.log10(power)).astype(np.float32)
    hint = _WHY_NOT.get(have) or _WHY_NOT.get(want, "")
    raise UnitError(f"{have} cannot be turned into {want}", value=str(have), expected=str(want), hint=hint)


def wavelength_um(value: float, unit: str) -> float:
    """Give a wavelength in µm from a number and the unit word of a header ("nm", "Nanometers", "um" …).

    Raises UnitError for a word that is no unit of length, and for a number that cannot be a wavelength in it:
    beyond 20 µm it was nanometres, below 200 nm it was micrometres.
    """
    word = unit.strip().casefold()
    if word in _NANOMETRES:
        length_um, other = value / 1000, "micrometres"
    elif word in _MICROMETRES:
        length_um, other = value, "nanometres"
    else:
        raise UnitError("a wavelength without a known unit", value=unit, expected="nm or µm")
    if not 0.2 <= length_um <= _LONGEST_UM:
        expected, hint = "0.2 to 20 µm", f"are these {other}?"
        raise UnitError(f"that is no wavelength in {unit}", value=value, expected=expected, hint=hint)
    return length_um


def check_values(unit: Unit, values: NDArray[np.floating]) -> tuple[str, ...]:
    """Give warnings about values that are odd for their unit; empty if nothing is.

    values: a sample of one band in `unit`, NaN where invalid, any shape. A sample without numbers passes.
    Raises UnitError where the values cannot be in that unit: an offset applied twice, a scale forgotten,
    decibels made of a floor, kelvin and °C or decibels and power exchanged.
    """
    numbers = values[np.isfinite(values)]
    if numbers.size == 0:
        return ()
    if unit is Unit.REFLECTANCE:
        return _reflectance(numbers)
    if unit in _DECIBELS:
        return _backscatter_db(numbers)
    if unit in _DECIBELS.values():
        return _backscatter(numbers)
    if unit in (Unit.KELVIN, Unit.CELSIUS):
        return _temperature(numbers, unit)
    return ()


def _reflectance(numbers: NDArray[np.floating]) -> tuple[str, ...]:
    """Mean above 1.5: counts, not scaled. The darkest tenth below -0.02: an offset was applied twice."""
    mean = float(numbers.mean())
    if mean > 1.5:
        raise UnitError("that is no reflectance", value=f"mean {mean:.4g}", expected="mostly 0 to 1",
                        hint="the scale was not applied: name the sensor, or scale the file")  # fmt: skip
    darkest = float(np.median(numbers[numbers <= np.quantile(numbers, 0.1)]))
    if darkest < -0.02:
        raise UnitError("reflectance is negative where the ground is darkest", value=f"{darkest:.3f}",
                        expected="about 0 or more", hint="was the Sentinel-2 offset applied twice?")  # fmt: skip
    above = float((numbers > 1).mean())
    return (f"{above:.0%} of the pixels reflect more than 1: snow, cloud or a wrong scale",) if above > 0.3 else ()


def _backscatter_db(numbers: NDArray[np.floating]) -> tuple[str, ...]:
    floor = float((numbers == -100).mean())
    if floor > 0.05:
        raise UnitError("a floor of -100 dB stands for missing pixels", value=f"{floor:.0%} of them",
                        expected="no data marked as such", hint="set -100 as the no data value")  # fmt: skip
    if float(np.quantile(numbers, 0.01)) >= 0 and float(np.median(numbers)) < 2:
        raise UnitError("that is no backscatter in decibels", value=f"median {np.median(numbers):.3g}",
                        expected="mostly -30 to 5 dB", hint="is it linear power?")  # fmt: skip
    return ()


def _backscatter(numbers: NDArray[np.floating]) -> tuple[str, ...]:
    if float(np.median(numbers)) < 0:
        raise UnitError("power cannot be negative", value=f"median {np.median(numbers):.3g}",
                        expected="0 or more", hint="is it in decibels?")  # fmt: skip
    return ()


def _temperature(numbers: NDArray[np.floating], unit: Unit) -> tuple[str, ...]:
    """The ground lies within 150 to 400 K; a fire may not, so a part outside is only a warning."""
    kelvin = numbers + (ZERO_CELSIUS_K if unit is Unit.CELSIUS else 0.0)
    median = float(np.median(kelvin))
    if not 150 <= median <= 400:
        stated = median - (ZERO_CELSIUS_K if unit is Unit.CELSIUS else 0.0)
        raise UnitError(f"that is no temperature in {unit}", value=f"median {stated:.4g}",
                        expected="150 to 400 K", hint="kelvin and °C exchanged, or counts?")  # fmt: skip
    outside = float(((kelvin < 150) | (kelvin > 400)).mean())
    return (f"{outside:.1%} of the pixels lie outside 150 to 400 K",) if outside > 0.01 else ()
