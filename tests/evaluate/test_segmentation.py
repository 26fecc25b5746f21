"""Masks: reading run lengths, IoU as a mean and as a sum, classes and change."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from geoglot.errors import InputError, ReadError
from geoglot.evaluate.metrics.masks import read_mask
from tests.evaluate.samples import pairs, run, typed

if TYPE_CHECKING:
    from geoglot.conversation import Json


def _runs(mask: NDArray[np.bool_]) -> dict[str, Json]:
    flat = mask.T.ravel()
    edges = np.flatnonzero(np.diff(flat.astype(np.int8))) + 1
    counts = np.diff([0, *edges.tolist(), flat.size]).tolist()
    return {"size": list(mask.shape), "counts": ([0] if flat[0] else []) + counts}


def _mask(*on: tuple[int, int]) -> dict[str, Json]:
    mask = np.zeros((2, 3), np.bool_)
    for row, column in on:
        mask[row, column] = True
    return _runs(mask)


@settings(deadline=None)
@given(st.integers(1, 9), st.integers(1, 9), st.data())
def test_runs_are_read_by_columns(height: int, width: int, data: st.DataObject) -> None:
    bits = data.draw(st.lists(st.booleans(), min_size=height * width, max_size=height * width))
    mask = np.array(bits, np.bool_).reshape(height, width)
    assert (read_mask(_runs(mask)) == mask).all()


def test_packed_runs_are_those_of_pycocotools() -> None:
    coder = pytest.importorskip("pycocotools.mask")
    mask = np.random.default_rng(0).random((37, 53)) < 0.3
    packed = coder.encode(np.asfortranarray(mask.astype(np.uint8)))
    form = {"size": list(packed["size"]), "counts": packed["counts"].decode()}
    assert (read_mask(form) == mask).all()


@pytest.mark.parametrize(
    "bad", [None, "mask", {"counts": [1]}, {"size": [2, 2], "counts": [3]}, {"size": [2, 2], "counts": [5, -1]}]
)
def test_a_mask_that_does_not_fill_its_size_is_an_error(bad: Json) -> None:
    with pytest.raises(InputError):
        read_mask(bad)


def test_an_array_that_cannot_be_read_is_a_read_error() -> None:
    with pytest.raises(ReadError):
        read_mask({"npy": "/nowhere/mask.npy"})


def test_the_mean_is_over_samples_and_the_cumulative_one_over_pixels() -> None:
    rows = pairs([(_mask((0, 0)), _mask((0, 0))), (_mask((0, 0)), _mask((0, 1), (0, 2), (1, 1)))], "segment")
    scores = run("referring/masks@1", rows).scores
    assert scores["mean_iou"].value == 50
    assert scores["cum_iou"].value == pytest.approx(100 * 1 / 5)
    assert scores["P@0.9"].value == 50


def test_an_empty_truth_answered_empty_is_right() -> None:
    assert run("referring/masks@1", pairs([(_mask(), _mask())], "segment")).scores["mean_iou"].value == 100


def test_an_answer_that_is_no_mask_is_empty_and_counted() -> None:
    scores = run("segmentation/iou@1", pairs([("no", _mask((0, 0)))], "segment"))
    assert scores.unparsed == 1
    assert scores.scores["iou"].value == 0


def test_one_confusion_matrix_serves_the_whole_set() -> None:
    rows = typed([(_mask((0, 0), (0, 1)), _mask((0, 0)), "a"), (_mask(), _mask((1, 1), (1, 2)), "b")], "change-mask")
    scores = run("change/binary@1", rows)
    got = {key: score.value for key, score in scores.scores.items()}
    assert got == pytest.approx({"precision": 50, "recall": 100 / 3, "f1": 40, "iou": 25, "OA": 75})
    assert scores.per_type["a"]["precision"].value == 50


def test_ignored_pixels_count_neither_way() -> None:
    truth = _mask((0, 0)) | {"ignored": _mask((0, 1))["counts"]}
    scores = run("segmentation/iou@1", pairs([(_mask((0, 0), (0, 1)), truth)], "segment")).scores
    assert (scores["iou"].value, scores["OA"].value) == (100, 100)


def test_masks_of_another_size_are_an_error() -> None:
    with pytest.raises(InputError, match="another size"):
        run("segmentation/iou@1", pairs([(_runs(np.ones((3, 3), np.bool_)), _mask((0, 0)))], "segment"))


def test_the_mean_iou_of_levir_mci_includes_the_background() -> None:
    truth = {"road": _mask((0, 0)), "building": _mask((1, 1))}
    said = {"road": _mask((0, 0)), "building": _mask((1, 2))}
    scores = run("change/levir-mci@1", pairs([(said, truth)], "change-mask")).scores
    assert scores["iou_background"].value == pytest.approx(100 * 3 / 5)
    assert (scores["iou_road"].value, scores["iou_building"].value) == (100, 0)
    assert scores["mIoU"].value == pytest.approx((60 + 100 + 0) / 3)
    assert scores["pixel_accuracy"].value == pytest.approx(100 * 4 / 6)
    assert scores["FWIoU"].value == pytest.approx(4 / 6 * 60 + 1 / 6 * 100)
