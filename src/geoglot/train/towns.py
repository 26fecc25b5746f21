"""Pairs of towns that grew on open ground, photographed or simulated, and of places where nothing was built.

In `simulate.pair` a building comes upon a bare lot of its own shape, and all around it stays. Real towns grow on
meadows, fields and woods. Here a simulated town is laid over a part of a photograph; the rest of it is the same
photograph at both dates, in another season, and every third pair shows the same ground twice.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from geoglot.models.nano.events import KINDS
from geoglot.nets.classes import SCENES
from geoglot.simulate import COVER_CLASSES, pair, scene
from geoglot.simulate.noise import generator
from geoglot.train import augment
from geoglot.train.pairs import A_WORLD, OTHER, QUIET, SIZE_PX, Pairs, built, kinds_of, write
from geoglot.train.shard import Shard, packed
from geoglot.train.simulated import labelled

LOG = logging.getLogger(__name__)
PHOTOS = "ucm_landuse"
BANDS = augment.VISIBLE
TOWNS = (
    "medium residential", "medium residential", "dense residential", "sparse residential", "industrial area",
    "apartment blocks", "city centre", "storage tanks",
)  # fmt: skip
OPEN = frozenset({"agricultural", "chaparral", "forest", "golf course", "river", "beach"})
"""Kinds of photographed place that towns are laid over; nothing happens on photographs of every kind."""
FOREST = "forest"
GSD_M = (0.3, 1.0)
PHOTO_M = 0.3
ZOOM = (1.0, 1.9)  # of photographs of 256 pixels, shown with 128
SIMULATED = 3  # every third pair is of simulated ground
UNCHANGED = 3  # in every third pair nothing happens
OF_PARTS = 5  # photographs are dealt to the worlds, so that none of those kept aside was taught
CONSTRUCTION, CLEARING = KINDS.index("construction"), KINDS.index("clearing")
FEATHER_PX = 1.0
BRIGHTER = (0.7, 1.5)  # how bright a town is for once the ground that it is laid over
PALE, DRY = 0.2, 0.3  # how far brightness varies over the ground, and plants turn, from date to date
_DRAWN = 95  # of the random draws of a pair

Planes = NDArray[np.float32]  # (3, H, W) levels of BANDS, 0..1
Marks = NDArray[np.uint8]  # (H, W) index into KINDS or UNKNOWN


@dataclass(frozen=True, slots=True, eq=False)
class Ground:
    """The same ground twice: dates, what happened to it, where it is wooded, and the pixel size."""

    dates: tuple[Planes, Planes]
    marks: Marks
    wooded: NDArray[np.bool_]
    gsd_m: float


def pack_towns(folder: Path, photos: Shard, *, count: int, seed: int) -> Pairs:
    """Make pairs 0 to count - 1 with the training photographs of UC Merced. The same arguments give the same bytes."""
    made = [town_pair(photos, seed, index) for index in range(count)]
    levels = np.stack([np.stack([_packed(date) for date in one.dates]) for one in made])
    kinds = ["construction" if (one.marks == CONSTRUCTION).any() else "season" for one in made]
    LOG.info("packed %s: %d", folder.name, count)
    marks, gsd_m = np.stack([one.marks for one in made]), tuple(one.gsd_m for one in made)
    return write(folder, Pairs(folder.name, BANDS, levels, marks, tuple(kinds), gsd_m))


def town_pair(photos: Shard, seed: int, index: int) -> Ground:
    """Make the index-th pair."""
    rng = generator(seed, _DRAWN, index)
    grows = index % UNCHANGED > 0
    ground = (
        _simulated(seed, index, rng)
        if index // UNCHANGED % SIMULATED == 0
        else _photographed(photos, index, rng, built_up=not grows)
    )
    if not grows and rng.random() < 0.5:
        return ground
    view = scene(
        seed + index // A_WORLD, index, size_px=SIZE_PX, gsd_m=ground.gsd_m, label=TOWNS[rng.integers(len(TOWNS))]
    )
    image = labelled(view, "", "")
    town = _levels(packed(image, image.bands)[[image.bands.index(name) for name in BANDS]])
    where = grown(rng)
    if not grows:  # a town that is there at both dates
        dates = [laid(date, _at_another_date(town, rng), where, rng) for date in ground.dates]
        return replace(ground, dates=(dates[0], dates[1]))
    around = np.where(ground.wooded, CLEARING, OTHER)
    came = np.where(built(view, view.objects), CONSTRUCTION, around).astype(np.uint8)
    later = laid(ground.dates[1], town, where, rng)
    return replace(ground, dates=(ground.dates[0], later), marks=np.where(where > 0.5, came, ground.marks))


def grown(rng: np.random.Generator) -> Planes:
    """(H, W) how far a town covers the ground: all of it, one side of a line, or patches."""
    kind = rng.random()
    if kind < 0.25:
        return np.ones((SIZE_PX, SIZE_PX), np.float32)
    if kind < 0.6:
        turn, off = rng.uniform(0, 2 * np.pi), rng.uniform(-0.2, 0.3) * SIZE_PX
        rows, columns = np.indices((SIZE_PX, SIZE_PX)) - SIZE_PX / 2
        inside = rows * np.sin(turn) + columns * np.cos(turn) < off
    else:
        field = augment.fractal(SIZE_PX, rng, octaves=2)
        inside = field > np.quantile(field, rng.uniform(0.35, 0.85))
    return augment.blur(inside.astype(np.float32), FEATHER_PX)


def laid(ground: Planes, town: Planes, where: Planes, rng: np.random.Generator) -> Planes:
    """Give the ground with a town over it, under the ground's light and a little brighter or darker."""
    light = ground.mean() / max(float(town.mean()), 1e-3) * rng.uniform(*BRIGHTER)
    return np.asarray(ground * (1 - where) + town * np.float32(light) * where, np.float32)


