"""Multiple choice: what counts as naming a letter, rule by rule."""

from __future__ import annotations

import pytest

from geoglot.evaluate.metrics import Prediction
from geoglot.evaluate.metrics.mcq import first_letter, xlrs_letters
from tests.evaluate.samples import pairs, run, typed, value


@pytest.mark.parametrize(
    ("text", "letter"),
    [
        ("B", "B"), ("b", "B"), ("(c)", "C"), ('"D."', "D"), ("B. ship", "B"), ("b) ship", "B"), ("It is (E).", "E"),
        ("The answer is C", "C"), ("Option: d", "D"), ("A ship is there", None), ("I see a road", None), ("", None),
        ("the answer is a ship", None), ("ship", None),
    ],
)  # fmt: skip
def test_a_letter_is_named_or_it_is_not(text: str, letter: str | None) -> None:
    assert first_letter(text) == letter


def test_answers_without_a_letter_are_unparsed_and_wrong() -> None:
    scores = run("mcq/letter@1", pairs([("B", "B"), ("a ship", "A"), ("(a)", "A. ship")], "mcq"))
    assert scores.unparsed == 1
    assert scores.scores["accuracy"].value == pytest.approx(200 / 3)


def test_xlrs_finds_letters_inside_words() -> None:
    assert xlrs_letters("A bad one") == set("ABDE")
    assert xlrs_letters("The answer is (B)") == {"B"}
    assert xlrs_letters("bad") == set()


def test_xlrs_compares_sets_and_averages_over_items_and_tasks() -> None:
    rows = typed([("A C", "AC", "land"), ("B", "A", "count"), ("(B)", "B", "count")], "mcq")
    scores = run("mcq/xlrs@1", rows).scores
    assert scores["accuracy"].value == pytest.approx(200 / 3)
    assert scores["macro"].value == 75


def test_lhrs_reads_the_first_character_and_loses_the_letter_a() -> None:
    assert value("mcq/lhrs@1", "accuracy", pairs([("B. ship", "B.")], "mcq")) == 100
    assert value("mcq/lhrs@1", "accuracy", pairs([("- none", "A.")], "mcq")) == 100


def test_earthmind_wants_the_whole_line() -> None:
    assert value("mcq/earthmind@1", "accuracy", pairs([("B. ship", "B. ship"), ("B", "B. ship")], "mcq")) == 50


def test_rsevalkit_takes_the_first_capital_even_of_a_word() -> None:
    assert value("mcq/rsevalkit@1", "accuracy", pairs([("Because of C", "B"), ("none", "B")], "mcq")) == 50


def test_every_rotation_of_a_question_must_be_right() -> None:
    rows = [
        Prediction("q1", "mcq", "A", "a", "exist"),
        Prediction("q1", "mcq", "It is B", "b", "exist"),
        Prediction("q2", "mcq", "A", "a", "object"),
        Prediction("q2", "mcq", "C", "b", "object"),
    ]
    scores = run("mcq/fit-rsrc@1", rows)
    assert scores.scores["accuracy"].value == 50
    assert scores.per_type["exist"]["accuracy"].value == 100
