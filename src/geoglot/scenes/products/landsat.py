"""Landsat products with their metadata file (MTL): Level 1 and 2, Collection 1 and 2, and before collections.

Level 2 is scaled as the MTL says. Level 1 becomes reflectance at the top of the atmosphere, corrected for the sun's
elevation, and brightness temperature in kelvin.
Source: USGS Landsat 8-9 Data Users Handbook (LSDS-1574) section 5; for the constants of TM and ETM+ that their
older MTL lack: Chander, Markham and Helder 2009, doi 10.1016/j.rse.2009.01.007, tables 3 to 5 and 7.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

import numpy as np

from geoglot import sensors
from geoglot.errors import ReadError, SensorUnknown
from geoglot.regions import Box
from geoglot.scenes import gate
from geoglot.scenes.products.bands import as_scaled, laid_on, open_band
from geoglot.scenes.products.folder import Folder
from geoglot.scenes.products.landsat_metadata import Mtl, parse_mtl
from geoglot.scenes.resample import Valid, Values
from geoglot.scenes.scene import Channel, Frame, HowTold, PixelSource
from geoglot.sensors import Band, Sensor, Unit, rescaled

# K1 in W m-2 sr-1 um-1, K2 in kelvin.
_THERMAL_CONSTANTS = {4: (671.62, 1284.30), 5: (607.76, 1260.56), 7: (666.09, 1282.71)}
# Mean solar irradiance at the top of the atmosphere, W m-2 um-1, by band.
_IRRADIANCE = {
    4: {"B1": 1983, "B2": 1795, "B3": 1539, "B4": 1028, "B5": 219.8, "B7": 83.49},
    5: {"B1": 1983, "B2": 1796, "B3": 1536, "B4": 1031, "B5": 220.0, "B7": 83.44},
    7: {"B1": 1997, "B2": 1812, "B3": 1533, "B4": 1039, "B5": 230.8, "B7": 84.90, "B8": 1362},
}
_FILL = 0  # counts; in the quality band bit 0
_QUALITY = (
    Band("QA_PIXEL", aliases=("BQA",), unit=Unit.CLASS, nodata=1, high=65535),
    Band("QA_RADSAT", unit=Unit.CLASS, high=65535),
)


@dataclass(frozen=True, slots=True)
class _Product:
    folder: Folder
    prefix: str
    mtl: Mtl
    number: int
    level: str
    profile: gate.Profile


@dataclass(frozen=True, slots=True)
class KelvinSource:
    """Brightness temperature in kelvin of a band of counts: K2 / ln(K1 / L + 1) with radiance L = gain * DN + bias.

    When shrinking, radiance is averaged, as a coarser sensor would. Radiance of zero or less is invalid.
    """

    counts: PixelSource
    gain: float
    bias: float
    k1: float
    k2: float

    @property
    def width(self) -> int:
        """Width in pixels."""
        return self.counts.width

    @property
    def height(self) -> int:
        """Height in pixels."""
        return self.counts.height

    def read(self, layer: int, box: Box, size: tuple[int, int], *, exact: bool) -> tuple[Values, Valid]:
        """Give kelvin as float32: see `PixelSource.read`."""
        counts, valid = self.counts.read(layer, box, size, exact=exact)
        radiance = counts.astype(np.float32) * np.float32(self.gain) + np.float32(self.bias)
        valid = valid & (radiance > 0)
        kelvin = np.zeros_like(radiance)
        kelvin[valid] = self.k2 / np.log(self.k1 / radiance[valid] + 1)
        return kelvin, valid


def open_landsat(folder: Folder, sensor: Sensor | None, profile: gate.Profile) -> tuple[Frame, ...] | None:
    """Give one frame for each MTL at the top of the folder, in order of time; None without an MTL.

    The frame lies on the grid of the 30 m bands; the panchromatic band is finer. Quality bands are channels of
    classes: "QA_PIXEL" (its bits: USGS Landsat quality assessment bands) and "QA_RADSAT".
    Raises ReadError for a damaged MTL or one without band files, SensorUnknown for one of no known Landsat.
    """
    found = [re.fullmatch(r"([^/]+)_MTL\.(txt|json)", name, re.IGNORECASE) for name in folder.names]
    names = {match[1]: match[0] for match in found if match}  # the text form comes last in order and wins
    if not names:
        return None
    frames = [_frame(_product(folder, prefix, name, profile), sensor) for prefix, name in names.items()]
    return tuple(sorted(frames, key=lambda frame: frame.time.timestamp() if frame.time else 0.0))


def _product(folder: Folder, prefix: str, name: str, profile: gate.Profile) -> _Product:
    mtl = parse_mtl(folder.text(name), what=name)
    craft = re.search(r"(\d)$", mtl.text("SPACECRAFT_ID"))
    level = mtl.text("PROCESSING_LEVEL") or mtl.text("DATA_TYPE") or mtl.text("PRODUCT_TYPE")
    if not craft or level[:2] not in ("L1", "L2"):
        raise SensorUnknown(
            "the MTL does not tell which Landsat and level it is of", value=name, hint="name the sensor"
        )
    return _Product(folder, prefix, mtl, int(craft[1]), level[:2], profile)


def _frame(product: _Product, sensor: Sensor | None) -> Frame:
    told_by = HowTold.USER if sensor else HowTold.METADATA
    sensor = sensor or _sensor(product)
    fill = [(band, _FILL) for band in sensor.bands]
    wanted = [*fill, *((band, band.nodata) for band in _QUALITY)]
    files = [(band, name, fill) for band, fill in wanted if (name := _file_of(product, band))]
    if not any(band in sensor.bands for band, _, _ in files):
        raise ReadError("the folder holds no band of this product", value=f"{product.folder.name}: {product.prefix}",
                        hint="an MTL alone is no image: download the bands")  # fmt: skip
    opened = [(band, open_band(product.folder, name, product.profile, nodata=fill)) for band, name, fill in files]
    grid = next((file.grid for band, file in opened if band.common != "pan"), opened[0][1].grid)
    channels, warnings = [], []
    for band, file in opened:
        placed = laid_on(grid, file.source, file.grid, what=file.name)
        channel, warning = _channel(product, band, placed)
        channels.append(channel)
        warnings += [warning] if warning else []
    return Frame(
        paths=product.folder.paths(tuple(file.name for _, file in opened)),
        sensor=as_scaled(sensor, channels, what="reflectance and temperature by the MTL"),
        grid=grid,
        channels=tuple(channels),
        full_size=(grid.width, grid.height),
        time=product.mtl.time,
        told_by=told_by,
        warnings=tuple(dict.fromkeys(warnings)),
        notes=_notes(product),
        max_pixels=product.profile.max_pixels,
    )


def _sensor(product: _Product) -> Sensor:
    name = f"landsat-{product.number}-{product.level.casefold()}"
    if name not in sensors.names() or "MSS" in product.mtl.text("SENSOR_ID"):
        kind = f"{product.mtl.text('SPACECRAFT_ID')} {product.mtl.text('SENSOR_ID')} {product.level}"
        raise SensorUnknown("this Landsat is not in the table of sensors", value=kind,
                            hint="describe it in a TOML file (docs/sensors.md) and name it")  # fmt: skip
    return sensors.get(name)


def _file_of(product: _Product, band: Band) -> str:
    """The file of a band: PREFIX_BAND.TIF, or as the MTL calls it; "" if it is not there."""
    words = (band.name, *band.aliases)
    there = {name.casefold(): name for name in product.folder.names}
    usual = [f"{product.prefix}_{word}.{suffix}" for word in words for suffix in ("tif", "tiff")]
    named = [product.mtl.text(f"FILE_NAME_BAND_{word.removeprefix('B')}") for word in words]
    return next((there[name.casefold()] for name in (*usual, *named) if name.casefold() in there), "")


def _channel(product: _Product, band: Band, counts: PixelSource) -> tuple[Channel, str]:
    """One band in its physical unit, and a warning where the MTL does not suffice for that."""
    if band.unit is Unit.CLASS:
        return Channel(band, counts), ""
    thermal = (band.common or "").startswith("thermal")
    if product.level == "L2":
        return Channel(_level_2(product, band, thermal), counts), ""
    if thermal:
        return _brightness(product, band, counts)
    return _top_of_atmosphere(product, band, counts)


def _level_2(product: _Product, band: Band, thermal: bool) -> Band:
    """Surface reflectance or temperature by the MTL's factors; the table has the same for all of Collection 2."""
    key = f"BAND_{band.name}" if thermal else f"BAND_{band.name.removeprefix('B')}"
    quantity = "TEMPERATURE" if thermal else "REFLECTANCE"
    scale = product.mtl.number(f"{quantity}_MULT_{key}", "LEVEL2_")
    offset = product.mtl.number(f"{quantity}_ADD_{key}", "LEVEL2_")
    if scale is None or offset is None:
        return band
    return rescaled(band, unit=Unit.KELVIN if thermal else Unit.REFLECTANCE, scale=scale, offset=offset)


