"""TerraMesh samples: Sentinel-1 and Sentinel-2 of the same ground with land cover, five places."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from geoglot.data.readers.labelled import Card, Labelled
from geoglot.data.readers.packed import Members, arrays
from geoglot.data.readers.rows import rows
from geoglot.sensors import Unit

CARD = Card(
    name="terramesh",
    title="TerraMesh validation samples",
    folder="train/terramesh_s1_s2",
    licence="CC BY-SA 4.0 (unverified); contains modified Copernicus Sentinel data",
    verdict="redistributable with attribution, share-alike (to be confirmed)",
    redistributable=True,
    source="github.com/IBM/terramind, examples",
    attribution="TerraMesh samples (IBM), CC BY-SA 4.0; contains modified Copernicus Sentinel data",
    counts=(("train", 8), ("val", 2)),
)

S2_BANDS = ("coastal", "blue", "green", "red", "rededge071", "rededge075", "rededge078", "nir", "nir08", "nir09",
            "swir16", "swir22")  # fmt: skip
KEPT = ("red", "green", "blue", "nir", "swir16", "swir22")
LEGEND = {
    1: "water",
    2: "forest",
    3: "wetland",
    4: "crop",
    5: "urban or road",
    6: "bare",
    7: "snow",
    9: "grass or shrub",
}
"""The set's class numbers in geoglot's cover names; "a or b" where its class holds both."""

HELD_OUT = "433D_629L_3_1"  # the place with water, trees, crops, built ground and rangeland


def read(folder: Path) -> Iterator[Labelled]:
    """Give each place twice: its Sentinel-2 bands and its Sentinel-1 decibels, with the same cover."""
    classes = tuple(LEGEND.values())
    with Members(folder / "samples_all.tar") as members:
        for row in rows(folder / "index.jsonl"):
            name = row.text("sample")
            split = "val" if name == HELD_OUT else "train"
            lulc, optical_counts, radar_counts = arrays(members, f"{name}.npz", ("lulc", "s2l2a", "s1rtc_db_x100"))
            cover = np.full(lulc.shape[-2:], 255, np.uint8)
            for index, number in enumerate(LEGEND):
                cover[lulc.reshape(cover.shape) == number] = index
            optical = optical_counts.astype(np.float32) / 10_000
            radar = radar_counts.astype(np.float32) / 100
            picked = optical[[S2_BANDS.index(band) for band in KEPT]]  # (6, H, W)
            yield Labelled(
                f"{name}/s2", split, KEPT, picked, Unit.REFLECTANCE, 10.0, cover=cover, cover_classes=classes
            )
            yield Labelled(
                f"{name}/s1", split, ("vv", "vh"), radar, Unit.GAMMA0_DB, 10.0, cover=cover, cover_classes=classes
            )
