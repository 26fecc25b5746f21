"""Clouds in tiles of one Sentinel-2 and one Landsat 5 scene; trained on nowhere."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from geoglot.conversation import Sample
from geoglot.data.readers import cloud_masks
from geoglot.evaluate.benchmarks.benchmark import Benchmark
from geoglot.evaluate.benchmarks.samples import Thing, ask_segment, askers

CARD = cloud_masks.CARD
CLOUD = Thing("cloud", "clouds", frozenset({"cloud"}))


def _clouds(data: Path) -> Iterator[Sample]:
    images = cloud_masks.read(data / CARD.folder)
    return (ask_segment(asker, CLOUD, "clouds") for asker in askers(CARD, images, "multispectral-reflectance"))


BENCHMARKS = (
    Benchmark(
        name="clouds-segment",
        title="Cloud masks: the pixels of clouds",
        protocol="segmentation/iou@1",
        headline="iou",
        cards=(CARD,),
        size=(25, 25),
        read=_clouds,
        note="tiles of two scenes; shadows are not clouds",
    ),
)
