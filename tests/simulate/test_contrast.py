"""Whether an event between two dates can be seen: its ground against what unchanged ground does (row C2)."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from geoglot.simulate import pair
from geoglot.simulate.change import CHANGES, SimulatedPair
from geoglot.simulate.contrast import SEEN, contrast
from geoglot.simulate.conversations.several import about_pair
from geoglot.tasks import TaskName
from geoglot.train.pairs import UNKNOWN, kinds_of

PX = 64
NOWHERE = np.zeros((PX, PX), np.bool_)


def square(side: int, *, at: int = 20) -> np.ndarray:
    place = NOWHERE.copy()
    place[at : at + side, at : at + side] = True
    return place


def ground(seed: int) -> np.ndarray:
    """(1, PX, PX) patches of 8 pixels of other brightness, spread 1."""
    coarse = np.random.default_rng(seed).normal(0, 1, (PX // 8, PX // 8))
    return np.kron(coarse, np.ones((8, 8)))[None].astype(np.float32)


def noise(seed: int, sigma: float) -> np.ndarray:
    return np.random.default_rng(seed).normal(0, sigma, (1, PX, PX)).astype(np.float32)


def test_what_looks_like_unchanged_ground_is_not_seen() -> None:
    told = [contrast(ground(k), ground(k) + noise(k, 0.3), square(16), NOWHERE) for k in range(60)]
    assert np.mean(np.array(told) >= SEEN) < 0.1


def test_a_building_in_a_sharp_picture_is_seen() -> None:
    new = ground(1) + noise(2, 0.1)
    new[:, square(6)] = 3.0
    assert contrast(ground(1) + noise(3, 0.1), new, square(6), NOWHERE) > SEEN


@pytest.mark.parametrize(("side", "seen"), [(3, False), (24, True)])
def test_a_large_field_is_seen_under_noise_that_hides_a_small_one(side: int, seen: bool) -> None:
    field = square(side)
    told = [
        contrast(ground(k) + noise(2 * k, 1.0), ground(k) + noise(2 * k + 1, 1.0) + 0.9 * field, field, NOWHERE)
        for k in range(9)
    ]
    assert (float(np.median(told)) >= SEEN) is seen


def test_day_and_night_hide_nothing_and_show_nothing() -> None:
    night, field = 0.4 - 0.5 * ground(4), square(16)
    told = [contrast(ground(4), night + noise(k, 0.05), field, NOWHERE) for k in range(9)]
    assert float(np.median(told)) < SEEN
    assert contrast(ground(4), night + noise(5, 0.05) + field, field, NOWHERE) > SEEN


def test_rough_ground_that_became_smooth_is_seen_though_its_mean_stays() -> None:
    field, old = square(16), noise(6, 0.5)
    new = old + noise(7, 0.1)
    new[:, field] = noise(8, 0.05)[:, field]
    assert contrast(old, new, field, NOWHERE) > SEEN


def test_where_nothing_stayed_as_it_was_nothing_shows_that_it_could_not_be_seen() -> None:
    assert contrast(ground(9), ground(9), ~NOWHERE, NOWHERE) == math.inf
    assert contrast(ground(9), ground(9), square(8), ~square(8)) == math.inf


@pytest.fixture(scope="module")
def built() -> SimulatedPair:
    return pair(20, 1, kind="construction", size_px=128, gsd_m=0.8)


def test_what_happened_in_a_pair_and_cannot_be_seen_is_neither_asked_nor_taught(built: SimulatedPair) -> None:
    assert built.unseen == ()
    hidden = replace(built, unseen=("construction",))
    rng = np.random.default_rng(0)
    asked, left = ({one.task: one for one in about_pair(each, rng)} for each in (built, hidden))
    assert {TaskName.CHANGE_MASK, TaskName.CHANGE_CAPTION} <= asked.keys()
    assert not {TaskName.CHANGE_MASK, TaskName.CHANGE_CAPTION} & left.keys()
    keys = [one.key for one in about_pair(hidden, rng)]
    assert "construction" not in keys
    assert {"demolition", "flood", "harvest"} <= set(keys)
    place = built.change == CHANGES.index("construction")
    assert (kinds_of(hidden)[place] == UNKNOWN).all()
    assert (kinds_of(hidden)[~place] == kinds_of(built)[~place]).all()


def test_a_pair_that_differs_in_nothing_but_an_unseen_event_is_not_called_unchanged() -> None:
    plain = pair(20, 0, kind="season", size_px=64, gsd_m=1.0)
    harvested = replace(plain, change=np.full_like(plain.change, CHANGES.index("harvest")), unseen=("harvest",))
    rng = np.random.default_rng(0)
    assert TaskName.CHANGE_MASK in {one.task for one in about_pair(plain, rng)}
    assert {one.task for one in about_pair(harvested, rng)} == {TaskName.VQA}
