"""One label: what counts as equal, and the mean over images against the mean over classes."""

from __future__ import annotations

import pytest

from geoglot.evaluate.metrics.text.words import sentences, treebank_tokens, word_tokens
from tests.evaluate.samples import pairs, run, value


def test_spelling_of_a_label_does_not_matter() -> None:
    rows = pairs(
        [("Medium Residential", "MediumResidential"), ("medium residential.", "mediumresidential")], "classify"
    )
    assert value("classification/equal@1", "accuracy", rows) == 100


def test_partial_credit_is_given_for_labels_with_punctuation() -> None:
    rows = pairs([("urbanization, bareland", "urbanization, few water bodies")], "classify")
    assert value("classification/earthdial@1", "accuracy", rows) == pytest.approx(100 * 2 / 3)
    assert value("classification/equal@1", "accuracy", rows) == 0


def test_balanced_accuracy_is_the_mean_over_classes() -> None:
    rows = pairs([("a", "a"), ("a", "a"), ("a", "a"), ("a", "b")], "classify")
    scores = run("classification/lhrs@1", rows).scores
    assert (scores["accuracy"].value, scores["balanced_accuracy"].value) == (75, 50)


def test_rsevalkit_takes_a_piece_of_the_label_but_not_an_empty_answer() -> None:
    assert value("classification/rsevalkit@1", "accuracy", pairs([("field", "baseball field")], "classify")) == 100
    assert value("classification/rsevalkit@1", "accuracy", pairs([("", "baseball field")], "classify")) == 0


def test_teochat_ignores_punctuation() -> None:
    assert value("classification/teochat@1", "accuracy", pairs([("no-damage!", "nodamage")], "classify")) == 100


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("many planes are parked .", ["many", "planes", "are", "parked", "."]),
        ("It's a ship.", ["It", "'s", "a", "ship", "."]),
        ("a, b", ["a", ",", "b"]),
        ("cannot stay", ["can", "not", "stay"]),
        ("3,5 m (wide)", ["3,5", "m", "(", "wide", ")"]),
        ("a red-roofed house; two cars", ["a", "red-roofed", "house", ";", "two", "cars"]),
        ("don't", ["do", "n't"]),
        ('he said "no"', ["he", "said", "``", "no", "''"]),
    ],
)
def test_words_are_split_as_nltk_splits_them(text: str, tokens: list[str]) -> None:
    assert word_tokens(text) == tokens


def test_only_a_sentence_gives_up_its_full_stop() -> None:
    assert treebank_tokens("a ship. it moves.") == ["a", "ship.", "it", "moves", "."]
    assert word_tokens("a ship. it moves.") == ["a", "ship", ".", "it", "moves", "."]


def test_abbreviations_numbers_and_initials_end_no_sentence() -> None:
    assert sentences("see e.g. the port") == ["see e.g. the port"]
    assert sentences("in 5. of them") == ["in 5. of them"]
    assert sentences("in 5. Then more") == ["in 5.", "Then more"]
    assert sentences("a ship. it moves") == ["a ship.", "it moves"]
