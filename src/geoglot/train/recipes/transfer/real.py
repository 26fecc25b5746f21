"""The real sets as the rows take them: packed once, cut to blocks where images are few, and parts of them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from geoglot.data.readers import Card, Labelled, hrsid_sar_ships, neon_trees
from geoglot.regions import Box
from geoglot.train import shard
from geoglot.train.batches import Part
from geoglot.train.pack import pack
from geoglot.train.recipes.transfer.plan import Row

TREES_PX = 320  # of a block of the training photograph
SHIPS_PX = 200  # of a block of a radar scene


def shards_of(row: Row, data: Path, folder: Path) -> list[shard.Shard]:
    """Open the row's sets, packing those that are not there. Raises ReadError for a set that differs from its card."""
    return [_opened(name, data, folder) for name in row.shards]


def part_of(one: shard.Shard, fraction: float, seed: int) -> tuple[int, ...]:
    """Give the places of a share of a shard's training images, at least one; larger shares hold the smaller ones."""
    ranked = sorted(one.of("train"), key=lambda place: _rank(one.truth[place].id, seed))
    return tuple(ranked[: max(1, round(fraction * len(ranked)))])


def mixture(row: Row, shards: Sequence[shard.Shard], fraction: float, seed: int) -> list[Part]:
    """Give the training parts of a row, each set weighed by its images."""
    chosen = [(one, part_of(one, fraction, seed)) for one in shards]
    return [Part(one, images, float(len(images)), row.scale, turn=not row.label) for one, images in chosen]


def blocks(image: Labelled, side_px: int) -> Iterator[Labelled]:
    """Cut an image to blocks; an object belongs to the block of its centre, in the others its place is not scored."""
    _, height, width = image.pixels.shape
    for top in range(0, height, side_px):
        for left in range(0, width, side_px):
            tile = Box(left, top, min(left + side_px, width), min(top + side_px, height))
            yield _cut(image, tile)


def _cut(image: Labelled, tile: Box) -> Labelled:
    x0, y0, x1, y1 = (int(number) for number in (tile.x0, tile.y0, tile.x1, tile.y1))
    inside, ignored = [], []
    for thing in image.objects or ():
        bounds = thing if isinstance(thing, Box) else thing.bounds
        x, y = (bounds.x0 + bounds.x1) / 2, (bounds.y0 + bounds.y1) / 2
        moved = Box(bounds.x0 - x0, bounds.y0 - y0, bounds.x1 - x0, bounds.y1 - y0, label=bounds.label)
        if x0 <= x < x1 and y0 <= y < y1:
            inside.append(moved)
        elif (kept := moved.clipped(x1 - x0, y1 - y0)) is not None:
            ignored.append(replace(kept, label=None))
    return replace(
        image,
        id=f"{image.id}#{x0},{y0}",
        pixels=image.pixels[:, y0:y1, x0:x1],
        objects=tuple(inside),
        ignore=tuple(ignored),
    )


def _trees(data: Path) -> tuple[Card, list[Labelled]]:
    """The training photograph in blocks, the others whole."""
    images = list(neon_trees.read(data / neon_trees.CARD.folder))
    cut = [block for image in images if image.split == "train" for block in blocks(image, TREES_PX)]
    return neon_trees.CARD, [*cut, *(image for image in images if image.split != "train")]


def _ships(data: Path) -> tuple[Card, list[Labelled]]:
    """Radar scenes in blocks: those with ships of the upper halves train, the lower halves test.

    Nothing that is shipped learns from them.
    """
    images = []
    for scene in hrsid_sar_ships.read(data / hrsid_sar_ships.CARD.folder):
        for block in blocks(replace(scene, bands=("vv",)), SHIPS_PX):
            top = int(block.id.rsplit(",", 1)[1])
            if top >= scene.pixels.shape[1] // 2:
                images.append(replace(block, split="val"))
            elif block.objects:
                images.append(replace(block, split="train"))
    return hrsid_sar_ships.CARD, images


_CUT = {"neon_trees-blocks": _trees, "hrsid-halves": _ships}


def _opened(name: str, data: Path, folder: Path) -> shard.Shard:
    if (folder / name / "truth.json").exists():
        return shard.read(folder / name)
    if name in _CUT:
        card, images = _CUT[name](data)
        return shard.write(folder / name, replace(card, name=name), images)
    return pack(name, data, folder)[0]


def _rank(id: str, seed: int) -> bytes:
    return hashlib.sha256(f"{seed}/{id}".encode()).digest()
