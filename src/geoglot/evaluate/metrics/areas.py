"""Measured amounts with a unit: areas in m², hectares, km², and shares in percent.

    OA = answers whose amount is within 10 % of the truth, or within one point for shares in percent / all answers

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


PROTOCOLS = (
    Protocol(
        "vqa/area@1",
        "share of amounts within 10 % of the truth (one point for percent); within 25 %; mean relative error",
        "geoglot",
        score_amounts,
        ("an amount of another kind of unit is wrong", "the mean relative error leaves unread answers out"),
    ),
)
