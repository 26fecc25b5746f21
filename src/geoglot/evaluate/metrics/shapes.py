"""Objects of a detection sample: reading them out of predictions, and ordering them by class."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from geoglot.errors import InputError
from geoglot.evaluate.metrics.protocol import Prediction
from geoglot.regions.geometry import corners


@dataclass(frozen=True, slots=True, eq=False)
class Shapes:
    """All objects of a file, in its order: their image, label, corners, score, and whether they are
    difficult.

    image: (n,) index of the sample. corners: (n, 4, 2) in pixels. score: (n,), 1 where none was given.
    """

    image: NDArray[np.intp]
    label: NDArray[np.str_]
    corners: NDArray[np.float64]
    score: NDArray[np.float64]
    difficult: NDArray[np.bool_]
    scored: bool

    def of(self, label: str) -> Shapes:
        """Give the objects of one class."""
        kept = self.label == label
        return Shapes(
            self.image[kept],
            self.label[kept],
            self.corners[kept],
            self.score[kept],
            self.difficult[kept],
            self.scored,
        )


def predicted_shapes(predictions: Sequence[Prediction]) -> tuple[Shapes, int]:
    """Give the predicted objects and the number of samples whose prediction is no list of objects."""
    rows: list[tuple[int, Mapping[str, object]]] = []
    unread = 0
    for index, prediction in enumerate(predictions):
        if isinstance(prediction.prediction, str) or not isinstance(prediction.prediction, Sequence):
            unread += 1
            continue
        rows += [(index, _entry(item, prediction)) for item in prediction.prediction]
    return _gather(rows), unread


def true_shapes(predictions: Sequence[Prediction]) -> Shapes:
    """Give the true objects. Raises InputError for a truth that is no list of objects."""
    rows: list[tuple[int, Mapping[str, object]]] = []
    for index, prediction in enumerate(predictions):
        if isinstance(prediction.truth, str) or not isinstance(prediction.truth, Sequence):
            raise InputError(f"sample {prediction.id} has no list of true objects", value=prediction.truth)
        rows += [(index, _entry(item, prediction)) for item in prediction.truth]
    return _gather(rows)


def _entry(item: object, prediction: Prediction) -> Mapping[str, object]:
    if not isinstance(item, Mapping):
        raise InputError(
            f"sample {prediction.id} holds something that is no object",
            value=item,
            expected='{"label": …, "box": [x0, y0, x1, y1]}, or "polygon" or "obox"',
        )
    return item


def _gather(rows: list[tuple[int, Mapping[str, object]]]) -> Shapes:
    corners = np.array([corners_of(item) for _, item in rows], np.float64).reshape(-1, 4, 2)
    scores = [item.get("score") for _, item in rows]
    return Shapes(
        np.array([index for index, _ in rows], np.intp),
        np.array([str(item.get("label", "object")) for _, item in rows], np.str_),
        corners,
        np.array([1.0 if score is None else float(str(score)) for score in scores], np.float64),
        np.array([bool(item.get("difficult", False)) for _, item in rows], np.bool_),
        any(score is not None for score in scores),
    )


def corners_of(item: Mapping[str, object]) -> list[float]:
    """Give four corners x, y, x, y … of a box, a polygon of four points, or an oriented box cx, cy, w, h, angle."""
    try:
        if "polygon" in item:
            points = np.asarray(item["polygon"], np.float64).ravel().tolist()
            x0, y0, x1, y1, x2, y2, x3, y3 = points
            return [x0, y0, x1, y1, x2, y2, x3, y3]
        if "obox" in item:
            return [float(n) for n in corners(np.array([_numbers(item["obox"])], np.float64)).ravel()]
        x0, y0, x1, y1 = (float(n) for n in _numbers(item["box"]))
    except (KeyError, ValueError, TypeError) as error:
        raise InputError(
            "an object without a readable place", value=item, expected="box, obox, or a polygon of 4 points"
        ) from error
    return [x0, y0, x1, y0, x1, y1, x0, y1]


def _numbers(value: object) -> Sequence[float]:
    if isinstance(value, str) or not isinstance(value, Sequence):
        raise TypeError("a list of numbers was expected")
    return value
