"""HIT-UAV: people, cars and bicycles in thermal frames of a drone, the larger sample."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from geoglot.data.readers.labelled import Card, Labelled
from geoglot.data.readers.packed import archived, picture
from geoglot.data.readers.rows import rows
from geoglot.regions import Box, OrientedBox
from geoglot.sensors import Unit

CARD = Card(
    name="hit_uav",
    title="HIT-UAV, larger sample",
    folder="train/hit_uav",
    licence="CC BY 4.0",
    verdict="redistributable with attribution",
    redistributable=True,
    source="Suo et al., Scientific Data 10, 227 (2023), doi 10.1038/s41597-023-02066-6",
    attribution="HIT-UAV (Suo et al. 2023), CC BY 4.0",
    counts=(("train", 330), ("val", 45)),
    labelled=frozenset({"person", "car", "bicycle", "other vehicle"}),
)

CLASSES = {"Person": "person", "Car": "car", "Bicycle": "bicycle", "OtherVehicle": "other vehicle"}
IGNORED = "DontCare"


def read(folder: Path) -> Iterator[Labelled]:
    """Give all frames; objects as oriented boxes."""
    for row, members in archived(folder, rows(folder / "boxes.jsonl")):
        boxes = [(mark.text("cls"), mark.numbers("rbox", 5)) for mark in row.rows("objects_oriented")]
        name = row.text("image")
        yield frame(name, row.text("split"), members[name], boxes)


def frame(name: str, split: str, data: bytes | Path, marks: Iterable[tuple[str, Sequence[float]]]) -> Labelled:
    """Give one frame. marks: class and (x centre, y centre, w, h, angle), as the set writes them.

    Flown at 60 to 130 m, hence about 0.05 to 0.15 m a pixel; it is not measured, so no GSD is told.

    The angle is in radians, clockwise on screen: the envelopes of the oriented boxes then meet the set's own
    upright boxes (median difference 1.5 px over 1,475 turned boxes), and warm cars lie inside them.
    """
    objects = []
    ignore = []
    for cls, (cx, cy, w, h, angle) in marks:
        box = OrientedBox(cx, cy, w, h, math.degrees(angle), label=CLASSES.get(cls))
        if cls == IGNORED:
            around = box.bounds
            ignore.append(Box(around.x0, around.y0, around.x1, around.y1))
        elif w > 0 and h > 0:
            objects.append(box)
    return Labelled(
        id=name,
        split=split,
        bands=("thermal",),
        pixels=picture(data, "L"),
        unit=Unit.DISPLAY,
        objects=tuple(objects),
        ignore=tuple(ignore),
    )
