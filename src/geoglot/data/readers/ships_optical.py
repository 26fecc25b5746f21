"""Ships and boats from above, in colour. Where the pictures come from is unclear: for research only."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from geoglot.data.readers.labelled import Card, Labelled
from geoglot.data.readers.packed import boxes, photographs

CARD = Card(
    name="ships_optical",
    title="Ships from above, in colour",
    folder="train/ships_optical",
    licence="none stated; looks like pictures of map services",
    verdict="unclear: research only",
    redistributable=False,
    source="a public copy of Kaggle's Ship Detection from Aerial Images",
    attribution="Ship Detection from Aerial Images",
    counts=(("train", 223), ("val", 33)),
    labelled=frozenset({"ship"}),
)


def read(folder: Path) -> Iterator[Labelled]:
    """Give all pictures. "ship" is anything from a sailing boat to a container ship; no GSD is told."""
    for row, image in photographs(folder, "boxes.jsonl"):
        yield replace(image, objects=boxes(row, {"ship": "ship"}))
