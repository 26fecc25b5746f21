"""Landsat pairs of Taizhou and Nanjing with sparse labels of change; the two dates come as two images."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from geoglot.data.readers.labelled import Card, Labelled
from geoglot.data.readers.packed import Members, arrays
from geoglot.data.readers.rows import rows
from geoglot.sensors import Unit

CARD = Card(
    name="landsat_change",
    title="Landsat change pairs Taizhou and Nanjing",
    folder="train/landsat_change_taizhou_nanjing",
    licence="Landsat: US public domain; labels in an MIT repository",
    verdict="redistributable with attribution",
    redistributable=True,
    source="Wu, Du, Zhang, IEEE TGRS 52(5) 2014; Du, Ru, Wu, Zhang, IEEE TGRS 57(12) 2019",
    attribution="Landsat imagery: USGS; labels: Wu et al. 2014, Du et al. 2019",
    counts=(("train", 2), ("test", 2)),
)

BANDS = ("blue", "green", "red", "nir", "swir16", "swir22")
CHANGE = ("unchanged", "changed")


def read(folder: Path) -> Iterator[Labelled]:
    """Give `scene/t1` and `scene/t2`; the second carries the change labels as a cover of two classes."""
    with Members(folder / "pairs_all.tar") as members:
        for row in rows(folder / "index.jsonl"):
            scene = row.text("scene")
            split = "test" if scene == "nanjing" else "train"
            marks, before, after = arrays(members, f"{scene}.npz", ("label", "t1", "t2"))
            label = np.where(marks == 0, 255, marks.astype(np.int16) - 1).astype(np.uint8)
            yield Labelled(f"{scene}/t1", split, BANDS, before, Unit.DN, 30.0)
            yield Labelled(f"{scene}/t2", split, BANDS, after, Unit.DN, 30.0, cover=label, cover_classes=CHANGE)
