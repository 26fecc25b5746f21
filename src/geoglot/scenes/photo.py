"""Photos and plain pictures (PNG, JPEG, WebP, AVIF, BMP, GIF) with what the camera wrote beside the pixels."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

import numpy as np

from geoglot import sensors
from geoglot.errors import BandError
from geoglot.regions import Grid
from geoglot.scenes import gate
from geoglot.scenes.exif import Exif, read_exif
from geoglot.scenes.frame import source_of
from geoglot.scenes.header import header
from geoglot.scenes.photo_source import DTYPES, GREY_MODES, SIDEWAYS, PhotoSource, quiet, upright
from geoglot.scenes.resample import ArraySource
from geoglot.scenes.scene import Channel, Frame, HowTold, PixelSource
from geoglot.scenes.thermal_jpeg import Thermal, read_dji, read_flir
from geoglot.scenes.tiles import tile_grid
from geoglot.scenes.world_file import world_grid
from geoglot.sensors import Band, Kind, Sensor, Unit, rescaled

_ANIMATED = ("GIF", "WEBP", "AVIF", "PNG")
_LARGEST_THERMAL_BYTES = 64 << 20  # a thermal photo of 1280 x 1024 has 5 MB


@dataclass(frozen=True, slots=True)
class _Picture:
    """A picture as its header tells it. size: as stored. grey: one layer apart from alpha."""

    path: Path
    form: str
    size: tuple[int, int]
    grey: bool
    palette: bool
    dtype: str
    frames: int
    exif: Exif
    profile: gate.Profile

    @property
    def shown_size(self) -> tuple[int, int]:
        """Width and height the right way up."""
        return self.size[::-1] if self.exif.orientation in SIDEWAYS else self.size


@dataclass(frozen=True, slots=True)
class _Told:
    """Which sensor, its bands, the layer of each, and how that was told. luminance: colours taken as one layer."""

    sensor: Sensor
    bands: tuple[Band, ...]
    how: HowTold
    luminance: bool = False
    warnings: tuple[str, ...] = ()


def open_photo(path: Path, sensor: Sensor | None = None, *, profile: gate.Profile = gate.LOCAL) -> Frame:
    """Give the frame of an admitted picture file; its pixels are decoded when they are first read.

    The sensor is the caller's, else told by the name, by the camera in the EXIF, or guessed: "rgb" or "grey". Values
    are display values. A thermal photo with FLIR's records is kelvin; a DJI R-JPEG is raw counts, with a warning,
    because DJI's formula is closed; name a display sensor to get the picture instead.
    The place comes from a world file (profiles with sidecars), or from the name of a web-mercator tile. The position
    of the camera is a note, not a place: a photo is no map.
    Raises BandError if the caller's sensor does not fit the layers, ReadError or Refused from the gate.
    """
    picture = _look(path, profile)
    thermal = _thermal(picture, sensor)
    told, source = _as_thermal(picture, thermal, sensor) if thermal else _as_picture(picture, sensor)
    size = source.width, source.height
    grid = _grid(picture, size)
    gsd_m = None if grid.located else picture.exif.gsd_m(*size)
    return Frame(
        paths=(path,),
        sensor=told.sensor if gsd_m is None else replace(told.sensor, gsd_m=round(gsd_m, 4)),
        grid=grid,
        channels=tuple(Channel(band, source, layer) for layer, band in enumerate(told.bands)),
        full_size=size,
        time=picture.exif.time or _time_in_name(path),
        told_by=told.how,
        warnings=(*told.warnings, *_warnings(picture)),
        notes=_notes(picture, gsd_m),
        max_pixels=profile.max_pixels,
    )


def _look(path: Path, profile: gate.Profile) -> _Picture:
    with quiet(), gate.picture(path, profile) as opened:
        tiles = getattr(opened, "tile", [])
        # Pillow would cut colours of 16 bits down to 8; only the decoder's arguments tell that they are there.
        deep = opened.format == "PNG" and bool(tiles) and "16" in str(tiles[0].args)
        return _Picture(
            path=path,
            form=opened.format or "",
            size=opened.size,
            grey=opened.mode in GREY_MODES,
            palette=opened.mode == "P",
            dtype="uint16" if deep else DTYPES.get(opened.mode, "uint8"),
            frames=int(getattr(opened, "n_frames", 1)),
            exif=read_exif(opened),
            profile=profile,
        )


def _thermal(picture: _Picture, sensor: Sensor | None) -> Thermal | None:
    """The sensor's own counts, where the file carries them and the caller did not ask for the picture."""
    if picture.form not in ("JPEG", "MPO") or picture.path.stat().st_size > _LARGEST_THERMAL_BYTES:
        return None
    if sensor is not None and (sensor.kind is not Kind.THERMAL or sensor.bands[0].unit is Unit.DISPLAY):
        return None
    raw = picture.path.read_bytes()
    found = read_flir(raw, what=picture.path.name)
    if found is None and picture.exif.make.casefold().startswith("dji"):
        counts = read_dji(raw, picture.size)
        return None if counts is None else Thermal(counts, picture.exif.model)
    return found


