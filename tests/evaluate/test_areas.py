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


def test_no_number_is_unparsed_and_a_truth_needs_one() -> None:
    assert run("vqa/area@1", pairs([("much", "3 %")])).unparsed == 1
    with pytest.raises(InputError, match="no amount"):
        run("vqa/area@1", pairs([("3 %", "much")]))
