"""Average precision of logits, and how far two sets of runs are apart in it: scenes are drawn again, seeds averaged."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tests.bench.trials.intervals import RESAMPLES, Interval


def average_precision(
    truth: NDArray[np.float32], logits: NDArray[np.float64], weights: NDArray[np.float64] | None = None
) -> float:
    """Give the average precision in percent; weights: how often each item counts."""
    order = np.argsort(-logits, kind="stable")
    return _of_ranked(truth[order], np.ones(len(order)) if weights is None else weights[order])


def precision_difference(
    truth: NDArray[np.float32],
    one: NDArray[np.float64],
    other: NDArray[np.float64],
    scene: NDArray[np.int64],
    *,
    resamples: int = RESAMPLES,
) -> Interval:
    """Give the mean difference over seeds. truth: (crops, patches); one, other: (seeds, crops * patches).

    scene: (crops,).
    A scene that is drawn again counts as often as it is drawn, so that nothing is sorted anew.
    """
    names, place = np.unique(scene, return_inverse=True)
    owner = np.repeat(place, truth.shape[1])  # scene of each patch
    flat = truth.ravel()
    ranked = [(order, flat[order], owner[order]) for order in (np.argsort(-a, kind="stable") for a in (*one, *other))]

    def apart(counts: NDArray[np.float64]) -> float:
        each = [_of_ranked(goal, counts[whose]) for _, goal, whose in ranked]
        return float(np.mean(each[: len(one)]) - np.mean(each[len(one) :]))

    rng = np.random.default_rng(0)
    draws = (rng.integers(0, len(names), len(names)) for _ in range(resamples))
    again = [apart(np.bincount(drawn, minlength=len(names)).astype(np.float64)) for drawn in draws]
    low, high = np.quantile(again, (0.025, 0.975))
    return Interval(apart(np.ones(len(names))), float(low), float(high))


def _of_ranked(truth: NDArray[np.float32], weights: NDArray[np.float64]) -> float:
    hits = truth * weights
    precision = hits.cumsum() / np.maximum(weights.cumsum(), 1e-12)
    return float(100 * (precision * hits).sum() / max(1.0, hits.sum()))
