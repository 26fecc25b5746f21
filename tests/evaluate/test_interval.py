"""Bootstrap intervals: deterministic, inside the data, as wide as theory says."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geoglot.errors import InputError
from geoglot.evaluate.metrics.interval import interval, resamples, score_groups, score_means, score_sums


def test_the_same_seed_gives_the_same_interval() -> None:
    values = np.arange(50.0)
    assert interval(values, seed=3) == interval(values, seed=3)
    assert interval(values, seed=3) != interval(values, seed=4)


def test_the_interval_of_a_share_is_as_wide_as_the_normal_theory_says() -> None:
    values = np.repeat([0.0, 1.0], [600, 400])
    low, high = interval(values, seed=0)
    half = 1.96 * np.sqrt(0.4 * 0.6 / 1000)
    assert low == pytest.approx(0.4 - half, abs=0.004)
    assert high == pytest.approx(0.4 + half, abs=0.004)


@settings(max_examples=25, deadline=None)
@given(st.lists(st.floats(-1e3, 1e3), min_size=1, max_size=30), st.integers(0, 9))
def test_the_interval_lies_within_the_values(values: list[float], seed: int) -> None:
    low, high = interval(values, seed=seed)
    assert min(values) - 1e-9 <= low <= high <= max(values) + 1e-9


def test_no_values_have_no_interval() -> None:
    assert np.isnan(interval([], seed=0)).all()


def test_a_table_of_values_is_refused() -> None:
    with pytest.raises(InputError, match="one list of values"):
        interval(np.zeros((2, 2)), seed=0)


def test_each_resample_draws_as_many_samples_as_there_are() -> None:
    weights = np.concatenate(list(resamples(17, seed=1)))
    assert weights.shape == (1000, 17)
    assert (weights.sum(axis=1) == 17).all()


def test_a_score_of_sums_is_the_statistic_of_the_sums() -> None:
    parts = np.array([[1.0, 2.0], [3.0, 4.0]])
    score = score_sums(parts, lambda s: s[..., :1] / s[..., 1:], ["ratio"], seed=0)["ratio"]
    assert score.value == pytest.approx(4 / 6)
    assert score.low <= score.value <= score.high
    assert score.n == 2


def test_means_are_in_percent() -> None:
    assert score_means({"right": [1, 0, 1, 1]}, seed=0)["right"].value == 75


def test_groups_are_averaged_both_ways() -> None:
    per_group, averages = score_groups([1, 1, 1, 0], ["a", "a", "a", "b"], seed=0)
    assert (per_group["a"].value, per_group["b"].value) == (100, 0)
    assert averages["overall"].value == 75
    assert averages["mean_of_types"].value == 50
    assert (per_group["a"].n, averages["overall"].n) == (3, 4)


def test_a_group_may_be_called_overall() -> None:
    per_group, averages = score_groups([1, 0], ["overall", "b"], seed=0)
    assert per_group["overall"].value == 100
    assert averages["overall"].value == 50