def _brightness(product: _Product, band: Band, counts: PixelSource) -> tuple[Channel, str]:
    number, mtl = band.name.removeprefix("B"), product.mtl
    gain, bias = mtl.number(f"RADIANCE_MULT_BAND_{number}"), mtl.number(f"RADIANCE_ADD_BAND_{number}")
    k1, k2 = mtl.number(f"K1_CONSTANT_BAND_{number}"), mtl.number(f"K2_CONSTANT_BAND_{number}")
    if k1 is None or k2 is None:
        k1, k2 = _THERMAL_CONSTANTS.get(product.number, (None, None))
    if gain is None or bias is None or k1 is None or k2 is None:
        return Channel(band, counts), f"{band.name} stays in counts: the MTL has no thermal constants"
    kelvin = rescaled(band, unit=Unit.KELVIN, scale=1.0, offset=0.0)
    return Channel(kelvin, KelvinSource(counts, gain, bias, k1, k2)), ""


def _top_of_atmosphere(product: _Product, band: Band, counts: PixelSource) -> tuple[Channel, str]:
    number, mtl = band.name.removeprefix("B"), product.mtl
    gain, bias = mtl.number(f"REFLECTANCE_MULT_BAND_{number}"), mtl.number(f"REFLECTANCE_ADD_BAND_{number}")
    if gain is None or bias is None:
        gain, bias = _from_radiance(product, band)
    elevation_deg = mtl.number("SUN_ELEVATION")
    if gain is None or bias is None or elevation_deg is None:
        return Channel(band, counts), f"{band.name} stays in counts: the MTL lacks its factors"
    if elevation_deg <= 0:
        return Channel(band, counts), "taken at night: reflective bands stay in counts"
    sine = math.sin(math.radians(elevation_deg))
    return Channel(rescaled(band, unit=Unit.REFLECTANCE, scale=gain / sine, offset=bias / sine), counts), ""


