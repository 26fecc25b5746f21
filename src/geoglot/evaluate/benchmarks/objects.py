"""Benchmarks of sets whose objects are marked one by one: detect, count and presence over the same images."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

from geoglot.conversation import Sample
from geoglot.data.readers import Card, Labelled, reader
from geoglot.evaluate.benchmarks.benchmark import Benchmark
from geoglot.evaluate.benchmarks.samples import Thing, ask_count, ask_detect, ask_presence, askers

ASKING = {"detect": ask_detect, "count": ask_count, "presence": ask_presence}
PROTOCOLS = {"detect": "detection/dota@1", "count": "vqa/exact@1", "presence": "vqa/exact@1"}
HEADLINES = {"detect": "mAP@0.5", "count": "OA", "presence": "OA"}
ASKED = {
    "detect": "a box around every one",
    "count": "how many",
    "presence": "whether there is any",
}


@dataclass(frozen=True, slots=True)
class ObjectSet:
    """Sets that are asked about together. readers: their names; keep: which images take part; note: a benchmark's."""

    name: str
    title: str
    readers: tuple[str, ...]
    sensor: str
    things: tuple[Thing, ...]
    keep: Callable[[Labelled], bool] | None = None
    note: str = ""

    @property
    def cards(self) -> tuple[Card, ...]:
        """The cards of its sets."""
        return tuple(reader(name).card for name in self.readers)


@dataclass(frozen=True, slots=True)
class Asked:
    """Reads an object set as samples of one kind of question; a value, so that worker processes can be sent it."""

    objects: ObjectSet
    kind: str

    def __call__(self, data: Path) -> Iterator[Sample]:
        """Give the samples of every image below the data root."""
        return chain.from_iterable(self._of(name, data) for name in self.objects.readers)

    def _of(self, name: str, data: Path) -> Iterator[Sample]:
        source = reader(name)
        images = (
            image
            for image in source.read(data / source.card.folder)
            if self.objects.keep is None or self.objects.keep(image)
        )
        for asker in askers(source.card, images, self.objects.sensor):
            yield from ASKING[self.kind](asker, self.objects.things)


def benchmarks(objects: ObjectSet, sizes: Mapping[str, tuple[int, int]]) -> tuple[Benchmark, ...]:
    """Give one benchmark for each kind of question in `sizes` (kind -> samples and images of the test part)."""
    return tuple(
        Benchmark(
            name=f"{objects.name}-{kind}",
            title=f"{objects.title}: {ASKED[kind]}",
            protocol=PROTOCOLS[kind],
            headline=HEADLINES[kind],
            cards=objects.cards,
            size=size,
            read=Asked(objects, kind),
            note=objects.note,
        )
        for kind, size in sizes.items()
    )
