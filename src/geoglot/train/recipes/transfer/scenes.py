"""Simulated scenes that match a real set: pixel size, kinds of place, and what its labels tell apart."""

from __future__ import annotations

import logging
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from geoglot.data.readers import Labelled
from geoglot.nets import classes
from geoglot.sensors import Unit
from geoglot.simulate import Epoch, Frame, SimulatedScene, World, render, scene
from geoglot.simulate.draws import draw_view
from geoglot.simulate.epoch import NOW
from geoglot.simulate.render import View
from geoglot.simulate.scene import choose_frame, choose_theme, world_of
from geoglot.train import shard
from geoglot.train.shard import Shard, Truth
from geoglot.train.simulated import card, labelled

LOG = logging.getLogger(__name__)

SEED = 7000
PLACES_A_WORLD = 50


@dataclass(frozen=True, slots=True)
class Look:
    """Simulated scenes of one kind.

    gsd_m: least and largest pixel size. merged: classes that the real sets do not tell apart. places: scene labels to
    choose from. count: scenes to render; 0 takes those of `train simulate` whose pixel size fits, all sorts of them or
    those of one focus. scale: least and largest magnification of their views. steps: of the training on them, before
    any real image.
    """

    name: str
    sensor: str
    gsd_m: tuple[float, float]
    merged: tuple[tuple[str, str], ...] = ()
    places: tuple[str, ...] = ()
    count: int = 0
    size_px: int = 256
    scale: tuple[float, float] = (0.5, 1.2)
    steps: int = 1200
    focus: str = ""


HOMES = ("sparse residential", "medium residential", "dense residential", "apartment blocks", "city centre")
CARS = ("parking lot", "parking lot", "parking lot", "intersection", "industrial area", *HOMES)
GROUND = (
    "forest", "industrial area", "pasture", "medium residential", "dense residential", "river", "agricultural", "lake"
)  # fmt: skip

LOOKS = {
    look.name: look
    for look in (
        Look("aerial", "optical", (0.12, 0.6), (("house", "building"),)),
        Look("near", "optical", (0.12, 0.3), (("house", "building"),), scale=(0.7, 1.15)),
        Look("thermal", "thermal", (0.10, 0.26), (), (*CARS, "apartment blocks", "sports ground", "park"), 400),
        Look("radar", "sar", (0.8, 6.0), focus="ships-radar"),
        Look("satellite", "multispectral", (10.0, 10.0), (), GROUND, 500, 64, (1.0, 1.25), 800),
    )
}


def opened(look: Look, *, shards: Path, out: Path) -> Shard:
    """Give a look's scenes: from the shards of `train simulate` in `shards`, or rendered once to `out`."""
    if not look.count:
        return _borrowed(look, shard.read(shards / f"simulated-{look.focus or look.sensor}"))
    folder = out / look.name
    if not (folder / "truth.json").exists():
        LOG.info("rendering %d scenes: %s", look.count, look.name)
        write(look, folder, [matched(look, rendered(look, index), index) for index in range(look.count)])
    return shard.read(folder)


def write(look: Look, folder: Path, images: Sequence[Labelled]) -> None:
    """Pack scenes of a look."""
    told = card(look.name, len(images), look.sensor)
    gone = {one for one, _ in look.merged}
    shard.write(folder, replace(told, labelled=told.labelled - gone), images)


def _borrowed(look: Look, whole: Shard) -> Shard:
    """The shard with merged classes, without infrared and cross-polarised bands; other pixel sizes are no training."""
    names = {classes.OBJECTS.index(one): classes.OBJECTS.index(other) for one, other in look.merged}
    labelled_ = whole.labelled.copy()
    labelled_[list(names)] = 0.0
    kept = [place for place, slot in enumerate(whole.slots) if slot in ("red", "green", "blue", "co", "thermal")]
    truth = tuple(_renamed(one, names, look.gsd_m) for one in whole.truth)
    levels = whole.levels[:, kept[0] : kept[-1] + 1]
    return replace(
        whole,
        slots=tuple(whole.slots[place] for place in kept),
        levels=_uncalibrated(levels) if look.sensor == "sar" else levels,
        truth=truth,
        labelled=labelled_,
    )


