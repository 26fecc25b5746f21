"""LEVIR-CD samples: pairs of aerial images with the buildings that changed. Non-commercial, testing only."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from geoglot.data.readers.labelled import Card, Labelled
from geoglot.data.readers.landsat_change import CHANGE
from geoglot.data.readers.packed import picture
from geoglot.sensors import Unit

CARD = Card(
    name="levir_change",
    title="LEVIR-CD building change, samples",
    folder="real/nc_levir_change_dota",
    licence="academic and non-commercial use only",
    verdict="local testing only",
    redistributable=False,
    source="Chen & Shi, Remote Sensing 12(10), 1662 (2020)",
    attribution="LEVIR-CD (Chen & Shi 2020)",
    counts=(("test", 12),),
)

GSD_M = 0.5


def read(folder: Path) -> Iterator[Labelled]:
    """Give `name/t1` and `name/t2` of each pair; the second carries the change as a cover of two classes."""
    for path in sorted((folder / "label").glob("*.png")):
        changed = (picture(path, "L")[0] > 127).astype("uint8")
        before, after = (picture(folder / date / f"{path.stem}.jpg") for date in "AB")
        bands = ("red", "green", "blue")
        yield Labelled(f"{path.stem}/t1", "test", bands, before, Unit.DISPLAY, GSD_M)
        yield Labelled(
            f"{path.stem}/t2", "test", bands, after, Unit.DISPLAY, GSD_M, cover=changed, cover_classes=CHANGE
        )
