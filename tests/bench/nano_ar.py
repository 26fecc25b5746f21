"""`python -m tests.bench.nano_ar FOLDER --data DATA`: nano-ar beside nano, the same eye, the same questions.

FOLDER: what `train.export_member` wrote. "blind" is nano-ar without a picture: what the words alone give away.
Simulated rows: the balanced questions of worlds that no training saw, as in `tests.bench.held_out`; intervals over
scenes. Real rows: `geoglot evaluate`'s benchmarks, with their baselines; intervals over samples. A refusal is wrong.
`--tasks ground detect` asks only such questions.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence, Set
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from geoglot import load
from geoglot.conversation import Answer, Conversation, Sample
from geoglot.data.readers import landsat_change
from geoglot.errors import GeoglotError
from geoglot.evaluate.benchmarks import Benchmark, benchmark
from geoglot.evaluate.benchmarks.levir import CHANGED
from geoglot.evaluate.benchmarks.samples import Asker, cover_mask, scene_of
from geoglot.evaluate.metrics import Prediction, protocol
from geoglot.evaluate.modes import Mode
from geoglot.evaluate.result import Result
from geoglot.evaluate.runner import Run, evaluate
from geoglot.models.autoregressive.evident import Evident
from geoglot.models.autoregressive.facts import Pointed, covered, pointers
from geoglot.models.autoregressive.pointing import MEANT
from geoglot.models.protocol import Model
from geoglot.scenes import Scene, SceneKind
from geoglot.simulate.samples import samples
from geoglot.tasks import Parsed, TaskName
from geoglot.train.simulated import SCENES
from geoglot.train.text.asking import COVER_ASKED, Asked
from geoglot.train.text.facts import replied
from geoglot.train.text.imagined import imagined
from geoglot.train.text.seen import Seen
from tests.bench.held_out import JUDGES, SEED, SENSORS, Row

NAMES = ("nano", "nano-ar", "blind")
CAPTION = "caption/coco-ptb@1"
UNREAD = "could not be read"
REAL = {
    "hit-uav-presence": "presence", "hit-uav-count": "count", "hit-uav-detect": "detect",
    "aerial-cars-count": "count", "aerial-cars-detect": "detect", "kampala-buildings-count": "count",
    "ucm-vqa": "vqa", "ucm-classify": "classify", "eurosat-classify": "classify", "ucm-caption": "caption",
    "levir-change": "change-mask", "nanjing-change": "change-mask",
}  # fmt: skip
"""Benchmarks with the task that they ask."""

BASELINES = ("majority", "lookup")


def _nanjing(data: Path) -> Iterator[Sample]:
    images = [one for one in landsat_change.read(data / landsat_change.CARD.folder) if one.split == "test"]
    for before, after in zip(images[::2], images[1::2], strict=True):
        frames = (scene_of(before, "multispectral").frame, scene_of(after, "multispectral").frame)
        asker = Asker(landsat_change.CARD, after, Scene(SceneKind.PAIR, frames))
        truth = Parsed(regions=cover_mask(after, CHANGED))
        yield asker.ask("Show where something changed.", truth, task=TaskName.CHANGE_MASK)


NANJING = Benchmark(
    name="nanjing-change",
    title="Landsat, a town that no eye was shown: the labelled pixels that changed",
    protocol="change/binary@1",
    headline="f1",
    cards=(landsat_change.CARD,),
    size=(1, 1),
    read=_nanjing,
)
"""One image of sparse labels: no benchmark of the house, where intervals need several."""

PAIRS = frozenset({TaskName.CHANGE_MASK, TaskName.VQA})
"""Tasks about two dates, beside others."""

Judged = Iterator[tuple[str, float, str | None]]


@dataclass(slots=True)
class Tally:
    """What one model did. rows: by kind of question; said: captions with their references; unread: replies without a
    value; refused: questions; seconds: of the processor for each answer, the look apart.
    """

    rows: dict[str, Row] = field(default_factory=lambda: defaultdict(Row))
    said: list[Prediction] = field(default_factory=list)
    unread: int = 0
    refused: int = 0
    seconds: list[float] = field(default_factory=list)


def main() -> None:
    """Read the arguments and print the tables."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.nano_ar", description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--data", type=Path, help="the root below which the real sets lie; only simulated ones without")
    parser.add_argument("--out", type=Path, help="keep the results of the real benchmarks here")
    parser.add_argument("--scenes", type=int, default=60, help="of each sensor, and pairs")
    parser.add_argument("--tasks", nargs="+", default=[task.value for task in TaskName], help="only these")
    chosen = parser.parse_args()
    model = load(chosen.folder, max_tokens=48)
    assert isinstance(model, Evident)
    tasks = frozenset(map(TaskName, chosen.tasks))
    reading(model, chosen.scenes, tasks)
    simulated(model, chosen.scenes, tasks)
    if chosen.data is not None:
        names = [name for name, task in REAL.items() if task in tasks]
        with tempfile.TemporaryDirectory() as folder:
            real(model, names, chosen.data, chosen.out or Path(folder))


