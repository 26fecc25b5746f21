"""Sentinel-2 Level-1C and Level-2A products (SAFE), one frame a granule at 10 m.

Source: ESA Sentinel-2 Products Specification S2-PDGS-TAS-DI-PSD 14.9, sections 3.4 and 3.5 (product metadata), 4.6
and 4.9 (granule metadata, names of images).
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from xml.etree.ElementTree import Element

from geoglot import sensors
from geoglot.errors import ReadError
from geoglot.regions import Grid
from geoglot.scenes import gate
from geoglot.scenes.products.bands import MissingSource, laid_on, open_band
from geoglot.scenes.products.folder import Folder
from geoglot.scenes.products.times import utc
from geoglot.scenes.scene import Channel, Frame, HowTold
from geoglot.sensors import Band, Sensor, Unit

_IMAGE = re.compile(
    r"GRANULE/(?P<granule>[^/]+)/IMG_DATA/(?:R\d0m/)?[^/]+_(?P<band>B\d[0-9A]|SCL)(?:_(?P<gsd>\d0)m)?\.jp2",
    re.IGNORECASE,
)
_GRANULE = re.compile(r"GRANULE/(?P<granule>[^/]+)/(MTD_TL|S2._OPER_MTD_\w+)\.xml", re.IGNORECASE)
# The metadata numbers the bands in this order from 0.
_BAND_IDS = ("B01", "B02", "B03", "B04", "B05", "B06", "B07", "B08", "B8A", "B09", "B10", "B11", "B12")
_SCENE_CLASSES = Band("SCL", unit=Unit.CLASS, gsd_m=20, nodata=0, high=11)


@dataclass(frozen=True, slots=True)
class Metadata:
    """What the product's metadata says: reflectance = counts * scale + offset of the band."""

    baseline: str
    scale: float
    offsets: Mapping[str, float]
    facts: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Tile:
    """What a granule's metadata says of it."""

    time: datetime
    grid: Grid


@dataclass(frozen=True, slots=True)
class _Product:
    """What all granules share. bands: the sensor's, scaled as the product says."""

    folder: Folder
    sensor: Sensor
    bands: tuple[Band, ...]
    time: datetime | None
    told_by: HowTold
    notes: tuple[tuple[str, str], ...]
    profile: gate.Profile


def open_sentinel2(folder: Folder, sensor: Sensor | None, profile: gate.Profile) -> tuple[Frame, ...] | None:
    """Give the frames of a Sentinel-2 product, one a granule (tile), at 10 m; None if it is none.

    The offset comes from the product's metadata, band by band, or, where that is missing, from the processing
    baseline in the product's name; never from the date. The scene classification of L2A is a channel of classes,
    "SCL". A product whose images are not there still tells what it is; reading its pixels raises ReadError.
    Raises ReadError for a damaged product.
    """
    product = _product(folder, sensor, profile)
    if product is None:
        return None
    images = [found for name in folder.names if (found := _IMAGE.fullmatch(name))]
    described = {found["granule"]: found[0] for name in folder.names if (found := _GRANULE.fullmatch(name))}
    granules = sorted({found["granule"] for found in images} or set(described))
    if not granules:
        raise ReadError("the product holds no image", value=folder.name, hint="download the whole product")
    frames = []
    for granule in granules:
        tile = read_tile(folder.xml(described[granule]), what=described[granule]) if granule in described else None
        own = [found for found in images if found["granule"] == granule]
        own.sort(key=lambda found: found["gsd"] or "", reverse=True)  # the finest of each band comes last and stays
        frames.append(_frame(product, {found["band"].upper(): found[0] for found in own}, tile))
    return tuple(frames)


def read_metadata(root: Element, *, what: str) -> Metadata:
    """Give the facts of MTD_MSIL1C.xml or MTD_MSIL2A.xml. Raises ReadError if it lacks the scale or a number."""
    quantification = root.findtext(".//BOA_QUANTIFICATION_VALUE") or root.findtext(".//QUANTIFICATION_VALUE") or ""
    if _number(quantification, what) <= 0:
        raise ReadError("the quantification value is not positive", value=f"{what}: {quantification}")
    scale = 1 / _number(quantification, what)
    offsets = {}
    for tag in ("RADIO_ADD_OFFSET", "BOA_ADD_OFFSET"):
        for element in root.iter(tag):
            band = int(_number(element.get("band_id", ""), what))
            if not 0 <= band < len(_BAND_IDS):
                raise ReadError("the metadata names a band that does not exist", value=f"{what}: band_id {band}")
            offsets[_BAND_IDS[band]] = _number(element.text or "", what) * scale
    baseline = (root.findtext(".//PROCESSING_BASELINE") or "").strip()
    facts = {
        "processing baseline": baseline,
        "relative orbit": (root.findtext(".//SENSING_ORBIT_NUMBER") or "").strip(),
        "orbit pass": (root.findtext(".//SENSING_ORBIT_DIRECTION") or "").strip().casefold(),
        "cloud cover": _percent(root.findtext(".//Cloud_Coverage_Assessment")),
    }
    return Metadata(baseline.replace(".", ""), scale, offsets, tuple((n, fact) for n, fact in facts.items() if fact))


