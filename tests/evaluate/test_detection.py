"""Average precision: the rules of VOC and DOTA one by one, and COCO against the reference library."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geoglot.errors import InputError
from geoglot.evaluate.metrics import Prediction
from geoglot.evaluate.metrics.detection import eleven_points, envelope_area
from tests.evaluate.random_boxes import as_coco, random_images
from tests.evaluate.samples import run, value

if TYPE_CHECKING:
    from geoglot.conversation import Json

_A, _B = [0, 0, 10, 10], [50, 50, 60, 60]
_FAR = [200, 200, 210, 210]


def _found(box: list[int], score: float, label: str = "ship") -> dict[str, Json]:
    return {"label": label, "box": box, "score": score}


def _true(box: list[int], label: str = "ship", *, difficult: bool = False) -> dict[str, Json]:
    return {"label": label, "box": box, "difficult": difficult}


def _image(found: list[Json], true: list[Json], name: str = "p") -> Prediction:
    return Prediction(name, "detect", found, true)


def test_perfect_detections_have_full_precision() -> None:
    sample = _image([_found(_A, 0.9), _found(_B, 0.8)], [_true(_A), _true(_B)])
    for id in ("detection/dota-voc07@1", "detection/dota@1", "detection/dota-area@1"):
        assert value(id, "mAP@0.5", [sample]) == pytest.approx(100)


def test_the_second_match_of_an_object_is_a_false_positive() -> None:
    sample = _image([_found(_A, 0.9), _found(_A, 0.8), _found(_B, 0.7)], [_true(_A), _true(_B)])
    assert value("detection/dota-area@1", "mAP@0.5", [sample]) == pytest.approx(100 * (0.5 + 0.5 * 2 / 3))


def test_a_detection_counts_only_for_the_object_it_overlaps_most() -> None:
    near, nearer = [0, 0, 10, 10], [1, 0, 11, 10]
    sample = _image([_found([1, 0, 11, 10], 0.9), _found([1, 0, 11, 10], 0.8)], [_true(near), _true(nearer)])
    assert value("detection/dota-area@1", "mAP@0.5", [sample]) == pytest.approx(50)


def test_difficult_objects_count_neither_way() -> None:
    plain = _image([_found(_A, 0.9)], [_true(_A)])
    with_difficult = _image([_found(_B, 0.95), _found(_A, 0.9)], [_true(_A), _true(_B, difficult=True)])
    for sample in (plain, with_difficult):
        assert value("detection/dota@1", "mAP@0.5", [sample]) == pytest.approx(100)
    assert run("detection/dota@1", [with_difficult]).scores["mAP@0.5"].n == 1


def test_dota_wants_more_than_half_and_voc_at_least_half() -> None:
    half = _image([_found([0, 0, 10, 5], 0.9)], [_true([0, 0, 10, 10])])
    assert value("detection/dota@1", "mAP@0.5", [half]) == 0
    inclusive_half = _image([_found([0, 0, 9, 4], 0.9)], [_true([0, 0, 9, 9])])
    assert value("detection/voc-area@1", "mAP@0.5", [inclusive_half]) == pytest.approx(100)


def test_boxes_may_be_polygons_or_oriented() -> None:
    square: list[Json] = [{"label": "ship", "polygon": [0, 0, 10, 0, 10, 10, 0, 10]}]
    turned: list[Json] = [{"label": "ship", "obox": [5, 5, 10, 10, 90], "score": 0.5}]
    assert value("detection/dota@1", "mAP@0.5", [_image(turned, square)]) == pytest.approx(100)


def test_eleven_points_take_the_best_precision_at_or_beyond_each_recall() -> None:
    recall, precision = np.array([[0.5], [0.5], [1.0]]), np.array([[1.0], [0.5], [2 / 3]])
    assert eleven_points(recall, precision)[0] == pytest.approx((6 * 1 + 5 * 2 / 3) / 11)
    assert envelope_area(recall, precision)[0] == pytest.approx(0.5 + 0.5 * 2 / 3)


@settings(deadline=None)
@given(st.lists(st.booleans(), min_size=1, max_size=30), st.integers(1, 40))
def test_average_precision_is_a_share(hits: list[bool], more: int) -> None:
    right = np.cumsum(hits)[:, None]
    recall, precision = right / (right[-1] + more), right / np.arange(1, len(hits) + 1)[:, None]
    for average in (eleven_points, envelope_area):
        assert 0 <= average(recall, precision)[0] <= 1 + 1e-12


def test_images_do_not_lend_each_other_objects() -> None:
    samples = [_image([_found(_A, 0.9)], [], "empty"), _image([], [_true(_A)], "full")]
    assert value("detection/dota@1", "mAP@0.5", samples) == 0


def test_the_mean_is_over_classes_that_exist_and_other_labels_are_named() -> None:
    sample = _image([_found(_A, 0.9), _found(_B, 0.9, "plane")], [_true(_A)])
    scores = run("detection/dota@1", [sample])
    assert scores.scores["mAP@0.5"].value == pytest.approx(100)
    assert scores.notes == ("labels that no truth has are not scored: plane",)


def test_ties_stay_in_the_order_of_the_file_or_are_reported() -> None:
    sample = _image([_found(_FAR, 0.5), _found(_A, 0.5)], [_true(_A)])
    assert value("detection/dota@1", "mAP@0.5", [sample]) == pytest.approx(50)
    assert run("detection/dota@1", [sample]).notes == ()
    assert "tie" in run("detection/dota-voc07@1", [sample]).notes[0]


def test_detections_without_scores_have_an_f1_and_are_ranked_as_written() -> None:
    found: list[Json] = [{"label": "ship", "box": _A}, {"label": "ship", "box": _FAR}]
    scores = run("detection/f1@1", [_image(found, [_true(_A), _true(_B)])]).scores
    assert [scores[key].value for key in ("precision", "recall", "f1")] == [50, 50, 50]
    assert "no prediction has a score" in run("detection/dota@1", [_image(found, [_true(_A)])]).notes[0]


def test_an_answer_that_is_no_list_is_unparsed() -> None:
    scores = run("detection/f1@1", [Prediction("p", "detect", "two ships", [_true(_A)])])
    assert scores.unparsed == 1
    assert scores.scores["recall"].value == 0


@pytest.mark.parametrize("bad", [{"label": "ship"}, {"box": [1, 2, 3]}, "ship", {"polygon": [1, 2, 3, 4]}])
def test_an_object_without_a_place_is_an_error(bad: Json) -> None:
    with pytest.raises(InputError):
        run("detection/dota@1", [_image([], [bad])])


def test_the_interval_of_average_precision_comes_from_drawing_images() -> None:
    good = [_image([_found(_A, 0.9)], [_true(_A)], f"g{i}") for i in range(10)]
    bad = [_image([_found(_FAR, 0.1)], [_true(_A)], f"b{i}") for i in range(10)]
    score = run("detection/dota-area@1", good + bad).scores["mAP@0.5"]
    assert score.value == pytest.approx(50)
    assert 20 < score.low < 50 < score.high < 80


def test_coco_average_precision_equals_the_reference_library() -> None:
    pytest.importorskip("faster_coco_eval")
    reference = pytest.importorskip("pycocotools.coco")
    evaluator = pytest.importorskip("pycocotools.cocoeval")
    samples = random_images(12)
    got = run("detection/coco@1", samples).scores
    truth, found = as_coco(samples)
    coco = reference.COCO()
    coco.dataset = truth
    coco.createIndex()
    evaluation = evaluator.COCOeval(coco, coco.loadRes(found), "bbox")
    evaluation.evaluate()
    evaluation.accumulate()
    evaluation.summarize()
    for key, expected in zip(("AP", "AP@0.5", "AP@0.75", "AP_small", "AP_medium"), evaluation.stats, strict=False):
        assert got[key].value == pytest.approx(100 * expected, abs=1e-9)


@pytest.mark.slow
def test_a_hundred_thousand_boxes_take_under_ten_seconds() -> None:
    samples = random_images(2000, 50)
    for id in ("detection/dota@1", "detection/voc-area@1", "detection/f1@1"):
        start = time.process_time()
        run(id, samples)
        assert time.process_time() - start < 10


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_coco_average_precision_is_no_slower_than_the_reference_library() -> None:
    reference = pytest.importorskip("pycocotools.coco")
    evaluator = pytest.importorskip("pycocotools.cocoeval")
    pytest.importorskip("faster_coco_eval")
    samples = random_images(2000, 50)
    truth, found = as_coco(samples)
    start = time.process_time()
    run("detection/coco@1", samples)
    middle = time.process_time()
    coco = reference.COCO()
    coco.dataset = truth
    coco.createIndex()
    evaluation = evaluator.COCOeval(coco, coco.loadRes(found), "bbox")
    evaluation.evaluate()
    evaluation.accumulate()
    assert middle - start <= time.process_time() - middle
