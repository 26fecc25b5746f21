"""`python -m tests.bench.held_out FOLDER [SCENES] [pairs]`: what nano says about simulated worlds it was never shown.

FOLDER: the packaged eye. pairs: only questions about two dates. The questions are the balanced ones of `geoglot
simulate`, their truth is exact. Each row: what is right, a 95 % interval over scenes, how many questions, and always
saying the commonest true answer.

What happened between two dates and cannot be seen in them (`simulate.contrast`: no mean over its ground lies three
spreads from what unchanged ground does) is asked neither as yes nor as no. Rows with "unseen too" ask of it as well:
those are the questions of all results up to nano-4.
"""

from __future__ import annotations

import sys
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from geoglot.conversation import Answer, Sample
from geoglot.errors import GeoglotError
from geoglot.models.nano import Nano
from geoglot.models.nano.eye import Eye
from geoglot.models.nano.reason.areas import PER_UNIT_M2
from geoglot.models.nano.weights import open_weights
from geoglot.regions import OrientedBox
from geoglot.regions.overlap import iou
from geoglot.simulate.conversations import ask_pair
from geoglot.simulate.samples import Kind, Made, make, samples
from geoglot.tasks import TaskName

SEED = 885_000
SENSORS = ("optical", "sar", "thermal", "multispectral")
HIT = 0.5
UNSEEN = ", unseen too"
CLOSE = 0.1  # relative error of an area
MEDIAN = "median error (no answer: 100 %)"


@dataclass(slots=True)
class Row:
    """Values of one kind of question, 0..1 each (errors of areas: any), by scene; true answers, for the majority."""

    values: list[tuple[str, float]] = field(default_factory=list)
    truths: Counter[str] = field(default_factory=Counter)

    def line(self, name: str) -> str:
        """One row of the table: mean (or median) in percent, interval by drawing scenes again, n, majority."""
        told = self.share(np.median if name.endswith(MEDIAN) else np.mean)
        return f"| {name} | {told} | {len(self.values)} | {self.commonest()} |"

    def commonest(self) -> str:
        """Share of the commonest true answer in percent, empty where answers are no words."""
        return f"{100 * max(self.truths.values()) / self.truths.total():.1f}" if self.truths else ""

    def share(self, middle: Callable[[list[float]], float] = np.mean) -> str:
        """Mean or median in percent with its interval by drawing scenes again."""
        groups = defaultdict(list)
        for scene, value in self.values:
            groups[scene].append(value)
        parts, rng = list(groups.values()), np.random.default_rng(0)
        drawn = [
            middle([value for at in rng.integers(len(parts), size=len(parts)) for value in parts[at]])
            for _ in range(1000)
        ]
        low, high = np.percentile(drawn, (2.5, 97.5))
        told = middle([value for part in parts for value in part])
        return f"{100 * told:.1f} ({100 * low:.1f} to {100 * high:.1f})"


def main(folder: Path, scenes: int, *, only_pairs: bool = False) -> None:
    """Print the table."""
    nano = Nano(Eye(open_weights(folder)))
    print("| question | right, % | n | commonest answer, % |\n| --- | ---: | ---: | ---: |")
    for sensor in SENSORS:
        rows: dict[str, Row] = defaultdict(Row)
        if not only_pairs:
            for sample in samples(SEED, scenes, sensor=sensor):
                judge(sample, nano, rows)
        if sensor != "multispectral":
            for index in range(scenes):
                judge_pair(make(Kind.PAIR, SEED + 500, index, sensor=sensor), index, nano, rows)
        for kind in sorted(rows):
            print(rows[kind].line(f"{sensor}: {kind}"), flush=True)


def judge_pair(made: Made, index: int, nano: Nano, rows: dict[str, Row]) -> None:
    """Ask what can be seen in a pair, and apart from that whatever happened in it."""
    pair = made.pair
    assert pair is not None
    everything: dict[str, Row] = defaultdict(Row)
    for sample in ask_pair(replace(pair, unseen=()), seed=index):
        judge(sample, nano, everything)
    seen = everything
    if pair.unseen:
        seen = defaultdict(Row)
        for sample in ask_pair(pair, seed=index):
            judge(sample, nano, seen)
    for found, suffix in ((seen, ""), (everything, UNSEEN)):
        for kind, row in found.items():
            rows[kind + suffix].values += row.values
            rows[kind + suffix].truths += row.truths