def read_tile(root: Element, *, what: str) -> Tile:
    """Give the time and the 10 m grid from a granule's metadata. Raises ReadError if it lacks them."""
    size, place = root.find(".//Size[@resolution='10']"), root.find(".//Geoposition[@resolution='10']")
    crs, time = root.findtext(".//HORIZONTAL_CS_CODE"), root.findtext(".//SENSING_TIME")
    if size is None or place is None or not crs or not time:
        raise ReadError("the granule's metadata lacks its time or place", value=what)
    height, width = (int(_number(size.findtext(tag) or "", what)) for tag in ("NROWS", "NCOLS"))
    x, y, dx, dy = (_number(place.findtext(tag) or "", what) for tag in ("ULX", "ULY", "XDIM", "YDIM"))
    return Tile(utc(time, what=what), Grid(width, height, crs.strip(), (dx, 0.0, x, 0.0, dy, y)))


def _product(folder: Folder, sensor: Sensor | None, profile: gate.Profile) -> _Product | None:
    match = sensors.by_name(folder.name)
    named = match if match and match.sensor.name in ("sentinel-2-l1c", "sentinel-2-l2a") else None
    files = folder.find(r"^MTD_MSIL(1C|2A)\.xml$")
    if not files and not (named and folder.find(r"^GRANULE/.*\.jp2$")):
        return None
    metadata = read_metadata(folder.xml(files[0]), what=files[0]) if files else None
    told_by = HowTold.USER if sensor else HowTold.NAME if named else HowTold.METADATA
    level = files[0][7:10].casefold() if files else named.sensor.level.casefold() if named else ""
    if sensor is None:
        found = sensors.get(f"sentinel-2-{level}")
        sensor = sensors.at_baseline(found, metadata.baseline) if metadata else named.sensor if named else found
    bands = tuple(_scaled(band, metadata) for band in sensor.bands)
    notes = (("product", folder.name), *(metadata.facts if metadata else ()))
    return _Product(folder, sensor, bands, named.time if named else None, told_by, notes, profile)


def _scaled(band: Band, metadata: Metadata | None) -> Band:
    """The band with the product's own factors; where they lack an offset, that of the baseline stays."""
    if metadata is None or band.unit is not Unit.REFLECTANCE:
        return band
    return replace(band, scale=metadata.scale, offset=metadata.offsets.get(band.name, band.offset))


def _frame(product: _Product, images: Mapping[str, str], tile: Tile | None) -> Frame:
    """One granule. images: the finest file of each band."""
    if not images:
        return _bare_frame(product, tile)
    wanted = [band for band in (*product.bands, _SCENE_CLASSES) if band.name in images]
    files = [open_band(product.folder, images[band.name], product.profile, nodata=band.nodata) for band in wanted]
    grid = max((file.grid for file in files), key=lambda grid: grid.width * grid.height)
    channels = tuple(
        Channel(band, laid_on(grid, file.source, file.grid, what=file.name))
        for band, file in zip(wanted, files, strict=True)
    )
    absent = [band.name for band in product.bands if band.name not in images]
    warnings = (f"not in the product: {', '.join(absent)}",) if absent else ()
    return _assembled(product, grid, channels, tile, warnings, tuple(file.name for file in files))


def _bare_frame(product: _Product, tile: Tile | None) -> Frame:
    if tile is None:
        raise ReadError("the product holds no image", value=product.folder.name, hint="download the whole product")
    missing = MissingSource(product.folder.name, tile.grid.width, tile.grid.height)
    channels = tuple(Channel(band, missing) for band in product.bands)
    return _assembled(product, tile.grid, channels, tile, ("the product holds no image, only its metadata",), ())


def _assembled(
    product: _Product,
    grid: Grid,
    channels: tuple[Channel, ...],
    tile: Tile | None,
    warnings: tuple[str, ...],
    names: tuple[str, ...],
) -> Frame:
    return Frame(
        paths=product.folder.paths(names) or (product.folder.path,),
        sensor=product.sensor,
        grid=grid,
        channels=channels,
        full_size=(grid.width, grid.height),
        time=tile.time if tile else product.time,
        told_by=product.told_by,
        warnings=warnings,
        notes=product.notes,
        max_pixels=product.profile.max_pixels,
    )


def _percent(text: str | None) -> str:
    try:
        return f"{float(text or ''):.1f} %"
    except ValueError:
        return ""


def _number(text: str, what: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise ReadError("the metadata holds no number where one must be", value=f"{what}: {text or 'nothing'}")
    return number
