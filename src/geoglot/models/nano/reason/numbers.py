"""Distributions of counts: how many of several uncertain things are there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from geoglot.models.nano.misses import Miss, missed

LEAST = 1e-9
"""Probability below which a number is not thought about."""


@dataclass(frozen=True, slots=True, eq=False)
class Count:
    """How many there are, as probabilities: p[k] is that of exactly `least` + k."""

    p: NDArray[np.float64]
    least: int = 0

    @property
    def mode(self) -> int:
        """The likeliest number; the smaller of two that are equally likely."""
        return int(self.p.argmax()) + self.least

    @property
    def confidence(self) -> float:
        """The probability of the mode."""
        return float(self.p.max())

    def at_least(self, number: float) -> float:
        """Give the probability of `number` or more."""
        return float(self.p[self._values >= number].sum())

    def exactly(self, number: float) -> float:
        """Give the probability of exactly `number`."""
        return float(self.p[self._values == number].sum())

    def between(self, low: float, high: float) -> float:
        """Give the probability of low..high, both included."""
        return float(self.p[(self._values >= low) & (self._values <= high)].sum())

    def interval(self, mass: float = 0.9) -> tuple[int, int]:
        """Give the numbers between which the true one lies with a probability of `mass`, tails cut evenly."""
        tail, cumulative = (1 - mass) / 2, np.cumsum(self.p)
        low, high = int(np.searchsorted(cumulative, tail)), int(np.searchsorted(cumulative, 1 - tail))
        last = len(self.p) - 1
        return min(low, last) + self.least, min(high, last) + self.least

    @property
    def _values(self) -> NDArray[np.int64]:
        return np.arange(len(self.p)) + self.least


def counted(probabilities: Sequence[float]) -> Count:
    """Give the number of things that are there, each with its own probability: the Poisson-binomial distribution.

    Exact, by adding one thing after the other.
    """
    p = np.ones(1)
    for probability in probabilities:
        p = np.convolve(p, (1 - probability, probability))
    return Count(p)


def with_missed(found: Count, miss: Miss) -> Count:
    """Give the number of things that are there, found or not.

    Exact: for each number that may have been found, the distribution of what was missed beside it.
    """
    if miss == Miss(0, 0):
        return found
    likely = [(k, p) for k, p in enumerate(found.p.tolist(), start=found.least) if p > LEAST]
    parts = [(k, p * missed(miss, k)) for k, p in likely]
    total = np.zeros(max(k + len(part) for k, part in parts) - found.least)
    for k, part in parts:
        total[k - found.least : k - found.least + len(part)] += part
    return Count(total / total.sum(), found.least)


def apart(gap: Count, first: NDArray[np.float64], second: NDArray[np.float64]) -> Count:
    """Give a difference of two numbers once more, with what was missed of each: probabilities of 0, 1, 2 … things."""
    p = np.convolve(np.convolve(gap.p, first), second[::-1])
    return Count(p, gap.least - (len(second) - 1))


def difference(pairs: Sequence[tuple[float, float]]) -> Count:
    """Give the difference of two numbers: each thing adds one with its first probability, takes one with its second.

    The two exclude each other (a vehicle is a car or a truck), so that their sum is at most 1.
    """
    p = np.ones(1)
    for more, less in pairs:
        p = np.convolve(p, (less, max(0.0, 1 - more - less), more))
    return Count(p, least=-len(pairs))
