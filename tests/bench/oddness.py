"""`python -m tests.bench.oddness DATA`: what is told to be no image of the ground, of real images and of made ones.

False alarms: up to `MOST` images of every labelled set below DATA, and the files of the zoo. Found: pictures of
nothing, asked through the whole of nano, whose answer is unsure; each kind is made `MADE` times, from the same real
photographs where it is made from one.
"""

from __future__ import annotations

import itertools
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

import geoglot
from geoglot.data.readers import NAMES, Labelled, reader
from geoglot.errors import GeoglotError
from geoglot.models.nano import Nano
from geoglot.models.nano.oddness import ODD, oddness
from geoglot.models.nano.shown import searching_size, show
from geoglot.models.nano.slots import MODALITIES
from geoglot.regions import Box
from geoglot.scenes.arrays import scene_from_array
from geoglot.train.shard import SLOT_OF, packed
from tests.scenes.test_zoo_real import REAL

MOST, MADE, FRAMES = 30, 20, 2
SIZE_PX = 256
Bytes = NDArray[np.uint8]


def main() -> None:
    """Print both tables."""
    data = Path(sys.argv[1])
    print("| real images | odd | of | which |\n| --- | --- | --- | --- |")
    total = alarms = 0
    for name, told in itertools.chain(_sets(data), [("files of the zoo", dict(_zoo(data)))]):
        odd = {key: names for key, names in told.items() if names}
        total, alarms = total + len(told), alarms + len(odd)
        print(
            f"| {name} | {len(odd)} | {len(told)} | {'; '.join(f'{k}: {v[0]}' for k, v in odd.items())} |", flush=True
        )
    print(f"| all | {alarms} | {total} | {100 * alarms / max(1, total):.1f} % |\n")
    print("| made of nothing | unsure | flagged | of |\n| --- | --- | --- | --- |")
    nano = Nano()
    for kind, sensor, pictures in made(data):
        answers = [nano.ask(scene_from_array(one, sensor=sensor), "Are there cars?") for one in pictures]
        looks = [nano.look(scene_from_array(one, sensor=sensor)) for one in pictures]
        flagged = sum(any(flag.name in ODD for flag in look.quality) for look in looks)
        print(f"| {kind} | {sum(a.unsure for a in answers)} | {flagged} | {len(pictures)} |", flush=True)


def _sets(data: Path) -> Iterator[tuple[str, Mapping[str, tuple[str, ...]]]]:
    """What is odd about a draw of every labelled set."""
    for name in NAMES:
        source = reader(name)
        if (data / source.card.folder).is_dir():
            images = list(source.read(data / source.card.folder))
            drawn = np.random.default_rng(0).permutation(len(images))[:MOST]
            yield name, {images[index].id: _labelled(images[index]) for index in drawn.tolist()}


def _labelled(image: Labelled) -> tuple[str, ...]:
    """What is odd about a labelled image, as the eye would see it."""
    slots = {slot: modality for modality, held in MODALITIES.items() for slot in held}
    known = [place for place, band in enumerate(image.bands) if SLOT_OF.get(band, band) in slots]
    image = replace(image, bands=tuple(image.bands[place] for place in known), pixels=image.pixels[known])
    names = tuple(SLOT_OF.get(band, band) for band in image.bands)
    counts = dict(zip(names, packed(image, names), strict=True))
    _, height, width = image.pixels.shape
    size = searching_size(width, height, image.gsd_m)
    levels = {}
    for name, level in counts.items():
        seen = np.asarray(Image.fromarray(level).resize(size, Image.Resampling.BILINEAR)).astype(np.float32)
        levels[name] = np.where(seen > 0, (seen - 1) / 254, np.nan).astype(np.float32)
    kinds = {slots[name] for name in levels}
    modality = next((kind for kind in ("sar", "thermal", "multispectral") if kind in kinds), "rgb")
    return oddness(levels, modality, enlarged=size[0] / width)


def _zoo(data: Path) -> Iterator[tuple[str, tuple[str, ...]]]:
    """What is odd about the first frames of the first file of every pattern."""
    for real in REAL:
        for path in sorted((data / "real").glob(real.files))[:1]:
            try:
                for number, frame in enumerate(geoglot.read(path, sensor=real.sensor).frames[:FRAMES]):
                    width, height = frame.size
                    seen = show(frame, Box(0, 0, width, height), searching_size(width, height, frame.gsd_m))
                    if seen is not None and seen.known.any():
                        yield f"{path.name} {number}", oddness(seen.levels, seen.modality, enlarged=1 / min(seen.scale))
            except GeoglotError as error:
                print(f"{path.name}: {error.what}", file=sys.stderr)


def made(data: Path) -> Iterator[tuple[str, str, list[Bytes]]]:
    """Give pictures of nothing: kind, sensor, (C, H, W) each."""
    source = reader("ucm_landuse")
    photographs = [np.asarray(image.pixels) for image in source.read(data / source.card.folder) if image.split == "val"]
    chosen = photographs[:: len(photographs) // MADE][:MADE]
    shape = (3, SIZE_PX, SIZE_PX)
    free: dict[str, Callable[[np.random.Generator], Bytes]] = {
        "black": lambda rng: np.zeros(shape, np.uint8),
        "one colour": lambda rng: np.full(shape, rng.integers(256), np.uint8),
        "static, colour": lambda rng: rng.integers(0, 256, shape, np.uint8),
        "static, grey": lambda rng: rng.integers(0, 256, (1, *shape[1:]), np.uint8).repeat(3, axis=0),
        "static, normal and faint": lambda rng: (128 + 10 * rng.standard_normal(shape)).clip(0, 255).astype(np.uint8),
        "static, coarse": _coarse,
    }
    for seed, (kind, make) in enumerate(free.items()):
        yield kind, "aerial-rgb", [make(np.random.default_rng((seed, number))) for number in range(MADE)]
    spoilt: dict[str, Callable[[Bytes, np.random.Generator], Bytes]] = {
        "pixels shuffled": lambda one, rng: one.reshape(3, -1)[:, rng.permutation(one[0].size)].reshape(one.shape),
        "pixels of each band shuffled": lambda one, rng: np.stack([rng.permutation(b.ravel()) for b in one]).reshape(
            one.shape
        ),
        "bands of different places": lambda one, rng: np.stack([np.roll(b, 85 * i, (0, 1)) for i, b in enumerate(one)]),
        "bands in another order": lambda one, rng: one[list(ORDERS[rng.integers(len(ORDERS))])],
    }
    for seed, (kind, spoil) in enumerate(spoilt.items(), start=100):
        rng = np.random.default_rng(seed)
        yield kind, "aerial-rgb", [spoil(one, rng) for one in chosen]
    for sensor in ("thermal-display", "sar-amplitude"):
        rng = np.random.default_rng(7)
        yield f"static, {sensor}", sensor, [rng.integers(1, 256, (1, *shape[1:]), np.uint8) for _ in range(MADE)]
        yield f"one level, {sensor}", sensor, [np.full((1, *shape[1:]), 1 + 12 * n, np.uint8) for n in range(MADE)]


ORDERS = ((0, 2, 1), (1, 0, 2), (1, 2, 0), (2, 0, 1), (2, 1, 0))


def _coarse(rng: np.random.Generator) -> Bytes:
    grain = 2 ** int(rng.integers(1, 4))
    blocks = rng.integers(0, 256, (3, SIZE_PX // grain, SIZE_PX // grain), np.uint8)
    return blocks.repeat(grain, axis=1).repeat(grain, axis=2)


if __name__ == "__main__":
    main()