def reading(model: Evident, scenes: int, tasks: Set[TaskName]) -> None:
    """Print how often nano-ar replies what follows from facts without error, in scenes that were drawn, not seen."""
    right: dict[str, Row] = defaultdict(Row)
    for number in range(scenes):
        seen = imagined(f"bench-{number}", np.random.default_rng((SEED, number)))
        pointed = pointers(seen.told)
        for asked in seen.asked:
            if TaskName(asked.task) not in tasks:
                continue
            said = model.reply(asked.question, seen.told, TaskName(asked.task), shown=asked.shown)
            true = _true(asked, seen, pointed)
            same = said == true if asked.task not in MEANT else _words(said) == _words(true)
            right[asked.kind].values.append((seen.id, float(same)))
            right[asked.kind].truths["none" if true == "none" else "some" if asked.task in MEANT else true] += 1
    print("| facts without error, right % | n | commonest answer, % | nano-ar |\n| --- | ---: | ---: | --- |")
    for kind, row in sorted(right.items()):
        print(f"| {kind} | {len(row.values)} | {row.commonest()} | {row.share()} |", flush=True)
    print()


def _true(asked: Asked, seen: Seen, pointed: Pointed) -> str:
    """What follows from the facts; of a land cover its name, if it is one of them."""
    if asked.kind != COVER_ASKED:
        return replied(asked, pointed)
    return asked.label if any(name == asked.label for _, name, _ in covered(seen.told)) else "none"


def _words(said: str) -> frozenset[str]:
    """The pointers of a reply, in any order."""
    return frozenset(said.replace("><", "> <").split(" "))


