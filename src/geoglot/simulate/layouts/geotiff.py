"""GeoTIFFs of every shape that comes in from outside, and the grids they lie on."""

from __future__ import annotations

import math
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from geoglot.errors import InputError
from geoglot.regions import Grid, GroundControlPoint
from geoglot.scenes.gdal import gdal

_COMPLEX_INT16 = "complex_int16"  # GDAL has it, numpy has not


@dataclass(frozen=True, slots=True, eq=False)
class Extras:
    """What a GeoTIFF can hold beside pixels and place.

    descriptions, scales, offsets: one a layer, or empty. tags: of the default domain. alpha: the last layer is
    opacity. mask: (H, W), True where valid, written as an internal mask. overviews: factors, as 2, 4, 8.
    """

    descriptions: Sequence[str] = ()
    scales: Sequence[float] = ()
    offsets: Sequence[float] = ()
    tags: Mapping[str, str] = field(default_factory=dict)
    alpha: bool = False
    mask: NDArray[np.bool_] | None = None
    overviews: Sequence[int] = ()


PLAIN = Extras()


def north_up(width: int, height: int, *, crs: str, corner: tuple[float, float], pixel: float) -> Grid:
    """Give a grid whose first row is the northernmost. corner: x, y of its outer upper left; pixel: in CRS units."""
    return Grid(width, height, crs, (pixel, 0.0, corner[0], 0.0, -pixel, corner[1]))


def south_up(width: int, height: int, *, crs: str, corner: tuple[float, float], pixel: float) -> Grid:
    """Give a grid whose first row is the southernmost, as numerical models write. corner: x, y of the lower left."""
    return Grid(width, height, crs, (pixel, 0.0, corner[0], 0.0, pixel, corner[1]))


def rotated(grid: Grid, turned_deg: float) -> Grid:
    """Give a north-up grid turned counter-clockwise about its first corner."""
    if grid.affine is None:
        raise InputError("only a grid with an affine transform can be turned")
    pixel, _, x, _, _, y = grid.affine
    cosine, sine = math.cos(math.radians(turned_deg)), math.sin(math.radians(turned_deg))
    return Grid(grid.width, grid.height, grid.crs, (pixel * cosine, pixel * sine, x, pixel * sine, -pixel * cosine, y))


def with_control_points(grid: Grid, per_side: int = 4) -> Grid:
    """Give the grid told by per_side² control points instead of an affine transform."""
    across, down = np.linspace(0, grid.width, per_side), np.linspace(0, grid.height, per_side)
    pixels = np.stack(np.meshgrid(across, down), axis=-1).reshape(-1, 2)  # (per_side², 2)
    places = grid.to_crs(pixels)
    points = [GroundControlPoint(*map(float, (*pixel, *place))) for pixel, place in zip(pixels, places, strict=True)]
    return Grid(grid.width, grid.height, grid.crs, None, tuple(points))


def across_dateline(width: int, height: int) -> Grid:
    """Give a grid in UTM zone 60 north with 100 m pixels whose middle column lies on the 180th meridian."""
    (middle, _), *_ = Grid(1, 1, "EPSG:32660", (1.0, 0.0, 0.0, 0.0, -1.0, 0.0)).from_lonlat([(180.0, 10.0)])
    return north_up(width, height, crs="EPSG:32660", corner=(middle - 50.0 * width, 1_110_000.0), pixel=100.0)


def write_geotiff(
    path: Path,
    layers: NDArray[np.generic],
    *,
    grid: Grid | None = None,
    nodata: float | None = None,
    extras: Extras = PLAIN,
    driver: str = "GTiff",
) -> Path:
    """Write (C, H, W) or (H, W) and give the path. Without `grid` the file has no place.

    nodata: a value, or NaN. driver: "GTiff", "COG", or "JP2OpenJPEG" (lossless; keeps place and pixels only).
    complex64 is written as GDAL's complex int16, the form of single look complex products.
    """
    rasterio = gdal()
    layers = layers if layers.ndim == 3 else layers[None]
    count, height, width = layers.shape
    dtype = _COMPLEX_INT16 if np.iscomplexobj(layers) else layers.dtype.name
    profile = {"driver": driver, "width": width, "height": height, "count": count, "dtype": dtype, "nodata": nodata}
    path.parent.mkdir(parents=True, exist_ok=True)
    with warnings.catch_warnings(), rasterio.Env(GDAL_TIFF_INTERNAL_MASK="YES"):
        warnings.simplefilter("ignore", rasterio.errors.NotGeoreferencedWarning)
        # Writing: nothing from outside is opened here, so the gate has no part in it.
        with rasterio.open(path, "w", **profile, **_place(grid), **_creation(driver, extras)) as out:
            out.write(layers)
            _decorate(out, grid, extras)
    return path


def write_sparse(
    path: Path, *, grid: Grid, patch: NDArray[np.uint8] | None = None, at: tuple[int, int] = (0, 0)
) -> Path:
    """Write a raster of one byte a pixel of which only `patch` (H, W) at column, row `at` is stored.

    A grid of 200,000² pixels costs some megabytes on disk; everything else in it is no data (0).
    """
    rasterio = gdal()
    profile = {"driver": "GTiff", "width": grid.width, "height": grid.height, "count": 1, "dtype": "uint8", "nodata": 0}
    creation = {"tiled": True, "blockxsize": 512, "blockysize": 512, "BIGTIFF": "YES", "SPARSE_OK": "TRUE"}
    path.parent.mkdir(parents=True, exist_ok=True)
    with rasterio.open(path, "w", **profile, **creation, **_place(grid)) as out:
        if patch is not None:
            rows, columns = (at[1], at[1] + patch.shape[0]), (at[0], at[0] + patch.shape[1])
            out.write(patch, 1, window=(rows, columns))
    return path


def _place(grid: Grid | None) -> dict[str, object]:
    if grid is None or grid.affine is None:
        return {}
    return {"crs": grid.crs, "transform": gdal().Affine(*grid.affine)}


def _creation(driver: str, extras: Extras) -> dict[str, object]:
    if driver == "JP2OpenJPEG":
        return {"QUALITY": "100", "REVERSIBLE": "YES"}
    return {"compress": "deflate", "ALPHA": "YES"} if extras.alpha else {"compress": "deflate"}


def _decorate(out: Any, grid: Grid | None, extras: Extras) -> None:
    """Everything that a rasterio writer takes after the pixels."""
    from rasterio.control import GroundControlPoint as Gcp

    if grid is not None and grid.gcps:
        points = [Gcp(row=p.y_px, col=p.x_px, x=p.x, y=p.y, z=p.z) for p in grid.gcps]
        out.gcps = (points, grid.crs)
    for layer, text in enumerate(extras.descriptions, start=1):
        out.set_band_description(layer, text)
    if extras.scales:
        out.scales = tuple(extras.scales)
    if extras.offsets:
        out.offsets = tuple(extras.offsets)
    if extras.tags:
        out.update_tags(**extras.tags)
    if extras.mask is not None:
        out.write_mask(extras.mask)
    if extras.overviews:
        out.build_overviews(list(extras.overviews))
