"""Questions about marked things follow from the marks, and their words alone predict no answer."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

pytest.importorskip("numba")
pytest.importorskip("scipy")

from geoglot.train.text import real, shown
from geoglot.train.text.asking import Asked, Marked, about, in_quarter, levelled

LEFT, RIGHT = (0.0, 0.0, 10.0, 10.0), (80.0, 80.0, 90.0, 90.0)
THINGS = (Marked("car", LEFT), Marked("car", RIGHT), Marked("person", RIGHT))


def test_presence_counts_and_places_are_those_of_the_marks() -> None:
    rng = np.random.default_rng(0)
    asked = [one for _ in range(30) for one in about(THINGS, ["car", "person", "bicycle"], (100, 100), rng)]
    assert {(one.label, one.reply) for one in asked if one.kind == "presence"} == {
        ("car", "Yes."), ("person", "Yes."), ("bicycle", "No."),
    }  # fmt: skip
    assert {(one.label, one.reply) for one in asked if one.kind == "count"} == {
        ("car", "2"), ("person", "1"), ("bicycle", "0"),
    }  # fmt: skip
    leftmost = [one for one in asked if one.kind == "ground" and "leftmost" in one.question and one.label == "car"]
    assert leftmost
    assert {one.boxes for one in leftmost} == {(LEFT,)}
    assert any("people" in one.question for one in asked)


def test_a_thing_lies_in_the_quarter_of_its_centre() -> None:
    assert in_quarter(LEFT, "upper left", (100, 100))
    assert in_quarter(RIGHT, "lower right", (100, 100))
    assert not in_quarter(RIGHT, "lower left", (100, 100))


def test_the_most_frequent_answers_are_brought_to_one_level() -> None:
    yes, no = (Asked("presence", "presence", "Any?", reply, label="car") for reply in ("Yes.", "No."))
    always = Asked("presence", "presence", "Any?", "No.", label="bus")
    free = Asked("caption", "caption", "Describe.", "A field.")
    kept = levelled([(yes if index % 10 else no, always, free) for index in range(4000)], np.random.default_rng(0))
    counts = Counter(one.reply for group in kept for one in group if one.label == "car")
    assert counts["No."] == 400
    assert 320 < counts["Yes."] < 480
    assert not any(one.label == "bus" for group in kept for one in group)
    assert all(free in group for group in kept)


def test_peoples_questions_become_tasks_or_are_left_out() -> None:
    assert real.spoken("Does the image contain a river?", "no") == Asked(
        "presence", "presence", "Does the image contain a river?", "No."
    )
    assert real.spoken("How many cars?", "several") is None
    assert real.spoken("What is the theme?", "beach") is None


@pytest.mark.slow
def test_simulated_pictures_come_back_from_their_folder(tmp_path) -> None:  # type: ignore[no-untyped-def]
    ledger = shown.make(tmp_path / "shown", share=0.001)
    again = shown.make(tmp_path / "shown", share=0.001)
    assert len(again) == len(ledger) == len(shown.PLANS)
    for name, row in shown.kept(tmp_path / "shown").items():
        picture = shown.read(tmp_path / "shown", name, row)
        assert len(picture.scene.frames) == (2 if name.startswith("pair") else 1)
        assert picture.asked
