"""Retrieval: ranks, ties and the mean of six recalls."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geoglot.errors import InputError
from geoglot.evaluate.metrics.retrieval import rank_of
from tests.evaluate.samples import pairs, run


@settings(deadline=None)
@given(st.lists(st.integers(0, 3), min_size=1, max_size=12), st.data())
def test_ranks_are_those_of_a_reversed_stable_sort(values: list[int], data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(values) - 1))
    order = np.argsort(np.array(values), kind="stable")[::-1]
    assert rank_of(np.array(values, np.float64), place) == int(np.flatnonzero(order == place)[0])


def test_a_perfect_table_recalls_everything() -> None:
    rows = pairs([([1.0, 0.9, 0.1, 0.0], [0, 1]), ([0.0, 0.2, 0.8, 0.7], [2, 3])], "retrieve")
    assert {key: score.value for key, score in run("retrieval/mr@1", rows).scores.items()}["mR"] == 100


def test_both_directions_are_counted_apart() -> None:
    rows = pairs([([0.9, 0.1], [0]), ([0.8, 0.5], [1])], "retrieve")
    scores = run("retrieval/mr@1", rows).scores
    assert scores["i2t_R@1"].value == 50
    assert scores["t2i_R@1"].value == 100
    assert scores["mR"].value == pytest.approx((50 + 100 + 400) / 6)
    assert scores["t2i_R@1"].n == 2


def test_of_equal_similarities_the_later_comes_first() -> None:
    rows = pairs([([0.5, 0.5], [0]), ([0.1, 0.9], [1])], "retrieve")
    assert run("retrieval/mr@1", rows).scores["i2t_R@1"].value == 50


@pytest.mark.parametrize("rows", [[([0.1], [3])], [([0.1, 0.2], [0]), ([0.1], [0])], [("a", [0])]])
def test_a_table_with_holes_is_an_error(rows: list[tuple[object, object]]) -> None:
    with pytest.raises(InputError):
        run("retrieval/mr@1", pairs(rows, "retrieve"))  # type: ignore[arg-type]
