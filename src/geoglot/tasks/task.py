"""What can be asked: `Task` holds wordings, the grammar of an answer, its strict parser and its protocol."""

from __future__ import annotations

import enum
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from geoglot.errors import GeoglotError
from geoglot.regions import Region


class TaskName(enum.StrEnum):
    """The eighteen things one can ask for."""

    CAPTION = "caption"
    CLASSIFY = "classify"
    MULTILABEL = "multilabel"
    PRESENCE = "presence"
    COUNT = "count"
    COMPARE = "compare"
    AREA = "area"
    VQA = "vqa"
    MCQ = "mcq"
    RELATION = "relation"
    DETECT = "detect"
    GROUND = "ground"
    DESCRIBE_REGION = "describe-region"
    SEGMENT = "segment"
    CHANGE_CAPTION = "change-caption"
    CHANGE_MASK = "change-mask"
    TRACK = "track"
    NAVIGATE = "navigate"


Value = bool | int | float | str | tuple[str, ...] | None
"""What an answer boils down to. Its type is fixed by the task; None where there is only text or regions."""


class AnswerUnparsed(GeoglotError, ValueError):
    """A reply does not follow the task's grammar. Counted by evaluation as wrong; never guessed at."""


@dataclass(frozen=True, slots=True)
class Parsed:
    """A reply taken apart: its value, the regions it named (pixels of the frame), the value's unit."""

    value: Value = None
    regions: tuple[Region, ...] = ()
    unit: str | None = None


@dataclass(frozen=True, slots=True)
class Task:
    """One kind of question.

    wordings: templates to ask with; `{thing}`, `{other}`, `{region}`, `{choices}` are filled in by `ask`.
    fields: the placeholders that every wording of the task needs. grammar: a regular expression that a whole,
    stripped reply matches, with regions in the text form of the default codec. parse: turns a reply and the
    frame's (width, height) into `Parsed`; raises AnswerUnparsed. gives: which region types may be in it.
    frames: how many frames it needs at least. protocol: the evaluation protocol that scores it.
    """

    name: TaskName
    title: str
    wordings: tuple[str, ...]
    grammar: str
    parse: Callable[[str, tuple[int, int]], Parsed]
    protocol: str
    fields: tuple[str, ...] = ()
    gives: tuple[str, ...] = ()
    value: str = "none"  # "bool", "int", "float", "str", "list" or "none": the type of Answer.value
    frames: int = 1

    def ask(self, rng: np.random.Generator, **fields: str) -> str:
        """Word the question: one of the wordings, drawn with `rng`, with `fields` filled in."""
        return self.wordings[int(rng.integers(len(self.wordings)))].format(**fields)
