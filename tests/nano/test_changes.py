"""What two looks and a cell-by-cell comparison together say has changed."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from geoglot.models.nano.changes import changes
from geoglot.models.nano.evidence import CoverMap, SeenChange, SeenObject
from geoglot.regions import Box

SIZE = (80, 80)
CLASSES = ("water", "grass", "urban")


def cover(labels: NDArray[np.uint8], frame: int) -> CoverMap:
    return CoverMap(CLASSES, labels, np.full(labels.shape, 0.9, np.float16), Box(0, 0, *SIZE), frame)


def told(
    compared: NDArray[np.float32] | None,
    *,
    labels: tuple[NDArray[np.uint8], NDArray[np.uint8]] | None = None,
    appeared: Box | None = None,
) -> list[SeenChange]:
    plain = np.ones((20, 20), np.uint8)
    before, after = labels or (plain, plain)
    things = () if appeared is None else (SeenObject("o1", "building", 0.8, appeared),)
    return changes(((), things), (cover(before, 0), cover(after, 1)), compared, frames=(0, 1), sizes=(SIZE, SIZE))


def patch(p: float, rows: slice = slice(5, 10), columns: slice = slice(5, 10)) -> NDArray[np.float32]:
    compared = np.full((20, 20), 0.02, np.float32)
    compared[rows, columns] = p
    return compared


def test_without_a_comparison_two_looks_speak_for_themselves() -> None:
    (change,) = told(None, appeared=Box(20, 20, 40, 40))
    assert (change.kind, change.score) == ("appeared", 0.8)


def test_a_thing_seen_once_where_nothing_looks_different_was_overlooked_before() -> None:
    assert told(patch(0.02), appeared=Box(20, 20, 40, 40)) == []


def test_a_thing_that_came_is_told_once_with_both_doubts() -> None:
    (change,) = told(patch(0.9), appeared=Box(20, 20, 40, 40))
    assert (change.kind, change.what) == ("appeared", "building")
    assert change.score == pytest.approx(0.72, abs=1e-6)
    assert change.region.score == change.score


def test_ground_that_looks_different_became_what_is_seen_there_now() -> None:
    before, after = np.ones((20, 20), np.uint8), np.ones((20, 20), np.uint8)
    after[5:10, 5:10] = 0
    (change,) = told(patch(0.9), labels=(before, after))
    assert (change.kind, change.what, change.became) == ("became", "grass", "water")
    assert change.region.bounds == Box(20, 20, 40, 40, label="water", score=change.region.score, frame=1)


def test_another_cover_where_nothing_looks_different_is_a_change_of_mind() -> None:
    before, after = np.ones((20, 20), np.uint8), np.ones((20, 20), np.uint8)
    after[5:10, 5:10] = 0
    assert told(patch(0.1), labels=(before, after)) == []


def test_ground_of_the_same_name_that_looks_different_has_changed() -> None:
    (change,) = told(patch(0.9))
    assert (change.kind, change.what, change.became) == ("changed", "grass", None)


def test_specks_and_ground_without_data_are_no_change() -> None:
    assert told(patch(0.9, slice(5, 7), slice(5, 7))) == []
    blank = np.full((20, 20), 255, np.uint8)
    assert told(patch(0.9), labels=(blank, np.ones((20, 20), np.uint8))) == []


def test_places_are_found_on_maps_of_different_size() -> None:
    before = np.ones((10, 10), np.uint8)
    (change,) = told(patch(0.9), labels=(before, np.ones((20, 20), np.uint8)))
    assert change.region.bounds.x0 == 20
