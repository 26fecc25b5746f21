"""Rotated boxes: corners as the scripts turn them, precision with its loophole, one-to-one without it."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geoglot.errors import InputError
from geoglot.evaluate.metrics import Prediction
from geoglot.evaluate.metrics.polygons import greedy_pairs, pair_iou, rotated_corners
from tests.evaluate.samples import pairs, run, typed, value


def test_a_positive_angle_turns_counter_clockwise_on_screen() -> None:
    corners = rotated_corners([(20, 40, 60, 50, 30)])[0]
    expected = [(20.18, 50.67), (54.82, 30.67), (59.82, 39.33), (25.18, 59.33)]
    assert corners == pytest.approx(np.array(expected), abs=0.005)


def test_no_angle_keeps_the_box() -> None:
    assert rotated_corners([(1, 2, 5, 9, 0)])[0].tolist() == [[1, 2], [5, 2], [5, 9], [1, 9]]


@settings(deadline=None)
@given(st.integers(1, 40), st.integers(1, 40), st.integers(0, 180))
def test_turning_keeps_the_area_and_a_box_overlaps_itself_wholly(width: int, height: int, angle: int) -> None:
    quad = rotated_corners([(10, 10, 10 + width, 10 + height, angle)])
    assert pair_iou(quad, quad)[0] == pytest.approx(1)
    upright = rotated_corners([(10, 10, 10 + width, 10 + height, angle + 180)])
    assert pair_iou(quad, upright)[0] == pytest.approx(1)


def test_a_square_turned_by_45_degrees_overlaps_itself_as_an_octagon() -> None:
    square, turned = rotated_corners([(0, 0, 2, 2, 0)]), rotated_corners([(0, 0, 2, 2, 45)])
    octagon = 8 * (np.sqrt(2) - 1)
    assert pair_iou(square, turned)[0] == pytest.approx(octagon / (8 - octagon))


def test_a_polygon_without_area_overlaps_nothing() -> None:
    line, box = rotated_corners([(0, 0, 0, 5, 0)]), rotated_corners([(0, 0, 5, 5, 0)])
    assert pair_iou(line, box)[0] == 0


def test_greedy_matching_takes_the_best_overlap_first() -> None:
    iou = np.array([[0.6, 0.9], [0.0, 0.8]])
    assert greedy_pairs(iou, 0.5) == [(0, 1)]
    assert greedy_pairs(iou, 0.95) == []


def test_one_true_box_may_satisfy_many_predictions() -> None:
    rows = pairs([("[[10, 10, 30, 30, 0]][[11, 10, 31, 30, 0]]", "[[10, 10, 30, 30, 0]]")], "ground")
    assert value("grounding/earthdial@1", "precision", rows) == 100
    assert value("grounding/one-to-one@1", "precision", rows) == 50


def test_a_missed_object_costs_nothing_but_recall() -> None:
    rows = pairs([("[[10, 10, 30, 30, 0]]", "[[10, 10, 30, 30, 0]], [[50, 50, 70, 70, 0]]")], "ground")
    assert value("grounding/earthdial@1", "precision", rows) == 100
    assert value("grounding/one-to-one@1", "recall", rows) == 50


def test_an_empty_answer_costs_nothing_and_is_counted() -> None:
    truth = "[[10, 10, 30, 30, 0]]"
    scores = run("grounding/earthdial@1", pairs([(truth, truth), ("none", truth)], "ground"))
    assert scores.scores["precision"].value == 100
    assert scores.unparsed == 1


def test_groups_are_sizes_and_the_number_of_true_boxes() -> None:
    box, two = "[[10, 10, 30, 30, 0]]", "[[10, 10, 30, 30, 0]][[50, 50, 70, 70, 0]]"
    scores = run(
        "grounding/earthdial@1", typed([(box, box, "small"), ("[[80, 80, 90, 90, 5]]", two, "large")], "ground")
    )
    got = {name: group["precision"].value for name, group in scores.per_type.items()}
    assert got == {"small": 100, "large": 0, "single": 100, "multiple": 0}


def test_a_bracket_without_five_numbers_stays_in_the_denominator() -> None:
    rows = pairs([("[[10, 10, 30, 30, 0]] [10, 10]", "[[10, 10, 30, 30, 0]]")], "ground")
    assert value("grounding/earthdial@1", "precision", rows) == 50


def test_a_box_inside_a_box_of_twice_its_area_is_a_hit_on_every_machine() -> None:
    rows = pairs([("[[25, 80, 61, 87, 26]]", "[[21, 79, 63, 91, 22]]")], "ground")
    assert value("grounding/one-to-one@1", "precision", rows) == 100


def test_xbd_drops_the_angle_of_predictions() -> None:
    rows = pairs([("[[10, 10, 50, 12, 90]]", "[[10, 10, 50, 12, 0]]")], "ground")
    assert value("grounding/earthdial-xbd@1", "precision", rows) == 100


def test_geochat_reads_braces_and_true_polygons_in_pixels() -> None:
    square = [[[50, 50], [150, 50], [150, 150], [50, 150]]]
    sample = Prediction("a", "ground", "{<10><10><30><30>|<0>}", square, image_size=(500, 500))
    assert value("grounding/geochat@1", "precision", [sample]) == 100


def test_true_polygons_need_the_size_of_the_image() -> None:
    with pytest.raises(InputError, match="image_size"):
        run("grounding/geochat@1", pairs([("{<1><1><3><3>}", [[[1, 1], [2, 1], [2, 2], [1, 2]]])], "ground"))


def test_descriptions_with_fifty_true_boxes_are_left_out_and_said_so() -> None:
    many = {"text": "ships", "boxes": "[10, 10, 30, 30, 0]" * 50}
    one = {"text": "a ship", "boxes": "[10, 10, 30, 30, 0]"}
    scores = run(
        "grounding/earthdial-description@1", pairs([("[9,9,9,9,0]", many), ("[10, 10, 30, 30, 0]", one)], "ground")
    )
    assert scores.scores["P@0.5"].value == 100
    assert any("50 true boxes" in note for note in scores.notes)
