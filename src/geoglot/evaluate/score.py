"""Scoring anybody's prediction file: `score(path)` gives a `ScoreReport`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from geoglot.errors import InputError, UnknownName
from geoglot.evaluate.layouts import Reading, read_predictions
from geoglot.evaluate.metrics import PROTOCOLS, Protocol, Score
from geoglot.evaluate.metrics import protocol as protocol_of

if TYPE_CHECKING:
    from geoglot.conversation import Json

PUBLISHED: Mapping[str, str] = {
    "dior-rsvg": "grounding/rsvg@1",
    "opt-rsvg": "grounding/rsvg@1",
    "rsvg": "grounding/rsvg@1",
    "vrsbench-referring": "grounding/vrsbench@1",
    "vrsbench-vqa": "vqa/vrsbench@1",
    "vrsbench-caption": "caption/coco-ptb@1",
    "geochat-bench": "grounding/geochat@1",
    "rsvqa-lr": "rsvqa-lr/aa-oa@1",
    "rsvqa-hr": "rsvqa-hr/aa-oa@1",
    "rsicd": "caption/coco-ptb@1",
    "rsitmd": "caption/coco-ptb@1",
    "ucm-captions": "caption/coco-ptb@1",
    "sydney-captions": "caption/coco-ptb@1",
    "nwpu-captions": "caption/coco-ptb@1",
    "levir-cc": "change/caption@1",
    "levir-mci": "change/levir-mci@1",
    "levir-cd": "change/binary@1",
    "whu-cd": "change/binary@1",
    "bigearthnet": "multilabel/sets@1",
    "aid": "classification/equal@1",
    "ucm": "classification/equal@1",
    "whu-rs19": "classification/equal@1",
    "nwpu-resisc45": "classification/equal@1",
    "dota": "detection/dota-voc07@1",
    "rrsis-d": "referring/masks@1",
    "citynav": "navigation/citynav@1",
    "aerialvln": "navigation/aerialvln@1",
    "xlrs-bench": "mcq/xlrs@1",
    "lhrs-bench": "mcq/lhrs@1",
    "earthmind-bench": "mcq/earthmind@1",
    "fit-rsrc": "mcq/fit-rsrc@1",
    "fit-rs": "relation/triplet-f1@1",
    "rsicd-retrieval": "retrieval/mr@1",
    "rsitmd-retrieval": "retrieval/mr@1",
    "air-slt": "selo@1",
}
"""The protocol that each published benchmark is scored with unless another is named."""


@dataclass(frozen=True, slots=True)
class ScoreReport:
    """What a prediction file scores, and everything needed to read the numbers.

    layout: how the file was recognised. quirks: where the protocol departs from what one would expect. n: samples
    in the file; unparsed: those without a readable answer, counted as wrong. notes: about this very file.
    """

    file: str
    layout: str
    benchmark: str | None
    protocol: str
    summary: str
    source: str
    quirks: tuple[str, ...]
    scores: Mapping[str, Score]
    per_type: Mapping[str, Mapping[str, Score]]
    n: int
    unparsed: int
    notes: tuple[str, ...]

    def as_json(self) -> dict[str, Json]:
        """Give the JSON document of `geoglot score --json`; scores are rounded to two decimals."""
        return {
            "file": self.file,
            "layout": self.layout,
            "benchmark": self.benchmark,
            "protocol": self.protocol,
            "summary": self.summary,
            "source": self.source,
            "quirks": list(self.quirks),
            "scores": {key: score.as_json() for key, score in self.scores.items()},
            "per_type": {
                name: {key: score.as_json() for key, score in group.items()} for name, group in self.per_type.items()
            },
            "n": self.n,
            "unparsed": self.unparsed,
            "notes": list(self.notes),
        }


def score(
    path: str | Path,
    *,
    benchmark: str | None = None,
    protocol: str | None = None,
    truth: str | Path | None = None,
    seed: int = 0,
) -> ScoreReport:
    """Score a prediction file or folder of any known layout.

    benchmark: a published benchmark, or one of geoglot's own; it picks the protocol. protocol: an id, which goes
    before the benchmark's and before the one of the file's layout. truth: where the truth stands, for layouts that
    keep it apart. seed: of the intervals.
    Raises ReadError for a file that cannot be read or recognised, UnknownName for a benchmark or protocol that is
    not known, InputError for a file that lacks what the protocol needs.
    """
    reading = read_predictions(Path(path), truth=None if truth is None else Path(truth))
    chosen = _protocol(protocol or _of_benchmark(benchmark) or reading.protocol, reading)
    found = chosen.score(reading.predictions, seed)
    return ScoreReport(
        file=Path(path).name,
        layout=reading.layout,
        benchmark=benchmark,
        protocol=chosen.id,
        summary=chosen.summary,
        source=chosen.source,
        quirks=chosen.quirks,
        scores=found.scores,
        per_type=found.per_type,
        n=len(reading.predictions),
        unparsed=found.unparsed,
        notes=found.notes,
    )


def _of_benchmark(name: str | None) -> str | None:
    if name is None or name in PUBLISHED:
        return None if name is None else PUBLISHED[name]
    from geoglot.evaluate import benchmarks  # reads its data sets' cards

    if name not in benchmarks.names():
        raise UnknownName("benchmark", name, [*PUBLISHED, *benchmarks.names()])
    return benchmarks.benchmark(name).protocol


def _protocol(id: str | None, reading: Reading) -> Protocol:
    if id is None:
        raise InputError(
            f"the {reading.layout} file does not tell how to score it",
            expected="a protocol or a benchmark",
            hint=f"for instance {next(iter(PROTOCOLS))}",
        )
    return protocol_of(id)