def _from_radiance(product: _Product, band: Band) -> tuple[float, float] | tuple[None, None]:
    """Factors of reflectance before the sun's elevation: pi * L * d² / E, with d in astronomical units."""
    number, mtl = band.name.removeprefix("B"), product.mtl
    gain, bias = mtl.number(f"RADIANCE_MULT_BAND_{number}"), mtl.number(f"RADIANCE_ADD_BAND_{number}")
    irradiance = _IRRADIANCE.get(product.number, {}).get(band.name)
    if gain is None or bias is None or irradiance is None:
        return None, None
    day = mtl.time.timetuple().tm_yday
    distance_au = mtl.number("EARTH_SUN_DISTANCE") or 1 - 0.01672 * math.cos(math.radians(0.9856 * (day - 4)))
    factor = math.pi * distance_au**2 / irradiance
    return gain * factor, bias * factor


def _notes(product: _Product) -> tuple[tuple[str, str], ...]:
    mtl = product.mtl
    facts = {
        "product": mtl.text("LANDSAT_PRODUCT_ID") or mtl.text("LANDSAT_SCENE_ID") or product.prefix,
        "path and row": f"{mtl.text('WRS_PATH')} {mtl.text('WRS_ROW')}".strip(),
        "level": mtl.text("PROCESSING_LEVEL") or mtl.text("DATA_TYPE"),
        "cloud cover": f"{mtl.text('CLOUD_COVER')} %" if mtl.text("CLOUD_COVER") else "",
        "sun elevation": f"{mtl.text('SUN_ELEVATION')} degrees" if mtl.text("SUN_ELEVATION") else "",
    }
    return tuple((name, fact) for name, fact in facts.items() if fact)
