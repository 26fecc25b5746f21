"""Cars, buses and trucks in aerial photographs: KIT AIS streets and drone pictures of Minsk."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from geoglot.data.readers.labelled import Card, Labelled
from geoglot.data.readers.packed import picture
from geoglot.data.readers.rows import rows
from geoglot.errors import ReadError
from geoglot.regions import Box
from geoglot.sensors import Unit

CARD = Card(
    name="aerial_cars",
    title="Cars from helicopter and drone",
    folder="real/aerial_cars",
    licence="CC BY 3.0 (KIT AIS part), CC BY-SA (Minsk part)",
    verdict="redistributable with attribution",
    redistributable=True,
    source="KIT AIS vehicle data set; drone photographs by Yauhen Kharuzhy and the Minsk OSM community",
    attribution="(c) KIT AIS Data Set, CC BY 3.0; Minsk drone photographs, Yauhen Kharuzhy, CC BY-SA",
    counts=(("train", 7), ("val", 5)),
    labelled=frozenset({"car", "truck", "bus", "bicycle"}),
)

CLASSES = ("car", "truck", "bus", "bus", "bicycle")
"""By the set's class number: car, truck, bus, minibus, cyclist."""

VERTICAL_GSD_M = 0.15  # KIT AIS, 12 to 18 cm, from vehicle lengths; drone views are oblique and have none


def read(folder: Path) -> Iterator[Labelled]:
    """Give all photographs with upright boxes."""
    for row in rows(folder / "index.jsonl"):
        pixels = picture(folder / row.text("image"))
        height, width = pixels.shape[1:]
        lines = (folder / row.text("labels")).read_text(encoding="utf-8").splitlines()
        boxes = [
            _box(line, f"{row.text('labels')}:{number}", width, height)
            for number, line in enumerate(lines, start=1)
            if line.strip()
        ]
        yield Labelled(
            id=row.text("image"),
            split=row.text("split"),
            bands=("red", "green", "blue"),
            pixels=pixels,
            unit=Unit.DISPLAY,
            gsd_m=VERTICAL_GSD_M if row.text("group").startswith("kit_ais") else None,
            objects=tuple(boxes),
        )


def _box(line: str, place: str, width: int, height: int) -> Box:
    """One YOLO line: class, centre x, centre y, width, height as fractions of the image."""
    try:
        number, cx, cy, w, h = map(float, line.split())
        label = CLASSES[int(number)]
    except (ValueError, IndexError) as error:
        raise ReadError("a line is no labelled box", value=f"{place}: {line}",
                        expected=f"a class below {len(CLASSES)} and four fractions") from error  # fmt: skip
    x, y, half_w, half_h = cx * width, cy * height, w * width / 2, h * height / 2
    return Box(x - half_w, y - half_h, x + half_w, y + half_h, label=label)
