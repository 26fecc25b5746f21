"""HIT-UAV: people, cars and bicycles in thermal frames of a drone, the small COCO-style sample."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from geoglot.data.readers import hit_uav
from geoglot.data.readers.labelled import Labelled
from geoglot.data.readers.rows import document

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
        instances = document(folder / f"instances_{split}.json")
        names = {row.whole("id"): row.text("name") for row in instances.rows("categories")}
        marks: dict[int, list[tuple[str, Sequence[float]]]] = defaultdict(list)
        for row in instances.rows("annotations_oriented"):
            if (cls := row.whole("category_id")) not in names:
                raise row.wrong("category_id", f"one of {', '.join(map(str, names))}")
            marks[row.whole("image_id")].append((names[cls], row.numbers("rbox", 5)))
        for image in instances.rows("images"):
            name = image.text("file_name")
            yield hit_uav.frame(name, split, folder / name, marks[image.whole("id")])