def judge(sample: Sample, nano: Nano, rows: dict[str, Row]) -> None:
    """Ask one question and add what came of it to the rows it belongs to."""
    if sample.task not in JUDGES or (sample.task is TaskName.VQA and sample.type != "change"):
        return
    try:
        answer = nano.answer(sample.conversation, task=sample.task)
    except GeoglotError as error:
        answer = None
        print(f"  {sample.id}: {error.what}", file=sys.stderr)
    for name, value, truth in JUDGES[sample.task](sample, answer):
        rows[name].values.append((sample.id.rpartition("-")[0], float(value)))
        if truth is not None:
            rows[name].truths[truth] += 1


Judged = Iterator[tuple[str, float, str | None]]


def _yes_or_no(sample: Sample, answer: Answer | None) -> Judged:
    if sample.truth.value not in (True, False, "yes", "no"):  # a word, as of the main cover
        word = str(sample.truth.value)
        yield sample.type, answer is not None and str(answer.value).casefold() == word, word
        return
    truth = sample.truth.value in (True, "yes")
    said = None if answer is None or answer.value is None else answer.value in (True, "yes")
    yield sample.type, said is truth, str(truth)


def _number(sample: Sample, answer: Answer | None) -> Judged:
    true = int(str(sample.truth.value))
    said = None if answer is None else answer.value
    name = sample.type if true else f"{sample.type}, none"
    if true <= 10:
        yield f"{name}, 1 to 10" if true else name, said == true, str(true)


def _ground(sample: Sample, answer: Answer | None) -> Judged:
    said = () if answer is None else answer.regions
    if not sample.truth.regions:
        yield "ground, none there", answer is not None and answer.confidence > 0 and not said, None
        return
    yield "ground, P@0.5", bool(said) and iou(said[0].bounds, sample.truth.regions[0].bounds) >= HIT, None


def _detect(sample: Sample, answer: Answer | None) -> Judged:
    """Overlap of turned boxes with those they are matched with: the truth's best, at least half in upright boxes."""
    if not sample.truth.regions:
        yield "detect, none there", answer is not None and answer.confidence > 0 and not answer.regions, None
    for truth in sample.truth.regions:
        if not isinstance(truth, OrientedBox) or answer is None:
            continue
        near = [one for one in answer.regions if iou(one.bounds, truth.bounds) >= HIT]
        yield "detect, found", bool(near), None
        if near and max(truth.w, truth.h) >= 1.5 * min(truth.w, truth.h):
            yield "detect, overlap of turned boxes", max(iou(one, truth) for one in near), None


def _area(sample: Sample, answer: Answer | None) -> Judged:
    true = float(str(sample.truth.value))
    if true <= 0:
        return
    said = None if answer is None else _in_unit(answer, str(sample.truth.unit))
    error = abs(said - true) / true if said is not None else 1.0
    yield "area, within 10 %", error <= CLOSE, None
    yield f"area, {MEDIAN}", error, None


def _in_unit(answer: Answer, unit: str) -> float | None:
    """An area in the unit of the truth; None where there is none, or a share was asked for and none is told."""
    if answer.value is None or answer.unit == unit:
        return None if answer.value is None else float(str(answer.value))
    if answer.unit not in PER_UNIT_M2 or unit not in PER_UNIT_M2:
        return None
    return float(str(answer.value)) * PER_UNIT_M2[answer.unit] / PER_UNIT_M2[unit]


def _region(sample: Sample, answer: Answer | None) -> Judged:
    truth = sample.references[0].partition(" ")[2].rstrip(".")  # "A storage tank."
    text = "" if answer is None else answer.text.casefold()
    yield "class of a marked thing", truth in text, truth


def _changed(sample: Sample, answer: Answer | None) -> Judged:
    truth = bool(sample.truth.regions)
    yield "anything changed", answer is not None and bool(answer.regions) == truth, str(truth)


JUDGES: dict[TaskName, Callable[[Sample, Answer | None], Judged]] = {
    TaskName.PRESENCE: _yes_or_no,
    TaskName.COUNT: _number,
    TaskName.GROUND: _ground,
    TaskName.DETECT: _detect,
    TaskName.AREA: _area,
    TaskName.DESCRIBE_REGION: _region,
    TaskName.CHANGE_MASK: _changed,
    TaskName.VQA: _yes_or_no,
}


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 60, only_pairs="pairs" in sys.argv[3:])
