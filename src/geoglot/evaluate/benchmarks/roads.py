"""Roads of a suburb in aerial pictures; the shipped weights never saw a picture of the set."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from geoglot.conversation import Sample
from geoglot.data.readers import epfl_roads
from geoglot.evaluate.benchmarks.benchmark import Benchmark
from geoglot.evaluate.benchmarks.samples import Thing, ask_segment, askers

ROAD = Thing("road", "roads", frozenset({"road"}))


def _pictures(data: Path) -> Iterator[Sample]:
    images = epfl_roads.read(data / epfl_roads.CARD.folder)
    return (ask_segment(asker, ROAD, "road") for asker in askers(epfl_roads.CARD, images, "rgb"))


BENCHMARKS = (
    Benchmark(
        name="epfl-roads-segment",
        title="EPFL roads: the pixels of road",
        protocol="segmentation/iou@1",
        headline="iou",
        cards=(epfl_roads.CARD,),
        size=(20, 20),
        read=_pictures,
        note="looks like one town: neighbouring pictures may stand in both parts; parking lanes count as road",
    ),
)
