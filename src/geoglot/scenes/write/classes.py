"""Class rasters: a cloud-optimised GeoTIFF in the scene's own grid."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from geoglot.errors import InputError
from geoglot.regions import Grid
from geoglot.scenes.gdal import gdal, window
from geoglot.scenes.write.atomic import writing

_STRIP_ROWS = 1024
_BLOCK_PX = 512

Colour = tuple[int, int, int]


@dataclass(frozen=True, slots=True, eq=False)
class ClassRaster:
    """What is written: names of the classes 1, 2, 3 … (0 is none of them), their colours, and their pixels.

    rows: gives the classes of rows first..last as (last - first, width) uint8, so that no whole raster is in memory.
    """

    grid: Grid
    names: tuple[str, ...]
    colours: tuple[Colour, ...]
    rows: Callable[[int, int], NDArray[np.uint8]]

    def __post_init__(self) -> None:
        if len(self.names) > 255 or len(self.colours) != len(self.names):
            raise InputError("a raster of classes holds up to 255, each with a colour", value=len(self.names))


def write_classes(path: str | Path, raster: ClassRaster) -> Path:
    """Write a GeoTIFF with tiles, overviews by nearest neighbour, palette and names of the classes. Gives the path.

    Names are in the tags CLASS_1, CLASS_2 …. Raises as `writing` does.
    """
    rasterio = gdal()
    from rasterio.shutil import copy

    # The COG driver only copies (GDAL's documentation of it): its source is a plain file in memory, which is
    # small, for runs of classes compress a hundredfold. So is what it makes: GDAL says nothing of a disk that is
    # full when a file is closed, Python does.
    with (
        writing(path) as final,
        rasterio.MemoryFile() as plain,
        rasterio.MemoryFile() as made,
        warnings.catch_warnings(),
    ):
        # a scene without a place stays without one
        warnings.simplefilter("ignore", rasterio.errors.NotGeoreferencedWarning)
        _write_strips(plain, raster)
        copy(
            plain.name,
            made.name,
            driver="COG",
            COMPRESS="DEFLATE",
            BLOCKSIZE=_BLOCK_PX,
            OVERVIEW_RESAMPLING="NEAREST",  # the default, cubic, would invent classes
            BIGTIFF="IF_SAFER",
        )
        final.write_bytes(made.getbuffer())
    return Path(path)


def _write_strips(memory: Any, raster: ClassRaster) -> None:
    """The plain tiled file that the COG is copied from."""
    grid = raster.grid
    layout = {"tiled": True, "blockxsize": _BLOCK_PX, "blockysize": _BLOCK_PX, "compress": "DEFLATE"}
    size = {"width": grid.width, "height": grid.height, "count": 1, "dtype": "uint8", "BIGTIFF": "IF_SAFER"}
    with memory.open(driver="GTiff", **size, **layout, **_place(grid)) as file:
        file.write_colormap(1, {0: (0, 0, 0, 0), **{index: (*c, 255) for index, c in enumerate(raster.colours, 1)}})
        file.update_tags(**{f"CLASS_{index}": name for index, name in enumerate(("none", *raster.names))})
        for first in range(0, grid.height, _STRIP_ROWS):
            last = min(first + _STRIP_ROWS, grid.height)
            file.write(raster.rows(first, last), 1, window=window(0, first, grid.width, last - first))


def _place(grid: Grid) -> dict[str, object]:
    """A grid in rasterio's words; nothing for one without a place."""
    gdal()
    from rasterio.control import GroundControlPoint
    from rasterio.transform import Affine

    if not grid.located:
        return {}
    if grid.affine:
        return {"crs": grid.crs, "transform": Affine(*grid.affine)}
    return {"crs": grid.crs, "gcps": [GroundControlPoint(g.y_px, g.x_px, g.x, g.y, g.z) for g in grid.gcps]}
