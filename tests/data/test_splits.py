"""A split never parts what belongs together."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geoglot.data.splits import by_group, cut_groups, joined
from geoglot.errors import InputError

SHARES = {"train": 0.6, "test": 0.4}


@settings(deadline=None)
@given(st.lists(st.sampled_from("abcdefgh"), max_size=40), st.integers(0, 99))
def test_no_group_is_cut_and_no_item_lost(drawn: list[str], seed: int) -> None:
    groups = {f"{item}": group for item, group in enumerate([*drawn, "y", "z"])}
    split_of = by_group(groups, SHARES, seed=seed)
    assert split_of.keys() == groups.keys()
    assert cut_groups(split_of, groups) == {}


def test_shares_are_met_within_a_group() -> None:
    groups = {f"{item}": f"site {item // 5}" for item in range(200)}
    counts = Counter(by_group(groups, SHARES, seed=1).values())
    assert abs(counts["train"] - 120) <= 5


def test_the_seed_decides_and_the_order_of_items_does_not() -> None:
    groups = {f"{item}": f"site {item // 5}" for item in range(60)}
    backwards = dict(reversed(groups.items()))
    assert by_group(groups, SHARES, seed=1) == by_group(backwards, SHARES, seed=1)
    assert by_group(groups, SHARES, seed=1) != by_group(groups, SHARES, seed=2)


def test_pairs_join_groups_through_each_other() -> None:
    assert joined([("b", "c"), ("a", "b")], "abcd") == {"a": "a", "b": "a", "c": "a", "d": "d"}


def test_a_cut_group_is_named_with_its_splits() -> None:
    assert cut_groups({"1": "train", "2": "test"}, {"1": "site", "2": "site"}) == {"site": {"train", "test"}}


@pytest.mark.parametrize("shares", [{}, {"train": 0.5}, {"train": 1.2, "test": -0.2}])
def test_shares_that_are_none_are_refused(shares: dict[str, float]) -> None:
    with pytest.raises(InputError):
        by_group({"1": "a", "2": "b"}, shares, seed=0)


def test_one_group_cannot_be_split() -> None:
    with pytest.raises(InputError, match="Fewer groups"):
        by_group({"1": "a", "2": "a"}, SHARES, seed=0)
