"""The seam of all metrics: predictions go in, scores with intervals come out, under a named protocol.

A `Prediction` is one line of a prediction file. A `Protocol` is one exact way to score a list of them, named
`family/variant@version`; a change that moves any score of a protocol raises its version. A `Score` is a point
estimate with its 95 % bootstrap interval.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from geoglot.errors import InputError

if TYPE_CHECKING:
    from geoglot.conversation import Json

_ID = re.compile(r"[a-z0-9-]+(/[a-z0-9-]+)?@[1-9][0-9]*")


@dataclass(frozen=True, slots=True)
class Prediction:
    """One answered sample, as a prediction file holds it.

    prediction: what the model said: its text, or a typed value where the family takes one; None if it said
    nothing. truth: in the form that the family reads. type: the group the sample is reported under.
    image_size: (width, height) in pixels. codec: the text form of regions inside `prediction`.
    """

    id: str
    task: str
    prediction: Json
    truth: Json = None
    type: str | None = None
    image_size: tuple[int, int] | None = None
    codec: str | None = None


@dataclass(frozen=True, slots=True)
class Score:
    """A point estimate with its 95 % interval over n samples; in percent unless its key names a unit."""

    value: float
    low: float
    high: float
    n: int

    def as_json(self) -> dict[str, float | int | None]:
        """Give the JSON form, rounded to two decimals; None stands for a score of nothing."""
        ends = {"value": self.value, "low": self.low, "high": self.high}
        return {key: round(end, 2) if math.isfinite(end) else None for key, end in ends.items()} | {"n": self.n}


@dataclass(frozen=True, slots=True)
class Scores:
    """What a protocol gives: named scores, the same per group, and how many answers could not be read.

    scores and per_type share their keys where both make sense. unparsed: predictions without a readable
    answer; they are part of n. notes: what a reader of the numbers has to know about this very file.
    """

    scores: Mapping[str, Score]
    per_type: Mapping[str, Mapping[str, Score]] = field(default_factory=dict)
    unparsed: int = 0
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Protocol:
    """One exact way to score.

    id: `family/variant@version`. summary: formula in words. quirks: where it departs from what a reader would
    expect, each a sentence. source: script or paper. score: takes predictions and the seed of the intervals;
    raises InputError for a file that lacks what the protocol needs, never for an answer it cannot read.
    """

    id: str
    summary: str
    source: str
    score: Callable[[Sequence[Prediction], int], Scores]
    quirks: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not _ID.fullmatch(self.id):
            raise InputError("not a protocol id", value=self.id, expected="family/variant@version")
