"""Relations: triplets are matched whole, each true one once."""

from __future__ import annotations

import pytest

from geoglot.errors import InputError
from tests.evaluate.samples import pairs, run

_NEAR = ["ship", "near", "dock"]
_AT = ["car", "at", "house"]


def test_triplets_are_matched_whole_and_once() -> None:
    scores = run("relation/triplet-f1@1", pairs([([_NEAR, _NEAR, ["ship", "at", "dock"]], [_NEAR, _AT])], "relation"))
    got = {key: score.value for key, score in scores.scores.items()}
    assert got == pytest.approx({"precision": 100 / 3, "recall": 50, "f1_micro": 40, "f1_macro": (2 / 3 * 100 + 0) / 2})


def test_case_and_form_do_not_matter() -> None:
    said = [{"subject": "Ship", "relation": "near ", "object": "DOCK"}]
    assert run("relation/triplet-f1@1", pairs([(said, [_NEAR])], "relation")).scores["f1_micro"].value == 100


def test_an_answer_in_prose_is_unparsed() -> None:
    scores = run("relation/triplet-f1@1", pairs([("a ship near a dock", [_NEAR])], "relation"))
    assert (scores.unparsed, scores.scores["recall"].value) == (1, 0)


def test_a_truth_in_prose_is_an_error() -> None:
    with pytest.raises(InputError, match="no triplets"):
        run("relation/triplet-f1@1", pairs([([], "prose")], "relation"))
