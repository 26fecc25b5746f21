"""Towns that grow on photographs: what came is marked, what stayed is not, and nothing is taught twice."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geoglot.models.nano.events import KINDS, LASTING
from geoglot.nets.classes import SCENES
from geoglot.train import change, pairs, towns
from geoglot.train.shard import Shard, Truth

PLACES = 40


@pytest.fixture(scope="module")
def photos() -> Shard:
    """Fields and towns of one tone each, which tells them apart."""
    tones = 40 + 4 * np.arange(PLACES)
    levels = np.ones((PLACES, 3, 256, 256)) * tones[:, None, None, None]
    kinds = [SCENES.index("agricultural" if place % 2 else "dense residential") for place in range(PLACES)]
    truth = tuple(Truth(str(place), "train", (256, 256), 0.3, None, (), kind, None) for place, kind in enumerate(kinds))
    return Shard("x", ("red", "green", "blue"), levels.astype(np.uint8), None, (), truth, np.zeros(1, np.float32))


@pytest.fixture(scope="module")
def made(photos: Shard) -> list[towns.Ground]:
    return [towns.town_pair(photos, 11, index) for index in range(12)]


def test_a_third_of_the_pairs_show_that_nothing_lasting_happened(made: list[towns.Ground]) -> None:
    quiet = [not np.isin(one.marks, LASTING).any() for one in made]
    assert quiet == [index % 3 == 0 for index in range(len(made))]


def test_a_town_is_buildings_and_what_else_became_of_the_ground(made: list[towns.Ground]) -> None:
    marks = np.stack([one.marks for one in made if np.isin(one.marks, LASTING).any()])
    share = {name: float((marks == kind).mean()) for kind, name in enumerate(KINDS)}
    assert 0.02 < share["construction"] < share["other"] + share["clearing"]
    assert share["none"] > 0.2
    assert share["demolition"] == share["flood"] == 0


def test_ground_that_no_town_covers_stays(photos: Shard) -> None:
    calm = towns.town_pair(photos, 11, 4)  # on a photograph of one tone
    free = calm.marks == 0
    before, after = (date[:, free] for date in calm.dates)
    covered = calm.dates[1][:, ~free]
    assert abs(before.mean() - after.mean()) < 0.12
    assert covered.std() > 2 * after.std()


@given(st.integers(0, 10_000))
def test_a_town_is_laid_only_where_it_stands(seed: int) -> None:
    rng = np.random.default_rng(seed)
    ground, town = rng.random((2, 3, pairs.SIZE_PX, towns.SIZE_PX), np.float32)
    where = towns.grown(rng)
    found = towns.laid(ground, town, where, rng)
    assert 0 <= where.min() <= where.max() <= 1 + 1e-6
    assert (found[:, where == 0] == ground[:, where == 0]).all()


def test_photographs_of_worlds_kept_aside_are_not_taught(photos: Shard) -> None:
    shown = [set(towns.suiting(photos, pairs.A_WORLD * world, built_up=True)) for world in range(10)]
    aside, taught = shown[change.HELD_OUT - 1 :: change.HELD_OUT], [*shown[:4], *shown[5:9]]
    assert not set().union(*aside) & set().union(*taught)
    assert sum(map(len, shown[:5])) == PLACES


def test_towns_are_laid_over_open_ground_only(photos: Shard) -> None:
    fields = towns.suiting(photos, 0, built_up=False)
    assert {SCENES[photos.truth[place].scene or 0] for place in fields} == {"agricultural"}


def test_the_same_arguments_give_the_same_bytes(photos: Shard, tmp_path: Path) -> None:
    first, second = (towns.pack_towns(tmp_path / name, photos, count=2, seed=11) for name in ("a", "b"))
    assert first.slots == ("red", "green", "blue")
    assert first.kinds == ("season", "construction")
    assert np.array_equal(first.levels, second.levels)
    assert np.array_equal(first.change, second.change)
    assert first.levels.shape == (2, 2, 3, pairs.SIZE_PX, pairs.SIZE_PX)
    assert first.levels.min() > 0
