"""Verbs that say by themselves what came or went between two dates, and what is no change to those who ask for any."""

from __future__ import annotations

from dataclasses import replace

import pytest

from geoglot.models.nano.evidence import Guess, SeenChange
from geoglot.models.nano.query import Aim
from geoglot.tasks import TaskName
from tests.nano.made import AFTER, BOTH, PAIR, found, patch, read


@pytest.mark.parametrize(
    ("question", "change", "thing"),
    [
        ("Was anything built?", "appeared", "building"),
        ("Was any land flooded?", "appeared", "water"),
        ("Was any field harvested?", "disappeared", "crop"),
        ("Did anything burn?", "appeared", "burnt ground"),
        ("Judge from what is visible: did anything burn?", "appeared", "burnt ground"),
        ("Were houses built?", "appeared", "house"),
        ("Was forest cleared?", "disappeared", "forest"),
    ],
)
def test_a_verb_tells_what_came_or_went(question: str, change: str, thing: str) -> None:
    query = read(question, task=TaskName.VQA)
    assert (query.aim, query.change, query.thing) == (Aim.PRESENCE, change, thing)


def test_what_is_under_water_now_is_no_question_about_change() -> None:
    assert read("Which fields are flooded?").change is None


def events(*told: tuple[str, str]) -> object:
    changes = [SeenChange("", "became", was, 0.8, patch(60, 0, 40, 90), became=now) for was, now in told]
    return replace(PAIR, changes=tuple(changes))


@pytest.mark.parametrize(
    ("question", "event"),
    [
        ("Was anything built?", ("grass", "building")),
        ("Was any building removed?", ("building", "bare")),
        ("Was any land flooded?", ("grass", "water")),
        ("Was any field harvested?", ("crop", "bare")),
        ("Did anything burn?", ("grass", "burnt ground")),
        ("Was forest cleared?", ("forest", "bare")),
    ],
)
def test_an_event_answers_its_own_question_and_no_other(question: str, event: tuple[str, str]) -> None:
    others = [("grass", "road"), ("road", "grass")]
    task = TaskName.VQA
    assert found(question, events(event), BOTH, task=task).value == "yes"  # type: ignore[arg-type]
    assert found(question, events(*others), BOTH, task=task).value == "no"  # type: ignore[arg-type]


def test_cars_that_came_are_no_change_unless_they_are_asked_for() -> None:
    car = replace(AFTER[0], label="car")
    evidence = replace(PAIR, changes=(SeenChange("c1", "appeared", "car", 0.9, car.region),))
    assert not found("Show everything that has changed.", evidence, BOTH, task=TaskName.CHANGE_MASK).regions
    assert found("Has anything changed?", evidence, BOTH, task=TaskName.PRESENCE).value is False
    assert found("Have new cars appeared?", evidence, BOTH, task=TaskName.PRESENCE).value is True


def test_burnt_ground_is_told_by_two_dates_only() -> None:
    assert found("Is there burnt ground?").refused


def test_two_doubtful_events_are_not_together_a_likely_change() -> None:
    doubtful = replace(
        PAIR,
        changes=tuple(
            SeenChange("", "became", was, 0.45, patch(60, 0, 40, 90), became=now)
            for was, now in (("grass", "building"), ("crop", "bare"))
        ),
    )
    told = found("Has anything changed?", doubtful, BOTH, task=TaskName.PRESENCE)
    assert told.value is False
    assert told.confidence == pytest.approx(0.55)


@pytest.mark.parametrize("frame", [0, 1])
def test_clouds_over_either_date_are_a_doubt_about_what_changed(frame: int) -> None:
    clouded = replace(PAIR, changes=(), quality=(Guess("q1", "cloud", 0.9, frame=frame),))
    told = found("Has anything changed?", clouded, BOTH, task=TaskName.PRESENCE)
    assert "clouds hide much of the ground" in told.warnings
