"""Balance: which questions are kept, so that words alone predict no answer.

How often each outcome of each kind of question about each thing comes up in the simulated worlds is measured once
(`python -m geoglot.simulate.conversations.calibrate`) and kept in balance.json. A question is then kept with a chance
that levels the most frequent outcomes of its key, which needs no knowledge of other scenes: each scene's questions
stay a pure function of that scene.
"""

from __future__ import annotations

import json
from collections import Counter
from functools import cache
from importlib.resources import files

import numpy as np

from geoglot.simulate.conversations.candidate import Candidate

# How many of the most frequent outcomes are levelled: both of two, else the first four.
_LEVELLED = {"presence": 2, "compare": 2, "detect": 2, "ground": 2, "segment": 2, "change": 2, "change mask": 2,
             "track": 2, "navigate": 2, "day or night": 2}  # fmt: skip
_MORE = 4
# These have no short answer to guess, or an answer drawn evenly.
_FREE = ("caption", "multilabel", "change caption", "classify", "mcq")
# An outcome seen less often than this in the measured scenes does not set the level.
_LEAST = 3
Table = dict[str, dict[str, int]]


@cache
def tables() -> dict[str, Table]:
    """What was measured: by source, then by kind and key of the question, how often each outcome came up."""
    text = files("geoglot.simulate.conversations").joinpath("balance.json").read_text(encoding="utf-8")
    measured: dict[str, Table] = json.loads(text)
    return measured


def chance(source: str, candidate: Candidate) -> float:
    """How likely a candidate is kept: the level of its key over the frequency of its outcome, at most 1.

    A key with a single outcome is never asked: its answer would be known from the words. source: a sensor, a kind of
    photo, "pair" or "video".
    """
    if candidate.kind in _FREE:
        return 1.0
    seen = tables().get(source, {}).get(f"{candidate.kind}|{candidate.key}", {})
    ranked = sorted((total for total in seen.values() if total >= _LEAST), reverse=True)
    if len(ranked) < 2:
        return 0.0
    level = ranked[min(len(ranked), _LEVELLED.get(candidate.kind, _MORE)) - 1]
    return min(1.0, level / max(seen.get(candidate.outcome, 0), 1))


def kept(source: str, found: list[Candidate], rng: np.random.Generator) -> list[Candidate]:
    """The candidates that balance keeps."""
    return [candidate for candidate in found if rng.random() < chance(source, candidate)]


def tally(found: list[Candidate], counts: dict[str, Counter[str]]) -> None:
    """Count the outcomes of candidates by kind and key."""
    for candidate in found:
        if candidate.kind not in _FREE:
            counts[f"{candidate.kind}|{candidate.key}"][candidate.outcome] += 1
