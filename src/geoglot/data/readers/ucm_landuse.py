"""UC Merced Land Use: 21 scene classes and 17 multi-labels on aerial photographs of 0.3 m."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from geoglot.data.readers.labelled import Card, Labelled
from geoglot.data.readers.packed import archived, picture
from geoglot.data.readers.rows import rows
from geoglot.errors import ReadError
from geoglot.sensors import Unit

CARD = Card(
    name="ucm_landuse",
    title="UC Merced Land Use with multi-labels",
    folder="real/ucm_landuse",
    licence="images: US public domain (USGS); multi-labels: no licence published",
    verdict="images redistributable; labels used for training only, not passed on",
    redistributable=True,
    source="Yang & Newsam, ACM SIGSPATIAL GIS 2010; multi-labels: Chaudhuri et al., IEEE TGRS 56(2) 2018",
    attribution="UC Merced Land Use, USGS National Map Urban Area Imagery",
    counts=(("train", 1680), ("val", 210)),
)

SCENES = {
    "agricultural": "agricultural", "airplane": "airplane", "baseballdiamond": "baseball diamond", "beach": "beach",
    "buildings": "building", "chaparral": "chaparral", "denseresidential": "dense residential",
    "forest": "forest", "freeway": "freeway", "golfcourse": "golf course", "harbor": "harbor",
    "intersection": "intersection", "mediumresidential": "medium residential", "mobilehomepark": "mobile home park",
    "overpass": "overpass", "parkinglot": "parking lot", "river": "river", "runway": "runway",
    "sparseresidential": "sparse residential", "storagetanks": "storage tank", "tenniscourt": "tennis court",
}  # fmt: skip
"""The set's folder names, spelled as geoglot says them."""


def read(folder: Path) -> Iterator[Labelled]:
    """Give all images with scene and tags. A few are 247 to 256 pixels on one side, as published."""
    for row, members in archived(folder, rows(folder / "labels.jsonl"), "zip"):
        name = row.text("image")
        yield Labelled(
            id=name,
            split=row.text("split"),
            bands=("red", "green", "blue"),
            pixels=picture(members[name]),
            unit=Unit.DISPLAY,
            gsd_m=0.3,
            scene=row.one_of("scene", SCENES),
            tags=frozenset(row.texts("multilabel")),
        )


def captions(folder: Path) -> Callable[[str], tuple[str, ...]]:
    """Give what tells the sentences of an image as they were written; it raises ReadError for one without any."""
    written = {row.text("image"): row.texts("captions") for row in rows(folder / "captions.jsonl")}

    def of(image: str) -> tuple[str, ...]:
        if image not in written:
            raise ReadError("an image has no captions", value=image, expected="a row in captions.jsonl")
        return written[image]

    return of
