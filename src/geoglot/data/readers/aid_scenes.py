"""AID: scene classes in pictures of map services, reduced to 150 pixels. For research only."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from geoglot.data.readers.labelled import Card, Labelled
from geoglot.data.readers.packed import photographs

CARD = Card(
    name="aid_scenes",
    title="AID scene classes, sample at 150 px",
    folder="train/aid_scenes",
    licence="none stated; pictures of Google Earth",
    verdict="research only",
    redistributable=False,
    source="Xia et al., IEEE TGRS 55(7) 2017, arXiv 1608.05167",
    attribution="AID (Xia et al. 2017)",
    counts=(("train", 1680), ("val", 240)),
)

SCENES = {
    "baseball_field": "baseball diamond", "beach": "beach", "dense_residential": "dense residential",
    "farmland": "agricultural", "forest": "forest", "industrial": "industrial", "meadow": "pasture",
    "medium_residential": "medium residential", "parking": "parking lot", "port": "harbor", "river": "river",
    "sparse_residential": "sparse residential", "storage_tanks": "storage tank", "viaduct": "overpass",
}  # fmt: skip
"""AID's names where geoglot's list has the same place; its other 16 classes stay without a scene."""


def read(folder: Path) -> Iterator[Labelled]:
    """Give all pictures. Their GSD, 2 to 32 m, is not told."""
    for row, image in photographs(folder, "labels.jsonl"):
        yield replace(image, scene=SCENES.get(row.text("cls")))
