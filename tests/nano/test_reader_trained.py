"""The shipped reader: what it reads that rules do not, what it refuses, what it does without its weights."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geoglot.errors import ModelError
from geoglot.models.nano import things
from geoglot.models.nano.query import Aim, Query
from geoglot.models.nano.reader import RuleReader
from geoglot.models.nano.reading.ear import GRAPH, MANIFEST, Ear
from geoglot.models.nano.trained import TrainedReader, open_reader
from geoglot.models.nano.weights import SHIPPED
from geoglot.tasks import TaskName, get
from tests.nano.meaning import is_honest, read, rows, wrong

READER = open_reader()
MOST_MB = 12
LEAST_STEERED = 0.9
LEAST_UNSEEN = 0.9


def asked(*questions: str) -> Query:
    return read(READER, *questions)


def share(file: str, table: str, is_right: Callable[[Query, dict[str, object]], bool]) -> float:
    found = [is_right(asked(*row.get("before", ()), row["ask"]), dict(row)) for row in rows(file, table)]
    return sum(found) / len(found)


def test_the_shipped_reader_has_its_network() -> None:
    assert isinstance(READER, TrainedReader)
    assert sum((SHIPPED / name).stat().st_size for name in (GRAPH, MANIFEST)) < MOST_MB * 1e6


def test_questions_that_steered_the_reader_are_read() -> None:
    for table in ("questions", "more"):
        assert share("steering.toml", table, lambda query, row: not wrong(query, row)) >= LEAST_STEERED


def test_questions_that_were_written_before_any_training_are_read() -> None:
    assert share("unseen.toml", "questions", lambda query, row: not wrong(query, row)) >= LEAST_UNSEEN


@pytest.mark.parametrize("file", ["steering.toml", "unseen.toml"])
def test_unknown_nouns_are_named_or_stand_for_a_near_thing(file: str) -> None:
    assert share(file, "unknown", is_honest) >= 0.8


def test_a_near_thing_is_never_taken_for_what_was_asked() -> None:
    nouns = [asked(row["ask"]).noun for row in rows("unseen.toml", "unknown")]
    near = [one for one in nouns if one is not None and one.thing is not None and things.find(one.asked_as) is None]
    assert near
    assert [one.asked_as for one in near if one.exact] == []


@pytest.mark.parametrize(
    ("question", "aim", "thing"),
    [
        ("Is it cloudy?", Aim.PRESENCE, "cloud"),
        ("What is this?", Aim.FACTS, None),
        ("dominant land cover?", Aim.MOST, None),
        ("hwo many storge tanks", Aim.COUNT, "storage tank"),
        ("<r0> - what's that?", Aim.FACTS, None),
    ],
)
def test_what_rules_alone_did_not_understand(question: str, aim: Aim, thing: str | None) -> None:
    query = asked(question)
    assert (query.aim, query.thing) == (aim, thing)


@pytest.mark.parametrize(
    "question",
    [
        "Of the whole picture, how much is bare soil?",
        "How much of the tile is water?",
        "Of this image how much is grass?",
    ],
)
def test_a_share_is_read_however_it_is_asked_for(question: str) -> None:
    query = asked(question)
    assert (query.aim, query.unit) == (Aim.AREA, "%")


@pytest.mark.parametrize(
    "question",
    [
        "Produce a change map.", "What regions have been altered?", "Locate the differences.",
        "Contrast the two dates.",
        "Which pixels differ between the two dates?", "Pinpoint where this place has been transformed.",
        "Summarise the changes from the first date to the second.", "What did the ground undergo over this time?",
        "What would somebody returning to this place find changed?", "Extract the change areas as polygons.",
    ],
)  # fmt: skip
def test_words_about_change_itself_are_no_things(question: str) -> None:
    query = asked(question)
    assert (query.aim, query.noun) == (Aim.CHANGE, None)


@pytest.mark.parametrize("question", ["What changed to the warehouses?", "Show where the frobnicators changed.",
                                      "What changed to the sphinx?", "Which new frobnicators appeared?"])  # fmt: skip
def test_a_thing_whose_change_is_asked_for_is_kept_known_or_not(question: str) -> None:
    assert asked(question).noun is not None


@pytest.mark.parametrize("question", ["Hello there!", "What is your name?", "Tell me a joke.", "thanks, bye"])
def test_what_cannot_be_asked_of_an_image_is_not_understood(question: str) -> None:
    assert asked(question).aim is Aim.UNKNOWN


@pytest.mark.parametrize(
    ("question", "extreme"),
    [
        ("Are there any track and field stadiums?", None),
        ("Is there a track and field stadium in the image?", None),
        ("Give the box of the rightmost track and field stadium.", "rightmost"),
        ("Provide the bounding box for the leftmost track and field stadium.", "leftmost"),
    ],
)
def test_a_name_with_an_and_in_it_is_one_thing(question: str, extreme: str | None) -> None:
    noun = asked(question).noun
    assert noun is not None
    assert (noun.thing, noun.extreme) == ("athletics track", extreme)


def test_things_on_both_sides_of_an_and_stay_two() -> None:
    assert asked("Are there cars and trucks near the bridge?").thing == "car"


def test_a_pronoun_in_a_relation_means_the_thing_before() -> None:
    query = asked("Where is the harbour?", "Are there any ships in it?")
    assert query.relation is not None
    assert (query.thing, query.relation.kind, query.relation.anchors[0].thing) == ("ship", "inside", "harbor")


def test_the_caller_may_tell_the_task() -> None:
    query = read(READER, "ships", task=TaskName.DETECT)
    assert (query.task, query.thing) == (TaskName.DETECT, "ship")
    assert read(READER, "hello", task=TaskName.CAPTION).task is TaskName.CAPTION


def test_wordings_of_the_task_table_are_read_as_their_task() -> None:
    fields = {"thing": "ships", "other": "the trucks", "region": "<r0>"}
    said = {TaskName.GROUND: "the largest ship", TaskName.RELATION: "the ship", TaskName.NAVIGATE: "the bridge"}
    said[TaskName.SEGMENT] = "water"
    found = [
        asked(
            wording.format(**fields | {"thing": said.get(name, "water" if name is TaskName.SEGMENT else "ships")})
        ).task
        == name
        for name in TaskName
        if name not in {TaskName.VQA, TaskName.MCQ}
        for wording in get(name).wordings
    ]
    assert sum(found) / len(found) > 0.95


@settings(deadline=None, max_examples=50)
@given(st.text(min_size=1, max_size=60).filter(str.strip))
def test_any_text_is_read_without_complaint(question: str) -> None:
    assert asked(question).task in TaskName


def test_weights_that_changed_are_refused(tmp_path: Path) -> None:
    for name in (GRAPH, MANIFEST):
        shutil.copy(SHIPPED / name, tmp_path)
    with (tmp_path / GRAPH).open("ab") as stream:
        stream.write(b"x")
    with pytest.raises(ModelError, match="has changed"):
        Ear(tmp_path).hear(["ships"])


def test_weights_that_are_missing_or_of_another_format_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="not there"):
        Ear(tmp_path)
    shutil.copy(SHIPPED / GRAPH, tmp_path)
    (tmp_path / MANIFEST).write_text('{"format": "other"}')
    with pytest.raises(ModelError, match="another format"):
        Ear(tmp_path)
    (tmp_path / MANIFEST).write_text("[]")
    with pytest.raises(ModelError, match="does not follow"):
        Ear(tmp_path)


def test_without_weights_the_rules_read_alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("geoglot.models.nano.trained.SHIPPED", tmp_path)
    open_reader.cache_clear()
    try:
        assert isinstance(open_reader(), RuleReader)
    finally:
        open_reader.cache_clear()


def test_the_network_knows_the_things_of_the_table() -> None:
    assert set(json.loads((SHIPPED / MANIFEST).read_text("utf-8"))["things"]) <= {
        one.name for one in things.all_things()
    }
