"""Airbus aircraft sample: aeroplanes on airports in Pleiades pictures of 0.5 m. For research only."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from geoglot.data.readers.labelled import Card, Labelled
from geoglot.data.readers.packed import archived, boxes, picture, rows
from geoglot.sensors import Unit

CARD = Card(
    name="airbus_airplanes",
    title="Airbus aircraft detection, sample",
    folder="train/airbus_airplanes",
    licence="CC BY-NC-SA 4.0",
    verdict="non-commercial: research only",
    redistributable=False,
    source="Airbus DS Intelligence, Aircrafts Detection Sample Dataset",
    attribution="Airbus Aircrafts Detection Sample Dataset (Airbus DS Intelligence), CC BY-NC-SA 4.0",
    counts=(("train", 158), ("val", 30)),
    labelled=frozenset({"airplane"}),
)

GSD_M = 0.5


def read(folder: Path) -> Iterator[Labelled]:
    """Give all crops; planes cut by their edge count too."""
    for row, members in archived(folder, rows(folder / "boxes.jsonl")):
        name = str(row["image"])
        yield Labelled(
            id=name,
            split=str(row["split"]),
            bands=("red", "green", "blue"),
            pixels=picture(members[name]),
            unit=Unit.DISPLAY,
            gsd_m=GSD_M,
            objects=boxes(row, {"airplane": "airplane"}),
        )
