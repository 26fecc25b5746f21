"""What two looks and a cell-by-cell comparison together say has changed."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from geoglot.models.nano.changes import changes
from geoglot.models.nano.events import FROM_TO, KINDS, Comparison
from geoglot.models.nano.evidence import CoverMap, SeenChange, SeenObject
from geoglot.regions import Box

SIZE = (80, 80)
CLASSES = ("water", "grass", "urban")


def cover(labels: NDArray[np.uint8], frame: int) -> CoverMap:
    return CoverMap(CLASSES, labels, np.full(labels.shape, 0.9, np.float16), Box(0, 0, *SIZE), frame)


def compared(
    kind: str = "other", p: float = 0.9, *, flag: float | None = None, rows: slice = slice(5, 10)
) -> Comparison:
    """A patch of five columns where `kind` happened with probability p; flag: that it did anywhere."""
    cells = np.zeros((len(KINDS), 20, 20), np.float32)
    cells[KINDS.index(kind)] = 0.02
    cells[KINDS.index(kind), rows, 5:10] = p
    cells[0] = 1 - cells[KINDS.index(kind)]
    flags = np.full(len(KINDS), 0.01, np.float32)
    flags[KINDS.index(kind)] = p if flag is None else flag
    flags[0] = 0.01 if kind == "moved" else flags[KINDS.index(kind)]
    return Comparison(cells, flags)


def told(
    compared: Comparison | None,
    *,
    labels: tuple[NDArray[np.uint8], NDArray[np.uint8]] | None = None,
    appeared: Box | None = None,
    label: str = "building",
) -> list[SeenChange]:
    plain = np.ones((20, 20), np.uint8)
    before, after = labels or (plain, plain)
    things = () if appeared is None else (SeenObject("o1", label, 0.8, appeared),)
    return changes(((), things), (cover(before, 0), cover(after, 1)), compared, frames=(0, 1), sizes=(SIZE, SIZE))


def test_without_a_comparison_two_looks_speak_for_themselves() -> None:
    (change,) = told(None, appeared=Box(20, 20, 40, 40))
    assert (change.kind, change.score) == ("appeared", 0.8)


def test_a_thing_seen_once_where_nothing_looks_different_was_overlooked_before() -> None:
    assert told(compared(p=0.02), appeared=Box(20, 20, 40, 40)) == []


def test_a_thing_that_came_has_the_doubts_of_both_looks_and_of_the_whole_pair() -> None:
    change = told(compared("construction", 0.9), appeared=Box(20, 20, 40, 40))[0]
    assert (change.kind, change.what) == ("appeared", "building")
    assert change.score == pytest.approx(0.8 * 0.9 * 0.9, abs=1e-6)
    assert change.region.score == change.score


def test_a_car_that_came_needs_no_lasting_change() -> None:
    (change,) = told(compared("moved", 0.9), appeared=Box(20, 20, 40, 40), label="car")
    assert (change.what, change.score) == ("car", pytest.approx(0.72, abs=1e-6))
    assert told(compared("moved", 0.9), appeared=Box(20, 20, 40, 40)) == []


@pytest.mark.parametrize(
    ("kind", "was", "became"),
    [
        ("construction", "grass", "building"),
        ("demolition", "building", "grass"),
        ("flood", "grass", "water"),
        ("flood receded", "water", "grass"),
        ("harvest", "crop", "bare"),
        ("burn", "grass", "burnt ground"),
        ("clearing", "forest", "grass"),
    ],
)
def test_an_event_tells_what_became_of_what(kind: str, was: str, became: str) -> None:
    (change,) = told(compared(kind))
    assert (change.kind, change.what, change.became) == ("became", was, became)
    assert change.score == pytest.approx(0.9)
    assert change.region.bounds == Box(20, 20, 40, 40, label=became, score=change.region.score, frame=1)


def test_an_event_that_the_covers_contradict_is_still_told() -> None:
    water = np.zeros((20, 20), np.uint8)
    (change,) = told(compared("flood"), labels=(water, water))
    assert (change.what, change.became) == ("bare", "water")


def test_a_new_building_is_where_the_town_is_and_its_lot_changed_otherwise() -> None:
    before, after = np.ones((20, 20), np.uint8), np.ones((20, 20), np.uint8)
    after[5:10, 5:8] = 2
    building, lot = told(compared("construction"), labels=(before, after))
    assert (building.became, building.region.bounds.x0, building.region.bounds.x1) == ("building", 20, 32)
    assert (lot.kind, lot.region.bounds.x0, lot.region.bounds.x1) == ("changed", 32, 40)


def test_a_building_is_told_where_most_of_the_doubt_is_about_its_lot() -> None:
    for kind, width in (("construction", 20), ("flood", 8)):
        both = compared(kind)
        both.cells[KINDS.index(kind), 5:10, 7:10] = 0.3
        both.cells[KINDS.index("other"), 5:10, 7:10] = 0.6
        (event,) = (change for change in told(both) if change.became == FROM_TO[kind][1])
        assert event.region.bounds.width == width


def test_two_places_of_one_event_are_one_change() -> None:
    both = compared("burn")
    both.cells[:, 14:18, 14:18] = both.cells[:, 6:7, 6:7]
    (change,) = told(both)
    assert change.region.area_px == pytest.approx((25 + 16) * 16)


def test_an_event_is_as_sure_as_the_pair_and_not_as_its_cells() -> None:
    (change,) = told(compared("burn", 0.95, flag=0.3))
    assert change.score == pytest.approx(0.3)


def test_what_surely_happened_is_shown_where_it_is_likeliest() -> None:
    (change,) = told(compared("burn", 0.3, flag=0.9))
    assert change.region.bounds == Box(20, 20, 40, 40, label="burnt ground", score=change.region.score, frame=1)


def test_ground_that_changed_otherwise_became_what_is_seen_there_now() -> None:
    before, after = np.ones((20, 20), np.uint8), np.ones((20, 20), np.uint8)
    after[5:10, 5:10] = 0
    (change,) = told(compared(), labels=(before, after))
    assert (change.kind, change.what, change.became) == ("became", "grass", "water")


def test_another_cover_where_nothing_looks_different_is_a_change_of_mind() -> None:
    before, after = np.ones((20, 20), np.uint8), np.ones((20, 20), np.uint8)
    after[5:10, 5:10] = 0
    assert told(compared(p=0.1), labels=(before, after)) == []


def test_ground_of_the_same_name_that_looks_different_has_changed() -> None:
    (change,) = told(compared())
    assert (change.kind, change.what, change.became) == ("changed", "grass", None)


def test_specks_and_ground_without_data_are_no_change() -> None:
    assert told(compared(rows=slice(5, 6))) == []
    blank = np.full((20, 20), 255, np.uint8)
    assert told(compared(), labels=(blank, np.ones((20, 20), np.uint8))) == []


def test_places_are_found_on_maps_of_different_size() -> None:
    before = np.ones((10, 10), np.uint8)
    (change,) = told(compared(), labels=(before, np.ones((20, 20), np.uint8)))
    assert change.region.bounds.x0 == 20


@pytest.mark.parametrize("date", [0, 1])
@pytest.mark.parametrize("whole", [True, False])
def test_what_lies_under_a_cloud_of_either_date_is_not_told(date: int, whole: bool) -> None:
    plain, clouds = np.ones((20, 20), np.uint8), np.ones((20, 20), np.uint8)
    clouds[4:11, 4:11] = 3
    covers = [cover(clouds if at == date else plain, at) for at in (0, 1)]
    covers = [CoverMap((*CLASSES, "cloud"), each.labels, each.probability, each.box, each.frame) for each in covers]
    house = SeenObject("o1", "house", 0.9, Box(20, 20, 40, 40))
    there: list[tuple[SeenObject, ...]] = [(), ()]
    there[1 - date] = (house,)
    found = compared("burn", 0.9) if whole else None
    told = changes((there[0], there[1]), (covers[0], covers[1]), found, frames=(0, 1), sizes=(SIZE, SIZE))
    assert told == []
