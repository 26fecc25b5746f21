"""Clouds and their shadows in one Sentinel-2 and one Landsat 5 scene of six bands, cut into tiles. Testing only."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from geoglot.data.readers.labelled import Card, Labelled
from geoglot.data.readers.packed import picture
from geoglot.data.readers.tiled import tiles
from geoglot.scenes import read as read_scene
from geoglot.sensors import Unit

CARD = Card(
    name="cloud_masks",
    title="Cloud masks of Sentinel-2 and Landsat 5",
    folder="real/cloud_masks_s2_landsat",
    licence="Apache-2.0 (repository); contains modified Copernicus Sentinel data; Landsat: USGS",
    verdict="redistributable with attribution; origin of the masks unverified",
    redistributable=True,
    source="github.com/dlr-eoc/ukis-csmask, test scenes",
    attribution="DLR ukis-csmask, Apache-2.0; contains modified Copernicus Sentinel data; Landsat: USGS",
    counts=(("test", 25),),
)

BANDS = ("blue", "green", "red", "nir", "swir16", "swir22")
CLASSES = ("clear", "cloud", "cloud shadow")
_CLASS_OF = {0: 2, 1: 0, 2: 0, 3: 0, 4: 1}
COUNTS_PER_REFLECTANCE = 10_000
TILE_PX = 128
GSD_M = 30.0  # as the package asks for; not told by the files


def read(folder: Path) -> Iterator[Labelled]:
    """Give the tiles, top-of-atmosphere reflectance with the cover clear, cloud or cloud shadow."""
    for path in sorted(folder.glob("*_toa_x10000.tif")):
        stem = path.name.removesuffix("_toa_x10000.tif")
        counts = read_scene(path, sensor="multispectral").bands(*BANDS)
        pixels = counts / np.float32(COUNTS_PER_REFLECTANCE)  # (6, H, W)
        mask = picture(folder / f"{stem}_mask.png", "L")[0]
        cover = np.full(mask.shape, 255, np.uint8)
        for number, index in _CLASS_OF.items():
            cover[mask == number] = index
        for name, (rows, columns) in tiles(mask.shape, TILE_PX):
            yield Labelled(f"{stem}/{name}", "test", BANDS, pixels[:, rows, columns], Unit.REFLECTANCE, GSD_M,
                           cover=cover[rows, columns], cover_classes=CLASSES)  # fmt: skip
