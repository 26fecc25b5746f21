"""EuroSAT RGB, five classes: Sentinel-2 pictures of 64 x 64 pixels at 10 m.

Tested on the val parts of both samples; place-disjointness cannot be shown, for the pictures have no coordinates.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from pathlib import Path

from geoglot.conversation import Sample
from geoglot.data.readers import eurosat_rgb5, eurosat_rgb_5class
from geoglot.evaluate.benchmarks.benchmark import Benchmark
from geoglot.evaluate.benchmarks.samples import ask_scene, askers

SETS = (eurosat_rgb_5class, eurosat_rgb5)
CLASSES = tuple(sorted(eurosat_rgb_5class.SCENES.values()))


def _scenes(data: Path) -> Iterator[Sample]:
    each = (askers(one.CARD, one.read(data / one.CARD.folder), "rgb") for one in SETS)
    return (ask_scene(asker, CLASSES) for asker in chain.from_iterable(each))


BENCHMARKS = (
    Benchmark(
        name="eurosat-classify",
        title="EuroSAT RGB: which of 5 classes",
        protocol="classification/equal@1",
        headline="accuracy",
        cards=tuple(one.CARD for one in SETS),
        size=(295, 295),
        read=_scenes,
        note="the pictures have no coordinates: that no place is in both splits cannot be shown",
    ),
)