def _photographed(photos: Shard, index: int, rng: np.random.Generator, *, built_up: bool) -> Ground:
    """A part of a photograph in two seasons; of one without a town, unless `built_up`."""
    suited = suiting(photos, index, built_up=built_up)
    place = suited[int(rng.integers(len(suited)))]
    width, height = photos.truth[place].size
    side = int(min(SIZE_PX * rng.uniform(*ZOOM), width, height))
    top, left = int(rng.integers(height - side + 1)), int(rng.integers(width - side + 1))
    window = _levels(photos.levels[place][:, top : top + side, left : left + side])
    planes = np.stack(
        [np.asarray(Image.fromarray(plane).resize((SIZE_PX,) * 2, Image.Resampling.BOX)) for plane in window]
    )
    dates = (_at_another_date(planes, rng), _at_another_date(planes, rng))
    shape = (SIZE_PX, SIZE_PX)
    wooded = np.full(shape, SCENES[photos.truth[place].scene or 0] == FOREST)
    return Ground(dates, np.zeros(shape, np.uint8), wooded, PHOTO_M * side / SIZE_PX)


def suiting(photos: Shard, index: int, *, built_up: bool) -> list[int]:
    """Give the places of the photographs that the index-th pair may show: each is shown by one world in five."""
    part = index // A_WORLD % OF_PARTS
    ours = [place for place in photos.of("train") if place % OF_PARTS == part]
    return [place for place in ours if built_up or SCENES[photos.truth[place].scene or 0] in OPEN]


def _simulated(seed: int, index: int, rng: np.random.Generator) -> Ground:
    gsd_m = round(float(np.exp(rng.uniform(*np.log(GSD_M)))), 3)
    kind = QUIET[int(rng.integers(len(QUIET)))]
    one = pair(seed + index // A_WORLD, index, size_px=SIZE_PX, gsd_m=gsd_m, kind=kind, any_seasons=True)
    dates = []
    for view in (one.before, one.after):
        image = labelled(view, "", "")
        dates.append(_levels(packed(image, image.bands)[[image.bands.index(name) for name in BANDS]]))
    wooded = one.before.cover == COVER_CLASSES.index(FOREST)
    return Ground((dates[0], dates[1]), kinds_of(one), wooded, gsd_m)


def _at_another_date(planes: Planes, rng: np.random.Generator) -> Planes:
    """Give the same ground in another season: greener or drier where green, paler or darker in places, less sharp."""
    red, green, blue = planes
    leaf = np.clip(4 * (2 * green - red - blue) / (red + green + blue + 0.1), 0, 1)
    turned = rng.uniform(-DRY, DRY)
    dry = np.stack([1 + turned * leaf, 1 - 0.3 * turned * leaf, 1 + 0.2 * turned * leaf])
    pale = 1 + PALE * rng.uniform(0, 1) * (2 * augment.fractal(SIZE_PX, rng, octaves=3) - 1)
    found = np.clip(planes * dry * pale, 0, 1).astype(np.float32)
    sharp = rng.uniform(0.0, 0.9)
    return np.stack([augment.blur(plane, sharp) for plane in found]) if sharp > 0.3 else found


def _levels(stored: NDArray[np.uint8]) -> Planes:
    """Levels as stored in shards; no data, which photographs have only beyond their edge, counts as black."""
    return np.asarray((np.maximum(stored, 1).astype(np.float32) - 1) / 254, np.float32)


def _packed(levels: Planes) -> NDArray[np.uint8]:
    return (1 + np.round(254 * np.clip(levels, 0, 1))).astype(np.uint8)
