"""Short answers: RSVQA's buckets, each script's notion of right, and every way to average."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geoglot.errors import InputError
from geoglot.evaluate.metrics.text import matching
from geoglot.evaluate.metrics.vqa import bucket, same_area_bucket, vrsbench_verdict
from tests.evaluate.samples import pairs, run, typed, value


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ("0", "0"),
        ("1", "between 0 and 10"),
        ("10", "between 0 and 10"),
        ("11", "between 10 and 100"),
        ("100.", "between 10 and 100"),
        ("1000", "between 100 and 1000"),
        ("1001", "more than 1000"),
        ("0m2", "0m2"),
        ("35m2", "between 10m2 and 100m2"),
        ("2000m2", "more than 1000m2"),
        ("Yes?", "yes"),
        ("between 0 and 10", "between 0 and 10"),
    ],
)
def test_counts_and_areas_fall_into_the_classifiers_ranges(answer: str, expected: str) -> None:
    assert bucket(answer) == expected


@settings(deadline=None)
@given(st.integers(0, 5000))
def test_a_range_is_its_own_range(count: int) -> None:
    assert bucket(bucket(str(count))) == bucket(str(count))


def test_high_resolution_counts_are_exact_and_areas_are_not() -> None:
    assert same_area_bucket("7", "8") == 0
    assert same_area_bucket("7", "7.") == 1
    assert same_area_bucket("12m2", "99m2") == 1


_ROWS = [
    ("yes", "yes", "presence"), ("no", "yes", "presence"), ("yes", "yes", "presence"), ("yes", "yes", "presence"),
    ("no", "no", "comp"), ("yes", "no", "comp"),
    ("rural", "rural", "rural_urban"),
    ("5", "7", "count"),
]  # fmt: skip


def test_published_averages_of_one_file_are_different_columns() -> None:
    scores = run("rsvqa-lr/earthdial@1", typed(_ROWS)).scores
    assert scores["OA"].value == pytest.approx(100 * 5 / 7)
    assert scores["AA"].value == pytest.approx((75 + 50 + 100) / 3)
    assert scores["AA_presence_comp"].value == pytest.approx((75 + 50) / 2)


def test_the_classifier_protocol_keeps_four_types_and_ranges() -> None:
    scores = run("rsvqa-lr/aa-oa@1", typed(_ROWS))
    assert scores.per_type["count"]["accuracy"].value == 100
    assert scores.scores["AA"].value == pytest.approx((75 + 50 + 100 + 100) / 4)
    assert scores.scores["OA"].value == pytest.approx(100 * 6 / 8)


def test_the_other_protocols_say_that_they_leave_counts_out() -> None:
    assert "1 questions of other types were left out" in run("rsvqa-lr/earthdial@1", typed(_ROWS)).notes


def test_earthdial_deletes_spaces_before_it_splits_words() -> None:
    assert matching.token_recall("yes", "yes, it is") == 1
    assert matching.token_recall("yes", "yes it is") == 0
    assert matching.token_recall("populus spec.", "populus nigra.") == 0.5


@pytest.mark.parametrize("id", ["rsvqa-lr/lhrs@1", "rsvqa-lr/rsevalkit@1", "rsvqa-lr/earthdial@1", "rsvqa-lr/aa-oa@1"])
def test_an_empty_answer_is_wrong_and_counted(id: str) -> None:
    scores = run(id, typed([("", "yes", "presence"), (None, "yes", "presence"), ("yes", "yes", "comp")]))
    assert scores.per_type["presence"]["accuracy"].value == 0
    assert scores.unparsed == 2


def test_lhrs_and_rsevalkit_accept_any_piece_of_the_truth() -> None:
    piece = typed([("r", "rural", "rural_urban")])
    assert value("rsvqa-lr/lhrs@1", "OA", piece) == 100
    assert value("rsvqa-lr/rsevalkit@1", "OA", piece) == 100
    assert value("rsvqa-lr/geochat@1", "OA", piece) == 0


def test_lhrs_normalises_articles_numbers_and_punctuation() -> None:
    assert matching.evalai("2", "the two.") == 1
    assert matching.evalai("yes", "Yes!") == 1
    assert matching.evalai("no", "yes") == 0


def test_earthmind_skips_what_was_not_answered_and_counts_what_is_empty() -> None:
    rows = typed([(None, "yes", "presence"), ("", "yes", "presence"), ("Yes.", "yes", "presence")])
    scores = run("rsvqa-hr/earthmind@1", rows)
    assert scores.scores["OA"].value == 50
    assert (scores.scores["OA"].n, scores.unparsed) == (2, 2)


def test_a_question_needs_a_type() -> None:
    with pytest.raises(InputError, match="no type"):
        run("rsvqa-lr/aa-oa@1", pairs([("yes", "yes")]))


def test_a_file_of_other_types_only_is_refused() -> None:
    with pytest.raises(InputError, match="types that the protocol keeps"):
        run("rsvqa-lr/earthdial@1", typed([("3", "3", "count")]))


def test_yes_may_come_as_a_boolean_and_a_count_as_a_number() -> None:
    assert value("vqa/exact@1", "OA", typed([(True, "yes", "presence"), (3, "3", "count")])) == 100


@pytest.mark.parametrize(
    ("truth", "answer", "verdict"),
    [("1", "10", 1), ("no", "north", 1), ("yes", "no", 0), ("7", "8", 0), ("07", "8", None), ("ship", "", 0)],
)
def test_vrsbench_decides_by_substring_then_by_equality(truth: str, answer: str, verdict: float | None) -> None:
    got = vrsbench_verdict(truth, answer)
    assert got == verdict if verdict is not None else got != got


def test_vrsbench_counts_what_nobody_judged_as_wrong_and_says_so() -> None:
    rows = typed(
        [
            ("pitch", {"answer": "field", "judge": "1"}, "category"),
            ("boat", {"answer": "ship", "judge": "0"}, "category"),
            ("pool", "pond", "image"),
            ("rural", "rural", "rural or urban"),
        ]
    )
    scores = run("vqa/vrsbench@1", rows)
    assert scores.per_type["category"]["accuracy"].value == 50
    assert scores.per_type["scene type"]["accuracy"].value == 50
    assert scores.notes == ("3 answers need a judge; 1 have no verdict and count as wrong",)
