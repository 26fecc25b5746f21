"""Grounding of one box: the worked examples of the specification, and what each script does differently."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geoglot.errors import InputError
from geoglot.evaluate.metrics import Prediction, protocol
from geoglot.evaluate.metrics.grounding import overlaps
from geoglot.regions import Box, codecs
from tests.evaluate.samples import SEED, pairs, run, value

if TYPE_CHECKING:
    from geoglot.conversation import Json


def _iou(first: list[float], second: list[float], pixel: float) -> float:
    return float(overlaps(np.array([first]), np.array([second]), pixel=pixel).iou[0])


@pytest.mark.parametrize(
    ("first", "second", "inclusive", "continuous"),
    [
        ([40, 40, 50, 50], [43, 40, 53, 50], 0.5714, 0.5385),
        ([10, 10, 12, 12], [11, 11, 13, 13], 0.2857, 0.1429),
        ([0.1, 0.1, 0.2, 0.2], [0.3, 0.1, 0.4, 0.2], 0.6923, 0.0),
    ],
)
def test_the_last_pixel_lifts_the_overlap(
    first: list[float], second: list[float], inclusive: float, continuous: float
) -> None:
    assert _iou(first, second, 1.0) == pytest.approx(inclusive, abs=5e-5)
    assert _iou(first, second, 0.0) == pytest.approx(continuous, abs=5e-5)


_BOX = st.tuples(*[st.integers(0, 40)] * 2, *[st.integers(41, 90)] * 2)


@settings(deadline=None)
@given(_BOX, _BOX)
def test_overlap_is_symmetric_and_between_none_and_all(first: tuple[int, ...], second: tuple[int, ...]) -> None:
    forth, back = _iou(list(first), list(second), 0.0), _iou(list(second), list(first), 0.0)
    assert forth == back
    assert 0 <= forth <= 1
    assert _iou(list(first), list(first), 0.0) == 1


def test_an_overlap_of_exactly_one_half_is_a_hit_only_where_the_sign_says_so() -> None:
    half = pairs([("[0, 0, 10, 5]", [0, 0, 10, 10])], "ground")
    assert value("grounding/rsvg@1", "P@0.5", half) == 100
    assert value("grounding/strict-gt@1", "P@0.5", half) == 0


def test_an_unreadable_answer_is_counted_and_wrong() -> None:
    scores = run("grounding/strict-gt@1", pairs([("no idea", [0, 0, 9, 9]), ("[0,0,9,9]", [0, 0, 9, 9])], "ground"))
    assert scores.unparsed == 1
    assert scores.scores["P@0.5"].value == 50
    assert scores.scores["mean_iou"].value == 50


@pytest.mark.parametrize("answer", [None, "", "1, 2, 3", "[5, 5, 5, 9]", "[9, 9, 1, 1]", [], ["a", 1, 2, 3]])
def test_no_box_is_made_up(answer: object) -> None:
    sample = Prediction("a", "ground", answer, [0, 0, 9, 9])  # type: ignore[arg-type]
    assert protocol("grounding/strict-gt@1").score([sample], SEED).unparsed == 1


def test_regions_as_objects_are_read_by_their_bounds_best_score_first() -> None:
    truth: Json = [{"label": "ship", "box": [0, 0, 10, 10]}]
    two: Json = [
        {"label": "ship", "box": [50, 50, 60, 60], "score": 0.2},
        {"label": "ship", "polygon": [0, 0, 10, 0, 10, 10, 0, 10], "score": 0.9},
    ]
    assert value("grounding/strict-gt@1", "P@0.9", pairs([(two, truth)], "ground")) == 100
    assert run("grounding/strict-gt@1", pairs([([{"label": "ship", "point": [3, 3]}], truth)], "ground")).unparsed == 1


def test_a_text_is_read_by_the_codec_that_the_sample_names() -> None:
    text = codecs.get("geoglot").write(Box(100, 50, 300, 150), (1000, 500))
    sample = Prediction("a", "ground", f"It is here: {text}.", [100, 50, 300, 150], None, (1000, 500), "geoglot")
    assert value("grounding/strict-gt@1", "P@0.9", [sample]) == 100
    assert run("grounding/strict-gt@1", [replace(sample, prediction="no idea")]).unparsed == 1
    with pytest.raises(InputError, match="image_size"):
        run("grounding/strict-gt@1", [replace(sample, image_size=None)])


def test_cumulative_overlap_weighs_large_boxes() -> None:
    rows = pairs([([0, 0, 100, 100], [0, 0, 100, 100]), ([0, 0, 1, 1], [5, 5, 6, 6])], "ground")
    assert value("grounding/rsvg@1", "mean_iou", rows) == 50
    assert value("grounding/rsvg@1", "cum_iou", rows) == pytest.approx(100 * 10000 / 10002)


def test_vrsbench_loses_the_decimal_point() -> None:
    rows = pairs([("{<0.25><10><50><50>}", "{<0><25><10><50>}")], "ground")
    assert value("grounding/vrsbench@1", "P@0.7", rows) == 100


def test_vrsbench_counts_failures_in_the_mean_and_not_in_the_cumulative_overlap() -> None:
    rows = pairs([("{<10><10><20><20>}", "{<10><10><20><20>}"), ("nothing", "{<10><10><20><20>}")], "ground")
    scores = run("grounding/vrsbench@1", rows).scores
    assert (scores["P@0.5"].value, scores["mean_iou"].value, scores["cum_iou"].value) == (50, 50, 100)


def test_vrsbench_reports_unique_and_other_objects_apart() -> None:
    box, far = "{<10><10><20><20>}", "{<60><60><70><70>}"
    rows = [Prediction("a", "ground", box, box, "unique"), Prediction("b", "ground", far, box, "non-unique")]
    scores = run("grounding/vrsbench@1", rows)
    assert scores.per_type["unique"]["P@0.5"].value == 100
    assert scores.per_type["non-unique"]["P@0.5"].value == 0


def test_lhrs_calls_disjoint_boxes_of_the_unit_square_a_hit() -> None:
    rows = pairs([("[0.1, 0.1, 0.2, 0.2]", "[0.3, 0.1, 0.4, 0.2]")], "ground")
    assert value("grounding/lhrs@1", "P@0.5", rows) == 100
    assert value("grounding/rsvg@1", "P@0.5", rows) == 0


def test_lhrs_leaves_failures_out_of_its_first_figure() -> None:
    truth = "[0.1, 0.1, 0.2, 0.2]"
    scores = run("grounding/lhrs@1", pairs([(truth, truth), ("there is none", truth), ("[0.1, 0.2]", truth)], "ground"))
    assert scores.scores["P@0.5"].value == 100
    assert scores.scores["P@0.5_with_failures"].value == pytest.approx(100 / 3)
    assert scores.unparsed == 1


def test_rsevalkit_takes_answers_in_thousandths_of_the_image() -> None:
    sample = Prediction("a", "ground", "[100,200,300,400]", [80, 80, 240, 160], image_size=(800, 400))
    assert value("grounding/rsevalkit@1", "P@0.5", [sample]) == 100


def test_rsevalkit_needs_the_size_of_the_image() -> None:
    with pytest.raises(InputError, match="image_size"):
        run("grounding/rsevalkit@1", pairs([("[1,2,3,4]", [1, 2, 3, 4])], "ground"))


def test_a_truth_without_a_box_is_an_error_of_the_file() -> None:
    with pytest.raises(InputError, match="s0 is no box"):
        run("grounding/strict-gt@1", pairs([("[1,2,3,4]", "unknown")], "ground"))


def test_nothing_to_score_is_an_error() -> None:
    with pytest.raises(InputError, match="No predictions"):
        run("grounding/strict-gt@1", [])
