"""Single-band files that lie side by side: exports of browsers, cloud-optimised copies, HLS, Landsat without MTL.

The name of each file, or else of the folder, tells sensor and band; nothing is told by the order of the files.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import PurePosixPath

import numpy as np

from geoglot import sensors
from geoglot.errors import BandError, SensorUnknown
from geoglot.regions import Box
from geoglot.scenes import gate
from geoglot.scenes.products.bands import CLASS_LAYERS, BandFile, common_grid, laid_on, open_band
from geoglot.scenes.products.folder import Folder
from geoglot.scenes.scene import Channel, Frame, HowTold
from geoglot.sensors import Band, NameMatch, Sensor, Unit

_IMAGES = (".tif", ".tiff", ".jp2")
_RESOLUTION = re.compile(r"_(?:10|20|60)m$")
_LOOKS_LIKE_BAND = re.compile(r"(?<![A-Za-z0-9])B\d{1,2}A?$", re.IGNORECASE)
_SAMPLE_PX = 256  # on a side, where floats must be looked at to tell counts from values


@dataclass(frozen=True, slots=True)
class _Named:
    """A file and what names tell of it. group: what it shares with the other bands of its image."""

    name: str
    group: tuple[str, str]
    layer: str
    band: Band
    sensor: Sensor
    time: datetime | None
    baseline_missing: bool


def open_loose(folder: Folder, sensor: Sensor | None, profile: gate.Profile) -> tuple[Frame, ...] | None:
    """Give one frame for each image whose bands are single files at the top of the folder, in order of time.

    None if no file there is named after a band. Bands of different GSD are laid on the finest grid, the
    panchromatic one aside. A file's own scale and offset win over the sensor's.
    Raises SensorUnknown if files are named like bands but nothing tells of which sensor; BandError if two files
    claim the same band of one image.
    """
    files = [name for name in folder.names if "/" not in name and PurePosixPath(name).suffix.casefold() in _IMAGES]
    about = sensors.by_name(folder.name, also=(sensor,) if sensor else ())
    named = [found for name in files if (found := _named(name, about, sensor))]
    if not any(found.band.unit is not Unit.CLASS for found in named):
        _refuse_unnamed(folder, files)
        return None
    groups: dict[tuple[str, str], list[_Named]] = {}
    for found in named:
        groups.setdefault(found.group, []).append(found)
    told_by = HowTold.USER if sensor else HowTold.NAME
    frames = [_frame(folder, group, told_by, profile) for group in groups.values()]
    if len(named) < len(files):
        left = f"{len(files) - len(named)} other image files in the folder were left out"
        frames = [replace(frame, warnings=(*frame.warnings, left)) for frame in frames]
    return tuple(sorted(frames, key=lambda frame: frame.time.timestamp() if frame.time else 0.0))


def _named(name: str, about: NameMatch | None, user: Sensor | None) -> _Named | None:
    """What the names tell of one file, None if they name no band of it."""
    stem = PurePosixPath(name).stem
    own = sensors.by_name(stem, also=(user,) if user else ())
    match = own or about
    sensor = user or _sensor(own, about)
    if sensor is None:
        return None
    layer = own.layer if own and own.layer else _last_word(stem, sensor)
    band = _band(sensor, layer)
    if band is None:
        return None
    rest = _RESOLUTION.sub("", stem)
    rest = rest[: len(rest) - len(layer)] if rest.casefold().endswith(layer.casefold()) else rest
    missing = match is not None and match.baseline_missing and (about is None or about.baseline_missing)
    time = (own.time if own else None) or (about.time if about else None)
    return _Named(name, (sensor.name, rest), layer, band, sensor, time, missing)


def _sensor(own: NameMatch | None, about: NameMatch | None) -> Sensor | None:
    """The file's sensor, unless the folder tells the level or baseline of the same instrument better."""
    if own is None or about is None:
        found = own or about
        return found.sensor if found else None
    return about.sensor if own.sensor.family == about.sensor.family and own.baseline is None else own.sensor


def _last_word(stem: str, sensor: Sensor) -> str:
    """The end of a name that is a band of the sensor: all of it, or what follows the last mark; "" if none."""
    plain = _RESOLUTION.sub("", stem)
    words = [plain, *(plain[mark.end() :] for mark in re.finditer(r"[\s_.,-]+", plain))]
    return next((word for word in words if word and _band(sensor, word) is not None), "")


