"""Flood water in one Sentinel-2 and Sentinel-1 chip (Sen1Floods11), as tiles; trained on nowhere.

Models that learn pixels may use TerraMesh's training places, whose land cover has water too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

from geoglot.conversation import Sample
from geoglot.data.readers import reader, sen1floods11, terramesh
from geoglot.evaluate.benchmarks.benchmark import Benchmark
from geoglot.evaluate.benchmarks.samples import Asker, Thing, ask_segment, ask_share, askers

WATER = Thing("water", "water", frozenset({"water"}))
SENSORS = {"s2": ("sentinel-2-l1c", "sentinel-2-l2a"), "s1": ("sar-db", "sar-db")}
_ASKING: dict[str, Callable[[Asker, Thing, str], Sample]] = {"segment": ask_segment, "share": ask_share}


@dataclass(frozen=True, slots=True)
class _Tiles:
    """Tiles of one satellite, and TerraMesh's places for training, asked one kind of question."""

    satellite: str
    kind: str

    def __call__(self, data: Path) -> Iterator[Sample]:
        return chain.from_iterable(
            self._of(name, data, sensor)
            for name, sensor in zip(("sen1floods11", "terramesh"), SENSORS[self.satellite], strict=True)
        )

    def _of(self, name: str, data: Path, sensor: str) -> Iterator[Sample]:
        source = reader(name)
        images = source.read(data / source.card.folder)
        mine = (image for image in images if image.id.endswith(self.satellite))
        wanted = (image for image in mine if name == "sen1floods11" or image.split == "train")
        return (_ASKING[self.kind](asker, WATER, "water") for asker in askers(source.card, wanted, sensor))


def _benchmark(satellite: str, kind: str, title: str) -> Benchmark:
    segment = kind == "segment"
    return Benchmark(
        name=f"flood-{satellite}-{kind}",
        title=f"Sen1Floods11 {title}: {'the pixels of water' if segment else 'the share of water'}",
        protocol="segmentation/iou@1" if segment else "vqa/share@1",
        headline="iou" if segment else "within_5",
        cards=(sen1floods11.CARD,),
        size=(16, 16),
        read=_Tiles(satellite, kind),
        note="16 tiles of one chip: neighbours, not independent places",
        lessons=(terramesh.CARD,),
    )


BENCHMARKS = (
    _benchmark("s2", "segment", "Sentinel-2"),
    _benchmark("s1", "segment", "Sentinel-1"),
    _benchmark("s2", "share", "Sentinel-2"),
)
