"""What is worth saying about an image or a part of it: the facts a caption is made of."""

from __future__ import annotations

from collections import Counter

import numpy as np

from geoglot.models.nano import things
from geoglot.models.nano.evidence import SeenObject
from geoglot.models.nano.oddness import ODD
from geoglot.models.nano.query import Query
from geoglot.models.nano.reason.finding import Fact, Finding
from geoglot.models.nano.reason.limits import FLAGGED
from geoglot.models.nano.reason.numbers import counted
from geoglot.models.nano.reason.places import place_of, touches
from geoglot.models.nano.reason.seen import UNPROVEN, Seen, cell_centres
from geoglot.models.nano.reason.select import SURE, scope
from geoglot.regions import Box

LEAST_SHARE = 0.05
"""Share of the ground from which a cover is worth a word."""

FITS = 0.4
"""Overlap from which a box that somebody points at is taken for the box of a thing."""

NOTHING = 0.02
"""Probability that weighs against all traces in a box: that it is around nothing that has a name here."""

MOST_KINDS = 6
"""Kinds of object that a text mentions."""


def describe(query: Query, seen: Seen) -> Finding:
    """Collect what is to be said about the image, or the region or place of the query; of an odd image its oddity.

    The confidence is the mean probability of the facts.
    """
    part = query.region is not None or query.place is not None
    flags = _flags(seen)
    pointed = _pointed_at(query, seen)
    objects = [pointed] if pointed else _objects(query, seen)
    facts = [*([] if part else _scene(seen)), *objects, *_covers(query, seen), *flags]
    if any(flag.name in ODD for flag in flags):  # whatever the eye made of it, there is nothing to describe
        facts = flags
    named = {fact.name for fact in facts if fact.kind != "quality"}
    ids = [thing.id for thing in _meant(query, seen) if thing.score >= SURE and things.canonical(thing.label) in named]
    ids += [guess.id for guess in seen.guesses("scenes") if things.canonical(guess.name) in named][:1]
    said = [fact.probability for fact in facts if fact.kind != "quality"]
    finding = Finding(
        evidence=tuple(ids),
        confidence=sum(said) / len(said) if said else 0.0,
        facts=tuple(facts),
        regions=(query.region,) if query.region is not None else (),
    )
    return finding if said else finding.doubted("I see nothing that I could name")


def _scene(seen: Seen) -> list[Fact]:
    best = max(seen.guesses("scenes"), key=lambda guess: guess.probability, default=None)
    if best is None or best.probability < SURE:
        return []
    return [Fact("scene", things.canonical(best.name), best.probability)]


def _meant(query: Query, seen: Seen) -> list[SeenObject]:
    """The objects in the region and place of the query."""
    from geoglot.models.nano.reason.places import in_place

    found = list(seen.objects)
    if query.region is not None:
        region = seen.in_raster(query.region)
        found = [thing for thing in found if touches(thing.region, region)]
    if query.place is not None:
        x, y = (np.array([thing.region.bounds.centre[axis] for thing in found]) for axis in (0, 1))
        found = [thing for thing, inside in zip(found, in_place(query.place, x, y, seen), strict=True) if inside]
    return found


def _objects(query: Query, seen: Seen) -> list[Fact]:
    """Each kind of object with its likeliest number, where most of them are, and the colour of most, if any."""
    kinds: dict[str, list[SeenObject]] = {}
    for thing in _meant(query, seen):
        kinds.setdefault(things.canonical(thing.label), []).append(thing)
    facts = []
    for name, found in kinds.items():
        number = counted([thing.score for thing in found])
        if number.mode == 0:
            continue
        sure = sorted(found, key=lambda thing: -thing.score)[: number.mode]
        places = Counter(place_of(*thing.region.bounds.centre, seen) for thing in sure)
        place, most = places.most_common(1)[0]
        detail = _colour(sure)
        facts.append(
            Fact("objects", name, number.at_least(1), number.mode, place if 2 * most > len(sure) else None, detail)
        )
    return sorted(facts, key=lambda fact: -(fact.number or 0) * fact.probability)[:MOST_KINDS]


def _pointed_at(query: Query, seen: Seen) -> Fact | None:
    """What a box is tightly around. That there is something is said by who points: what it is remains the question."""
    if query.region is None:
        return None
    region = seen.in_raster(query.region).bounds
    fitting = [thing for thing in seen.objects if thing.region.bounds.iou(region) >= FITS]
    best = max(fitting, key=lambda thing: thing.score, default=None)
    if best is None:
        several = sum(thing.score >= SURE for thing in _meant(query, seen)) > 1
        return None if several else _traced(region, seen)
    rivals = sum(p for _, p in best.others) + sum(thing.score for thing in fitting if thing.label != best.label)
    name = things.canonical(best.label)
    return Fact("objects", name, best.score / (best.score + rivals), 1, None, _colour([best]))


def _traced(region: Box, seen: Seen) -> Fact | None:
    """The class of the strongest trace in the inner half of a box, among those that may be as long as the box is."""
    (x, y), length_px = region.centre, max(region.width, region.height)
    classes: dict[str, float] = {}
    for trace in seen.traces:
        inside = abs(trace.x - x) <= region.width / 4 and abs(trace.y - y) <= region.height / 4
        if inside and trace.lengths_px[0] <= length_px <= trace.lengths_px[1]:
            classes[trace.label] = max(trace.score, classes.get(trace.label, 0.0))
    if not classes:
        return None
    label = max(classes, key=lambda name: classes[name])
    return Fact("objects", things.canonical(label), classes[label] / (sum(classes.values()) + NOTHING), 1)


def _colour(found: list[SeenObject]) -> str | None:
    """The colour that most of them surely have."""
    told = Counter(value for thing in found for kind, value, p in thing.attributes if kind == "colour" and p >= SURE)
    if not told:
        return None
    colour, number = told.most_common(1)[0]
    return colour if 2 * number > len(found) else None


def _covers(query: Query, seen: Seen) -> list[Fact]:
    """Each cover with its share of the ground asked about, and where most of it is."""
    cover = seen.cover
    if cover is None or seen.evidence.modality in UNPROVEN:
        return []
    here = scope(query, seen)
    total = int(here.sum())
    x, y = cell_centres(cover)
    facts = []
    for index, name in enumerate(cover.classes):
        cells = here & (cover.labels == index)
        share = float(cells.sum()) / max(1, total)
        if share < LEAST_SHARE:
            continue
        place = place_of(float(x[cells].mean()), float(y[cells].mean()), seen) if share < 1 / 3 else None
        p = float(cover.probability[cells].astype(np.float64).mean())
        facts.append(Fact("cover", things.canonical(name), p, share, place))
    return sorted(facts, key=lambda fact: -(fact.number or 0))


def _flags(seen: Seen) -> list[Fact]:
    """Clouds, blur and the like, from the probability at which nothing is believed without doubt."""
    return [
        Fact("quality", guess.name, guess.probability)
        for guess in seen.guesses("quality")
        if guess.probability >= FLAGGED
    ]
