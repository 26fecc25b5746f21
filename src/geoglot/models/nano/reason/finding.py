"""What reasoning gives: a `Finding`, still without words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from geoglot.regions import Region
from geoglot.tasks import Value

UNSURE_BELOW = 0.5
"""Confidence below which a finding is unsure: more likely wrong than right."""


@dataclass(frozen=True, slots=True)
class Fact:
    """One thing worth saying about a scene.

    kind: "scene", "cover", "objects", "change" or "quality". name: canonical. number: how many, or a share 0..1.
    place: where most of it is ("upper left"). detail: a colour, or the kind of a change. became: the new cover.
    """

    kind: str
    name: str
    probability: float
    number: float | None = None
    place: str | None = None
    detail: str | None = None
    became: str | None = None


@dataclass(frozen=True, slots=True)
class Finding:
    """The answer before its words.

    value, unit: typed by the task, None where there is only text or regions. regions: whole-raster pixels.
    evidence: ids of the facts used. confidence: probability that the value (or the text) is right, 0..1.
    refused: there is no answer, and the first warning says why. counts: the numbers behind a comparison or a
    presence. interval: holds a count with 90 %. also: an area once
    more in another unit. facts: what a text is made of.
    """

    value: Value = None
    unit: str | None = None
    regions: tuple[Region, ...] = ()
    evidence: tuple[str, ...] = ()
    confidence: float = 0.0
    unsure: bool = False
    refused: bool = False
    warnings: tuple[str, ...] = ()
    counts: tuple[int, ...] = ()
    interval: tuple[int, int] | None = None
    also: tuple[float, str] | None = None
    facts: tuple[Fact, ...] = ()

    def doubted(self, *reasons: str) -> Finding:
        """Give the finding as unsure, for these reasons; itself if there is none."""
        if not reasons:
            return self
        return replace(self, unsure=True, warnings=tuple(dict.fromkeys((*self.warnings, *reasons))))

    def noted(self, *warnings: str) -> Finding:
        """Give the finding with more warnings; it stays as sure as it is."""
        return replace(self, warnings=tuple(dict.fromkeys((*self.warnings, *warnings))))


def refused(reason: str, *, evidence: Sequence[str] = ()) -> Finding:
    """Give the finding that there is no answer, with the reason in words that follow "I cannot tell:"."""
    return Finding(unsure=True, refused=True, warnings=(reason,), evidence=tuple(evidence))
