"""Questions in varied wordings, each with what it means: the frames of `frames.toml`, filled by `slots.py`."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from random import Random

from geoglot.models.nano.reading.labels import CHOICES, INTENTS, OUTSIDE
from geoglot.models.nano.reading.text import plain
from geoglot.tasks import TaskName, get
from geoglot.train.reader.fillers import any_of
from geoglot.train.reader.noise import noisy

Word = tuple[str, str]
"""A word as the reader sees it, and its tag."""

FROM_TASKS = 0.2
"""Share of questions that are worded by the task table instead of by a frame."""


@dataclass(frozen=True, slots=True)
class Example:
    """A question for training. words: with tags of `labels.TAGS`. whole: one of `labels.CHOICES` for each name."""

    words: tuple[Word, ...]
    whole: Mapping[str, str]

    @property
    def text(self) -> str:
        """The question as plain text."""
        return " ".join(word for word, _ in self.words)


@dataclass(slots=True)
class Draft:
    """A question while it is put together: slots add words, and say what they mean."""

    rng: Random
    words: list[Word] = field(default_factory=list)
    whole: dict[str, str] = field(default_factory=dict)

    def say(self, text: str, tag: str = OUTSIDE) -> None:
        """Add plain words that share a tag."""
        self.words.extend((word, tag) for word in text.split())


@dataclass(frozen=True, slots=True)
class Group:
    """Frames that share an intent. labels: what else all of them mean."""

    intent: str
    labels: tuple[tuple[str, str], ...]
    frames: tuple[str, ...]


_PARTS = re.compile(r"\{(\w+)\}")
_INNERMOST = re.compile(r"\(([^()]*)\)")
_INTENT_OF = {
    task: "point" if task is TaskName.GROUND else next(name for name, (of, _) in INTENTS.items() if of is task)
    for task in TaskName
    if task not in {TaskName.VQA, TaskName.MCQ}
}
_WRAPPED = 0.2  # share of questions with words around them that ask nothing


@cache
def groups() -> tuple[Group, ...]:
    """Give all frames, in the order of the table."""
    table = tomllib.loads(resources.files(__package__).joinpath("frames.toml").read_text("utf-8"))
    return tuple(
        Group(
            row["intent"],
            labels=tuple((name, _label(row[name])) for name in CHOICES if name != "intent" and name in row),
            frames=tuple(row["frames"]),
        )
        for row in table["group"]
    )


def example(rng: Random) -> Example:
    """Make one question: intents are equally likely but for the commonest, which come more often."""
    draft = Draft(rng)
    if rng.random() < FROM_TASKS:
        _from_task(draft)
    else:
        group = rng.choices(groups(), weights=_weights())[0]
        draft.whole |= {"intent": group.intent, **dict(group.labels)}
        fill(draft, rng.choice(group.frames))
    words = _around(draft.words, rng, alone=draft.whole["intent"] in {"none", "again", "other"})
    return Example(tuple(noisy(words, rng)), {name: draft.whole.get(name, CHOICES[name][0]) for name in CHOICES})


def fill(draft: Draft, frame: str) -> None:
    """Add a frame's words: choices made, slots filled, literal words in plain form."""
    from geoglot.train.reader.slots import SLOTS

    while match := _INNERMOST.search(frame):
        frame = frame[: match.start()] + draft.rng.choice(match[1].split("|")) + frame[match.end() :]
    for index, part in enumerate(_PARTS.split(frame)):
        if index % 2:
            SLOTS[part](draft)
        else:
            draft.say(plain(part))


@cache
def _weights() -> tuple[float, ...]:
    """How often each group is drawn: wide groups more, and "none", which is all sorts of questions, most."""
    return tuple(len(group.frames) ** 0.5 * (5 if group.intent == "none" else 1) for group in groups())


def _from_task(draft: Draft) -> None:
    """A wording of the task table: things in the form that the task asks for."""
    from geoglot.train.reader.slots import SLOTS

    task = draft.rng.choice(tuple(_INTENT_OF))
    intent = _INTENT_OF[task]
    draft.whole["intent"] = intent
    if task in {TaskName.CHANGE_CAPTION, TaskName.CHANGE_MASK}:
        draft.whole["change"] = "any"
    definite = task in {TaskName.GROUND, TaskName.RELATION, TaskName.NAVIGATE}
    slot = {"thing": "the" if definite else "c" if task is TaskName.SEGMENT else "x" if task is TaskName.AREA else "n"}
    slot |= {"other": "othe" if definite else "on", "region": "r1"}
    text = draft.rng.choice(_wordings(task))
    for index, part in enumerate(_PARTS.split(text)):
        if index % 2:
            SLOTS[slot[part]](draft)
        else:
            draft.say(plain(part))


@cache
def _wordings(task: TaskName) -> tuple[str, ...]:
    """The wordings whose meaning does not hang on a word that other intents claim: units, lists of one kind, detail."""
    unclear = re.compile(
        r"percent|share|fraction|proportion|hectare|kilomet|cover(?:s|ed)? class|land[- ]cover|objects|surface"
        r"|detail|full sentences|how much of|which part|relative|no longer|fewer|less|equal|as many|as much"
    )
    wordings = get(task).wordings
    if task in {TaskName.AREA, TaskName.MULTILABEL, TaskName.CAPTION, TaskName.COMPARE}:
        return tuple(wording for wording in wordings if not unclear.search(wording.casefold()))
    if task is TaskName.PRESENCE:
        return tuple(w for w in wordings if not re.search(r"\bno\b|without|free|absen|lack|devoid", w.casefold()))
    return wordings


def _around(words: Sequence[Word], rng: Random, *, alone: bool) -> list[Word]:
    """Words that ask nothing, before or after; a mark at the end, or none."""
    out = list(words)
    if not alone and rng.random() < _WRAPPED:
        out = [*_outside(any_of("before", rng)), *out]
    if not alone and rng.random() < _WRAPPED / 2:
        out = [*out, *_outside(any_of("after", rng))]
    if out and out[-1][0] not in {"?", "."} and rng.random() < 0.6:
        out.append((rng.choice(("?", "?", ".", "!")), OUTSIDE))
    return out


def _outside(text: str) -> list[Word]:
    return [(word, OUTSIDE) for word in text.split()]


def _label(value: str | bool) -> str:
    return "negated" if value is True else str(value)
