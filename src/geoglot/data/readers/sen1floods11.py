"""Sen1Floods11, one hand-labelled chip: Sentinel-1 and Sentinel-2 of one flood, cut into 16 tiles. Testing only."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from geoglot.data.readers.labelled import Card, Labelled
from geoglot.data.readers.tiled import tiles
from geoglot.scenes import read as read_scene
from geoglot.sensors import Unit

CARD = Card(
    name="sen1floods11",
    title="Sen1Floods11 flood chip of south-east Spain",
    folder="real/sen1floods11_sample",
    licence="labels CC BY 4.0 (unverified); contains modified Copernicus Sentinel data 2019",
    verdict="redistributable with attribution",
    redistributable=True,
    source="Bonafilia et al., CVPR Workshops 2020",
    attribution="Sen1Floods11 (Bonafilia et al. 2020); contains modified Copernicus Sentinel data 2019",
    counts=(("test", 32),),
)

WATER = ("dry", "water")
TILE_PX = 128
GSD_M = 10.0
S2_BANDS = ("coastal", "blue", "green", "red", "rededge1", "rededge2", "rededge3", "nir", "nir08", "nir09",
            "cirrus", "swir16", "swir22")  # fmt: skip


def read(folder: Path) -> Iterator[Labelled]:
    """Give each tile twice: its Sentinel-2 bands in reflectance and its Sentinel-1 decibels, with the same water."""
    for path in sorted(folder.glob("*_LabelHand.tif")):
        stem = path.name.removesuffix("_LabelHand.tif")
        label = read_scene(path, sensor="classes").bands()[0]  # (H, W): -1 unknown, 0 dry, 1 water
        water = np.where(np.isin(label, (0, 1)), label, 255).astype(np.uint8)
        optical = read_scene(folder / f"{stem}_S2Hand.tif", sensor="sentinel-2-l1c").bands()
        radar = read_scene(folder / f"{stem}_S1Hand.tif", sensor="sar-db").bands("VV", "VH")
        for name, (rows, columns) in tiles(water.shape, TILE_PX):
            cover, place = water[rows, columns], (slice(None), rows, columns)
            yield Labelled(f"{stem}/{name}/s2", "test", S2_BANDS, optical[place], Unit.REFLECTANCE, GSD_M,
                           cover=cover, cover_classes=WATER)  # fmt: skip
            yield Labelled(f"{stem}/{name}/s1", "test", ("vv", "vh"), radar[place], Unit.SIGMA0_DB, GSD_M,
                           cover=cover, cover_classes=WATER)  # fmt: skip