def _as_thermal(picture: _Picture, thermal: Thermal, asked: Sensor | None) -> tuple[_Told, PixelSource]:
    """The counts of a thermal photo as kelvin, or as counts where the formula is closed."""
    counts = upright(thermal.counts, picture.exif.orientation)
    how = HowTold.USER if asked else HowTold.METADATA
    if thermal.planck is not None:
        kelvin = thermal.planck.kelvin(counts)
        band = rescaled(sensors.get("flir-display").bands[0], unit=Unit.KELVIN, scale=1.0, offset=0.0)
        sensor = replace(asked or sensors.get("thermal-kelvin"), bands=(band,), platform=thermal.camera)
        said = f"temperatures assume the emissivity set in the camera: {thermal.planck.emissivity:.2f}"
        return _Told(sensor, (band,), how, warnings=(said,)), ArraySource(kelvin[None], np.isfinite(kelvin))
    base = asked or sensors.get("dji-thermal-display")
    low, high = (float(number) for number in np.percentile(counts, (1, 99)))
    band = replace(rescaled(base.bands[0], unit=Unit.DN, scale=1.0, offset=0.0), low=low, high=max(high, low + 1))
    said = "temperature not decoded: DJI's formula is closed; these are the camera's raw counts"
    title = "DJI thermal photo (R-JPEG), raw counts without temperatures"
    sensor = replace(base, bands=(band,), title=title, dtype="uint16")
    return _Told(sensor, (band,), how, warnings=(said,)), ArraySource(counts[None])


def _as_picture(picture: _Picture, asked: Sensor | None) -> tuple[_Told, PixelSource]:
    """The picture itself. GDAL reads what Pillow would not keep: colours of 16 bits, and class numbers of a palette."""
    told = _tell(picture, asked)
    if told.sensor.kind is Kind.CLASSES or (picture.dtype == "uint16" and not picture.grey):
        return told, source_of(header(picture.path, picture.profile), picture.profile)
    width, height = picture.shown_size
    return told, PhotoSource(picture.path, width, height, picture.exif.orientation, told.luminance, picture.profile)


def _tell(picture: _Picture, asked: Sensor | None) -> _Told:
    """The sensor of a picture without counts of its own."""
    if asked is not None:
        return _fitted(picture, asked, HowTold.USER)
    named = sensors.by_name(picture.path.stem)
    tagged = sensors.by_tags([picture.exif.model, picture.exif.make])
    camera = sensors.get("uav-rgb") if picture.exif.make.casefold().startswith("dji") and not picture.grey else None
    likely = ((named.sensor if named else None, HowTold.NAME), (tagged, HowTold.TAGS), (camera, HowTold.TAGS))
    for sensor, how in likely:
        if sensor is None:
            continue
        try:
            return _fitted(picture, sensor, how)
        except BandError:
            continue  # the name or camera speaks of other layers than these; the next sign may fit
    return _fitted(picture, sensors.get("grey" if picture.grey else "rgb"), HowTold.GUESS)


def _fitted(picture: _Picture, sensor: Sensor, how: HowTold) -> _Told:
    """The sensor's bands for the layers of the picture. Raises BandError if they do not fit."""
    stored, warnings = sensors.as_stored(sensor, picture.dtype)
    if sensor.kind is Kind.CLASSES and (picture.grey or picture.palette):
        return _Told(stored, stored.bands, how, warnings=warnings)
    if sensor.kind is Kind.CLASSES:
        raise BandError("a colour picture is no map of class numbers", value=picture.path.name, expected="one layer")
    if len(stored.bands) == 1 and not picture.grey:
        said = "colours are read as brightness, which need not rise with what was measured"
        return _Told(stored, stored.bands, how, luminance=True, warnings=(*warnings, said))
    names: tuple[str | None, ...] = ("red", "green", "blue")
    if picture.grey:
        named = sensors.by_name(picture.path.stem, also=(sensor,))
        names = (named.layer if named else None,)
    return _Told(stored, sensors.match(stored, names), how, warnings=warnings)


def _grid(picture: _Picture, size: tuple[int, int]) -> Grid:
    tile = tile_grid(picture.path.stem, *size)
    world = None
    if picture.profile.sidecars and picture.exif.orientation == 1 and size == picture.size:
        world = world_grid(picture.path, *size)
    return world or tile or Grid(*size)


def _time_in_name(path: Path) -> datetime | None:
    named = sensors.by_name(path.stem)
    return named.time if named else None


def _warnings(picture: _Picture) -> tuple[str, ...]:
    found = []
    if picture.frames > 1 and picture.form in _ANIMATED:
        found.append(f"the file holds {picture.frames} pictures: only the first is read")
    if picture.exif.damaged:
        found.append("the EXIF tags are damaged and were left out")
    return tuple(found)


def _notes(picture: _Picture, gsd_m: float | None) -> tuple[tuple[str, str], ...]:
    exif = picture.exif
    facts = {
        "format": picture.form,
        "camera": " ".join(part for part in (exif.make, exif.model) if part),
        "description": exif.description,
        "camera clock": exif.local_time if exif.time is None else "",
        "camera position": "" if exif.lonlat is None else "{:.7f}, {:.7f} (longitude, latitude)".format(*exif.lonlat),
        "height above take-off": "" if exif.height_m is None else f"{exif.height_m:g} m",
        "camera pitch": "" if exif.pitch_deg is None else f"{exif.pitch_deg:g} degrees",
        "ground sample distance": "" if gsd_m is None else f"about {gsd_m:.3g} m, from height and focal length",
    }
    return tuple((name, fact) for name, fact in facts.items() if fact)
