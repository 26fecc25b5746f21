"""The usual display and model range of a band, by its unit and colour."""

from __future__ import annotations

from dataclasses import replace

from geoglot.sensors.sensor import Band, Unit

# Surface and top-of-atmosphere reflectance: land lies below `high` in all but snow, cloud and salt.
_REFLECTANCE = {
    "coastal": (0.0, 0.3), "blue": (0.0, 0.3), "green": (0.0, 0.3), "yellow": (0.0, 0.3), "red": (0.0, 0.3),
    "pan": (0.0, 0.3), "cirrus": (0.0, 0.05), "swir16": (0.0, 0.5), "swir22": (0.0, 0.5),
}  # fmt: skip

# Backscatter of land in decibels; the cross-polarised channel is about 7 dB weaker.
_CO_POLARISED_DB = (-25.0, 0.0)
_CROSS_POLARISED_DB = (-32.0, -5.0)

_BY_UNIT = {
    Unit.DISPLAY: (0.0, 255.0),
    Unit.REFLECTANCE: (0.0, 0.6),  # infrared of vegetation; the visible has its own row above
    Unit.RADIANCE: (0.0, 200.0),  # W m-2 sr-1 um-1, sunlit land in the visible
    Unit.KELVIN: (250.0, 330.0),
    Unit.CELSIUS: (-20.0, 60.0),
    Unit.METRE: (0.0, 3000.0),
    Unit.INDEX: (-0.2, 1.0),
    Unit.CLASS: (0.0, 255.0),
    Unit.DN: (0.0, 255.0),
    Unit.AMPLITUDE: (0.0, 600.0),
}


def usual_range(unit: Unit, *, common: str | None = None, polarisation: str | None = None) -> tuple[float, float]:
    """Give the (low, high) in `unit` that a picture or a model maps to 0 and 1.

    A table's own low and high win over it. Of counts (Unit.DN) nothing is known but the 8 bits of a picture.
    """
    if unit is Unit.REFLECTANCE and common in _REFLECTANCE:
        return _REFLECTANCE[common]
    cross = polarisation in ("VH", "HV")
    if unit in (Unit.SIGMA0_DB, Unit.GAMMA0_DB):
        return _CROSS_POLARISED_DB if cross else _CO_POLARISED_DB
    if unit in (Unit.SIGMA0, Unit.GAMMA0):
        return (0.0, 0.1) if cross else (0.0, 0.4)
    return _BY_UNIT[unit]


def rescaled(band: Band, *, unit: Unit, scale: float, offset: float) -> Band:
    """Give the band with another rule from counts to values, and the usual range of that unit.

    For products whose factors stand in their own metadata: physical value = stored * scale + offset.
    """
    low, high = usual_range(unit, common=band.common, polarisation=band.polarisation)
    return replace(band, unit=unit, scale=scale, offset=offset, low=low, high=high)
