"""A file that does not store what its sensor's table says: pictures, or values already scaled."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from geoglot.sensors.ranges import rescaled
from geoglot.sensors.sensor import Band, Sensor, Unit

_POSSIBLE = {  # medians that a whole band can have, in its unit
    Unit.REFLECTANCE: (-0.1, 1.5),
    Unit.KELVIN: (150.0, 400.0),
    Unit.INDEX: (-1.0, 1.0),
}


def as_stored(sensor: Sensor, dtype: str, *, medians: Sequence[float] = ()) -> tuple[Sensor, tuple[str, ...]]:
    """Give the sensor as this file stores it, with warnings about what was changed.

    dtype: the file's, in numpy's words. medians: of valid stored values of some bands; used only to tell counts
    from scaled values in a file of floats, which differ by orders of magnitude.
    8-bit files of a sensor that stores more are pictures (Unit.DISPLAY); floats of a sensor that stores
    integers are counts, values, or, if that cannot be told, of no known unit (Unit.DN).
    """
    stored = sensor.dtype
    if stored is None or dtype == stored or _same_counts(dtype, stored):
        return sensor, ()
    if dtype == "uint8":
        warning = f"8-bit where {sensor.name} stores {stored}: a stretched picture, no {_unit(sensor)}"
        return _each(sensor, Unit.DISPLAY), (warning,)
    if dtype.startswith("float") and stored.startswith(("int", "uint")):
        return _floats(sensor, dtype, medians)
    warning = f"{dtype} where {sensor.name} stores {stored}: the unit of the values is not known"
    return _each(sensor, Unit.DN), (warning,)


def _same_counts(dtype: str, stored: str) -> bool:
    """Integers of 16 bits and more hold the same counts; so do complex numbers of any width, and floats."""
    wide = ("int16", "uint16", "int32", "uint32")
    families = (wide, ("complex_int16", "complex64", "complex128"), ("float32", "float64"))
    return any(dtype in family and stored in family for family in families)


def _unit(sensor: Sensor) -> str:
    return str(sensor.bands[0].unit) if sensor.bands else "unit"


def _floats(sensor: Sensor, dtype: str, medians: Sequence[float]) -> tuple[Sensor, tuple[str, ...]]:
    unit = sensor.bands[0].unit if sensor.bands else Unit.DN
    if unit in _POSSIBLE and medians:
        low, high = _POSSIBLE[unit]
        band = sensor.bands[0]
        scaled = all(low <= median <= high for median in medians)
        counts = all(low <= median * band.scale + band.offset <= high for median in medians)
        if scaled and (not counts or max(medians) < 2):  # no sensor's counts have a median of 0 or 1
            return _each(sensor, unit), (f"{dtype} values of {sensor.name} taken as {unit}, already scaled",)
        if counts:
            return sensor, ()
    return _each(sensor, Unit.DN), (f"{dtype} values of {sensor.name}: counts or {unit}? No unit is assumed",)


def _each(sensor: Sensor, unit: Unit) -> Sensor:
    """Every band with that unit and nothing left to scale."""
    return replace(sensor, bands=tuple(_plain(band, unit) for band in sensor.bands))


def _plain(band: Band, unit: Unit) -> Band:
    plain = replace(rescaled(band, unit=unit, scale=1.0, offset=0.0), nodata=None)
    return replace(plain, high=10_000.0) if unit is Unit.DN else plain  # the usual span of scaled integers
