"""Flood water in oblique pictures from drones and helicopters, as masks. For research only."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from geoglot.data.readers.labelled import Card, Labelled
from geoglot.data.readers.packed import masked

CARD = Card(
    name="flood_areas",
    title="Flooded ground, oblique",
    folder="train/flood_area_seg",
    licence="none stated; pictures from the web",
    verdict="unclear: research only",
    redistributable=False,
    source="a public copy of Kaggle's Flood Area Segmentation",
    attribution="Flood Area Segmentation",
    counts=(("train", 63), ("val", 9)),
)

CLASSES = ("dry", "flood water")


def read(folder: Path) -> Iterator[Labelled]:
    """Give all pictures with a cover of two classes. No GSD is told."""
    return masked(folder, CLASSES)
