"""COCO average precision of boxes, counted by the optional library faster-coco-eval.

    AP = mean over IoU 0.50, 0.55 .. 0.95, classes and 101 recall levels of the best precision there

At most 100 detections an image count (DOTA-like tiles need 1000 and more); areas below 32² are small, above
96² large; matching accepts IoU equal to the threshold (1 - 1e-10 of it).

Source: cocodataset/cocoapi PythonAPI/pycocotools/cocoeval.py; faster-coco-eval gives the same numbers
(tested).
"""

from __future__ import annotations

import contextlib
import io
from collections.abc import Sequence

import numpy as np

from geoglot.errors import MissingExtra
from geoglot.evaluate.metrics.answers import need_samples
from geoglot.evaluate.metrics.protocol import Prediction, Protocol, Score, Scores
from geoglot.evaluate.metrics.shapes import Shapes, predicted_shapes, true_shapes

_KEYS = ("AP", "AP@0.5", "AP@0.75", "AP_small", "AP_medium", "AP_large", "AR@1", "AR@10", "AR@100")


def score_coco(predictions: Sequence[Prediction], seed: int) -> Scores:
    """Score horizontal boxes; other shapes count with their bounding box.

    `difficult` objects are crowd objects: detections on them count neither way. No interval is given: the
    library does not hand out what a bootstrap needs. Raises MissingExtra without faster-coco-eval.
    """
    need_samples(predictions)
    try:
        from faster_coco_eval import COCO, COCOeval_faster
    except ImportError as error:
        raise MissingExtra("COCO average precision", "coco") from error
    found, unread = predicted_shapes(predictions)
    true = true_shapes(predictions)
    names = sorted(set(true.label.tolist()))
    categories = [{"id": index + 1, "name": name} for index, name in enumerate(names)]
    images = [{"id": index} for index in range(len(predictions))]
    annotations = [{"id": row + 1, **item} for row, item in enumerate(_boxes(true, names))]
    results = _boxes(found, names)
    with contextlib.redirect_stdout(io.StringIO()):
        truth = COCO({"images": images, "annotations": annotations, "categories": categories})
        known = [item for item in results if item["category_id"]]
        evaluation = COCOeval_faster(truth, truth.loadRes(known), iouType="bbox") if known else None
        if evaluation is not None:
            evaluation.evaluate()
            evaluation.accumulate()
            evaluation.summarize()
    values = evaluation.stats[: len(_KEYS)] if evaluation is not None else np.zeros(len(_KEYS))
    nan = float("nan")
    scores = {
        key: Score(100 * float(value) if value >= 0 else nan, nan, nan, len(annotations))
        for key, value in zip(_KEYS, values, strict=True)
    }
    return Scores(scores, {}, unread, ("no intervals: the library gives none",))


def _boxes(shapes: Shapes, names: Sequence[str]) -> list[dict[str, int | float | list[float]]]:
    """Give COCO entries with boxes x, y, width, height; category 0 for a label that no truth has."""
    category = {name: index + 1 for index, name in enumerate(names)}
    low, high = shapes.corners.min(axis=1), shapes.corners.max(axis=1)
    size = high - low
    return [
        {
            "image_id": int(shapes.image[row]),
            "category_id": category.get(str(shapes.label[row]), 0),
            "bbox": [*low[row].tolist(), *size[row].tolist()],
            "area": float(size[row].prod()),
            "iscrowd": int(shapes.difficult[row]),
            "score": float(shapes.score[row]),
        }
        for row in range(len(shapes.image))
    ]


PROTOCOLS = (
    Protocol(
        "detection/coco@1",
        "COCO AP of boxes over IoU 0.50 to 0.95, at most 100 detections an image",
        "cocodataset/cocoapi pycocotools/cocoeval.py, through faster-coco-eval",
        score_coco,
        ("detections beyond the best 100 of an image are dropped", "no bootstrap interval"),
    ),
)
