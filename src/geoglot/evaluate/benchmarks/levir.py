"""Changed buildings in six pairs of aerial images (LEVIR-CD); trained on nowhere."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from geoglot.conversation import Sample
from geoglot.data.readers import levir_change
from geoglot.evaluate.benchmarks.benchmark import Benchmark
from geoglot.evaluate.benchmarks.samples import Asker, Thing, cover_mask, scene_of
from geoglot.scenes import Scene, SceneKind
from geoglot.tasks import Parsed, TaskName

CARD = levir_change.CARD
CHANGED = Thing("changed", "changes", frozenset({"changed"}))


def _pairs(data: Path) -> Iterator[Sample]:
    images = levir_change.read(data / CARD.folder)
    for before, after in zip(images, images, strict=True):
        frames = (scene_of(before, "aerial-rgb").frame, scene_of(after, "aerial-rgb").frame)
        asker = Asker(CARD, after, Scene(SceneKind.PAIR, frames))
        truth = Parsed(regions=cover_mask(after, CHANGED))
        yield asker.ask("Which buildings have changed? Give a mask.", truth, task=TaskName.CHANGE_MASK)


BENCHMARKS = (
    Benchmark(
        name="levir-change",
        title="LEVIR-CD: the pixels of changed buildings",
        protocol="change/binary@1",
        headline="f1",
        cards=(CARD,),
        size=(6, 6),
        read=_pairs,
        note="six crops, all of them with change",
    ),
)
