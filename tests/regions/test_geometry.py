"""Overlap and suppression on arrays, against shapely."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from geoglot.errors import InputError
from geoglot.regions.geometry import box_iou, corners, nms, polygon_iou, rotated_iou
from geoglot.regions.runs import pixels_of, row_stretches, runs_of

ROWS = st.lists(
    st.tuples(st.floats(-20, 20), st.floats(-20, 20), st.floats(0.1, 30), st.floats(0.1, 30), st.floats(-720, 720)),
    min_size=1,
    max_size=5,
).map(np.array)
WHOLE = st.integers(-3, 3).map(float)
GRID_ROWS = st.lists(
    st.tuples(
        WHOLE,
        WHOLE,
        st.sampled_from([1.0, 2.0, 4.0]),
        st.sampled_from([1.0, 2.0]),
        st.sampled_from([0.0, 45.0, 90.0, 180.0, 270.0]),
    ),
    min_size=1,
    max_size=5,
).map(np.array)
"""Boxes that share edges and corners: where clipping is delicate."""


def by_shapely(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    first, second = shapely.polygons(corners(a))[:, None], shapely.polygons(corners(b))[None]
    shared = shapely.area(shapely.intersection(first, second))
    return shared / (shapely.area(first) + shapely.area(second) - shared)


@given(ROWS, ROWS)
def test_rotated_iou_is_exact(a: np.ndarray, b: np.ndarray) -> None:
    assert rotated_iou(a, b) == pytest.approx(by_shapely(a, b), abs=1e-9)


@given(GRID_ROWS, GRID_ROWS)
def test_rotated_iou_is_exact_where_edges_and_corners_coincide(a: np.ndarray, b: np.ndarray) -> None:
    assert rotated_iou(a, b) == pytest.approx(by_shapely(a, b), abs=1e-9)


@given(ROWS)
def test_a_box_overlaps_itself_wholly(boxes: np.ndarray) -> None:
    assert np.diag(rotated_iou(boxes, boxes)) == pytest.approx(1, abs=1e-12)


@given(ROWS, ROWS)
def test_overlap_does_not_depend_on_the_order(a: np.ndarray, b: np.ndarray) -> None:
    assert rotated_iou(a, b) == pytest.approx(rotated_iou(b, a).T, abs=1e-12)


@given(ROWS, ROWS)
def test_far_from_the_origin_no_digits_are_lost(a: np.ndarray, b: np.ndarray) -> None:
    far = np.array([100_000, 200_000, 0, 0, 0])
    assert rotated_iou(a + far, b + far) == pytest.approx(rotated_iou(a, b), abs=1e-7)


@given(ROWS, ROWS)
def test_unturned_boxes_overlap_as_upright_ones(a: np.ndarray, b: np.ndarray) -> None:
    a[:, 4], b[:, 4] = 0, 180
    upright = [np.hstack([rows[:, :2] - rows[:, 2:4] / 2, rows[:, :2] + rows[:, 2:4] / 2]) for rows in (a, b)]
    assert rotated_iou(a, b) == pytest.approx(box_iou(*upright), abs=1e-9)


def test_boxes_without_area_overlap_nothing() -> None:
    flat = np.array([[0, 0, 0, 4, 0]])
    assert rotated_iou(flat, flat).tolist() == [[0]]
    assert box_iou(np.array([[0, 0, 0, 4]]), np.array([[0, 0, 4, 4]])).tolist() == [[0]]


def test_no_boxes_give_an_empty_table() -> None:
    assert rotated_iou(np.zeros((0, 5)), np.zeros((3, 5))).shape == (0, 3)
    assert box_iou(np.zeros((2, 4)), np.zeros((0, 4))).shape == (2, 0)


def test_many_pairs_give_the_same_as_each_alone() -> None:
    rng = np.random.default_rng(1)
    a, b = rng.uniform(1, 30, (300, 5)), rng.uniform(1, 30, (300, 5))
    table = rotated_iou(a, b)
    alone = [rotated_iou(a[i : i + 1], b[i : i + 1])[0, 0] for i in range(0, 300, 37)]
    assert table[range(0, 300, 37), range(0, 300, 37)] == pytest.approx(np.array(alone), abs=1e-12)


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), min_size=3, max_size=6))
def test_polygon_iou_of_any_ring_stays_in_0_to_1(ring: list[tuple[int, int]]) -> None:
    """Also for rings that cross themselves or have no area."""
    square = np.array([(0, 0), (9, 0), (9, 9), (0, 9)], float)
    assert 0 <= polygon_iou(np.array(ring, float), square) <= 1 + 1e-12


def test_polygon_iou_of_two_squares_that_share_half() -> None:
    a = np.array([(0, 0), (2, 0), (2, 2), (0, 2)], float)
    assert polygon_iou(a, np.add(a, (1, 0))) == pytest.approx(1 / 3)


@given(ROWS, st.floats(0, 0.95))
def test_what_suppression_keeps_does_not_overlap_and_what_it_drops_does(rows: np.ndarray, limit: float) -> None:
    scores = np.linspace(1, 0, len(rows))
    kept = nms(rows, scores, limit)
    table = rotated_iou(rows, rows)
    assert (np.triu(table[np.ix_(kept, kept)], 1) <= limit).all()
    for gone in set(range(len(rows))) - set(kept.tolist()):
        assert (table[gone, kept[kept < gone]] > limit).any()


def test_suppression_keeps_the_best_score_first() -> None:
    boxes = np.array([[0, 0, 10, 10], [1, 0, 11, 10], [50, 50, 60, 60]], float)
    assert nms(boxes, np.array([0.4, 0.9, 0.5]), 0.5).tolist() == [1, 2]


def test_suppression_of_nothing_keeps_nothing() -> None:
    assert nms(np.zeros((0, 5)), np.zeros(0), 0.5).tolist() == []


def test_arrays_of_the_wrong_shape_are_refused() -> None:
    with pytest.raises(InputError):
        rotated_iou(np.zeros((2, 4)), np.zeros((2, 5)))
    with pytest.raises(InputError):
        nms(np.zeros((2, 4)), np.zeros(3), 0.5)


@given(st.integers(1, 9), st.lists(st.booleans(), min_size=1, max_size=60))
def test_runs_and_pixels_tell_the_same(width: int, bits: list[bool]) -> None:
    height = -(-len(bits) // width)
    pixels = np.zeros(width * height, bool)
    pixels[: len(bits)] = bits
    runs = runs_of(pixels.reshape(height, width))
    assert np.array_equal(pixels_of(runs, width), pixels.reshape(height, width))
    assert all(run > 0 for run in runs[1:])


def test_a_run_over_several_rows_is_cut_at_each() -> None:
    start, end, row = row_stretches((2, 8, 2), 4)
    assert list(zip(start.tolist(), end.tolist(), row.tolist(), strict=True)) == [
        (2, 4, 0),
        (0, 4, 1),
        (0, 2, 2),
    ]


@pytest.mark.parametrize("columns", [4, 5])
def test_suppression_of_many_boxes_is_the_plain_greedy_one(columns: int) -> None:
    rng = np.random.default_rng(2)
    boxes = np.column_stack([rng.uniform(0, 300, (700, 2)), rng.uniform(2, 40, (700, 2)), rng.uniform(0, 180, 700)])
    if columns == 4:
        boxes = np.hstack([boxes[:, :2], boxes[:, :2] + boxes[:, 2:4]])
    scores = rng.random(700).round(2)
    table = (box_iou if columns == 4 else rotated_iou)(boxes, boxes)
    kept: list[int] = []
    for index in np.argsort(-scores, kind="stable").tolist():
        if all(table[index, better] <= 0.3 for better in kept):
            kept.append(index)
    assert nms(boxes, scores, 0.3).tolist() == kept
