"""HIT-UAV: people, cars and bicycles in thermal frames of a drone, the small COCO-style sample."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from geoglot.data.readers import hit_uav
from geoglot.data.readers.labelled import Labelled

CARD = replace(
    hit_uav.CARD,
    name="hit_uav_thermal",
    title="HIT-UAV, small sample",
    folder="real/hit_uav_thermal",
    counts=(("train", 36), ("val", 8)),
)


def read(folder: Path) -> Iterator[Labelled]:
    """Give all frames; objects as oriented boxes."""
    for split in ("train", "val"):
        document = json.loads((folder / f"instances_{split}.json").read_text(encoding="utf-8"))
        names = {row["id"]: row["name"] for row in document["categories"]}
        marks: dict[int, list[tuple[str, Sequence[float]]]] = defaultdict(list)
        for row in document["annotations_oriented"]:
            marks[row["image_id"]].append((names[row["category_id"]], row["rbox"]))
        for image in document["images"]:
            name = image["file_name"]
            yield hit_uav.frame(name, split, folder / name, marks[image["id"]])
