"""What an `EvidenceWriter` reads of one scene: its facts, and questions about it, as ids of a vocabulary."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from geoglot.nets import classes, tokens
from geoglot.regions.codecs.words import COORDINATES
from geoglot.simulate.conversations.words import name as name_of
from geoglot.simulate.conversations.words import nouns, plural
from geoglot.simulate.tables import object_classes
from geoglot.tasks import TaskName, get
from geoglot.train.text.evidence_writer import KINDS, NUMBERS, PLACES
from geoglot.train.text.seen import Asked, Box, Object, Seen
from geoglot.train.text.vocabulary import Vocabulary

OBJECTS = 48  # surest ones of a scene that become facts
SCENES = 4
POINT, SELECT = "<obj>", "<objs>"
ADDED = (*tokens.superset(0).words, POINT, SELECT)
"""Words of the vocabulary beside its pieces: the family's, and where a reply names one object or several."""

TAGS = {
    "presence": "[VQA]", "count": "[VQA]", "compare": "[VQA]", "area": "[VQA]", "vqa": "[VQA]", "mcq": "[VQA]",
    "relation": "[REL]", "detect": "[DET]", "ground": "[DET]", "describe-region": "[CLS]", "classify": "[CLS]",
    "multilabel": "[CLS]", "caption": "[CAP]", "segment": "[DET]", "navigate": "[NAV]",
}  # fmt: skip
MODALITY = {"optical": "[OPT]", "multispectral": "[MS]", "sar": "[SAR]", "thermal": "[IR]"}
SIDES = (("leftmost", 0, 1), ("rightmost", 0, -1), ("uppermost", 1, 1), ("lowest", 1, -1))
"""Word, axis, and the sign by which the outermost comes first."""

POINTED_IOU, SELECTED_IOU = 0.5, 0.3
"""Overlap from which an object is the one meant, or one of those. Source: nano-plan, section 6."""

_MARKER = re.compile(r"<r(\d+)>")


@dataclass(frozen=True, slots=True, eq=False)
class Facts:
    """F facts: kind (F,), words (F, W), places (F, PLACES) and numbers (F, NUMBERS), as in `EvidenceLesson`."""

    kind: NDArray[np.int64]
    words: NDArray[np.int64]
    places: NDArray[np.int64]
    numbers: NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Block:
    """One question as ids. asked: place of the token that points and selects. reply: ids after it, its end included.

    pointed: number of the object that is meant, None without one. selected: of each object whether it is asked for,
    None where the question selects none.
    """

    ids: tuple[int, ...]
    asked: int
    reply: tuple[int, ...]
    pointed: int | None
    selected: tuple[bool, ...] | None


