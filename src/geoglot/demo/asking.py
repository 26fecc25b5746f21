"""Read the demo's scenes, ask them, and keep what came of it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from geoglot.conversation import Answer
from geoglot.demo.cases import Case, questions_for
from geoglot.errors import GeoglotError
from geoglot.models.protocol import Model
from geoglot.scenes import Scene, read


@dataclass(frozen=True, slots=True, eq=False)
class Asked:
    """One question and what came back: an answer, or the error's words."""

    question: str
    answer: Answer | None
    trouble: str | None
    seconds: float


@dataclass(frozen=True, slots=True, eq=False)
class Section:
    """One scene of the report. trouble: why it could not be read, if so; then there is no scene."""

    case: Case
    scene: Scene | None
    asked: tuple[Asked, ...]
    trouble: str | None
    read_s: float


def run(cases: Iterable[Case], model: Model, *, progress: Callable[[str], None] = lambda title: None) -> list[Section]:
    """Ask every case its questions. Errors of single scenes and questions are kept and shown, not raised."""
    sections = []
    for case in cases:
        sections.append(_section(case, model))
        progress(case.title)
    return sections


def _section(case: Case, model: Model) -> Section:
    started = time.perf_counter()
    try:
        scene = read(list(case.paths) if len(case.paths) > 1 else case.paths[0], sensor=case.sensor)
    except GeoglotError as error:
        return Section(case, None, (), str(error), time.perf_counter() - started)
    read_s = time.perf_counter() - started
    questions = case.questions or questions_for(str(scene.kind), str(scene.sensor.kind))
    return Section(case, scene, tuple(_ask(model, scene, question) for question in questions), None, read_s)


def _ask(model: Model, scene: Scene, question: str) -> Asked:
    started = time.perf_counter()
    try:
        answer, trouble = model.ask(scene, question), None
    except GeoglotError as error:
        answer, trouble = None, str(error)
    return Asked(question, answer, trouble, time.perf_counter() - started)
