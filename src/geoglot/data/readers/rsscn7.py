"""RSSCN7: scene classes at four scales in pictures of a map service. For research only."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from geoglot.data.readers.labelled import Card, Labelled
from geoglot.data.readers.packed import photographs

CARD = Card(
    name="rsscn7",
    title="RSSCN7 scene classes, sample",
    folder="train/rsscn7",
    licence="none stated; pictures of Google Earth",
    verdict="research only",
    redistributable=False,
    source="Zou et al., IEEE GRSL 12(11) 2015",
    attribution="RSSCN7 (Zou et al. 2015)",
    counts=(("train", 252), ("test", 84)),
)

SCENES = {
    "field": "agricultural", "industry": "industrial", "forest": "forest", "residential": "residential",
    "parking": "parking lot",
}  # fmt: skip
"""The set's "grass" and "river_lake" have no class of geoglot's that means the same."""


def read(folder: Path) -> Iterator[Labelled]:
    """Give all pictures. Their GSD is not told: four scales, from 1:700 to 1:5600."""
    for row, image in photographs(folder, "labels.jsonl"):
        yield replace(image, scene=SCENES.get(row.text("cls")))
