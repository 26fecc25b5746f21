"""The reader: what differently worded questions mean."""

from __future__ import annotations

import json
import tomllib
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geoglot.models.nano import things
from geoglot.models.nano.query import Aim, Query
from geoglot.models.nano.reader import RuleReader
from geoglot.tasks import TaskName, get
from tests.nano.meaning import meaning
from tests.nano.meaning import read as read_by

QUESTIONS = tomllib.loads((Path(__file__).parent / "questions.toml").read_text())["q"]


def read(*questions: str, task: TaskName | None = None) -> Query:
    return read_by(RuleReader(), *questions, task=task)


@pytest.mark.parametrize("row", QUESTIONS, ids=lambda row: row["ask"][:60])
def test_a_question_is_read_for_what_it_means(row: dict[str, Any]) -> None:
    expected = {name: value for name, value in row.items() if name not in ("ask", "before")}
    assert meaning(read(*row.get("before", ()), row["ask"])) == expected


FIELDS = {
    "thing": "ships",
    "other": "the trucks",
    "region": "<r0>",
    "question": "What colour is the ship?",
    "choices": "A) red B) blue",
}
DEFINITE = {TaskName.GROUND: "the largest ship", TaskName.RELATION: "the ship", TaskName.NAVIGATE: "the bridge"}
ELSEWHERE = {"Which features stand out in this view? Answer in full sentences."}  # asks for a list and for sentences


@pytest.mark.parametrize("name", [*TaskName], ids=str)
def test_every_wording_of_a_task_is_read_as_that_task(name: TaskName) -> None:
    fields = FIELDS | {"thing": DEFINITE.get(name, "ships" if name is not TaskName.SEGMENT else "water")}
    for wording in get(name).wordings:
        query = read(wording.format(**fields))
        if wording not in ELSEWHERE:
            assert query.task == name, wording
        if "thing" in get(name).fields:
            noun = things.find(fields["thing"].split()[-1])
            assert noun is not None
            assert query.thing == noun.name, wording
        if "other" in get(name).fields:
            assert query.other is not None
            assert query.other.thing == "truck", wording


@pytest.mark.parametrize("name", [TaskName.COUNT, TaskName.PRESENCE, TaskName.DETECT], ids=str)
def test_an_unknown_noun_stays_unknown_in_every_wording(name: TaskName) -> None:
    for wording in get(name).wordings:
        query = read(wording.format(thing="zebras"))
        assert (query.thing, query.asked_as) == (None, "zebras"), wording


def test_the_caller_may_tell_the_task() -> None:
    query = read("How many ships are there?", task=TaskName.VQA)
    assert (query.task, query.aim) == (TaskName.VQA, Aim.COUNT)
    query = read("ships", task=TaskName.DETECT)
    assert (query.task, query.aim, query.thing) == (TaskName.DETECT, Aim.OBJECTS, "ship")


def test_a_query_says_what_it_understood_as_json() -> None:
    query = read("How many red vans are near the bridge in the left half?")
    assert query.as_json() == {
        "task": "count",
        "aim": "count",
        "thing": "car",
        "region": None,
        "asked_as": "vans",
        "exact": False,
        "attributes": {"colour": "red"},
        "relation": {"kind": "near", "to": [{"thing": "bridge", "asked_as": "bridge"}]},
        "place": "left",
    }
    assert read("What is in <r0>?").as_json()["region"] == {"type": "box", "frame": 0, "pixels": [10, 10, 60, 60]}


@settings(deadline=None)
@given(st.text(min_size=1, max_size=80).filter(str.strip))
def test_any_text_is_read_without_complaint(question: str) -> None:
    assert read(question).task in TaskName


@settings(deadline=None)
@given(st.lists(st.sampled_from([row["ask"] for row in QUESTIONS]), min_size=2, max_size=4))
def test_any_conversation_is_read_without_complaint(questions: list[str]) -> None:
    assert read(*questions).task in TaskName


@pytest.mark.data
def test_the_questions_of_a_published_set_are_read(shared_data: Path) -> None:
    """RSIVQA's questions on UC Merced: presence, number, position and theme in a few human wordings."""
    lines = (shared_data / "real" / "ucm_landuse" / "vqa.jsonl").read_text("utf-8").splitlines()
    asked = Counter(json.loads(line)["question"] for line in lines)
    tasks = {"does": "presence", "how": "count", "what": "vqa"}
    right = 0
    for question, times in asked.items():
        query = read(question)
        theme = "theme" in question
        wanted = "classify" if theme else tasks[question.split()[0].casefold()]
        right += times * (query.task == wanted and (theme or query.thing is not None))
    assert right / asked.total() > 0.97
