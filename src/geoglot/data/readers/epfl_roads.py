"""Roads in aerial pictures of a suburb, as masks. For research only."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from geoglot.data.readers.labelled import Card, Labelled
from geoglot.data.readers.packed import masked

CARD = Card(
    name="epfl_roads",
    title="Roads of a suburb, aerial",
    folder="train/epfl_roads",
    licence="none stated; pictures of Google Maps",
    verdict="unclear: research only",
    redistributable=False,
    source="ETH CIL and EPFL ML course project",
    attribution="EPFL/ETH road segmentation",
    counts=(("train", 80), ("val", 10), ("test", 10)),
)

CLASSES = ("other", "road")


def read(folder: Path) -> Iterator[Labelled]:
    """Give all pictures with a cover of two classes. No GSD is told."""
    return masked(folder, CLASSES)
