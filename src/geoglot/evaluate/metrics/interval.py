"""95 % percentile bootstrap intervals, for means and for any statistic of sums.

A corpus score (BLEU, overall IoU, F1, precision over boxes) is a function of sums over samples. Drawing
samples with replacement changes only the weights of those sums, so one matrix product per batch of replicates
gives every score of a protocol at once and nothing is scored twice.

Source: Efron and Tibshirani, An Introduction to the Bootstrap (1993), chapter 13.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from geoglot.errors import InputError
from geoglot.evaluate.metrics.protocol import Score

REPLICATES = 1000
_BATCH_CELLS = 2_000_000  # weights held at once: 16 MB

Statistic = Callable[[NDArray[np.float64]], NDArray[np.float64]]
"""Maps sums (..., k) to scores (..., m)."""


def resamples(count: int, *, seed: int) -> Iterator[NDArray[np.float64]]:
    """Yield batches of bootstrap weights (b, count): how often each sample was drawn; 1000 rows in all."""
    rng = np.random.default_rng(seed)
    batch = max(1, min(REPLICATES, _BATCH_CELLS // max(count, 1)))
    for start in range(0, REPLICATES, batch):
        rows = min(batch, REPLICATES - start)
        draws = (np.bincount(rng.integers(0, count, count), minlength=count) for _ in range(rows))
        yield np.array(list(draws), np.float64)


def interval(values: ArrayLike, *, seed: int) -> tuple[float, float]:
    """Give the 95 % interval (low, high) of the mean of values (n,). NaN for no values.

    Raises InputError unless values are one-dimensional.
    """
    array = np.asarray(values, np.float64)
    if array.ndim != 1:
        raise InputError("an interval is taken over one list of values", value=array.shape, expected="(n,)")
    if not array.size:
        return float("nan"), float("nan")
    means = [weights @ array / array.size for weights in resamples(array.size, seed=seed)]
    low, high = np.percentile(np.concatenate(means), (2.5, 97.5))
    return float(low), float(high)


def score_sums(
    parts: NDArray[np.float64],
    statistic: Statistic,
    names: Sequence[str],
    *,
    seed: int,
    counts: Sequence[int] | None = None,
) -> dict[str, Score]:
    """Give a Score for each of the m names.

    parts: (n, k), what each sample adds to each of k sums. counts: samples behind each name, n if not given.
    A replicate in which a score is undefined (NaN) is left out of that score's interval.
    """
    samples = len(parts)
    sizes = counts if counts is not None else [samples] * len(names)
    with np.errstate(invalid="ignore", divide="ignore"):
        values = statistic(parts.sum(axis=0))
        if samples:
            drawn = np.concatenate([statistic(w @ parts) for w in resamples(samples, seed=seed)])
        else:
            drawn = np.full((1, len(names)), np.nan)
    scores = {}
    for column, name in enumerate(names):
        known = drawn[:, column][~np.isnan(drawn[:, column])]
        low, high = np.percentile(known, (2.5, 97.5)) if known.size else (np.nan, np.nan)
        scores[name] = Score(float(values[column]), float(low), float(high), int(sizes[column]))
    return scores


def score_means(columns: Mapping[str, ArrayLike], *, seed: int, scale: float = 100.0) -> dict[str, Score]:
    """Give the mean of each named column (n,), times `scale`."""
    parts = np.stack([np.asarray(column, np.float64) for column in columns.values()], axis=1)
    parts = np.hstack([parts, np.ones((len(parts), 1))])
    return score_sums(parts, lambda sums: scale * sums[..., :-1] / sums[..., -1:], list(columns), seed=seed)


def score_groups(
    values: ArrayLike, groups: Sequence[str], *, seed: int, scale: float = 100.0
) -> tuple[dict[str, Score], dict[str, Score]]:
    """Give the mean inside each group, in order of first appearance, and the two ways to average them.

    values: (n,). Returns (per group, {"overall": mean over samples, "mean_of_types": mean of group means}).
    """
    names = list(dict.fromkeys(groups))
    column = {name: index for index, name in enumerate(names)}
    member = np.zeros((len(groups), len(names)))
    member[np.arange(len(groups)), [column[group] for group in groups]] = 1.0
    parts = np.hstack([member * np.asarray(values, np.float64)[:, None], member])
    width = len(names)

    def statistic(sums: NDArray[np.float64]) -> NDArray[np.float64]:
        right, total = sums[..., :width], sums[..., width:]
        means = right / total
        present = np.maximum((total > 0).sum(-1), 1)
        overall = right.sum(-1) / total.sum(-1)
        return scale * np.concatenate([means, overall[..., None], (np.nansum(means, -1) / present)[..., None]], axis=-1)

    sizes = [int(size) for size in member.sum(axis=0)]
    keys = [*names, "overall", "mean_of_types"]
    counts = [*sizes, len(groups), len(groups)]
    scores = score_sums(parts, statistic, [f"{i}" for i in range(len(keys))], seed=seed, counts=counts)
    named = list(scores.values())
    return dict(zip(names, named, strict=False)), dict(zip(keys[width:], named[width:], strict=True))
