"""Shards of simulated scenes: the same world as every sensor sees it, with exact truth."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from geoglot.data.readers import Card, Labelled
from geoglot.models.nano import slots
from geoglot.nets import classes
from geoglot.regions import Box, OrientedBox
from geoglot.sensors import Unit
from geoglot.simulate import COVER_CLASSES, SENSORS, SimulatedScene, object_classes, scene
from geoglot.simulate.conversations.facts import HIDDEN
from geoglot.train import shard

LOG = logging.getLogger(__name__)

UNITS = {"optical": Unit.REFLECTANCE, "multispectral": Unit.REFLECTANCE, "sar": Unit.SIGMA0, "thermal": Unit.KELVIN}
SCENES = {
    "industrial area": "industrial", "storage tanks": "storage tank", "tennis courts": "tennis court",
    "harbour": "harbor", "airport": "airplane", "motorway": "freeway", "city centre": "building",
}  # fmt: skip
"""The simulator's names of places where nano's list has another; places that are in neither teach no scene."""

BANDS = {
    "B02": "blue", "B03": "green", "B04": "red", "B08": "nir", "B11": "swir16", "B12": "swir22", "lwir": "thermal",
}  # fmt: skip
"""Common names of the simulator's bands that say only their number; bands that fill no slot are left out."""

UNSEEN = {"sar": tuple(name for name in HIDDEN["sar"] if name != "tree")}
"""What radar does not show: flat paint and open basins. Not taught there; trees show, if not one by one."""

LEAST_VISIBLE = 0.35  # of an object's area; one that is hidden further is neither taught nor punished


def pack_simulated(
    shards: Path, *, count: int, seed: int, sensors: Sequence[str] = SENSORS, size_px: int = 256
) -> list[shard.Shard]:
    """Write `simulated-<sensor>` for each sensor of the simulator. The same arguments give the same bytes."""
    packed = []
    for sensor in sensors:
        title = f"simulated-{sensor}"
        images = list(labelled_scenes(sensor, count=count, seed=seed, size_px=size_px))
        packed.append(shard.write(shards / title, card(title, count, sensor), images))
        LOG.info("packed %s: %d scenes", title, count)
    return packed


@dataclass(frozen=True, slots=True)
class Focus:
    """Scenes of what a random place seldom shows. gsd_m: least and largest pixel size, drawn log-uniformly."""

    sensor: str
    places: tuple[str, ...]
    gsd_m: tuple[float, float]
    flooded: bool = False


FIELDS = ("agricultural", "agricultural", "farm", "river", "sparse residential")
HOMES = ("parking lot", "parking lot", "medium residential", "intersection", "apartment blocks")
FOCUS = {
    "ships-radar": Focus("sar", ("sea", "harbour", "harbour"), (0.8, 12.0)),
    "ships-airplanes": Focus("optical", ("airport", "airport", "harbour", "sea"), (0.2, 1.0)),
    "cars-thermal": Focus("thermal", HOMES, (0.1, 0.25)),
    "homes": Focus("optical", ("medium residential", "dense residential", "sparse residential"), (0.1, 0.3)),
    "floods-radar": Focus("sar", FIELDS, (6.0, 14.0), flooded=True),
    "floods": Focus("multispectral", FIELDS, (10.0, 10.0), flooded=True),
}


def pack_focus(shards: Path, name: str, *, count: int, seed: int, size_px: int = 256) -> shard.Shard:
    """Write `simulated-<name>`, one of FOCUS. The same arguments give the same bytes."""
    focus, title = FOCUS[name], f"simulated-{name}"
    images = []
    for index in range(count):
        rng = np.random.default_rng((seed, index))
        gsd_m = round(float(np.exp(rng.uniform(*np.log(focus.gsd_m)))), 3)
        place = focus.places[index % len(focus.places)]
        seen = scene(
            seed + index // 50,
            index,
            sensor=focus.sensor,
            size_px=size_px,
            gsd_m=gsd_m,
            label=place,
            flooded=focus.flooded,
        )
        images.append(labelled(seen, f"{name}-{index}", "val" if index >= 0.9 * count else "train"))
    LOG.info("packed %s: %d scenes", title, count)
    return shard.write(shards / title, card(title, count, focus.sensor), images)


def card(title: str, count: int, sensor: str) -> Card:
    """Give the card of a simulated shard."""
    return Card(
        name=title,
        title="Simulated scenes",
        folder="",
        licence="Apache-2.0",
        verdict="geoglot's own",
        redistributable=True,
        source="geoglot.simulate",
        attribution="",
        counts=(("train", count),),
        labelled=frozenset(object_classes()) - set(UNSEEN.get(sensor, ())),
    )


def labelled_scenes(sensor: str, *, count: int, seed: int, size_px: int) -> Iterator[Labelled]:
    """Give scenes 0 to count - 1 of one sensor; worlds change every 50 scenes; the last tenth is for validation."""
    for index in range(count):
        split = "val" if index >= 0.9 * count else "train"
        yield labelled(scene(seed + index // 50, index, sensor=sensor, size_px=size_px), f"{sensor}-{index}", split)


def labelled(view: SimulatedScene, name: str, split: str) -> Labelled:
    """Give a simulated view as any reader gives an image. Of the hidden and tiny nothing is learned."""
    told = SCENES.get(view.scene_label, view.scene_label)
    told_apart = [thing for thing in view.objects if thing.label not in UNSEEN.get(view.sensor, ())]
    clear = [thing for thing in told_apart if thing.visible >= LEAST_VISIBLE]
    hidden = [thing.box for thing in told_apart if thing.visible < LEAST_VISIBLE]
    names = [BANDS.get(band, band.lower()) for band in view.bands]
    kept = [place for place, band in enumerate(names) if shard.SLOT_OF.get(band, band) in slots.SLOTS]
    return Labelled(
        id=name,
        split=split,
        bands=tuple(names[place] for place in kept),
        pixels=view.image[kept],
        unit=UNITS[view.sensor],
        gsd_m=view.gsd_m,
        objects=tuple(OrientedBox(*thing.oriented, label=thing.label) for thing in clear),
        ignore=tuple(Box(*box) for box in (*hidden, *view.faint.tolist()) if box[0] < box[2] and box[1] < box[3]),
        cover=view.cover,
        cover_classes=tuple(COVER_CLASSES),
        scene=told if told in classes.SCENES else None,
    )
