"""EuroSAT RGB, 5 of its 10 classes, the larger sample; disjoint from the small one by file name."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from geoglot.data.readers import eurosat_rgb_5class
from geoglot.data.readers.labelled import Labelled
from geoglot.data.readers.packed import archived
from geoglot.data.readers.rows import rows

CARD = replace(
    eurosat_rgb_5class.CARD,
    name="eurosat_rgb5",
    title="EuroSAT RGB, 5 classes, larger sample",
    folder="train/eurosat_rgb5",
    counts=(("train", 1200), ("val", 250)),
)


def read(folder: Path) -> Iterator[Labelled]:
    """Give all images with their scene."""
    for row, members in archived(folder, rows(folder / "labels.jsonl")):
        yield eurosat_rgb_5class.labelled(row, "cls", members)
