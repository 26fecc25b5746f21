"""Questions about things that are marked one by one, with their answers: for real images and for made-up ones."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from geoglot.conversation import Sample
from geoglot.models.autoregressive.told import Box
from geoglot.regions import Region
from geoglot.scenes import Scene
from geoglot.simulate.conversations.facts import QUARTERS
from geoglot.simulate.conversations.words import COVER_NOUNS, name, plural
from geoglot.simulate.tables import object_classes
from geoglot.tasks import get

WORLD_SCENES = 50  # scenes of one world
QUESTIONS = 40  # of a scene
UNWRITTEN = frozenset({"segment", "navigate"})  # their answers are masks and paths, which need no writer
COVER_ASKED = "segment cover"
"""The kind of a question for the pixels of a land cover; its label is that cover."""

MOST_COUNTED = 20
MOST_MARKED = 12
SIDES = (("leftmost", 0, 1), ("rightmost", 0, -1), ("uppermost", 1, 1), ("lowest", 1, -1))
"""Word, axis, and the sign by which the outermost comes first."""

SHARED_NOUN = "trees"
"""A name of a land cover that is one of things too."""

PLURAL = {"person": "people"}
LEVELLED = {"presence": 2, "ground": 2}
"""How many of the most frequent answers of a kind are brought to one level; of other kinds four."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A question with its answer. shown: the boxes that <r0> … of the question mean; boxes: those of the answer.

    kind: as `simulate` names it ("count quarter"). value: of the truth, as text. label: the class that it is about,
    where that is known.
    """

    task: str
    kind: str
    question: str
    reply: str
    value: str = ""
    shown: tuple[Box, ...] = ()
    boxes: tuple[Box, ...] = ()
    label: str = ""

    @classmethod
    def from_json(cls, fields: Mapping[str, Any]) -> Asked:
        """Give back what `asdict` made; raises KeyError or TypeError for any other document."""
        boxes = {each: tuple(map(tuple, fields[each])) for each in ("shown", "boxes")}
        return cls(**{**fields, **boxes})


@dataclass(frozen=True, slots=True)
class Marked:
    """A true object."""

    label: str
    box: Box


@dataclass(frozen=True, slots=True, eq=False)
class Shown:
    """One picture, or two of a pair. source: what it was taken from: a plan's name (`train.text.shown`), or that
    of a real set.

    truth: objects that can be seen, empty where they are not marked. asked: questions about it.
    """

    id: str
    source: str
    scene: Scene
    truth: tuple[Marked, ...]
    asked: tuple[Asked, ...]


def asked_of(sample: Sample) -> Asked:
    """Give a simulated sample as it is kept."""
    turn = sample.conversation.question
    return Asked(
        task=sample.task.value,
        kind=sample.type,
        question=turn.text,
        reply=sample.references[0],
        value=str(sample.truth.value),
        shown=tuple(box_of(region) for region in turn.regions),
        boxes=tuple(box_of(region) for region in sample.truth.regions),
    )


def box_of(region: Region) -> Box:
    """Give the upright box of a region in hundredths of a pixel."""
    box = region.bounds
    return round(box.x0, 2), round(box.y0, 2), round(box.x1, 2), round(box.y1, 2)


def about(
    things: Sequence[Marked], labels: Sequence[str], size: tuple[int, int], rng: np.random.Generator
) -> Iterator[Asked]:
    """Ask whether there are any, how many, and where, of every class of which all are marked.

    labels: those classes. size: (width, height) of the picture.
    """
    for label in labels:
        mine = [thing.box for thing in things if thing.label == label]
        many, one = _plural(_named(label, rng)), _named(label, rng)
        reply = "Yes." if mine else "No."
        yield worded(Asked("presence", "presence", "", reply, label=label), rng, {"thing": many})
        if len(mine) <= MOST_COUNTED:
            yield worded(Asked("count", "count", "", str(len(mine)), label=label), rng, {"thing": many})
        if mine:
            quarter = QUARTERS[int(rng.integers(4))]
            inside = str(sum(in_quarter(box, quarter, size) for box in mine))
            part = {"thing": f"{many} in the {quarter} quarter"}
            yield worded(Asked("count", "count quarter", "", inside, label=label), rng, part)
        if len(mine) <= MOST_MARKED:
            yield worded(Asked("detect", "detect", "", "", boxes=tuple(mine), label=label), rng, {"thing": many})
        word, axis, sign = SIDES[int(rng.integers(4))]
        if len(mine) == 1 or not rng.integers(2):
            word = ""
        ranked = sorted(mine, key=lambda box: sign * (box[axis] + box[axis + 2]))
        if word or len(mine) < 2:
            expression = {"thing": f"the {word} {one}" if word else f"the {one}"}
            yield worded(Asked("ground", "ground", "", "", boxes=tuple(ranked[:1]), label=label), rng, expression)
    for index in rng.permutation(len(things))[:3]:
        thing = things[index]
        reply = f"{'An' if thing.label[0] in 'aeiou' else 'A'} {thing.label}."
        pointed = Asked("describe-region", "describe region", "", reply, shown=(thing.box,))
        yield worded(pointed, rng, {"region": "<r0>"})


def outlined(
    things: Sequence[Marked], labels: Sequence[str], covers: Sequence[str], rng: np.random.Generator
) -> Iterator[Asked]:
    """Ask for the pixels of classes of which all things are marked, and of land covers, there or not."""
    for label in labels:
        mine = tuple(thing.box for thing in things if thing.label == label)
        thing = _plural(_named(label, rng))
        yield worded(Asked("segment", "segment", "", "", boxes=mine, label=label), rng, {"thing": thing})
    for cover in covers:
        named = [noun for noun in COVER_NOUNS[cover] if noun != SHARED_NOUN]
        asked = Asked("segment", COVER_ASKED, "", "", label=cover)
        yield worded(asked, rng, {"thing": named[int(rng.integers(len(named)))]})


def worded(one: Asked, rng: np.random.Generator, fields: Mapping[str, str]) -> Asked:
    """Put a question into one of the wordings of its task. fields: those that its wordings need."""
    question = get(one.task).ask(rng, **fields)
    return replace(one, question=question[0].upper() + question[1:])


def in_quarter(box: Box, quarter: str, size: tuple[int, int]) -> bool:
    """Tell whether a box has its centre in a quarter of the picture."""
    x, y = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
    return (y < size[1] / 2) == quarter.startswith("upper") and (x < size[0] / 2) == quarter.endswith("left")


def levelled(groups: Sequence[Sequence[Asked]], rng: np.random.Generator) -> list[tuple[Asked, ...]]:
    """Leave questions out so that their words alone predict no answer, as `simulate.conversations.balance` does.

    groups: the questions of each picture of one set. Of each kind and class the most frequent answers are levelled; a
    question whose answer is always the same is not asked. Kinds about no class are left as they are.
    """
    seen: dict[tuple[str, str], Counter[str]] = {}
    for one in (one for group in groups for one in group if one.label):
        seen.setdefault((one.kind, one.label), Counter())[_answer(one)] += 1
    kept = []
    for group in groups:
        chances = [_chance(seen[one.kind, one.label], one) if one.label else 1.0 for one in group]
        kept.append(tuple(one for one, chance in zip(group, chances, strict=True) if rng.random() < chance))
    return kept


def _chance(seen: Counter[str], one: Asked) -> float:
    ranked = [count for _, count in seen.most_common()]
    if len(ranked) < 2:
        return 0.0
    return min(1.0, ranked[min(len(ranked), LEVELLED.get(one.kind, 4)) - 1] / seen[_answer(one)])


def _answer(one: Asked) -> str:
    return one.reply or ("some" if one.boxes else "none")


def _named(label: str, rng: np.random.Generator) -> str:
    return name(label, rng) if label in object_classes() else label


def _plural(noun: str) -> str:
    return PLURAL.get(noun) or plural(noun)
