"""Amounts with a unit: within a tenth, of the same kind."""

from __future__ import annotations

import pytest

from geoglot.errors import InputError
from geoglot.evaluate.metrics.areas import amount
from tests.evaluate.samples import pairs, run


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("39.8 %", ("share", 39.8)),
        ("About 12.4 ha of water", ("ground", 124_000)),
        ("1,250 m²", ("ground", 1250)),
        ("0.5 km2", ("ground", 500_000)),
        ("17", ("bare", 17)),
        ("none", None),
    ],
)
def test_an_amount_is_the_first_number_with_its_unit(text: str, expected: tuple[str, float] | None) -> None:
    assert amount(text) == expected


def test_a_tenth_or_one_point_of_percent_is_close_enough() -> None:
    rows = pairs([("43 %", "40 %"), ("45 %", "40 %"), ("2 %", "1.2 %"), ("1.05 ha", "10000 m2"), ("40 ha", "40 %")])
    scores = run("vqa/area@1", rows).scores
    assert scores["OA"].value == 60
    assert scores["mean_relative_error"].n == 4


def test_shares_are_scored_in_points() -> None:
    rows = pairs([("43 %", "40 %"), ("8.5 %", "7 %"), ("0.5 %", "0 %"), ("62 percent", "40 %")])
    scores = run("vqa/share@1", rows).scores
    assert (scores["within_1"].value, scores["within_5"].value, scores["within_10"].value) == (25, 75, 75)
    assert scores["mae"].value == pytest.approx((3 + 1.5 + 0.5 + 22) / 4)


@pytest.mark.parametrize("answer", ["much", "12 ha", "400 %", None])
def test_what_is_no_share_is_as_far_off_as_can_be(answer: str | None) -> None:
    assert run("vqa/share@1", pairs([(answer, "30 %")])).scores["mae"].value == 70
    assert run("vqa/share@1", pairs([(answer, "90 %")])).scores["within_10"].value == 0


def test_a_share_has_a_truth_in_percent() -> None:
    with pytest.raises(InputError, match="no share"):
        run("vqa/share@1", pairs([("3 %", "3 ha")]))


def test_no_number_is_unparsed_and_a_truth_needs_one() -> None:
    assert run("vqa/area@1", pairs([("much", "3 %")])).unparsed == 1
    with pytest.raises(InputError, match="no amount"):
        run("vqa/area@1", pairs([("3 %", "much")]))
