"""What the eye misses: by class and modality the share of things that it does not find, and what follows from it.

How many things there are is taken for Poisson, its rate for gamma distributed (a negative binomial); the eye misses
each with the same probability. Then what is missed, given what was found, is negative binomial too, and exact.

The gamma's shape and rate say what is thought before looking: one time in three there is some, 0.6 on average. Of
the classes of the validation sets 0.23 are in an image, of questions that people ask about half.

What is large is missed seldom, so shares are fitted by size where the pixel size tells how large a usual thing is.

Where nothing at all was found, that is not the measure: things come in groups, and who misses half of the cars finds
some in nearly every street with cars. So the share of images is measured too of which nothing is found.
"""

from __future__ import annotations

import json
from bisect import bisect
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
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

SOME = 0.5
"""Number of things found on average from which something was found."""

TAIL = 1e-6
"""Probability that may be cut off the end of a distribution."""


@dataclass(frozen=True, slots=True)
class Miss:
    """What the eye misses of one class, 0..1. things: of the things. images: of the images with some, in which it
    finds none. sizes: the same by size, where enough were measured.
    """

    things: float
    images: float
    sizes: tuple[Miss | None, ...] = ()

    def __post_init__(self) -> None:
        if not (0 <= self.things <= 1 and 0 <= self.images <= 1):
            raise InputError("what is missed is no share", value=(self.things, self.images), expected="0 to 1")

    def at(self, size: int | None) -> Miss:
        """What is missed of things of a size; of all where that was not measured."""
        return (self.sizes[size] if size is not None and size < len(self.sizes) else None) or self

    @property
    def of_a_part(self) -> Miss:
        """What is missed in a part of an image, which holds few: each thing stands for itself."""
        return Miss(self.things, self.things)


UNMEASURED = Miss(UNKNOWN, UNKNOWN)

Misses = Mapping[str, Mapping[str, Miss]]
"""By modality and class."""


SIZES_PX = (8.0, 16.0, 32.0)
"""Lengths of a usual thing between which shares are fitted apart."""


def size_of(length_m: float | None, gsd_m: float | None) -> int | None:
    """Give which of the sizes a usual thing has in an image, from 0 on; None where its pixels are not known."""
    return None if length_m is None or gsd_m is None else bisect(SIZES_PX, length_m / gsd_m)


@dataclass(frozen=True, slots=True)
class Tally:
    """What became of one class in one image. truths: how many there are; hits: how many of them the eye found.
    size: see `size_of`.

    Found is what evidence mentions at all, however faint: doubt about it is in its probability already.
    """

    modality: str
    label: str
    hits: int
    truths: int
    size: int | None = None

    def __post_init__(self) -> None:
        if not 0 <= self.hits <= self.truths:
            raise InputError("more was found than there is", value=(self.label, self.hits, self.truths))


def fit_misses(tallies: Iterable[Tally]) -> dict[str, dict[str, Miss]]:
    """Give what is missed by modality and class, for `calibration.misses` of nano.json.

    Few things are drawn towards `UNKNOWN`, things of a size towards those of all sizes, few images towards the share
    of things. Classes of which there was none anywhere are left out.
    """
    rows: dict[tuple[str, str], list[Tally]] = defaultdict(list)
    for tally in tallies:
        if tally.truths:
            rows[tally.modality, tally.label].append(tally)
    out: dict[str, dict[str, Miss]] = {}
    for (modality, label), row in sorted(rows.items()):
        of_all = _fitted(row, UNKNOWN)
        parts = [[tally for tally in row if tally.size == size] for size in range(len(SIZES_PX) + 1)]
        sizes = tuple(_fitted(part, of_all.things) if part else None for part in parts)
        out.setdefault(modality, {})[label] = replace(of_all, sizes=sizes)
    return out


def _fitted(row: Sequence[Tally], before: float) -> Miss:
    """What is missed in some images; before: the share of things that `STRENGTH` unseen objects stand for."""
    number, hits = sum(tally.truths for tally in row), sum(tally.hits for tally in row)
    share = (number - hits + STRENGTH * before) / (number + STRENGTH)
    empty = sum(not tally.hits for tally in row)
    images = (empty + STRENGTH * share) / (len(row) + STRENGTH)
    return Miss(round(share, 4), round(images, 4))


def open_misses(folder: Path) -> dict[str, dict[str, Miss]]:
    """Read `calibration.misses` of a folder's nano.json: [things, images] by modality and class, then by size.

    Empty if there is none or it says nothing of them. Raises ModelError if one is no pair of shares.
    """
    manifest = folder / "nano.json"
    if not manifest.is_file():
        return {}
    try:
        said = json.loads(manifest.read_text(encoding="utf-8"))["calibration"].get("misses", {})
        return {str(name): {str(label): _miss(*told) for label, told in row.items()} for name, row in said.items()}
    except (OSError, KeyError, TypeError, ValueError, AttributeError, InputError) as error:
        raise ModelError("what the eye misses cannot be read", value=f"{type(error).__name__}: {error}",
                         expected="calibration.misses: [share of things, share of images] by modality and class",
                         hint="fit it again: python -m geoglot.train.misses") from error  # fmt: skip


def as_json(misses: Misses) -> dict[str, dict[str, list[object]]]:
    """Give what `open_misses` reads: [things, images, [things, images] or null by size …]."""
    return {modality: {label: _row(miss) for label, miss in row.items()} for modality, row in misses.items()}


def _row(miss: Miss) -> list[object]:
    return [miss.things, miss.images, *(None if one is None else [one.things, one.images] for one in miss.sizes)]


def _miss(things: object, images: object, *sizes: tuple[object, object] | None) -> Miss:
    told = tuple(None if one is None else _miss(one[0], one[1]) for one in sizes)
    return Miss(float(str(things)), float(str(images)), told)


def none_missed(miss: Miss, found: float = 0.0) -> float:
    """Give the probability that nothing was missed. found: how many were found, on average if that is not sure."""
    if found < SOME:
        none = (RATE / (1 + RATE)) ** SHAPE
        return float(none / (none + (1 - none) * miss.images))
    return float((1 - miss.things / (1 + RATE)) ** (SHAPE + found))


def missed(miss: Miss, found: float) -> NDArray[np.float64]:
    """Give the probabilities of having missed 0, 1, 2 … things, up to a tail of `TAIL`; they add up to 1."""
    theta, shape = miss.things / (1 + RATE), SHAPE + found
    mean = shape * theta / (1 - theta)
    most = int(mean + 10 * np.sqrt(mean / (1 - theta)) + 20)
    steps = np.arange(most)
    log_p = np.full(most + 1, -np.inf)
    log_p[0] = shape * np.log1p(-theta)
    if theta > 0:
        log_p[1:] = log_p[0] + np.cumsum(np.log(theta) + np.log((shape + steps) / (steps + 1)))
    p = np.exp(log_p)
    p[0] = none = none_missed(miss, found)
    if (rest := p[1:].sum()) > TAIL:
        p[1:] *= (1 - none) / rest
    else:
        p[1] = 1 - none  # each thing is found, but not in every image: nothing is known of how many
    kept = int(np.searchsorted(np.cumsum(p), 1 - TAIL)) + 1
    cut: NDArray[np.float64] = p[:kept] / p[:kept].sum()
    return cut
