"""Reading the text answers of predictions: what families with short answers share."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from geoglot.errors import InputError
from geoglot.evaluate.metrics.protocol import Prediction

Rule = Callable[[str, str], float]
"""Takes (truth, answer), gives how right the answer is, 0..1."""


def answer_text(prediction: Prediction) -> str:
    """Give the answer as text; "" if there is none. True and False become yes and no."""
    return _text(prediction.prediction)


def truth_text(prediction: Prediction) -> str:
    """Give the truth as text. Raises InputError if the sample has none."""
    truth = prediction.truth
    text = _text(truth["answer"] if isinstance(truth, Mapping) and "answer" in truth else truth)
    if not text.strip():
        raise InputError(f"sample {prediction.id} has no truth to compare with", value=truth)
    return text


def judged(predictions: Sequence[Prediction], rule: Rule) -> NDArray[np.float64]:
    """Give how right each answer is, (n,), each distinct pair of truth and answer compared once."""
    known: dict[tuple[str, str], float] = {}
    values = np.zeros(len(predictions))
    for index, prediction in enumerate(predictions):
        pair = truth_text(prediction), answer_text(prediction)
        if pair not in known:
            known[pair] = rule(*pair)
        values[index] = known[pair]
    return values


def empties(predictions: Sequence[Prediction]) -> int:
    """Count the answers without any text; they are wrong under every protocol."""
    return sum(not answer_text(prediction).strip() for prediction in predictions)


def need_samples(predictions: Sequence[Prediction]) -> None:
    """Raise InputError for an empty list: a score of nothing is no score."""
    if not predictions:
        raise InputError("no predictions to score", expected="at least one sample")


def _text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, str | int | float):
        return str(value)
    raise InputError("a short answer was expected", value=value, expected="text, number or yes/no")
