"""Landsat Collection 2 folders, Level 1 (L1TP) and Level 2 (L2SP): one GeoTIFF a band, MTL as text and JSON.

Source: USGS LSDS-1822 (Level 1) and LSDS-1328/1619 (Level 2) Data Format Control Books; groups and keys of the MTL.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from geoglot import sensors
from geoglot.errors import InputError
from geoglot.regions import Grid
from geoglot.sensors import Sensor
from geoglot.simulate.layouts.geotiff import Extras, write_geotiff

Groups = dict[str, dict[str, str]]

_FILL, _CLEAR = 1, 21824  # QA_PIXEL: bit 0; bit 6 with low confidence of everything else
_REFLECTANCE_MULT, _REFLECTANCE_ADD = 2.0e-5, -0.1  # Level 1 of OLI; TM and ETM+ differ by band and date
_RADIANCE_MULT, _RADIANCE_ADD = 3.342e-4, 0.1  # Level 1 thermal bands of TIRS
_THERMAL_K = {"B10": (774.8853, 1321.0789), "B11": (480.8883, 1201.1442)}  # K1, K2 of Landsat 8
_SENSOR_ID = {"4": "TM", "5": "TM", "7": "ETM", "8": "OLI_TIRS", "9": "OLI_TIRS"}


def write_landsat(
    folder: Path,
    name: str,
    bands: Mapping[str, NDArray[np.unsignedinteger]],
    *,
    grid: Grid,
    time: datetime,
    sun_elevation_deg: float = 50.0,
) -> Path:
    """Write the product `name` (as "LC08_L2SP_196030_20200704_20200913_02_T1") and give its folder.

    bands: stored counts by the sensor's band names, (H, W) on `grid`, north up with 30 m pixels; the panchromatic
    band is (2H - 1, 2W - 1), for its first pixel has the same centre. QA_PIXEL is made: fill where a band is 0.
    time: of the scene's centre, UTC; its day should be the name's. The MTL of Level 1 tells the factors of OLI
    and TIRS. Raises InputError for a name that is no Landsat product, or a band of the wrong size.
    """
    match = sensors.by_name(name)
    if match is None or match.sensor.family != "landsat" or match.layer or match.collection != "02":
        raise InputError("that is no Landsat Collection 2 product name", value=name)
    sensor, product = match.sensor, folder / name
    for band_name, counts in bands.items():
        _write_band(product, name, sensor, band_name, counts, grid)
    coarse = [counts for band_name, counts in bands.items() if sensor.band(band_name).common != "pan"]
    empty = np.any([counts == 0 for counts in coarse], axis=0)
    quality = np.where(empty, _FILL, _CLEAR).astype(np.uint16)
    _write(product / f"{name}_QA_PIXEL.TIF", quality, grid, nodata=1)
    _write(product / f"{name}_QA_RADSAT.TIF", np.zeros_like(quality), grid, nodata=None)
    groups = _groups(name, sensor, bands, grid, time)
    groups["IMAGE_ATTRIBUTES"] |= {"SUN_AZIMUTH": "140.00000000", "SUN_ELEVATION": f"{sun_elevation_deg:.8f}"}
    groups |= _level2(sensor, bands) if sensor.level == "L2" else {}
    groups |= _level1(sensor, bands)
    (product / f"{name}_MTL.txt").write_text(_odl(groups), encoding="ascii")
    (product / f"{name}_MTL.json").write_text(json.dumps({"LANDSAT_METADATA_FILE": groups}, indent=2))
    return product


def _write_band(
    product: Path, name: str, sensor: Sensor, band_name: str, counts: NDArray[np.unsignedinteger], grid: Grid
) -> None:
    band = sensor.band(band_name)
    shape, place = (grid.height, grid.width), grid
    if band.common == "pan":
        assert grid.affine is not None
        pixel, x, y = grid.affine[0], grid.affine[2], grid.affine[5]
        shape = (2 * grid.height - 1, 2 * grid.width - 1)
        place = Grid(shape[1], shape[0], grid.crs, (pixel / 2, 0.0, x + pixel / 4, 0.0, -pixel / 2, y - pixel / 4))
    if counts.shape != shape:
        raise InputError(f"{band_name} has the wrong size", value=counts.shape, expected=str(shape))
    _write(product / f"{name}_{_file_word(sensor, band.name)}.TIF", counts, place, nodata=0)


def _write(path: Path, counts: NDArray[np.unsignedinteger], grid: Grid, *, nodata: float | None) -> None:
    write_geotiff(path, counts, grid=grid, nodata=nodata, extras=Extras(tags={"AREA_OR_POINT": "Point"}))


def _file_word(sensor: Sensor, band: str) -> str:
    return f"SR_{band}" if sensor.level == "L2" and not band.startswith("ST_") else band


def _number(band: str) -> str:
    """The band as MTL keys write it: "1", "6_VCID_1", "ST_B10"."""
    return band if band.startswith("ST_") else re.sub(r"^B", "", band)


def _groups(
    name: str, sensor: Sensor, bands: Mapping[str, NDArray[np.unsignedinteger]], grid: Grid, time: datetime
) -> Groups:
    _, level, path_row, _, processed, _, tier = name.split("_")
    contents = {
        "ORIGIN": "Image courtesy of the U.S. Geological Survey",
        "LANDSAT_PRODUCT_ID": name,
        "PROCESSING_LEVEL": level,
        "COLLECTION_NUMBER": "02",
        "COLLECTION_CATEGORY": tier,
        "OUTPUT_FORMAT": "GEOTIFF",
    }
    for band in bands:
        key = f"FILE_NAME_BAND_{_number(sensor.band(band).name)}"
        contents[key] = f"{name}_{_file_word(sensor, sensor.band(band).name)}.TIF"
    contents["FILE_NAME_QUALITY_L1_PIXEL"] = f"{name}_QA_PIXEL.TIF"
    contents["DATA_TYPE_QUALITY_L1_PIXEL"] = "UINT16"
    satellite = sensor.platform.removeprefix("Landsat ")
    image = {
        "SPACECRAFT_ID": f"LANDSAT_{satellite}",
        "SENSOR_ID": _SENSOR_ID[satellite],
        "WRS_PATH": str(int(path_row[:3])),
        "WRS_ROW": str(int(path_row[3:])),
        "DATE_ACQUIRED": f"{time:%Y-%m-%d}",
        "SCENE_CENTER_TIME": f"{time:%H:%M:%S}.0000000Z",
        "DATE_PRODUCT_GENERATED": f"{processed[:4]}-{processed[4:6]}-{processed[6:]}T00:00:00Z",
    }
    return {"PRODUCT_CONTENTS": contents, "IMAGE_ATTRIBUTES": image, "PROJECTION_ATTRIBUTES": _projection(grid)}


def _projection(grid: Grid) -> dict[str, str]:
    """Corners are pixel centres, as in the real MTL."""
    half = [(0.5, 0.5), (grid.width - 0.5, 0.5), (0.5, grid.height - 0.5), (grid.width - 0.5, grid.height - 0.5)]
    keys = {
        "MAP_PROJECTION": "UTM",
        "DATUM": "WGS84",
        "ELLIPSOID": "WGS84",
        "UTM_ZONE": str(int((grid.crs or "0")[-2:])),
        "GRID_CELL_SIZE_REFLECTIVE": "30.00",
        "REFLECTIVE_LINES": str(grid.height),
        "REFLECTIVE_SAMPLES": str(grid.width),
        "ORIENTATION": "NORTH_UP",
    }
    places = zip(("UL", "UR", "LL", "LR"), grid.to_crs(half), grid.to_lonlat(half), strict=True)
    for corner, (x, y), (lon, lat) in places:
        keys[f"CORNER_{corner}_LAT_PRODUCT"] = f"{lat:.5f}"
        keys[f"CORNER_{corner}_LON_PRODUCT"] = f"{lon:.5f}"
        keys[f"CORNER_{corner}_PROJECTION_X_PRODUCT"] = f"{x:.3f}"
        keys[f"CORNER_{corner}_PROJECTION_Y_PRODUCT"] = f"{y:.3f}"
    return keys


def _level2(sensor: Sensor, bands: Mapping[str, NDArray[np.unsignedinteger]]) -> Groups:
    reflectance: dict[str, str] = {}
    temperature: dict[str, str] = {}
    for band in (sensor.band(name) for name in bands):
        number = _number(band.name)
        if band.name.startswith("ST_"):
            temperature |= {f"TEMPERATURE_MULT_BAND_{number}": f"{band.scale:g}"}
            temperature |= {f"TEMPERATURE_ADD_BAND_{number}": f"{band.offset:g}"}
        else:
            reflectance |= {f"REFLECTANCE_MULT_BAND_{number}": f"{band.scale:g}"}
            reflectance |= {f"REFLECTANCE_ADD_BAND_{number}": f"{band.offset:g}"}
    return {
        "LEVEL2_SURFACE_REFLECTANCE_PARAMETERS": reflectance,
        "LEVEL2_SURFACE_TEMPERATURE_PARAMETERS": temperature,
    }


def _level1(sensor: Sensor, bands: Mapping[str, NDArray[np.unsignedinteger]]) -> Groups:
    """The factors of Level 1, which a Level-2 MTL repeats under the same keys."""
    rescaling: dict[str, str] = {}
    thermal: dict[str, str] = {}
    for band in (sensor.band(name) for name in bands):
        number = _number(band.name.removeprefix("ST_"))
        rescaling |= {f"RADIANCE_MULT_BAND_{number}": f"{_RADIANCE_MULT:.4E}"}
        rescaling |= {f"RADIANCE_ADD_BAND_{number}": f"{_RADIANCE_ADD:.5f}"}
        if not (band.common or "").startswith("thermal"):
            rescaling |= {f"REFLECTANCE_MULT_BAND_{number}": f"{_REFLECTANCE_MULT:.4E}"}
            rescaling |= {f"REFLECTANCE_ADD_BAND_{number}": f"{_REFLECTANCE_ADD:.6f}"}
        elif f"B{number}" in _THERMAL_K:
            k1, k2 = _THERMAL_K[f"B{number}"]
            thermal |= {f"K1_CONSTANT_BAND_{number}": f"{k1:.4f}", f"K2_CONSTANT_BAND_{number}": f"{k2:.4f}"}
    return {"LEVEL1_RADIOMETRIC_RESCALING": rescaling, "LEVEL1_THERMAL_CONSTANTS": thermal}


def _odl(groups: Groups) -> str:
    """The object description language of the text MTL; words are quoted, numbers and dates are not."""
    lines = ["GROUP = LANDSAT_METADATA_FILE"]
    for group, keys in groups.items():
        lines.append(f"  GROUP = {group}")
        lines += [f"    {key} = {_odl_value(key, value)}" for key, value in keys.items()]
        lines.append(f"  END_GROUP = {group}")
    return "\n".join([*lines, "END_GROUP = LANDSAT_METADATA_FILE", "END", ""])


def _odl_value(key: str, value: str) -> str:
    bare = re.fullmatch(r"[-+0-9.]+(?:E[-+]\d+|e[-+]\d+)?", value) or key.startswith("DATE_")
    return value if bare and key != "COLLECTION_NUMBER" else f'"{value}"'