def simulated(model: Evident, scenes: int, tasks: Set[TaskName]) -> None:
    """Print one row for each kind of question of each sensor, then what the models could not answer, and seconds."""
    print("| simulated, right % | n | commonest answer, % | nano | nano-ar | blind |")
    print("| --- | ---: | ---: | --- | --- | --- |")
    every = {name: Tally() for name in NAMES}
    for sensor in SENSORS:
        tallies = {name: Tally() for name in NAMES}
        asked = samples(SEED, scenes, sensor=sensor)
        for sample in asked:
            if sample.task in tasks:
                ask(sample, model, tallies)
        if sensor != "multispectral" and tasks & PAIRS:
            for sample in samples(SEED + 500, scenes, sensor=sensor, kind="pair"):
                if sample.task in tasks:
                    ask(sample, model, tallies)
        told = tallies["nano"].rows
        for kind in sorted(told):
            rows = [tallies[name].rows[kind] for name in NAMES]
            cells = " | ".join(row.share() if row.values else "-" for row in rows)
            print(f"| {sensor}: {kind} | {len(told[kind].values)} | {told[kind].commonest()} | {cells} |", flush=True)
        if TaskName.CAPTION in tasks:
            cells = " | ".join(_cider(tallies[name].said) for name in NAMES)
            print(f"| {sensor}: caption, CIDEr | {len(tallies['nano'].said)} | | {cells} |", flush=True)
        for name in NAMES:
            every[name].unread += tallies[name].unread
            every[name].refused += tallies[name].refused
            every[name].seconds += tallies[name].seconds
    print("\n| model | questions | refused | not readable | processor seconds an answer, median (mean) |")
    print("| --- | ---: | ---: | ---: | --- |")
    for name, one in every.items():
        middle, mean = sorted(one.seconds)[len(one.seconds) // 2], sum(one.seconds) / len(one.seconds)
        print(f"| {name} | {len(one.seconds)} | {one.refused} | {one.unread} | {middle:.4f} ({mean:.4f}) |", flush=True)


def ask(sample: Sample, model: Evident, tallies: dict[str, Tally]) -> None:
    """Ask all models one question that both are meant for, and note what came of it."""
    judge = JUDGED.get(sample.task)
    if judge is None or (sample.task is TaskName.VQA and sample.type not in ("change", "main cover")):
        return
    assert sample.conversation.scene is not None
    model.nano.look(sample.conversation.scene)  # remembered: seconds are of answers alone
    blind = Conversation(None, sample.conversation.turns)
    for name, who, shown in (
        ("nano", model.nano, sample.conversation), ("nano-ar", model, sample.conversation), ("blind", model, blind),
    ):  # fmt: skip
        tally = tallies[name]
        answer = _timed(who, shown, sample.task, tally)
        for kind, value, truth in judge(sample, answer):
            tally.rows[kind].values.append((sample.id.rpartition("-")[0], float(value)))
            if truth is not None:
                tally.rows[kind].truths[truth] += 1
        if sample.task is TaskName.CAPTION:
            text = answer.text if answer is not None else ""
            tally.said.append(Prediction(sample.id, "caption", text, list(sample.references), "", (1, 1), "geoglot"))


def _timed(model: Model, shown: Conversation, task: TaskName, tally: Tally) -> Answer | None:
    """An answer, None for a question that the model refuses."""
    began = time.process_time()
    try:
        answer = model.answer(shown, task=task)
    except GeoglotError:
        tally.refused += 1
        return None
    finally:
        tally.seconds.append(time.process_time() - began)
    tally.unread += any(UNREAD in warning for warning in answer.warnings)
    return answer


def _place(sample: Sample, answer: Answer | None) -> Judged:
    """The kind of place, by the simulator's name or by the one that nano was taught for it."""
    truth = str(sample.truth.value)
    said = "" if answer is None else str(answer.value)
    yield "kind of place", said in (truth, SCENES.get(truth, truth)), truth


def _nothing(sample: Sample, answer: Answer | None) -> Judged:
    """Captions are scored all together."""
    yield from ()


JUDGED: dict[TaskName, Callable[[Sample, Answer | None], Judged]] = {
    **{task: judge for task, judge in JUDGES.items() if task is not TaskName.AREA},
    TaskName.CLASSIFY: _place,
    TaskName.CAPTION: _nothing,
}


def _cider(said: list[Prediction]) -> str:
    if not said:
        return "-"
    score = protocol(CAPTION).score(said, 0).scores["CIDEr"]
    return f"{score.value:.1f} ({score.low:.1f} to {score.high:.1f})"


def real(model: Evident, names: Sequence[str], data: Path, out: Path) -> None:
    """Print one row for each benchmark, and for each kind of question of those that have several."""
    print("\n| real | n | measure | nano | nano-ar | blind | majority | text only | not readable, nano-ar |")
    print("| --- | ---: | --- | --- | --- | --- | --- | --- | ---: |")
    for name in names:
        asked = NANJING if name == NANJING.name else benchmark(name)
        told = dict(_results(model, asked, data, out))
        first = told["nano"]
        cells = [_score(told.get(who), first.headline) for who in (*NAMES, *BASELINES)]
        print(
            f"| {name} | {first.samples} | {first.headline} | {' | '.join(cells)} | {told['nano-ar'].unparsed} |",
            flush=True,
        )
        if name != "ucm-vqa":
            continue
        for kind in sorted(first.per_type):
            cells = [_score(told.get(who), "accuracy", kind) for who in (*NAMES, *BASELINES)]
            print(f"| {name}: {kind} | | accuracy | {' | '.join(cells)} | |", flush=True)


def _results(model: Evident, asked: Benchmark, data: Path, out: Path) -> Iterator[tuple[str, Result]]:
    name = asked.name
    for who, answers, mode in (
        ("nano", model.nano, Mode.IMAGE), ("nano-ar", model, Mode.IMAGE), ("blind", model, Mode.BLIND),
    ):  # fmt: skip
        yield who, evaluate(answers, asked, data=data, out=out / name / who, run=Run(mode))
    for who in BASELINES:
        try:
            yield who, evaluate(f"baseline:{who}", asked, data=data, out=out / name / who)
        except GeoglotError:  # no baseline of that kind for this task
            continue


def _score(result: Result | None, key: str, kind: str | None = None) -> str:
    scores = None if result is None else result.scores if kind is None else result.per_type.get(kind, {})
    score = scores.get(key) if scores else None
    return "-" if score is None else f"{score.value:.1f} ({score.low:.1f} to {score.high:.1f})"


if __name__ == "__main__":
    main()
