"""UC Merced aerial scenes: class, multi-labels, captions, and the questions of RSIVQA.

Tested on the set's val part, ten contiguous indices of each class, of which no image is nearer than 31 of 256 hash
bits to one for training. Source of the questions: Zheng et al., IEEE TGRS 2021 (RSIVQA); captions: Qu et al., 2016.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from geoglot.conversation import Sample
from geoglot.data.readers import ucm_landuse
from geoglot.data.readers.rows import rows
from geoglot.evaluate.benchmarks.benchmark import Benchmark
from geoglot.evaluate.benchmarks.samples import Asker, ask_scene, askers
from geoglot.tasks import Parsed, TaskName
from geoglot.tasks.numbers import read_integer

CARD = ucm_landuse.CARD
SENSOR = "aerial-rgb"
CLASSES = tuple(sorted(ucm_landuse.SCENES.values()))
LABELS = (
    "airplane", "bare soil", "buildings", "cars", "chaparral", "court", "dock", "field", "grass", "mobile home",
    "pavement", "sand", "sea", "ship", "tanks", "trees", "water",
)  # fmt: skip
_WHICH = f"Which of these occur in the image? Name all that do: {', '.join(LABELS)}."


def _askers(data: Path) -> Iterator[Asker]:
    return askers(CARD, ucm_landuse.read(data / CARD.folder), SENSOR)


def _scenes(data: Path) -> Iterator[Sample]:
    return (ask_scene(asker, CLASSES) for asker in _askers(data))


def _labels(data: Path) -> Iterator[Sample]:
    for asker in _askers(data):
        tags = tuple(sorted(tag.replace("-", " ") for tag in asker.image.tags or ()))
        yield asker.ask(_WHICH, Parsed(tags), task=TaskName.MULTILABEL)


def _captions(data: Path) -> Iterator[Sample]:
    captions = ucm_landuse.captions(data / CARD.folder)
    for asker in _askers(data):
        references = captions(asker.image.id)
        yield asker.ask("Describe the image in one sentence.", Parsed(), task=TaskName.CAPTION, references=references)


def _questions(data: Path) -> Iterator[Sample]:
    """Presence, count and location; the theme is `ucm-classify`. Counts that are no number are left out."""
    asked: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for row in rows(data / CARD.folder / "vqa.jsonl"):
        asked[row.text("image")].append((row.text("question"), row.text("answer")))
    for asker in _askers(data):
        for question, answer in asked[asker.image.id]:
            if (read := _truth(question, answer)) is not None:
                task, truth, kind = read
                yield asker.ask(question, truth, task=task, type=kind, key=question)


def _truth(question: str, answer: str) -> tuple[TaskName, Parsed, str] | None:
    if question.startswith("Does"):
        return TaskName.PRESENCE, Parsed(answer == "yes"), "presence"
    if "location" in question:
        return TaskName.VQA, Parsed(answer), "location"
    if question.startswith("How many"):
        try:
            return TaskName.COUNT, Parsed(read_integer(answer)), "count"
        except KeyError:
            return None
    return None


BENCHMARKS = (
    Benchmark(
        name="ucm-classify",
        title="UC Merced: which of 21 scenes",
        protocol="classification/equal@1",
        headline="accuracy",
        cards=(CARD,),
        size=(210, 210),
        read=_scenes,
    ),
    Benchmark(
        name="ucm-multilabel",
        title="UC Merced: which of 17 labels",
        protocol="multilabel/sets@1",
        headline="f1_micro",
        cards=(CARD,),
        size=(210, 210),
        read=_labels,
    ),
    Benchmark(
        name="ucm-caption",
        title="UC Merced: a sentence",
        protocol="caption/coco-ptb@1",
        headline="CIDEr",
        cards=(CARD,),
        size=(210, 210),
        read=_captions,
        note="not the published test split, which is not part of the copy: comparable only with itself",
    ),
    Benchmark(
        name="ucm-vqa",
        title="UC Merced: presence, number and location (RSIVQA)",
        protocol="vqa/exact@1",
        headline="OA",
        cards=(CARD,),
        size=(190, 51),
        read=_questions,
        note="the answers are human and noisy: of 559 about trees, 104 contradict the multi-labels",
    ),
)
