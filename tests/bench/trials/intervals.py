"""Differences between runs with an interval: paired bootstrap over scenes of the mean over seeds."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

RESAMPLES = 10_000


@dataclass(frozen=True, slots=True)
class Interval:
    """A value and the bounds that hold 95 % of resamples."""

    value: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.value:+.2f} [{self.low:+.2f}, {self.high:+.2f}]"


def verdict(value: Interval, *, size: str, least: float, falls: bool = False, clear: bool = True) -> str:
    """Give a value with the mark of its check: whether it reaches `least`, or falls to it.

    size: of the networks, named beside the mark unless it is "full". clear: the interval must exclude 0 too.
    """
    reached = value.value <= least if falls else value.value >= least
    apart = not clear or (value.high < 0 if falls else value.low > 0)
    mark = "met" if reached and apart else "not met"
    return f"{value}, {mark}" if size == "full" else f"{value}, {mark}, {size}"


def by_scene(
    scores: NDArray[np.float64], weights: NDArray[np.float64], scene: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Sum (items,) scores and weights by scene: (2, scenes)."""
    _, place = np.unique(scene, return_inverse=True)
    return np.stack([np.bincount(place, scores), np.bincount(place, weights)])


def mean(sums: NDArray[np.float64], *, seed: int = 0) -> Interval:
    """Give the mean in percent of (seeds, 2, scenes) sums: scenes are drawn again, seeds are averaged."""
    values, weights = sums[:, 0].mean(0), sums[:, 1].mean(0)
    draws = np.random.default_rng(seed).integers(0, len(values), (RESAMPLES, len(values)))
    again = _percent(values[draws].sum(1), weights[draws].sum(1))
    low, high = np.nanquantile(again, (0.025, 0.975))
    return Interval(float(100 * values.sum() / weights.sum()), float(low), float(high))


def difference(one: NDArray[np.float64], other: NDArray[np.float64], *, seed: int = 0) -> Interval:
    """Give one minus other in percent points, both (seeds, 2, scenes) over the same scenes."""
    draws = np.random.default_rng(seed).integers(0, one.shape[2], (RESAMPLES, one.shape[2]))
    values, again = [], []
    for sums in (one, other):
        hits, weights = sums[:, 0].mean(0), sums[:, 1].mean(0)
        values.append(100 * hits.sum() / weights.sum())
        again.append(_percent(hits[draws].sum(1), weights[draws].sum(1)))
    low, high = np.nanquantile(again[0] - again[1], (0.025, 0.975))
    return Interval(float(values[0] - values[1]), float(low), float(high))


def _percent(values: NDArray[np.float64], weights: NDArray[np.float64]) -> NDArray[np.float64]:
    """NaN where no scene that was drawn was asked: such draws are left out."""
    shares: NDArray[np.float64] = np.divide(100 * values, weights, out=np.full(len(values), np.nan), where=weights > 0)
    return shares
