"""EuroSAT RGB, 5 of its 10 classes, the small sample: Sentinel-2 pictures of 64 x 64 pixels at 10 m."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from geoglot.data.readers.labelled import Card, Labelled
from geoglot.data.readers.packed import Members, picture
from geoglot.data.readers.rows import Row, rows
from geoglot.sensors import Unit

CARD = Card(
    name="eurosat_rgb_5class",
    title="EuroSAT RGB, 5 classes, small sample",
    folder="real/eurosat_rgb_5class",
    licence="MIT (EuroSAT); contains modified Copernicus Sentinel data",
    verdict="redistributable with attribution",
    redistributable=True,
    source="Helber et al., IEEE JSTARS 12(7) 2019, arXiv 1709.00029",
    attribution="EuroSAT (Helber et al. 2019); contains modified Copernicus Sentinel data",
    counts=(("train", 315), ("val", 45)),
)

SCENES = {name: name.lower() for name in ("Forest", "Industrial", "Pasture", "Residential", "River")}


def read(folder: Path) -> Iterator[Labelled]:
    """Give all images with their scene."""
    with Members(folder / "images.zip") as members:
        for row in rows(folder / "labels.jsonl"):
            yield labelled(row, "label", members)


def labelled(row: Row, key: str, members: Members) -> Labelled:
    """Give one EuroSAT picture. key: of its class."""
    name = row.text("image")
    return Labelled(
        id=name,
        split=row.text("split"),
        bands=("red", "green", "blue"),
        pixels=picture(members[name]),
        unit=Unit.DISPLAY,
        gsd_m=10.0,
        scene=row.one_of(key, SCENES),
    )
