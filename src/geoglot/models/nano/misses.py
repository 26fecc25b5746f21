"""What the eye misses: by class and modality the share of things that it does not find, and what follows from it.

How many things there are is taken for Poisson, its rate for gamma distributed (a negative binomial); the eye misses
each with the same probability. Then what is missed, given what was found, is negative binomial too, and exact.

The gamma's shape and rate say what is thought before looking: one time in three there is some, 0.6 on average. Of
the classes of the validation sets 0.23 are in an image, of questions that people ask about half.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from geoglot.errors import InputError, ModelError

SHAPE, RATE = 0.5, 0.8
"""Of the gamma distribution before looking: P(none) = (RATE / (1 + RATE)) ** SHAPE = 2/3."""

UNKNOWN = 0.9
"""The share that is taken to be missed where nobody has measured it."""

STRENGTH = 10.0
"""Objects' worth of `UNKNOWN` that a fitted share is drawn towards: few objects prove little."""

TAIL = 1e-6
"""Probability that may be cut off the end of a distribution."""

Shares = Mapping[str, Mapping[str, float]]
"""Shares of missed things, 0..1, by modality and class."""


@dataclass(frozen=True, slots=True)
class Tally:
    """What became of one class in one image. truths: how many there are; hits: how many of them the eye found.

    Found is what evidence mentions at all, however faint: doubt about it is in its probability already.
    """

    modality: str
    label: str
    hits: int
    truths: int

    def __post_init__(self) -> None:
        if not 0 <= self.hits <= self.truths:
            raise InputError("more was found than there is", value=(self.label, self.hits, self.truths))


def fit_misses(tallies: Iterable[Tally]) -> dict[str, dict[str, float]]:
    """Give the share of missed things by modality and class, for `calibration.misses` of nano.json.

    Classes of which there was none anywhere are left out.
    """
    hits: dict[tuple[str, str], int] = defaultdict(int)
    truths: dict[tuple[str, str], int] = defaultdict(int)
    for tally in tallies:
        hits[tally.modality, tally.label] += tally.hits
        truths[tally.modality, tally.label] += tally.truths
    out: dict[str, dict[str, float]] = {}
    for (modality, label), number in sorted(truths.items()):
        if number:
            missed = number - hits[modality, label]
            share = (missed + STRENGTH * UNKNOWN) / (number + STRENGTH)
            out.setdefault(modality, {})[label] = round(share, 4)
    return out


def open_misses(folder: Path) -> dict[str, dict[str, float]]:
    """Read `calibration.misses` of a folder's nano.json; empty if there is none or it says nothing of them.

    Raises ModelError if a share is not one.
    """
    manifest = folder / "nano.json"
    if not manifest.is_file():
        return {}
    try:
        said = json.loads(manifest.read_text(encoding="utf-8"))["calibration"].get("misses", {})
        return {str(name): {str(label): _share(share) for label, share in row.items()} for name, row in said.items()}
    except (OSError, KeyError, TypeError, ValueError, AttributeError) as error:
        raise ModelError("what the eye misses cannot be read", value=f"{type(error).__name__}: {error}",
                         expected="calibration.misses: shares by modality and class") from error  # fmt: skip


def _share(said: object) -> float:
    share = float(str(said))
    if not 0 <= share <= 1:
        raise ValueError(f"{share} is no share")
    return share


def none_missed(share: float, found: float = 0.0) -> float:
    """Give the probability that nothing was missed. found: how many were found; share: of missed things."""
    return float((1 - share / (1 + RATE)) ** (SHAPE + found))


def missed(share: float, found: float) -> NDArray[np.float64]:
    """Give the probabilities of having missed 0, 1, 2 … things, up to a tail of `TAIL`; they add up to 1."""
    theta, shape = share / (1 + RATE), SHAPE + found
    mean = shape * theta / (1 - theta)
    most = int(mean + 10 * np.sqrt(mean / (1 - theta)) + 20)
    steps = np.arange(most)
    log_p = np.full(most + 1, -np.inf)
    log_p[0] = shape * np.log1p(-theta)
    if theta > 0:
        log_p[1:] = log_p[0] + np.cumsum(np.log(theta) + np.log((shape + steps) / (steps + 1)))
    p = np.exp(log_p)
    kept = int(np.searchsorted(np.cumsum(p), 1 - TAIL)) + 1
    cut: NDArray[np.float64] = p[:kept] / p[:kept].sum()
    return cut
