"""The simulated Earth as four sensors see it: worlds with fixed seeds that no training uses, and exact truth.

The pixels are made when they are asked for. A change of the simulator changes them: the data hash of a result tells,
and `VERSION` is raised with it. Needs the extra `simulate`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from geoglot.conversation import Sample
from geoglot.data.readers import Card, Labelled
from geoglot.evaluate.benchmarks.benchmark import TEST, TRAIN, Benchmark
from geoglot.evaluate.benchmarks.objects import ASKED, ASKING, HEADLINES, PROTOCOLS
from geoglot.evaluate.benchmarks.samples import Thing, ask_segment, ask_share, askers, thing
from geoglot.regions import Box, OrientedBox
from geoglot.sensors import Unit

if TYPE_CHECKING:
    from geoglot.simulate import SimulatedScene

VERSION = 2
SEED = {TEST: 880_000, TRAIN: 890_000}
"""Of the first world of each part; training of models begins at 1000."""

SCENES = 60
A_WORLD = 10  # scenes of one world
SIZE_PX = 256
LEAST_VISIBLE = 0.35  # of an object's area; less is neither asked for nor punished

CARD = Card(
    name="simulated",
    title="Simulated scenes",
    folder="",
    licence="Apache-2.0",
    verdict="geoglot's own",
    redistributable=True,
    source="geoglot.simulate",
    attribution="",
    counts=((TRAIN, SCENES), (TEST, SCENES)),
)

WATER = Thing("water", "water", frozenset({"water"}))
BUILDING = thing("building", "", "building", "house")
THINGS = {
    "optical": (thing("car"), BUILDING, thing("tree"), thing("ship", "", "ship", "boat")),
    "sar": (thing("ship", "", "ship", "boat"), BUILDING),
    "thermal": (thing("car"), BUILDING),
}
SENSORS = {
    "optical": ("multispectral-reflectance", Unit.REFLECTANCE),
    "sar": ("sar-db", Unit.SIGMA0_DB),
    "thermal": ("thermal-kelvin", Unit.KELVIN),
    "multispectral": ("sentinel-2-l1c", Unit.REFLECTANCE),
}


@dataclass(frozen=True, slots=True)
class _Scenes:
    """Scenes of one sensor, asked one kind of question; a value, so that worker processes can be sent it."""

    sensor: str
    kind: str

    def __call__(self, data: Path) -> Iterator[Sample]:
        sensor, _ = SENSORS[self.sensor]
        for asker in askers(CARD, self._images(), sensor):
            if self.kind == "segment":
                yield ask_segment(asker, WATER, "water")
            elif self.kind == "share":
                yield ask_share(asker, WATER, "water")
            else:
                yield from ASKING[self.kind](asker, THINGS[self.sensor])

    def _images(self) -> Iterator[Labelled]:
        from geoglot.simulate import scene

        for split, seed in SEED.items():
            for index in range(SCENES):
                view = scene(seed + index // A_WORLD, index, sensor=self.sensor, size_px=SIZE_PX)
                yield _labelled(view, f"{self.sensor}-{split}-{index}", split, ignore=self.kind == "detect")


def _labelled(view: SimulatedScene, name: str, split: str, *, ignore: bool) -> Labelled:
    """Give a view as any reader gives an image. ignore: name the places of objects that are mostly hidden."""
    from geoglot.simulate import COVER_CLASSES

    pixels, bands = view.image, view.bands
    if view.sensor == "sar":
        pixels = (10 * np.log10(np.maximum(pixels, 1e-5))).astype(np.float32)
    if view.sensor == "thermal":
        bands = ("thermal",)
    clear = [one for one in view.objects if one.visible >= LEAST_VISIBLE]
    hidden = [one.box for one in view.objects if one.visible < LEAST_VISIBLE] if ignore else []
    return Labelled(
        id=name,
        split=split,
        bands=bands,
        pixels=pixels,
        unit=SENSORS[view.sensor][1],
        gsd_m=view.gsd_m,
        objects=tuple(OrientedBox(*one.oriented, label=one.label) for one in clear),
        ignore=tuple(Box(*box) for box in hidden if box[0] < box[2] and box[1] < box[3]),
        cover=view.cover,
        cover_classes=tuple(COVER_CLASSES),
    )


def _benchmark(sensor: str, kind: str, protocol: str, headline: str) -> Benchmark:
    asked = {**ASKED, "segment": "the pixels of water", "share": "the share of water"}[kind]
    return Benchmark(
        name=f"sim-{sensor}-{kind}",
        title=f"Simulated {sensor}: {asked}",
        protocol=protocol,
        headline=headline,
        cards=(CARD,),
        size=(SCENES * len(THINGS.get(sensor, (WATER,))), SCENES),
        read=_Scenes(sensor, kind),
        version=VERSION,
        note="simulated: how a model does on the real Earth is another question",
    )


BENCHMARKS = (
    *(
        _benchmark(sensor, kind, PROTOCOLS[kind], HEADLINES[kind])
        for sensor in THINGS
        for kind in ("detect", "count", "presence")
    ),
    _benchmark("multispectral", "segment", "segmentation/iou@1", "iou"),
    _benchmark("multispectral", "share", "vqa/share@1", "within_5"),
)