def _uncalibrated(levels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Radar levels as those of pictures whose backscatter nobody knows: the median of every scene in the middle."""
    shifts = 128 - np.median(levels, axis=(1, 2, 3)).astype(np.int16)
    return np.stack([np.clip(one.astype(np.int16) + shift, 1, 255).astype(np.uint8)
                     for one, shift in zip(levels, shifts, strict=True)])  # fmt: skip


def _renamed(one: Truth, names: Mapping[int, int], gsd_m: tuple[float, float]) -> Truth:
    assert one.gsd_m is not None
    objects = tuple((names.get(cls, cls), corners, turned) for cls, corners, turned in one.objects or ())
    return replace(one, objects=objects, split="train" if gsd_m[0] <= one.gsd_m <= gsd_m[1] else "other")


@dataclass(frozen=True, slots=True)
class Shot:
    """What is to be rendered: where, when, and how it is looked at."""

    world: World
    frame: Frame
    view: View
    epoch: Epoch
    label: str

    def taken(self, *views: View) -> tuple[SimulatedScene, ...]:
        """Give the scene in each of some views of the same ground."""
        return render(self.world, self.frame, *views, epoch=self.epoch, label=self.label)


def drawn(look: Look, index: int, places: Sequence[str] = ()) -> Shot:
    """Draw the index-th shot of a look, somewhere else than usual if places are told."""
    rng = np.random.default_rng((SEED, index))
    choice = places or look.places
    theme = choose_theme(choice[int(rng.integers(len(choice)))] if choice else None, rng)
    world = world_of(SEED + index // PLACES_A_WORLD)
    gsd_m = round(float(math.exp(rng.uniform(*np.log(look.gsd_m)))), 3)
    frame = choose_frame(world, theme, index, look.size_px, gsd_m, rng)
    epoch = NOW if rng.random() < 0.5 else Epoch(season=float(rng.random()))
    return Shot(world, frame, draw_view(look.sensor, gsd_m, rng), epoch, theme.label)


def rendered(look: Look, index: int) -> SimulatedScene:
    """Give the index-th scene of a look. Equal arguments give equal bytes."""
    if look.sensor == "multispectral":  # its pixels are drawn by `scene` alone
        label = look.places[index % len(look.places)]
        return scene(SEED + index // PLACES_A_WORLD, index, sensor=look.sensor, size_px=look.size_px, label=label)
    shot = drawn(look, index)
    return shot.taken(shot.view)[0]


def matched(look: Look, seen: SimulatedScene, index: int) -> Labelled:
    """Give the scene as the real set would: its classes, its bands, its kind of file."""
    names = dict(look.merged)
    image = labelled(seen, f"{look.name}-{index}", "train")
    objects = tuple(replace(thing, label=names.get(str(thing.label), thing.label)) for thing in image.objects or ())
    image = replace(image, objects=objects)
    if look.sensor == "sar":
        return _as_picture(image)
    if look.sensor in ("optical", "multispectral"):
        return _in_colour(image)
    return image


def _in_colour(image: Labelled) -> Labelled:
    """Red, green and blue alone."""
    kept = [image.bands.index(band) for band in ("red", "green", "blue")]
    return replace(image, bands=("red", "green", "blue"), pixels=image.pixels[kept])


def _as_picture(image: Labelled) -> Labelled:
    """Backscatter as published chips have it: eight bits of amplitude, the brightest pixels cut off."""
    amplitude = np.sqrt(np.maximum(image.pixels[:1], 0.0))
    white = np.percentile(amplitude, 99.0)
    counts = np.clip(np.round(amplitude / max(float(white), 1e-6) * 255.0), 0, 255).astype(np.uint8)
    return replace(image, bands=("vv",), pixels=counts, unit=Unit.AMPLITUDE)
