"""The contract that all eighteen tasks keep: wordings, grammar, strict parser, protocol."""

from __future__ import annotations

import itertools
import pathlib
import re
import string
import tomllib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geoglot import tasks
from geoglot.errors import UnknownName
from geoglot.regions import Box, Mask, OrientedBox, Path, Point, Polygon, Region
from geoglot.tasks import AnswerUnparsed, Parsed, Task, TaskName
from geoglot.tasks.grammar import read_regions, write_regions

ALL = tasks.all_tasks()
SIZE = (800, 400)
FIELDS = {"thing": "ships", "other": "bridges", "region": "<r0>", "choices": "A) one B) two", "question": "What is it?"}
BOX = "<box>100,200,300,400</box>"
REPLIES = tomllib.loads((pathlib.Path(__file__).parent / "replies.toml").read_text("utf-8"))
BOX_PX = Box(100 / 999 * 800, 200 / 999 * 400, 300 / 999 * 800, 400 / 999 * 400)


def test_there_are_the_eighteen_tasks_of_the_interface_in_its_order() -> None:
    in_order = """caption classify multilabel presence count compare area vqa mcq relation detect ground
        describe-region segment change-caption change-mask track navigate"""
    assert tasks.names() == tuple(in_order.split())
    assert [task.name for task in ALL] == list(TaskName)


def test_a_task_is_got_by_name_and_an_unknown_name_offers_the_nearest() -> None:
    assert tasks.get("Change_Mask").name is TaskName.CHANGE_MASK
    with pytest.raises(UnknownName, match="segment"):
        tasks.get("segmentation")


@pytest.mark.parametrize("task", ALL, ids=lambda task: task.name)
def test_a_task_has_thirty_wordings_that_ask_for_its_fields_and_no_others(task: Task) -> None:
    assert len(set(task.wordings)) >= 30
    for wording in task.wordings:
        assert {name for _, name, _, _ in string.Formatter().parse(wording) if name} == set(task.fields)
    rng = np.random.default_rng(0)
    asked = {task.ask(rng, **{name: FIELDS[name] for name in task.fields}) for _ in range(300)}
    assert len(asked) > 25


@pytest.mark.parametrize("task", ALL, ids=lambda task: task.name)
def test_wordings_differ_in_more_than_a_word(task: Task) -> None:
    words = [frozenset(re.findall(r"[a-z]+", re.sub(r"\{\w+\}", "", wording.casefold()))) for wording in task.wordings]
    alike = [(a, b) for a, b in itertools.combinations(words, 2) if len(a) > 3 and len(a & b) / len(a | b) >= 0.8]
    assert not alike


@pytest.mark.parametrize("task", ALL, ids=lambda task: task.name)
def test_references_are_read_and_follow_the_grammar(task: Task) -> None:
    for row in REPLIES[task.name]["read"]:
        reply, value = row["reply"], row.get("value")
        parsed = task.parse(reply, SIZE)
        assert parsed.value == (tuple(value) if isinstance(value, list) else value), reply
        assert [[region.type, region.label or ""] for region in parsed.regions] == row.get("regions", []), reply
        assert type(parsed.value).__name__ == {"none": "NoneType", "list": "tuple"}.get(task.value, task.value)
        assert re.fullmatch(task.grammar, reply.strip(), re.IGNORECASE)
        assert {region.type for region in parsed.regions} <= set(task.gives or ("box",))


@pytest.mark.parametrize("task", ALL, ids=lambda task: task.name)
@pytest.mark.parametrize("empty", ["", "   ", "\n\t", ".", "…"])
def test_an_empty_answer_is_never_read(task: Task, empty: str) -> None:
    with pytest.raises(AnswerUnparsed):
        task.parse(empty, SIZE)


@pytest.mark.parametrize(("name", "reply"), [(name, reply) for name, row in REPLIES.items() for reply in row["refuse"]])
def test_an_ugly_answer_is_not_guessed_at(name: str, reply: str) -> None:
    with pytest.raises(AnswerUnparsed):
        tasks.get(name).parse(reply, SIZE)


@pytest.mark.parametrize("task", ALL, ids=lambda task: task.name)
def test_ten_ugly_answers_are_tried_on_every_task(task: Task) -> None:
    assert len(set(REPLIES[task.name]["refuse"])) == 10


@settings(deadline=None)
@given(st.sampled_from(ALL), st.text(max_size=80))
def test_any_text_is_either_read_or_refused_with_the_right_error(task: Task, reply: str) -> None:
    try:
        parsed = task.parse(reply, SIZE)
    except AnswerUnparsed:
        return
    assert isinstance(parsed, Parsed)


@pytest.mark.parametrize("reply", ["꧕", "٣ ships", "１２"])
def test_digits_of_other_scripts_are_no_count(reply: str) -> None:
    with pytest.raises(AnswerUnparsed):
        tasks.get("count").parse(reply, SIZE)


@settings(deadline=None)
@given(st.integers(0, 99_999))
def test_a_count_is_read_back_from_digits(number: int) -> None:
    assert tasks.get("count").parse(f"{number:,} ships.", SIZE).value == number


@pytest.mark.parametrize("task", ALL, ids=lambda task: task.name)
def test_a_protocol_is_named_as_the_interface_names_them(task: Task) -> None:
    assert re.fullmatch(r"[a-z0-9\-]+(/[a-z0-9\-]+)?@\d+", task.protocol)


REGIONS: list[Region] = [
    Box(10, 20, 110, 220, label="ship"),
    OrientedBox(400, 200, 80, 20, 30, label="small ship"),
    Polygon((((10, 10), (200, 10), (200, 100)),), label="lake"),
    Mask.from_array(np.ones((20, 20), np.bool_), left=40, top=40, label="water"),
    Point(5, 5),
    Path(((0, 0), (100, 100)), label="car"),
]  # fmt: skip


def test_written_regions_are_read_back_with_their_labels() -> None:
    found = read_regions(write_regions(REGIONS, SIZE), SIZE)
    assert [(region.type, region.label) for region in found] == [(region.type, region.label) for region in REGIONS]
    assert all(a.bounds.centre == pytest.approx(b.bounds.centre, abs=1.0) for a, b in zip(found, REGIONS, strict=True))


def test_a_box_is_read_in_pixels_of_the_frame() -> None:
    region = tasks.get("detect").parse(BOX, SIZE).regions[0]
    assert isinstance(region, Box)
    assert (region.x0, region.y0, region.x1, region.y1) == pytest.approx((BOX_PX.x0, BOX_PX.y0, BOX_PX.x1, BOX_PX.y1))


def test_no_region_is_written_as_none() -> None:
    assert write_regions((), SIZE) == "none"
