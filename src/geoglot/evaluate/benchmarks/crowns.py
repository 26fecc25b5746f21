"""Dead or alive: single tree crowns of NEON photographs, no site in both splits."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from geoglot.conversation import Sample
from geoglot.data.readers import neon_crowns
from geoglot.evaluate.benchmarks.benchmark import Benchmark
from geoglot.evaluate.benchmarks.samples import askers
from geoglot.tasks import Parsed, TaskName

CARD = neon_crowns.CARD


def _crowns(data: Path) -> Iterator[Sample]:
    for asker in askers(CARD, neon_crowns.read(data / CARD.folder), "neon-rgb"):
        state = asker.image.scene
        yield asker.ask("Is the tree in this image alive or dead? Answer with one word.", Parsed(state),
                        task=TaskName.VQA, type=str(state))  # fmt: skip


BENCHMARKS = (
    Benchmark(
        name="crowns-state",
        title="NEON tree crowns: alive or dead",
        protocol="vqa/exact@1",
        headline="AA",
        cards=(CARD,),
        size=(59, 59),
        read=_crowns,
    ),
)
