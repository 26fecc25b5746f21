"""HRSID samples: ships in radar scenes with a colour for every instance. For testing only."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from geoglot.data.readers.labelled import Card, Labelled
from geoglot.data.readers.packed import picture
from geoglot.regions import Box
from geoglot.sensors import Unit

CARD = Card(
    name="hrsid_sar_ships",
    title="HRSID ships in SAR, samples",
    folder="real/hrsid_sar_ships",
    licence="GPL-3.0 (repository); TerraSAR-X images may carry provider terms",
    verdict="unclear: local testing only",
    redistributable=False,
    source="Wei et al., IEEE Access 8 (2020), doi 10.1109/ACCESS.2020.3005861",
    attribution="HRSID (Wei et al. 2020)",
    counts=(("test", 3),),
    labelled=frozenset({"ship"}),
)

INSTANCES = "_instance_id_RGB.png"


def read(folder: Path) -> Iterator[Labelled]:
    """Give the scenes that have an instance mask; ships as the upright boxes of their masks."""
    for path in sorted(folder.glob(f"*{INSTANCES}")):
        image = path.with_name(path.name.removesuffix(INSTANCES) + ".jpg")
        yield Labelled(
            id=image.name,
            split="test",
            bands=("amplitude",),
            pixels=picture(image, "L"),
            unit=Unit.AMPLITUDE,
            objects=tuple(_boxes(picture(path))),
        )


def _boxes(colours: NDArray[np.uint8]) -> Iterator[Box]:
    """One box for each colour but black. colours: (3, H, W)."""
    red, green, blue = colours.astype(np.int32)
    ids = (red << 16) | (green << 8) | blue  # (H, W)
    for number in np.unique(ids[ids > 0]):
        rows, columns = np.nonzero(ids == number)
        yield Box(columns.min(), rows.min(), columns.max() + 1, rows.max() + 1, label="ship")
