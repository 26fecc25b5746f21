"""Airbus aircraft sample: aeroplanes on airports in Pleiades pictures of 0.5 m. For research only."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from geoglot.data.readers.labelled import Card, Labelled
from geoglot.data.readers.packed import boxes, photographs

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
    for row, image in photographs(folder, "boxes.jsonl"):
        yield replace(image, gsd_m=GSD_M, objects=boxes(row, {"airplane": "airplane"}))
