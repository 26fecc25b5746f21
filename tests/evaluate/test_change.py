"""Change captions: the part with change is what tells models apart."""

from __future__ import annotations

import pytest

from geoglot.evaluate.metrics import Prediction
from tests.evaluate.samples import pairs, run
from tests.evaluate.test_captions import without_data  # noqa: F401  a fixture

_STILL = ["there is no difference", "no change has occurred"]
_BUILT = ["two houses appear", "houses are built"]


def _rows() -> list[Prediction]:
    return pairs([("there is no difference .", _STILL), ("no change has occurred", _BUILT)], "change-caption")


@pytest.mark.usefixtures("without_data")
def test_telling_change_is_scored_apart_for_pairs_with_and_without() -> None:
    scores = run("change/caption@1", _rows())
    assert scores.scores["nochange_acc"].value == 100
    assert scores.scores["change_acc"].value == 0
    assert {name: group["accuracy"].n for name, group in scores.per_type.items()} == {"change": 1, "nochange": 1}


@pytest.mark.usefixtures("without_data")
def test_a_constant_sentence_scores_full_on_pairs_without_change() -> None:
    rows = pairs([("there is no difference", _STILL)] * 2 + [("there is no difference", _BUILT)] * 2, "change-caption")
    scores = run("change/caption@1", rows)
    assert scores.per_type["nochange"]["BLEU-4"].value == pytest.approx(100, abs=1e-3)
    assert scores.per_type["change"]["BLEU-1"].value == pytest.approx(0, abs=1e-3)


@pytest.mark.usefixtures("without_data")
def test_the_mean_of_four_needs_all_four() -> None:
    assert "S_m" not in run("change/caption@1", _rows()).scores
