"""What a file without name and tags might be. A guess is shown as one and never used to convert units."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from geoglot.sensors.registry import get
from geoglot.sensors.sensor import Sensor

_NAD83_UTM = re.compile(r"EPSG:269(0[1-9]|1[0-9]|2[0-3])")


@dataclass(frozen=True, slots=True)
class Structure:
    """What can be seen of a raster without knowing its sensor.

    dtype: numpy's name of it. count: layers without alpha. gsd_m: metres, None without a place. crs: authority
    string or None. medians: of the valid pixels of each layer, empty if no pixel was read. name: of the file.
    """

    dtype: str
    count: int
    gsd_m: float | None = None
    crs: str | None = None
    medians: tuple[float, ...] = ()
    name: str = ""


@dataclass(frozen=True, slots=True)
class Guess:
    """One thing a raster might be, and what speaks for it."""

    sensor: Sensor
    why: str


def by_structure(seen: Structure) -> tuple[Guess, ...]:
    """Give what the raster might be, likeliest first; empty if nothing fits.

    Bands of a guessed sensor must still be found by name or wavelength: their order is not known either.
    """
    return tuple(Guess(get(name), why) for name, why in _guesses(seen))


def _guesses(seen: Structure) -> Iterator[tuple[str, str]]:
    yield from _from_words(seen)
    if seen.dtype == "uint8":
        yield from _pictures(seen)
    elif seen.dtype in ("uint16", "int16"):
        yield from _counts(seen)
    elif seen.dtype.startswith("float"):
        yield from _measures(seen)
    elif seen.dtype.startswith("complex") and seen.count == 1:
        yield "sar-amplitude", "complex numbers are radar before detection"


def _from_words(seen: Structure) -> Iterator[tuple[str, str]]:
    words = set(re.findall(r"[a-z]+", seen.name.casefold()))
    if seen.count != 1:
        return
    if words & {"dem", "dsm", "dtm", "ndsm", "chm", "hag", "hgt", "elevation"} and seen.dtype != "uint8":
        yield "elevation", "the file name speaks of heights"
    integer = seen.dtype in ("uint8", "int8", "int16", "uint16", "int32")
    if integer and words & {"label", "labelhand", "class", "classes", "lulc", "landcover", "mask", "cloudmask"}:
        yield "classes", "the file name speaks of classes"


def _pictures(seen: Structure) -> Iterator[tuple[str, str]]:
    gsd_m = seen.gsd_m
    if seen.count == 3:
        if gsd_m is not None and gsd_m < 1:
            yield "aerial-rgb", "three 8-bit layers finer than 1 m"
        yield "rgb", "three 8-bit layers"
    elif seen.count == 4:
        if gsd_m is not None and 0.25 <= gsd_m <= 1.1 and _NAD83_UTM.fullmatch(seen.crs or ""):
            yield "naip", "four 8-bit layers of 0.3 to 1 m in a NAD83 UTM zone"
        yield "aerial-rgbn", "four 8-bit layers"
    elif seen.count == 1:
        yield "grey", "one 8-bit layer"


def _counts(seen: Structure) -> Iterator[tuple[str, str]]:
    gsd_m = seen.gsd_m or 0.0
    coarse = 5 <= gsd_m <= 60
    if seen.count == 13 and coarse:
        yield "sentinel-2-l1c", "thirteen 16-bit layers of 10 to 60 m"
    elif seen.count == 12 and coarse:
        yield "sentinel-2-l2a", "twelve 16-bit layers of 10 to 60 m"
    elif seen.count == 4 and 2.9 <= gsd_m <= 5.1:
        yield "planetscope-4-band", "four 16-bit layers of 3 to 5 m"
    elif seen.count == 8 and 1.1 <= gsd_m <= 2.1:
        yield "worldview-2", "eight 16-bit layers of 1.2 to 2 m"
        yield "worldview-3", "eight 16-bit layers of 1.2 to 2 m"
    elif seen.count > 30:
        yield "hyperspectral", "more than thirty layers"


def _measures(seen: Structure) -> Iterator[tuple[str, str]]:
    medians = seen.medians
    if seen.count > 30:
        yield "hyperspectral", "more than thirty layers"
    elif not medians:
        return
    elif seen.count in (2, 4) and all(-40 < median < 0 for median in medians):
        yield "sar-db", "layers of negative numbers, as backscatter in decibels"
    elif all(0 <= median <= 1.5 for median in medians):
        yield "multispectral-reflectance", "fractions, as reflectance"
    elif seen.count == 1 and 200 < medians[0] < 400:
        yield "thermal-kelvin", "one layer of numbers as temperatures in kelvin"
        yield "elevation", "one layer of numbers as heights"
    elif seen.count == 1 and -60 <= medians[0] <= 200:
        yield "thermal-celsius", "one layer of numbers as temperatures in °C"
        yield "elevation", "one layer of numbers as heights"
    elif seen.count == 1:
        yield "elevation", "one layer of numbers as heights"
