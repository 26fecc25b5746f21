"""A STAC item on disk: one JSON file and a cloud-optimised GeoTIFF a band.

Source: STAC specification 1.0.0; extensions eo 1.1.0, raster 1.1.0, projection 1.1.0.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from geoglot.errors import InputError
from geoglot.regions import Grid
from geoglot.sensors import Band, Sensor
from geoglot.simulate.layouts.geotiff import write_geotiff

_EXTENSIONS = ("eo/v1.1.0", "raster/v1.1.0", "projection/v1.1.0")


def write_stac_item(
    folder: Path,
    name: str,
    bands: Mapping[str, NDArray[np.generic]],
    *,
    grid: Grid,
    time: datetime,
    sensor: Sensor,
) -> Path:
    """Write `folder`/`name`.json with an asset a band beside it, and give the path of the JSON.

    bands: stored counts by the sensor's band names, (H, W) on `grid`; unit, scale, offset and no data value go
    from the sensor's table into raster:bands. time: UTC. Raises InputError without a place or for a wrong size.
    """
    if grid.affine is None or not (grid.crs or "").startswith("EPSG:"):
        raise InputError("a STAC item needs a grid with an EPSG code and an affine transform", value=grid.crs)
    assets = {}
    for word, counts in bands.items():
        band = sensor.band(word)
        if counts.shape != (grid.height, grid.width):
            raise InputError(f"{word} has the wrong size", value=counts.shape, expected=str((grid.height, grid.width)))
        file = f"{name}_{band.name}.tif"
        write_geotiff(folder / file, counts, grid=grid, nodata=band.nodata, driver="COG")
        assets[band.name] = _asset(file, band, counts.dtype.name, grid)
    path = folder / f"{name}.json"
    path.write_text(json.dumps(_item(name, assets, grid, time, sensor), indent=2), encoding="utf-8")
    return path


def _item(name: str, assets: Mapping[str, object], grid: Grid, time: datetime, sensor: Sensor) -> dict[str, object]:
    corners = grid.to_lonlat([(0, 0), (0, grid.height), (grid.width, grid.height), (grid.width, 0), (0, 0)])
    (west, south), (east, north) = corners.min(axis=0), corners.max(axis=0)
    return {
        "type": "Feature",
        "stac_version": "1.0.0",
        "stac_extensions": [f"https://stac-extensions.github.io/{part}/schema.json" for part in _EXTENSIONS],
        "id": name,
        "bbox": [float(west), float(south), float(east), float(north)],
        "geometry": {"type": "Polygon", "coordinates": [corners.tolist()]},
        "properties": {
            "datetime": f"{time.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}",
            "platform": sensor.platform.casefold().replace(" ", "-"),
            "gsd": sensor.gsd_m,
            "proj:epsg": int((grid.crs or "").removeprefix("EPSG:")),
        },
        "links": [],
        "assets": assets,
    }


def _asset(file: str, band: Band, dtype: str, grid: Grid) -> dict[str, object]:
    assert grid.affine is not None
    eo: dict[str, object] = {"name": band.name, "common_name": band.common}
    eo |= {"center_wavelength": band.centre_um, "full_width_half_max": band.width_um}
    raster: dict[str, object] = {"data_type": dtype, "nodata": band.nodata, "scale": band.scale, "offset": band.offset}
    return {
        "href": f"./{file}",
        "type": "image/tiff; application=geotiff; profile=cloud-optimized",
        "roles": ["data"],
        "gsd": band.gsd_m or grid.gsd_m,
        "proj:shape": [grid.height, grid.width],
        "proj:transform": list(grid.affine),
        "eo:bands": [{key: value for key, value in eo.items() if value is not None}],
        "raster:bands": [{key: value for key, value in raster.items() if value is not None}],
    }
