"""Which sample comes next is a pure function, meets the shares, and leaves nobody out of an epoch."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

pytest.importorskip("torch")

from geoglot.errors import InputError
from geoglot.train.text.plan import BLOCK, Rows, packed, source_of

LENGTHS = st.lists(st.integers(1, 30), min_size=1, max_size=60)


@given(LENGTHS, st.integers(0, 5))
@settings(max_examples=40, deadline=None)
def test_every_epoch_holds_every_sample_once_in_rows_that_fit(lengths: list[int], seed: int) -> None:
    sizes = np.array(lengths)
    rows = Rows(sizes, length=32, seed=seed, name="a")
    number, seen = 0, Counter[int]()
    for epoch in (1, 2):
        while sum(seen.values()) < epoch * len(lengths):
            row = rows.row(number)
            assert sizes[row].sum() <= 32
            seen.update(row.tolist())
            number += 1
        assert set(seen.values()) == {epoch}


@given(LENGTHS, st.integers(0, 40))
@settings(max_examples=40, deadline=None)
def test_a_row_does_not_depend_on_what_was_asked_before(lengths: list[int], number: int) -> None:
    straight, jumped = (Rows(np.array(lengths), length=32, seed=3, name="a") for _ in range(2))
    for before in range(number):
        straight.row(before)
    assert np.array_equal(straight.row(number), jumped.row(number))


@given(st.lists(st.floats(0.05, 5), min_size=1, max_size=6), st.integers(0, 3))
@settings(max_examples=40, deadline=None)
def test_a_block_meets_the_shares_and_gives_each_source_its_rows_in_order(weights: list[float], seed: int) -> None:
    drawn = [source_of(row, weights, seed) for row in range(2 * BLOCK)]
    for source, weight in enumerate(weights):
        mine = [place for who, place in drawn if who == source]
        assert mine == list(range(len(mine)))
        assert abs(len(mine) - 2 * BLOCK * weight / sum(weights)) <= 2


def test_a_sample_longer_than_a_row_has_it_to_itself() -> None:
    rows = Rows(np.array([100, 2, 2]), length=8, seed=0, name="a")
    assert sorted(len(rows.row(number)) for number in range(2)) == [1, 2]


def test_packing_keeps_the_order() -> None:
    order = np.array([3, 1, 2, 0])
    assert [row.tolist() for row in packed(order, np.array([4, 4, 5, 1]), 8)] == [[3, 1], [2, 0]]


def test_shares_that_cannot_be_met_are_told() -> None:
    with pytest.raises(InputError, match="too small"):
        source_of(0, [1.0, 1e-5], 0)
    with pytest.raises(InputError, match="above 0"):
        source_of(0, [1.0, 0.0], 0)
    with pytest.raises(InputError, match="without samples"):
        Rows(np.array([], np.int64), length=8, seed=0, name="empty")
