"""Navigation to a place: how far from it one ended, and how directly one got there.

    NE = mean distance of the last position to the goal        SR = share of episodes that end within 20 m
    OSR = share that come within 20 m at any time              SPL = mean of S · L / max(P, L)
    nDTW = exp(-DTW / (positions of the reference · 20 m))     SDTW = S · nDTW

L is the length in truth["length_m"], else the straight line from start to goal; P the length of the flown path.
A prediction is the list of positions [x, y, z, …] in metres, first to last; a truth holds "goal" and where known
"path" (the demonstrated one) and "length_m".

Sources: water-cookie/citynav gsamllavanav/evaluate.py and vlnce/evaluate.py; AirVLN/AirVLN
src/vlnce_src/env.py; Anderson et al., On evaluation of embodied navigation agents (2018), for SPL.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from geoglot.errors import InputError
from geoglot.evaluate.metrics.answers import need_samples
from geoglot.evaluate.metrics.interval import score_means
from geoglot.evaluate.metrics.protocol import Prediction, Protocol, Score, Scores

_SUCCESS_M = 20.0

Positions = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class _Episode:
    """A flown path (n, 3) in metres, its goal (3,), the demonstrated path if known, the shortest length."""

    path: Positions
    goal: Positions
    reference: Positions | None
    shortest_m: float
    ended: bool


def _episode(prediction: Prediction) -> _Episode | None:
    """Give the episode; None if nothing was flown. Raises InputError for a truth without a goal."""
    truth = prediction.truth
    if not isinstance(truth, Mapping) or "goal" not in truth:
        raise InputError(f"sample {prediction.id} has no goal", value=truth, expected='{"goal": [x, y, z]}')
    goal = _positions([truth["goal"]])[0]
    flown = prediction.prediction
    ended = True
    if isinstance(flown, Mapping):
        ended = bool(flown.get("is_end", True))
        flown = flown.get("path")
    if isinstance(flown, str) or not isinstance(flown, Sequence) or not flown:
        return None
    path = _positions(flown)
    reference = _positions(truth["path"]) if truth.get("path") else None
    straight = float(np.linalg.norm(path[0] - goal))
    return _Episode(path, goal, reference, float(str(truth.get("length_m", straight))), ended)


def _positions(value: object) -> Positions:
    """Give (n, 3); a missing third coordinate is 0, further ones (yaw, pitch) are dropped."""
    try:
        rows = [[float(n) for n in row[:3]] for row in value]  # type: ignore[attr-defined]
        return np.array([row if len(row) == 3 else [*row, 0.0] for row in rows]).reshape(-1, 3)
    except (TypeError, ValueError) as error:
        raise InputError("positions were expected", value=value, expected="[[x, y, z], …] in metres") from error


def _distances(episode: _Episode, axes: int) -> Positions:
    gaps: Positions = np.linalg.norm((episode.path - episode.goal)[:, :axes], axis=1)
    return gaps


def _length_m(path: Positions) -> float:
    return float(np.linalg.norm(np.diff(path, axis=0), axis=1).sum())


def warped_distance(first: Positions, second: Positions) -> float:
    """Give the dynamic-time-warping distance of two paths (n, 3), (m, 3), exact."""
    gaps = np.linalg.norm(first[:, None] - second[None], axis=-1)
    before = np.full(len(second) + 1, np.inf)
    before[0] = 0.0
    for row in gaps:
        now = np.full(len(second) + 1, np.inf)
        for place, gap in enumerate(row.tolist()):
            now[place + 1] = gap + min(before[place], before[place + 1], now[place])
        before = now
    return float(before[-1])


def score_navigation(predictions: Sequence[Prediction], seed: int, *, flat: bool) -> Scores:
    """Score as CityNav: with `flat` all distances in the plane (MGP), else the last one in space (VLN-CE)."""
    need_samples(predictions)
    rows = np.zeros((len(predictions), 4))
    unread = 0
    for row, prediction in zip(rows, predictions, strict=True):
        episode = _episode(prediction)
        if episode is None:
            unread += 1
            row[0] = np.nan
            continue
        last = _distances(episode, 2 if flat else 3)[-1]
        success = bool(last <= _SUCCESS_M if flat else last < _SUCCESS_M)
        nearest = _distances(episode, 2).min()
        longest = max(_length_m(episode.path), episode.shortest_m)
        row[:] = last, success, nearest <= _SUCCESS_M, success * (episode.shortest_m / longest if longest else 1.0)
    scores = score_means({"SR": rows[:, 1], "OSR": rows[:, 2], "SPL": rows[:, 3]}, seed=seed)
    return Scores(scores | _error(rows[:, 0], seed), {}, unread)


def _error(distances_m: NDArray[np.float64], seed: int) -> dict[str, Score]:
    known = distances_m[~np.isnan(distances_m)]
    return score_means({"NE_m": known}, seed=seed, scale=1.0) if known.size else {}


def score_aerialvln(predictions: Sequence[Prediction], seed: int) -> Scores:
    """Score as AerialVLN: distances in the plane, success only if the agent said that it ended."""
    need_samples(predictions)
    rows = np.full((len(predictions), 5), 0.0)
    unread = 0
    for row, prediction in zip(rows, predictions, strict=True):
        episode = _episode(prediction)
        if episode is None or episode.reference is None:
            unread += 1
            row[0] = np.nan
            continue
        last = _distances(episode, 2)[-1]
        success = episode.ended and last <= _SUCCESS_M
        warped = warped_distance(_moved(episode.path), episode.reference)
        closeness = np.exp(-warped / (len(episode.reference) * _SUCCESS_M))
        oracle = _distances(episode, 2).min() <= _SUCCESS_M
        row[:] = last, success, oracle, closeness, success * closeness
    names = {"SR": rows[:, 1], "OSR": rows[:, 2], "nDTW": rows[:, 3], "SDTW": rows[:, 4]}
    return Scores(score_means(names, seed=seed) | _error(rows[:, 0], seed), {}, unread)


def _moved(path: Positions) -> Positions:
    """Leave out positions that equal the one before."""
    kept: Positions = path[np.append(True, np.any(np.diff(path, axis=0) != 0, axis=1))]
    return kept


_SPL = "SPL stands in the paper's table but not in the code: L is truth.length_m, else the straight line"

PROTOCOLS = (
    Protocol(
        "navigation/citynav@1",
        "NE in the plane, SR: ends within 20 m (<=), OSR: ever within 20 m, SPL",
        "water-cookie/citynav gsamllavanav/evaluate.py (MGP)",
        lambda predictions, seed: score_navigation(predictions, seed, flat=True),
        (
            _SPL,
            "the paper speaks of a sphere of 20 m, the code measures in the plane",
            "not comparable to citynav-vlnce",
        ),
    ),
    Protocol(
        "navigation/citynav-vlnce@1",
        "NE in space, SR: ends within 20 m (<) in space, OSR: ever within 20 m in the plane, SPL",
        "water-cookie/citynav vlnce/evaluate.py (Seq2Seq, CMA)",
        lambda predictions, seed: score_navigation(predictions, seed, flat=False),
        (_SPL, "SR is strict and in space, OSR is neither"),
    ),
    Protocol(
        "navigation/aerialvln@1",
        "NE in the plane, SR: said to have ended within 20 m, OSR, nDTW, SDTW",
        "AirVLN/AirVLN src/vlnce_src/env.py",
        score_aerialvln,
        (
            "warping is exact here; the script's fastdtw (radius 1) may be a little longer",
            "the script refreshes the distance only after a move of about 1 m; here the last position counts",
        ),
    ),
)