class Writing:
    """Writes scenes and questions with one vocabulary."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        self.vocabulary = vocabulary
        self._named: dict[str, tuple[int, ...]] = {}

    def block(self, seen: Seen, asked: Asked, *, tagged: bool) -> Block:
        """Lay one question out. tagged: it begins with the tag of its task."""
        words, objects = self.vocabulary, seen.objects[:OBJECTS]
        tag = [words[TAGS[asked.task]]] if tagged and asked.task in TAGS else []
        ids = [words.ask, *tag, *words.ids(written(asked.question, asked.shown, seen.size)), words.reply]
        text, pointed = asked.reply, None
        if asked.task in ("ground", "detect"):
            text = "none" if not asked.boxes else POINT if asked.task == "ground" else SELECT
        if asked.task == "ground" and asked.boxes:
            pointed = nearest(asked.boxes[0], objects)
        reply = [*words.ids(text), words.end]
        return Block((*ids, *reply), len(ids) - 1, tuple(reply), pointed, _selected(seen, asked, objects))

    def facts(self, seen: Seen) -> Facts:
        """Give what the eye told: the frame first, then objects, surest first, classes, land covers, scenes."""
        rows = list(self._rows(seen))
        longest = max(len(named) for _, named, _, _ in rows)
        words = np.full((len(rows), longest), -1)
        for row, (_, named, _, _) in enumerate(rows):
            words[row, : len(named)] = named
        places = np.array([[*place, *[-1] * (PLACES - len(place))] for _, _, place, _ in rows])
        numbers = np.array([[*told, *[0.0] * (NUMBERS - len(told))] for _, _, _, told in rows], np.float32)
        return Facts(np.array([KINDS.index(kind) for kind, _, _, _ in rows]), words, places, numbers)

    def _rows(self, seen: Seen) -> Iterator[tuple[str, tuple[int, ...], list[int], list[float]]]:
        """Kind, ids of the name, ids of corners and count, numbers of order 1."""
        words = self.vocabulary
        yield "frame", (words[MODALITY[seen.sensor]],), [], [math.log(seen.gsd_m)]
        for thing in seen.objects[:OBJECTS]:
            x0, y0, x1, y1 = (place / seen.size[axis % 2] for axis, place in enumerate(thing.box))
            sizes = [math.log(max(x1 - x0, 1e-3)), math.log(max(y1 - y0, 1e-3))]
            numbers = [thing.score, x0 + x1 - 1, y0 + y1 - 1, *sizes, float(thing.score > 0.5)]
            yield "object", self._name(thing.label), [words[word] for word in corners(thing.box, seen.size)], numbers
        for label, (most, soft, several) in zip(classes.OBJECTS, seen.slots, strict=True):
            scores = [thing.score for thing in seen.objects if thing.label == label]
            likely = sum(score > 0.5 for score in scores)
            there = 1 - math.prod(1 - score for score in scores)
            logs = [math.log1p(value) for value in (soft, several, sum(scores), likely)]
            yield "class", self._name(label), [-1, -1, -1, -1, self._number(likely)], [most, there, *logs]
        for name, share in seen.covers:
            told = [share, math.log(share + 1e-3) / 7, float(share > 0.02)]
            yield "cover", self._name(name), [-1, -1, -1, -1, self._number(round(100 * share))], told
        for name, probability in seen.scenes[:SCENES]:
            yield "scene", self._name(name), [], [probability]

    def _name(self, name: str) -> tuple[int, ...]:
        """Ids of a name as it stands inside a sentence."""
        if name not in self._named:
            self._named[name] = tuple(self.vocabulary.ids(f" {name}"))
        return self._named[name]

    def _number(self, number: int) -> int:
        return self.vocabulary[str(min(number, 99))]


def written(question: str, shown: Sequence[Box], size: tuple[int, int]) -> str:
    """Give a question with its boxes as coordinate words: `<r0>` becomes `<12><400><31><418>`."""
    return _MARKER.sub(lambda found: "".join(corners(shown[int(found[1])], size)), question)


def corners(box: Box, size: tuple[int, int]) -> list[str]:
    """Give the four coordinate words of a box: thousandths of width and height, rounded down."""
    return [COORDINATES[min(999, max(0, int(1000 * place / size[axis % 2])))] for axis, place in enumerate(box)]


def overlap(a: Box, b: Box) -> float:
    """Give the intersection over union of two boxes."""
    wide = min(a[2], b[2]) - max(a[0], b[0])
    high = min(a[3], b[3]) - max(a[1], b[1])
    if wide <= 0 or high <= 0:
        return 0.0
    shared = wide * high
    return shared / ((a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - shared)


def nearest(box: Box, objects: Sequence[Object]) -> int | None:
    """Give the number of the object that overlaps a box most, by half at least; None if none does."""
    best = max(range(len(objects)), key=lambda index: overlap(objects[index].box, box), default=None)
    return best if best is not None and overlap(objects[best].box, box) > POINTED_IOU else None


def pointing(seen: Seen, rng: np.random.Generator) -> Asked | None:
    """Ask where one of the told objects is: the only one of its class, or the outermost on a side. None without any.

    Few of the questions about the true scene are about things that the eye told; these teach how to point.
    """
    objects = seen.objects[:OBJECTS]
    labels = sorted({thing.label for thing in objects} & set(object_classes()))  # the others have no names here
    if not labels:
        return None
    label = labels[int(rng.integers(len(labels)))]
    mine = [thing for thing in objects if thing.label == label]
    noun = name_of(label, rng)
    expression, meant = f"the {noun}", mine[0]
    if len(mine) > 1:
        word, axis, sign = SIDES[int(rng.integers(len(SIDES)))]
        ranked = sorted(mine, key=lambda thing: sign * (thing.box[axis] + thing.box[axis + 2]))
        expression, meant = f"the {word} {noun}", ranked[0]
    question = get(TaskName.GROUND).ask(rng, thing=expression)
    return Asked("ground", "ground told", question[0].upper() + question[1:], "", "", (), (meant.box,))


@cache
def label_in(question: str) -> str | None:
    """Give the object class that a question names by any of its names, the longest that fits; None if none."""
    text = f" {question.casefold()} "
    fitting = [noun for noun in _labels() if re.search(rf"\W{re.escape(noun)}\W", text)]
    return _labels()[max(fitting, key=len)] if fitting else None


@cache
def _labels() -> dict[str, str]:
    """The class of every noun, singular and plural."""
    each = [(noun, label) for label in object_classes() for noun in nouns(label)]
    return dict(each) | {plural(noun): label for noun, label in each}


def _selected(seen: Seen, asked: Asked, objects: Sequence[Object]) -> tuple[bool, ...] | None:
    """Which objects a question is about: those that overlap a true object of its answer, or of its class."""
    if asked.task == "detect":
        return tuple(any(overlap(thing.box, box) > SELECTED_IOU for box in asked.boxes) for thing in objects)
    label = label_in(asked.question) if asked.task in ("count", "presence") else None
    if label is None or "quarter" in asked.kind:
        return None
    true = [thing.box for thing in seen.truth if thing.label == label]
    return tuple(
        thing.label == label and any(overlap(thing.box, box) > SELECTED_IOU for box in true) for thing in objects
    )