def _band(sensor: Sensor, layer: str) -> Band | None:
    if layer.upper() in CLASS_LAYERS:
        return Band(layer.upper(), unit=Unit.CLASS, nodata=CLASS_LAYERS[layer.upper()], high=65535)
    try:
        return sensor.band(layer)
    except BandError:
        return None


def _refuse_unnamed(folder: Folder, files: list[str]) -> None:
    stems = [_RESOLUTION.sub("", PurePosixPath(name).stem) for name in files]
    alike = [stem for stem in stems if _LOOKS_LIKE_BAND.search(stem)]
    if len(alike) >= 2:
        raise SensorUnknown(
            "the files are named like bands, but nothing tells of which sensor",
            value=f"{folder.name}: {', '.join(alike[:4])}",
            expected="the vendor's file or folder names",
            hint="name it: --sensor NAME (see: geoglot sensors)",
        )


def _frame(folder: Folder, group: list[_Named], told_by: HowTold, profile: gate.Profile) -> Frame:
    """One image of several files, its bands in the sensor's order."""
    first = group[0]
    files = _finest([(found, open_band(folder, found.name, profile, nodata=found.band.nodata)) for found in group])
    grid = common_grid([(found.band, file.grid) for found, file in files])
    channels: list[Channel] = []
    warnings: list[str] = []
    for found, file in files:
        band, said = _stored(found, file)
        source = file.source if band.nodata == file.nodata else replace(file.source, nodata=(band.nodata,))
        channels.append(Channel(band, laid_on(grid, source, file.grid, what=found.name)))
        warnings += said
    unsure = [channel for channel in channels if channel.band.unit is Unit.REFLECTANCE and channel.band.offset == 0]
    if first.baseline_missing and unsure:
        warnings.append("no name tells the processing baseline: counts are taken as harmonised, offset 0")
    return Frame(
        paths=folder.paths(tuple(file.name for _, file in files)),
        sensor=first.sensor,
        grid=grid,
        channels=tuple(channels),
        full_size=(grid.width, grid.height),
        time=first.time,
        told_by=told_by,
        warnings=tuple(dict.fromkeys(warnings)),
        notes=(("folder", folder.name),),
        max_pixels=profile.max_pixels,
    )


def _finest(files: list[tuple[_Named, BandFile]]) -> list[tuple[_Named, BandFile]]:
    """The finest file of each band, in the sensor's order, classes last. Raises BandError for two alike."""
    best: dict[str, tuple[_Named, BandFile]] = {}
    for found, file in files:
        other = best.get(found.band.name)
        if other and other[1].grid.width == file.grid.width:
            raise BandError(
                "two files claim the same band", value=f"{other[1].name} and {file.name}: {found.band.name}",
                hint="keep one of them in the folder",
            )  # fmt: skip
        if other is None or file.grid.width > other[1].grid.width:
            best[found.band.name] = (found, file)
    order = {band.name: place for place, band in enumerate(files[0][0].sensor.bands)}
    return sorted(best.values(), key=lambda pair: order.get(pair[0].band.name, len(order)))


def _stored(found: _Named, file: BandFile) -> tuple[Band, tuple[str, ...]]:
    """The band as this file stores it, and warnings: its dtype, its own scale and offset, its no-data value."""
    if found.band.unit is Unit.CLASS:
        return replace(found.band, nodata=file.nodata), ()
    stored, warnings = sensors.as_stored(found.sensor, file.layer.dtype, medians=_medians(file))
    band = stored.band(found.band.name)
    if (file.layer.scale, file.layer.offset) != (1.0, 0.0):
        band = replace(band, scale=file.layer.scale, offset=file.layer.offset)
    nodata = band.nodata if file.layer.nodata is None else file.layer.nodata
    return replace(band, nodata=nodata), warnings


def _medians(file: BandFile) -> tuple[float, ...]:
    """The median of a floating-point file, from a small sample; none for integers, which need no look."""
    if not file.layer.dtype.startswith("float"):
        return ()
    width, height = file.grid.width, file.grid.height
    size = min(width, _SAMPLE_PX), min(height, _SAMPLE_PX)
    values, valid = file.source.read(0, Box(0, 0, width, height), size, exact=True)
    return (float(np.median(values[valid].astype(np.float64))),) if valid.any() else ()
