"""From a query and evidence to a `Finding`: plain code, one file a family, so that every error can be found.

What is exact here: probabilities of presence, counts and differences follow from those of the evidence; areas and
distances are geodesic where the place on Earth is known. Errors are the eye's or the reader's.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from geoglot.models.nano import things
from geoglot.models.nano.evidence import Evidence
from geoglot.models.nano.misses import Miss
from geoglot.models.nano.query import Aim, Noun, Query
from geoglot.models.nano.reason import (
    about,
    areas,
    change,
    choices,
    counts,
    facts,
    pointing,
    presence,
    relate,
    scenes,
    tracks,
    way,
)
from geoglot.models.nano.reason.finding import UNSURE_BELOW, Fact, Finding, refused
from geoglot.models.nano.reason.limits import doubts, refusal
from geoglot.models.nano.reason.seen import Seen
from geoglot.models.nano.reason.select import choose
from geoglot.models.nano.reason.times import frame_meant
from geoglot.scenes import Scene
from geoglot.tasks import TaskName

__all__ = ["UNSURE_BELOW", "Fact", "Finding", "answer"]

_FAMILIES: dict[Aim, Callable[[Query, Seen], Finding]] = {
    Aim.PRESENCE: presence.presence,
    Aim.COUNT: counts.count,
    Aim.AREA: areas.area,
    Aim.SCENE: scenes.classify,
    Aim.SETTLEMENT: scenes.settlement,
    Aim.LABELS: scenes.labels,
    Aim.FACTS: facts.describe,
    Aim.OBJECTS: pointing.detect,
    Aim.ONE: pointing.ground,
    Aim.PIXELS: pointing.segment,
    Aim.RELATION: relate.relation,
    Aim.POSITION: relate.position,
    Aim.DISTANCE: relate.distance,
    Aim.ATTRIBUTE: relate.attribute,
    Aim.CHANGE: change.change,
    Aim.TRACKS: tracks.track,
    Aim.WAY: way.navigate,
    Aim.DATE: about.about,
    Aim.RESOLUTION: about.about,
    Aim.SENSOR: about.about,
    Aim.LOCATION: about.about,
}


def answer(
    query: Query,
    evidence: Evidence,
    scene: Scene | None,
    *,
    known: Collection[str] | None = None,
    misses: Mapping[str, Miss] = MappingProxyType({}),
    shares: NDArray[np.float64] | None = None,
) -> Finding:
    """Find the answer to a query in the evidence of a scene.

    scene: for its place on Earth, its times and its sensor; without it areas are in pixels. known: the names of
    everything the eye was taught, so that a thing outside is refused rather than reported absent. misses: by label,
    what the eye does not find in such images (`misses.fit_misses`); most, where nothing is said. shares: see
    `Calibration.shares_of`.
    Never raises for a question that cannot be answered: then the finding is refused and its first warning says why.
    """
    frame, notes = frame_meant(query, evidence, scene)
    names = None if known is None else frozenset(map(things.canonical, known))
    missed = {things.canonical(name): miss for name, miss in misses.items()}
    seen = Seen(evidence, scene, frame, names, missed, shares)
    reason = refusal(query, seen)
    if reason is not None:
        return refused(reason)
    found = _found(query, seen)
    if found.refused:
        return found
    if found.confidence < UNSURE_BELOW:
        found = found.doubted(f"this is more likely wrong than right ({found.confidence:.0%} sure)")
    if query.task is TaskName.VQA:
        found = replace(found, value=in_a_word(found), unit=None)
    found = found.noted(*notes).doubted(*doubts(query, seen))
    # A doubt takes the ground from under a probability: no more than an even chance is left of it.
    return replace(found, confidence=min(found.confidence, UNSURE_BELOW)) if found.unsure else found


def in_a_word(finding: Finding) -> str | None:
    """Give a value as the short answer to a free question: "yes", "3", "12.4 ha", "upper left".

    Data sets of questions, all of them, spell "center"; the sentence around it keeps geoglot's own spelling.
    """
    value = finding.value
    if value is None or isinstance(value, str):
        return value.replace("centre", "center") if value else value
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, tuple):
        return ", ".join(value) or "nothing"
    number = f"{value:,}" if isinstance(value, int) else f"{value:,.3g}" if value < 1000 else f"{value:,.0f}"
    return f"{number} {finding.unit}" if finding.unit else number


def _found(query: Query, seen: Seen) -> Finding:
    if query.choices and query.task is TaskName.MCQ:
        return choices.choose_letter(query, seen, lambda bare, here: _family(bare)(bare, here))
    return _family(query)(query, seen)


def _family(query: Query) -> Callable[[Query, Seen], Finding]:
    """The family that answers a query; change cuts across presence, number and area."""
    if query.change is not None:
        return change.change
    if query.aim is Aim.COMPARE:
        return _compare
    if query.aim is Aim.MOST:
        return _most
    if query.task is TaskName.VQA and query.aim in {Aim.OBJECTS, Aim.ONE, Aim.PIXELS}:
        return relate.position  # a free question wants words, not regions
    return _FAMILIES[query.aim]


def _compare(query: Query, seen: Seen) -> Finding:
    """Compare numbers of objects, areas of covers."""
    names = [noun.thing for noun in (query.noun, query.other) if noun is not None and noun.thing is not None]
    if len(names) < 2:
        return refused("I did not understand what to compare")
    if any("object" not in things.thing(name).kinds for name in names):
        return areas.compare_areas(query, seen)
    return counts.compare_numbers(query, seen)


def _most(query: Query, seen: Seen) -> Finding:
    """Rank objects by number, covers by area; without choices name the cover there is most of."""
    if len(query.choices) < 2:
        return areas.dominant(query, seen)
    found = []
    for word in query.choices:
        match = things.find(word)
        if match is None:
            return refused(f"I do not know that thing: {word}")
        noun = Noun(word, match.name, match.exact)
        found.append((noun, choose(query, seen, noun)))
    if any("object" not in things.thing(noun.thing or "").kinds for noun, _ in found):
        return areas.largest(query, seen, found)
    return counts.most(found, seen)
