"""How an `EvidenceWriter` is taught a question about one scene: its ids, what it points at, what it selects."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from geoglot.models.autoregressive.facts import (
    MARKED_IOU,
    POINTERS,
    FactIds,
    Pointed,
    as_ids,
    covered,
    facts,
    pointers,
    written,
)
from geoglot.models.autoregressive.told import Box, Told, overlap
from geoglot.nets import classes, tokens
from geoglot.simulate.conversations.words import nouns, plural
from geoglot.simulate.tables import object_classes
from geoglot.train.text.asking import COVER_ASKED, Asked
from geoglot.train.text.seen import Seen
from geoglot.train.text.vocabulary import Vocabulary

ADDED = (*tokens.superset(0).words, *POINTERS)
"""Words of the vocabulary beside its pieces: the family's, and those by which a reply names objects."""

TAGS = {
    "presence": "[VQA]", "count": "[VQA]", "compare": "[VQA]", "area": "[VQA]", "vqa": "[VQA]", "mcq": "[VQA]",
    "relation": "[REL]", "detect": "[DET]", "ground": "[DET]", "describe-region": "[CLS]", "classify": "[CLS]",
    "multilabel": "[CLS]", "caption": "[CAP]", "segment": "[DET]", "navigate": "[NAV]",
}  # fmt: skip
TAUGHT = {
    "presence": "[VQA]", "count": "[VQA]", "vqa": "[VQA]", "detect": "[DET]", "ground": "[DET]",
    "segment": "[DET]", "describe-region": "[CLS]", "classify": "[CLS]", "caption": "[CAP]",
    "change-caption": "[CAP]", "change-mask": "[DET]",
}  # fmt: skip
"""The tasks that a writer of evidence is taught, with their tags."""

NOTHING = "none"
"""What points at nothing."""

MOST_POINTED = 12
CHANGED_SHARE = 0.5
"""Of a told change that has to lie in a true one, where the two boxes do not overlap by `MARKED_IOU`."""


@dataclass(frozen=True, slots=True)
class Block:
    """One question as ids. asked: place of its last token, from which is selected. reply: ids after it, its end too.

    selected: whether it is asked for, of each object, then of each change, then of each land cover; None where the
    question selects none, and of the first of them alone where the others are not judged.
    """

    ids: tuple[int, ...]
    asked: int
    reply: tuple[int, ...]
    selected: tuple[bool, ...] | None


class Writing:
    """Writes scenes and questions with one vocabulary."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        self.vocabulary = vocabulary
        self._cut: dict[str, list[int]] = {}

    def facts(self, told: Told, pointed: Pointed) -> FactIds:
        """Give the facts of a scene as ids."""
        return as_ids(facts(told, pointed, classes.OBJECTS), self._ids)

    def block(self, seen: Seen, asked: Asked, pointed: Pointed | None, *, tagged: bool) -> Block:
        """Lay one question out. pointed: None where nothing was looked at; tagged: it begins with its task's tag."""
        words = self.vocabulary
        told = seen.told if pointed is not None else None
        known = pointed or Pointed()
        tag = [words[TAUGHT[asked.task]]] if tagged else []
        question = words.ids(written(asked.question, asked.shown, told, known))
        ids = [words.ask, *tag, *question, words.reply]
        reply = [*words.ids(replied(asked, known)), words.end]
        selected = _selected(seen, asked, known) if pointed is not None else None
        return Block((*ids, *reply), len(ids) - 1, tuple(reply), selected)

    def _ids(self, text: str) -> list[int]:
        if text not in self._cut:
            self._cut[text] = self.vocabulary.ids(text)
        return self._cut[text]


def replied(asked: Asked, pointed: Pointed) -> str:
    """Give the reply as it is taught: places by their pointers, those that were not told left out."""
    if asked.task == "ground":
        return next((word for box in asked.boxes if (word := pointed.at(box)) is not None), NOTHING)
    if asked.kind == COVER_ASKED:
        return NOTHING  # land covers have no words that point at them
    if asked.task in ("detect", "segment"):
        meant = {word for box in asked.boxes if (word := pointed.at(box)) is not None}
        return "".join([word for word in pointed.things if word in meant][:MOST_POINTED]) or NOTHING
    if asked.task == "change-mask":
        return _changed(asked.boxes, pointed)
    return asked.reply


def pointer_words(start: int) -> tuple[str, ...]:
    """Give the pointers in their order from any of them on, so that all are learned alike."""
    return (*POINTERS[start:], *POINTERS[:start])


def pointed_in(told: Told, start: int = 0) -> Pointed:
    """Give the objects of a scene their words, from the `start`-th on."""
    return pointers(told, pointer_words(start))


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


def _changed(pieces: Sequence[Box], pointed: Pointed) -> str:
    """The told changes that lie in true ones; the surest where some place changed that was not told."""
    if not pieces or not pointed.changes:
        return NOTHING
    right = [word for word, one in pointed.changes.items() if any(_meets(one.box, piece) for piece in pieces)]
    return "".join(right or list(pointed.changes)[:1])


def _meets(box: Box, piece: Box) -> bool:
    wide, high = (min(box[k + 2], piece[k + 2]) - max(box[k], piece[k]) for k in (0, 1))
    inside = max(0.0, wide) * max(0.0, high) >= CHANGED_SHARE * (box[2] - box[0]) * (box[3] - box[1])
    return inside or overlap(box, piece) >= MARKED_IOU


def _selected(seen: Seen, asked: Asked, pointed: Pointed) -> tuple[bool, ...] | None:
    """What a question is about: told things that overlap a true one of its answer, or of its class; told changes in
    true ones; a land cover by its name.
    """
    things, covers = list(pointed.things.values()), covered(seen.told)
    if asked.kind == COVER_ASKED:
        named = tuple(frame == 0 and name == asked.label for frame, name, _ in covers)
        return (*(False,) * (len(things) + len(pointed.changes)), *named)
    beside = (False,) * (len(pointed.changes) + len(covers))
    if asked.task in ("detect", "segment"):
        return (*(any(overlap(thing.box, box) > MARKED_IOU for box in asked.boxes) for thing in things), *beside)
    if asked.task in ("ground", "change-mask"):
        meant = replied(asked, pointed)
        return (*(word in meant for word in (*pointed.things, *pointed.changes)), *(False,) * len(covers))
    label = (asked.label or label_in(asked.question)) if asked.task in ("count", "presence") else None
    if label is None or "quarter" in asked.kind or not seen.truth:
        return None
    true = [one.box for one in seen.truth if one.label == label]
    return tuple(thing.label == label and any(overlap(thing.box, box) > MARKED_IOU for box in true) for thing in things)
