"""SIMD: vehicles, boats and aeroplanes in pictures of a map service; not every one is marked. For research only."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from geoglot.data.readers.labelled import Card, Labelled
from geoglot.data.readers.packed import boxes, photographs

CARD = Card(
    name="simd_vehicles",
    title="SIMD vehicles, sample",
    folder="train/simd_vehicles",
    licence="none stated; pictures of Google Earth",
    verdict="research only",
    redistributable=False,
    source="Haroon et al., IEEE JSTARS 13 (2020), 3032-3046",
    attribution="SIMD (Haroon et al. 2020)",
    counts=(("train", 50), ("val", 20)),
)
"""`labelled` is empty: in several car parks only a handful of cars carries a box, so absence is not truth."""

CLASSES = {
    "car": "car", "van": "car", "truck": "truck", "longvehicle": "truck", "bus": "bus", "boat": "boat",
    "other": "other vehicle", "stairtruck": "other vehicle", "helicopter": "helicopter",
    **dict.fromkeys(("airliner", "trainer", "propeller", "chartered", "fighter"), "airplane"),
}  # fmt: skip


def read(folder: Path) -> Iterator[Labelled]:
    """Give all pictures; their GSD, about 0.15 to 0.35 m, is not measured and not told."""
    for row, image in photographs(folder, "boxes.jsonl"):
        yield replace(image, objects=boxes(row, CLASSES))
