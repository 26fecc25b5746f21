"""Tree crowns in aerial photographs of 0.1 m: four images of NEON sites, split by site."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from geoglot.data.readers.labelled import Card, Labelled
from geoglot.data.readers.packed import picture
from geoglot.errors import ReadError
from geoglot.regions import Box
from geoglot.scenes import gate
from geoglot.sensors import Unit

CARD = Card(
    name="neon_trees",
    title="Tree crowns of NEON sites (DeepForest samples)",
    folder="real/neon_trees_deepforest",
    licence="MIT (repository); NEON data",
    verdict="redistributable with attribution",
    redistributable=True,
    source="github.com/weecology/DeepForest; NEON Airborne Observation Platform",
    attribution="Tree crowns: Weecology group, DeepForest, MIT; imagery: NEON",
    counts=(("train", 1), ("val", 1)),
    labelled=frozenset({"tree"}),
)

SITES = {"YELL": "train", "SOAP": "train", "OSBS": "val", "SJER": "test"}


def read(folder: Path) -> Iterator[Labelled]:
    """Give the images that have a Pascal VOC file, by site."""
    for path in sorted(folder.glob("*.xml")):
        images = [path.with_suffix(suffix) for suffix in (".jpg", ".tif") if path.with_suffix(suffix).exists()]
        if not images:
            continue  # one image of the published selection is not part of the copy
        split = next((split for site, split in SITES.items() if site in path.name), None)
        if split is None:
            raise ReadError("a site without a split", value=path.name, expected=f"one of {', '.join(SITES)}")
        yield Labelled(
            id=images[0].name,
            split=split,
            bands=("red", "green", "blue"),
            pixels=_pixels(images[0]),
            unit=Unit.DISPLAY,
            gsd_m=0.1,
            objects=tuple(_boxes(path)),
        )


def _pixels(path: Path) -> NDArray[np.uint8]:
    """The three colours of a JPEG or GeoTIFF."""
    if path.suffix == ".jpg":
        return picture(path)
    counts: NDArray[np.uint8] = gate.raster(path).read((1, 2, 3))  # (3, H, W)
    return counts


def _boxes(path: Path) -> Iterator[Box]:
    for node in ElementTree.parse(path).iter("bndbox"):
        x0, y0, x1, y1 = (float(node.findtext(name) or "nan") for name in ("xmin", "ymin", "xmax", "ymax"))
        yield Box(x0, y0, x1, y1, label="tree")
