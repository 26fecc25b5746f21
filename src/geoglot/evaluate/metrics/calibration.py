"""How much a confidence can be trusted.

    ECE = sum over 15 equal bins of confidence of (share of samples) · |accuracy - mean confidence|
    risk at coverage c = error rate among the share c of most confident answers
    AURC = mean of the risk over all coverages 1/n .. 1       E-AURC = AURC - AURC of the best possible order

Predictions are {"right": 0 or 1, "confidence": 0..1}; the truth is not looked at. Of equal confidences each has
the mean risk of its tie, so the order of the file does not matter.

Sources: Guo et al., On calibration of modern neural networks (2017); Geifman et al., Bias-reduced uncertainty
estimation (2019).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from geoglot.errors import InputError
from geoglot.evaluate.metrics.answers import need_samples
from geoglot.evaluate.metrics.interval import REPLICATES
from geoglot.evaluate.metrics.protocol import Prediction, Protocol, Score, Scores

_BINS = 15
Floats = NDArray[np.float64]


def expected_calibration_error(right: Floats, confidence: Floats) -> float:
    """Give the ECE of answers (n,) with confidences (n,), as a fraction."""
    bins = np.minimum((confidence * _BINS).astype(np.int64), _BINS - 1)
    gaps = np.bincount(bins, right - confidence, _BINS)
    return float(np.abs(gaps).sum() / len(right))


def risk_coverage(right: Floats, confidence: Floats) -> tuple[Floats, Floats]:
    """Give coverage (n,) and the risk (n,) at each, most confident first; ties share their mean error."""
    order = np.argsort(-confidence, kind="stable")
    _, tie, size = np.unique(-confidence[order], return_inverse=True, return_counts=True)
    error = np.bincount(tie, 1.0 - right[order])[tie] / size[tie]
    taken = np.arange(1, len(right) + 1)
    return taken / len(right), np.cumsum(error) / taken


def aurc(right: Floats, confidence: Floats) -> float:
    """Give the area under the risk-coverage curve, as a fraction."""
    return float(risk_coverage(right, confidence)[1].mean())


def score_confidence(predictions: Sequence[Prediction], seed: int) -> Scores:
    """Score confidences: ECE, AURC, E-AURC, mean confidence and accuracy."""
    need_samples(predictions)
    pairs = np.array([_pair(p) for p in predictions])

    def table(rows: NDArray[np.float64]) -> list[float]:
        right, confidence = rows.T
        area = aurc(right, confidence)
        ece = expected_calibration_error(right, confidence)
        return [ece, area, area - aurc(right, right), float(right.mean()), float(confidence.mean())]

    rng = np.random.default_rng(seed)
    drawn = np.array([table(pairs[rng.integers(0, len(pairs), len(pairs))]) for _ in range(REPLICATES)])
    low, high = np.percentile(100 * drawn, (2.5, 97.5), axis=0)
    names = ("ECE", "AURC", "E-AURC", "accuracy", "mean_confidence")
    rows = zip(names, table(pairs), low.tolist(), high.tolist(), strict=True)
    return Scores({name: Score(100 * v, lo, hi, len(pairs)) for name, v, lo, hi in rows})


def _pair(prediction: Prediction) -> tuple[float, float]:
    value = prediction.prediction
    if isinstance(value, Mapping):
        right, confidence = value.get("right"), value.get("confidence")
        if isinstance(right, int | float) and isinstance(confidence, int | float) and 0 <= confidence <= 1:
            return float(right), float(confidence)
    raise InputError(
        f"sample {prediction.id} has no verdict with a confidence",
        value=value,
        expected='{"right": 0 or 1, "confidence": 0..1}',
    )


PROTOCOLS = (
    Protocol(
        "calibration/ece@1",
        "expected calibration error in 15 bins, area under the risk-coverage curve and its excess",
        "Guo et al. (2017); Geifman et al. (2019)",
        score_confidence,
        ("the ECE of few samples is biased upwards: the interval lies above the value",),
    ),
)
