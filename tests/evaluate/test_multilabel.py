"""Label sets: F1 both ways, average precision, and the flaws of the printed text recall."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geoglot.errors import InputError
from geoglot.evaluate.metrics.multilabel import average_precision, labels
from tests.evaluate.samples import pairs, run, value


@pytest.mark.parametrize(("count", "expected"), [(1, 1), (2, 1), (3, 0.8), (4, 0.714), (5, 0.667), (6, 0.636)])
def test_a_perfect_answer_is_not_perfect_in_text_recall(count: int, expected: float) -> None:
    text = ", ".join("ABCDEF"[:count])
    recall = value("multilabel/label-text-recall@1", "recall", pairs([(text, text)], "multilabel"))
    assert recall == pytest.approx(100 * expected, abs=0.05)
    assert recall == pytest.approx(100 * (1 if count == 1 else (count + 1) / (2 * count - 1)))


def test_two_wrong_labels_score_a_third_from_the_comma_alone() -> None:
    assert value("multilabel/label-text-recall@1", "recall", pairs([("x, y", "a, b")])) == pytest.approx(100 / 3)


def test_word_level_keeps_the_spaces() -> None:
    rows = pairs([("mixed forest", "broad-leaved forest")])
    assert value("multilabel/word-text-recall@1", "recall", rows) == 50
    assert value("multilabel/label-text-recall@1", "recall", rows) == 0


def test_sets_are_compared_whatever_form_they_come_in() -> None:
    rows = pairs([("Water, Forest.", ["forest", "water"]), (["sand"], "sand"), ({"sand": 0.9, "snow": 0.1}, ["sand"])])
    assert run("multilabel/sets@1", rows).scores["exact_match"].value == 100


def test_micro_and_macro_differ_where_classes_do() -> None:
    rows = pairs([("a", "a"), ("a", "a"), ("a", "a, b"), ("c", "a")])
    scores = run("multilabel/sets@1", rows).scores
    assert scores["precision"].value == 75
    assert scores["recall"].value == 60
    assert scores["f1_micro"].value == pytest.approx(100 * 2 * 3 / (4 + 5))
    assert scores["f1_macro"].value == pytest.approx(100 * (6 / 7 + 0) / 2)
    assert scores["labels_per_answer"].value == 1


def test_no_label_at_all_is_unparsed_and_wrong() -> None:
    scores = run("multilabel/sets@1", pairs([("", "a"), (None, "a"), ("a", "a")]))
    assert scores.unparsed == 2
    assert scores.scores["recall"].value == pytest.approx(100 / 3)


def test_mean_average_precision_needs_scores() -> None:
    assert "map" not in run("multilabel/sets@1", pairs([("a", "a")])).scores
    rows = pairs([({"a": 0.9, "b": 0.2}, ["a"]), ({"a": 0.1, "b": 0.8}, ["b"])])
    assert run("multilabel/sets@1", rows).scores["map"].value == 100


def test_average_precision_is_the_textbook_example() -> None:
    scores, positive = np.array([0.1, 0.4, 0.35, 0.8]), np.array([False, False, True, True])
    assert average_precision(scores, positive, np.ones((1, 4)))[0] == pytest.approx(0.8333, abs=5e-5)


@settings(deadline=None)
@given(st.lists(st.booleans(), min_size=1, max_size=20).filter(any))
def test_equal_scores_give_the_share_of_positives(positive: list[bool]) -> None:
    got = average_precision(np.ones(len(positive)), np.array(positive), np.ones((1, len(positive))))[0]
    assert got == pytest.approx(sum(positive) / len(positive))


def test_a_number_is_no_label() -> None:
    with pytest.raises(InputError, match="Labels were expected"):
        labels(3)
