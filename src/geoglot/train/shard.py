"""`Shard`: a data set as the eye takes it, in memory-mapped files that training draws views from.

A shard is a folder: `levels.npy` (N, C, H, W) uint8, 0 without data, else 1 + 254 * level; `cover.npy` (N, H, W)
uint8 or nothing; `truth.json`, everything else. Images smaller than the largest are padded with 0.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from numpy.lib.format import open_memmap
from numpy.typing import NDArray

from geoglot.data.readers import Card, Labelled
from geoglot.models.nano import slots
from geoglot.nets import classes
from geoglot.nets.targets import LEAST_LONG
from geoglot.regions import Box, OrientedBox
from geoglot.sensors import Unit

SLOT_OF = {"vv": "co", "hh": "co", "vh": "cross", "hv": "cross", "amplitude": "co"}


@dataclass(frozen=True, slots=True)
class Truth:
    """What is known about one image; None is unknown.

    size: (width, height). objects: (class index, 8 corner numbers x, y …, oriented). ignore: boxes. scene: index.
    tags: 0 or 1 for each of TAGS.
    """

    id: str
    split: str
    size: tuple[int, int]
    gsd_m: float | None
    objects: tuple[tuple[int, tuple[float, ...], bool], ...] | None
    ignore: tuple[tuple[float, float, float, float], ...]
    scene: int | None
    tags: tuple[int, ...] | None


@dataclass(frozen=True, slots=True, eq=False)
class Shard:
    """Images of one data set with the same bands. labelled: (K,) 1 for classes whose every instance is marked."""

    name: str
    slots: tuple[str, ...]
    levels: NDArray[np.uint8]
    cover: NDArray[np.uint8] | None
    cover_sets: tuple[tuple[int, ...], ...]
    truth: tuple[Truth, ...]
    labelled: NDArray[np.float32]

    def of(self, split: str) -> tuple[int, ...]:
        """Give the places of the images of one split."""
        return tuple(index for index, truth in enumerate(self.truth) if truth.split == split)


def write(folder: Path, card: Card, images: Sequence[Labelled]) -> Shard:
    """Pack images that share their bands. Overwrites. The folder's last file is truth.json: no file, no shard."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "truth.json").unlink(missing_ok=True)
    height, width = (max(image.pixels.shape[axis] for image in images) for axis in (1, 2))
    names = tuple(SLOT_OF.get(band, band) for band in images[0].bands)
    shape = (len(images), len(names), height, width)
    levels = open_memmap(folder / "levels.npy", "w+", np.uint8, shape)
    covered = any(image.cover is not None for image in images)
    cover = open_memmap(folder / "cover.npy", "w+", np.uint8, (len(images), height, width)) if covered else None
    for index, image in enumerate(images):
        _, h, w = image.pixels.shape
        levels[index, :, :h, :w] = packed(image, names)
        if cover is not None:
            cover[index] = 255
            if image.cover is not None:
                cover[index, :h, :w] = image.cover
    meta = {
        "name": card.name,
        "slots": names,
        "labelled": sorted(card.labelled),
        "cover": next((image.cover_classes for image in images if image.cover is not None), ()),
        "truth": [asdict(_truth(image)) for image in images],
    }
    (folder / "truth.json").write_text(json.dumps(meta), encoding="utf-8")
    return read(folder)


def read(folder: Path) -> Shard:
    """Open a shard without reading its pixels."""
    meta = json.loads((folder / "truth.json").read_text(encoding="utf-8"))
    cover = folder / "cover.npy"
    marked = [float(name in meta["labelled"]) for name in classes.OBJECTS]
    return Shard(
        name=meta["name"],
        slots=tuple(meta["slots"]),
        levels=np.load(folder / "levels.npy", mmap_mode="r"),
        cover=np.load(cover, mmap_mode="r") if cover.exists() else None,
        cover_sets=classes.cover_sets(tuple(meta["cover"])),
        truth=tuple(_restored(row) for row in meta["truth"]),
        labelled=np.array(marked, np.float32),
    )


def packed(image: Labelled, names: Iterable[str]) -> NDArray[np.uint8]:
    """Give (C, H, W) uint8 levels, as the runtime would scale the same bands."""
    values = image.pixels.astype(np.float32)
    limits = (0.0, 255.0)
    if image.unit is Unit.DN or image.bands == ("thermal",):
        levels = slots.stretch(values)
    else:
        levels = np.stack([slots.level(v, n, image.unit, limits) for v, n in zip(values, names, strict=True)])
    known = np.isfinite(levels)
    return np.where(known, 1 + np.round(254 * np.clip(np.nan_to_num(levels), 0, 1)), 0).astype(np.uint8)


def _truth(image: Labelled) -> Truth:
    tags = None if image.tags is None else tuple(int(tag in image.tags) for tag in classes.TAGS)
    return Truth(
        id=image.id,
        split=image.split,
        size=(image.pixels.shape[2], image.pixels.shape[1]),
        gsd_m=image.gsd_m,
        objects=None if image.objects is None else tuple(_object(region) for region in image.objects),
        ignore=tuple((box.x0, box.y0, box.x1, box.y1) for box in image.ignore),
        scene=None if image.scene is None else classes.SCENES.index(image.scene),
        tags=tags,
    )


def _object(region: Box | OrientedBox) -> tuple[int, tuple[float, ...], bool]:
    sides = (region.w, region.h) if isinstance(region, OrientedBox) else (1.0, 1.0)
    oriented = max(sides) > LEAST_LONG * min(sides)
    corners = tuple(float(number) for number in region.outline.ravel())
    return classes.OBJECTS.index(str(region.label)), corners, oriented


def _restored(row: dict[str, object]) -> Truth:
    objects, ignore, tags = row["objects"], row["ignore"], row["tags"]
    assert isinstance(ignore, list)
    return Truth(
        id=str(row["id"]),
        split=str(row["split"]),
        size=tuple(row["size"]),  # type: ignore[arg-type]
        gsd_m=row["gsd_m"],  # type: ignore[arg-type]
        objects=None if objects is None else tuple((cls, tuple(xy), turned) for cls, xy, turned in objects),  # type: ignore[attr-defined]
        ignore=tuple(tuple(box) for box in ignore),
        scene=row["scene"],  # type: ignore[arg-type]
        tags=None if tags is None else tuple(tags),  # type: ignore[arg-type]
    )
