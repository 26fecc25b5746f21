"""Navigation: the two evaluators of CityNav disagree on purpose; paths are compared by warping."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geoglot.errors import InputError
from geoglot.evaluate.metrics.navigation import warped_distance
from tests.evaluate.samples import pairs, run

if TYPE_CHECKING:
    from geoglot.conversation import Json


def _goal(x: float, y: float, z: float = 0.0) -> dict[str, Json]:
    return {"goal": [x, y, z]}


def test_exactly_twenty_metres_is_a_success_for_one_evaluator_only() -> None:
    rows = pairs([([[0, 0, 0], [80, 0, 0]], _goal(100, 0))], "navigate")
    assert run("navigation/citynav@1", rows).scores["SR"].value == 100
    assert run("navigation/citynav-vlnce@1", rows).scores["SR"].value == 0


def test_height_counts_for_one_evaluator_only() -> None:
    rows = pairs([([[0, 0, 0], [100, 0, 60]], _goal(100, 0))], "navigate")
    flat, space = (run(f"navigation/{name}@1", rows).scores for name in ("citynav", "citynav-vlnce"))
    assert (flat["NE_m"].value, space["NE_m"].value) == (0, 60)
    assert (flat["SR"].value, space["SR"].value, space["OSR"].value) == (100, 0, 100)


def test_passing_the_goal_is_an_oracle_success() -> None:
    scores = run(
        "navigation/citynav@1", pairs([([[0, 0, 0], [100, 0, 0], [300, 0, 0]], _goal(100, 0))], "navigate")
    ).scores
    assert (scores["SR"].value, scores["OSR"].value) == (0, 100)


def test_spl_weighs_success_by_the_detour() -> None:
    detour: Json = [[0, 0, 0], [0, 100, 0], [100, 100, 0], [100, 0, 0]]
    assert run("navigation/citynav@1", pairs([(detour, _goal(100, 0))], "navigate")).scores[
        "SPL"
    ].value == pytest.approx(100 / 3)
    known = _goal(100, 0) | {"length_m": 150}
    assert run("navigation/citynav@1", pairs([(detour, known)], "navigate")).scores["SPL"].value == pytest.approx(50)


def test_no_flight_is_a_failure_that_is_counted() -> None:
    scores = run("navigation/citynav@1", pairs([(None, _goal(9, 9)), ([[9, 9]], _goal(9, 9))], "navigate"))
    assert (scores.scores["SR"].value, scores.unparsed) == (50, 1)
    assert scores.scores["NE_m"].n == 1


def test_a_goal_is_needed() -> None:
    with pytest.raises(InputError, match="no goal"):
        run("navigation/citynav@1", pairs([([[0, 0]], None)], "navigate"))


def test_aerialvln_wants_the_agent_to_say_that_it_ended() -> None:
    truth: Json = {"goal": [100, 0, 0], "path": [[0, 0, 0], [100, 0, 0]]}
    path: Json = [[0, 0, 0], [0, 0, 0], [100, 0, 0]]
    ended, going = (
        run("navigation/aerialvln@1", pairs([({"path": path, "is_end": end}, truth)], "navigate")).scores
        for end in (True, False)
    )
    assert (ended["SR"].value, ended["nDTW"].value, ended["SDTW"].value) == (100, 100, 100)
    assert (going["SR"].value, going["OSR"].value, going["SDTW"].value) == (0, 100, 0)


_PATH = st.lists(st.tuples(*[st.integers(-20, 20)] * 3), min_size=1, max_size=7)


@settings(deadline=None)
@given(_PATH, _PATH)
def test_warping_is_symmetric_and_nothing_for_equal_paths(
    first: list[tuple[int, ...]], second: list[tuple[int, ...]]
) -> None:
    one, two = np.array(first, np.float64), np.array(second, np.float64)
    assert warped_distance(one, two) == pytest.approx(warped_distance(two, one))
    assert warped_distance(one, one) == 0
    assert warped_distance(np.repeat(one, 2, axis=0), one) == 0
