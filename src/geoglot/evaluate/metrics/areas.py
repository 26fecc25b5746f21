"""Measured amounts with a unit: areas in m², hectares, km², and shares in percent.

    OA = answers whose amount is within 10 % of the truth, or within one point for shares in percent / all answers
    mae = mean over all answers of |share said - share true|, in points of percent

A share is scored by itself where all truths are shares: off by so many points means the same for 5 % as for 50 %, and
a tenth of a small share is finer than its label.

The amount and unit of a text are its first number and the unit after it. Another kind of unit (percent for
hectares) is wrong, never converted by a guess; m², ha and km² are one kind.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np

from geoglot.errors import InputError
from geoglot.evaluate.metrics.answers import answer_text, need_samples, truth_text
from geoglot.evaluate.metrics.interval import score_means, score_sums
from geoglot.evaluate.metrics.protocol import Prediction, Protocol, Scores

_AMOUNT = re.compile(r"([-+]?\d[\d,]*(?:\.\d+)?|\.\d+)\s*(%|per ?cent|m2|m²|ha|hectares?|km2|km²|px|pixels?)?", re.I)
_UNITS = {
    "%": ("share", 1.0), "percent": ("share", 1.0), "per cent": ("share", 1.0),
    "m2": ("ground", 1.0), "m²": ("ground", 1.0),
    "ha": ("ground", 1e4), "hectare": ("ground", 1e4), "hectares": ("ground", 1e4),
    "km2": ("ground", 1e6), "km²": ("ground", 1e6),
    "px": ("pixels", 1.0), "pixel": ("pixels", 1.0), "pixels": ("pixels", 1.0), "": ("bare", 1.0),
}  # fmt: skip
_RELATIVE, _POINTS = 0.1, 1.0
_WITHIN = (1, 5, 10)  # points of percent


def amount(text: str) -> tuple[str, float] | None:
    """Give the kind of quantity and its amount in m², percent, pixels or bare number; None if there is no number."""
    found = _AMOUNT.search(text)
    if found is None:
        return None
    kind, factor = _UNITS[(found[2] or "").lower()]
    return kind, float(found[1].replace(",", "")) * factor


def score_amounts(predictions: Sequence[Prediction], seed: int) -> Scores:
    """Score amounts: share within tolerance, within a quarter of the truth, and the mean relative error."""
    need_samples(predictions)
    relative = np.full(len(predictions), np.inf)
    right = np.zeros(len(predictions))
    unread = 0
    for index, prediction in enumerate(predictions):
        true, said = amount(truth_text(prediction)), amount(answer_text(prediction))
        if true is None:
            raise InputError(f"the truth of sample {prediction.id} is no amount", value=prediction.truth)
        unread += said is None
        if said is None or said[0] != true[0]:
            continue
        error = abs(said[1] - true[1])
        relative[index] = error / abs(true[1]) if true[1] else float(error > 0)
        right[index] = error <= max(_RELATIVE * abs(true[1]), _POINTS if true[0] == "share" else 0.0)
    scores = score_means({"OA": right, "within_25": relative <= 0.25}, seed=seed)
    known = relative[np.isfinite(relative)]
    if known.size:
        scores |= score_sums(known[:, None], lambda sums: 100 * sums / known.size, ["mean_relative_error"], seed=seed)
    return Scores(scores, {}, unread)


def score_shares(predictions: Sequence[Prediction], seed: int) -> Scores:
    """Score shares in percent: mean absolute error in points, and the share of answers within 1, 5 and 10 points.

    What is no share in percent is as far off as can be: all of the image, or none. Raises InputError for such a truth.
    """
    need_samples(predictions)
    error = np.zeros(len(predictions))
    unread = 0
    for index, prediction in enumerate(predictions):
        true, said = amount(truth_text(prediction)), amount(answer_text(prediction))
        if true is None or true[0] != "share":
            raise InputError(f"the truth of sample {prediction.id} is no share in percent", value=prediction.truth)
        unread += said is None
        worst = max(true[1], 100 - true[1])
        error[index] = worst if said is None or said[0] != "share" else min(worst, abs(said[1] - true[1]))
    within = {f"within_{points}": error <= points for points in _WITHIN}
    scores = score_means(within, seed=seed) | score_means({"mae": error}, seed=seed, scale=1.0)
    return Scores(scores, {}, unread)


PROTOCOLS = (
    Protocol(
        "vqa/area@1",
        "share of amounts within 10 % of the truth (one point for percent); within 25 %; mean relative error",
        "geoglot",
        score_amounts,
        ("an amount of another kind of unit is wrong", "the mean relative error leaves unread answers out"),
    ),
    Protocol(
        "vqa/share@1",
        "share of shares in percent within 5 points of the truth; within 1 and 10; mean absolute error in points",
        "geoglot",
        score_shares,
        ("an answer that is no share counts with the largest error it could have", "of mae less is better"),
    ),
)
