"""How things lie to each other, where in the image, how far apart, and what they look like."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import replace

from geoglot.models.nano import things
from geoglot.models.nano.query import Noun, Query
from geoglot.models.nano.reason.caution import cautious
from geoglot.models.nano.reason.finding import Finding, refused
from geoglot.models.nano.reason.places import place_of, relation_between, spread
from geoglot.models.nano.reason.pointing import LEAST_TO_POINT
from geoglot.models.nano.reason.seen import Seen
from geoglot.models.nano.reason.select import (
    Candidate,
    Chosen,
    anchors_of,
    choose,
    extreme,
    probability_of,
    regions_of,
    shown,
    sides_px,
)
from geoglot.models.nano.reason.whole import as_whole, crowd, unplaced
from geoglot.regions import Region


def relation(query: Query, seen: Seen) -> Finding:
    """Name how one thing lies to another."""
    pair = _pair(query, seen)
    if isinstance(pair, Finding):
        return pair
    (first, p, ids), (second, q, more), doubts = pair
    word = relation_between(first, second, seen, compass=query.asks == "compass")
    finding = Finding(value=word, regions=(first, second), evidence=(*ids, *more), confidence=p * q)
    if query.asks == "compass" and seen.north() is None:
        finding = finding.noted("without a place on Earth directions are those of the image")
    return finding.doubted(*doubts)


def distance(query: Query, seen: Seen) -> Finding:
    """Give how far two things are apart, from centre to centre: in metres, in pixels without a place on Earth."""
    pair = _pair(query, seen)
    if isinstance(pair, Finding):
        return pair
    (first, p, ids), (second, q, more), doubts = pair
    start, end = first.bounds.centre, second.bounds.centre
    metres = seen.distance_m(start, end)
    value, unit = (metres, "m") if metres is not None else (math.dist(start, end), "px")
    finding = Finding(value=value, unit=unit, regions=(first, second), evidence=(*ids, *more), confidence=p * q).noted(
        "measured from centre to centre"
    )
    if metres is None:
        finding = finding.noted("the image's place on Earth is not known, so the distance is in pixels")
    return finding.doubted(*doubts)


_Found = tuple[Region, float, tuple[str, ...]]


def _pair(query: Query, seen: Seen) -> tuple[_Found, _Found, tuple[str, ...]] | Finding:
    """The two things a query is about, with their probabilities and ids; a refusal if one is not there."""
    if query.noun is None or query.other is None:
        return refused("I did not understand which two things are meant")
    out: list[_Found] = []
    doubts: list[str] = []
    for noun in (query.noun, query.other):
        found = landmark(noun, seen)
        if found is None:
            return refused(f"I see no {noun.asked_as}")
        out.append(found[0])
        doubts += found[1]
    return out[0], out[1], tuple(doubts)


def landmark(noun: Noun, seen: Seen) -> tuple[_Found, tuple[str, ...]] | None:
    """Give the one region that a noun means, its probability, its ids and the doubts about it; None if not there."""
    regions = anchors_of(noun, seen)
    if not regions:
        return None
    if noun.thing is None:
        return (regions[0], 1.0, ()), ()
    known = [Candidate(thing, probability_of(thing, noun.thing)) for thing in seen.objects if thing.region in regions]
    doubts = (f"there are several {things.plural(noun.thing)}; the surest was taken",) if len(known) > 1 else ()
    if not known:
        best = max(regions, key=lambda region: region.area_px)
        return (best, best.score if best.score is not None else 0.5, ()), ()
    one = extreme(known, noun.extreme or "likeliest", seen)
    return (replace(one.seen.region, label=noun.thing, score=min(1.0, one.p)), one.p, (one.seen.id,)), doubts


def position(query: Query, seen: Seen) -> Finding:
    """Say in which ninth of the image the thing lies, or how several are spread.

    A kind of place that the whole image is lies in the centre; what there are many of in it, everywhere.
    """
    if query.thing is None:
        return refused("I did not understand what to look for")
    chosen = choose(query, seen)
    regions = shown(chosen, seen, query.thing)
    if not regions and (whole := as_whole(query, seen)):
        if whole.refused:
            return whole
        many = things.plural_of(query.asked_as) == query.asked_as
        return replace(whole, value="everywhere" if many else place_of(*seen.extent.centre, seen))
    full = crowd(query, seen)
    if full is not None and len(regions) < (full.interval[0] if full.interval else 1):
        return replace(full, value="everywhere", interval=None)
    if query.noun and query.noun.extreme and chosen.sure:
        chosen = replace(chosen, candidates=(extreme(chosen.sure, query.noun.extreme, seen),))
        regions = shown(chosen, seen, query.thing)
    doubt = None
    if not regions:
        regions, doubt = _faintly(query, seen, chosen)
    if not regions:
        return refused(f"I see no {query.asked_as}")
    p = sum(region.score or 0.0 for region in regions) / len(regions)
    finding = Finding(
        value=spread([region.bounds.centre for region in regions], seen),
        regions=regions,
        evidence=tuple(each.seen.id for each in chosen.sure),
        confidence=p,
    )
    finding = finding.doubted(doubt) if doubt else finding
    return cautious(finding, query, seen, chosen, none=False)


def _faintly(query: Query, seen: Seen, chosen: Chosen) -> tuple[tuple[Region, ...], str | None]:
    """Where things are that none is sure of: those worth pointing at, else, where the image as a whole looks as if
    there were some, what is half as likely as the likeliest. With the doubt about it.
    """
    name = query.thing or ""
    some = [each for each in chosen.candidates if each.p >= LEAST_TO_POINT]
    if not some and unplaced(query, seen):
        faint = [Candidate(thing, p) for thing in seen.faint if (p := probability_of(thing, name)) > 0]
        some = [each for each in faint if each.p >= max(one.p for one in faint) / 2]
    return regions_of(some, name), f"these may be no {things.plural(name)}"


def attribute(query: Query, seen: Seen) -> Finding:
    """Tell colour, shape, length or width of a thing; of several, what most of them have."""
    if query.thing is None:
        return refused("I did not understand what to look at")
    chosen = choose(query, seen)
    found = list(chosen.sure)
    if not found:
        return refused(f"I see no {query.asked_as} whose {query.asks} could be told")
    if query.noun and query.noun.extreme:
        found = [extreme(found, query.noun.extreme, seen)]
    if query.asks in {"length", "width"}:
        finding = _side(found[0], query.asks, seen)
    else:
        finding = _looks(found, query.asks or "colour")
    finding = replace(
        finding,
        regions=tuple(replace(each.seen.region, label=query.thing, score=min(1.0, each.p)) for each in found),
        evidence=tuple(each.seen.id for each in found),
    )
    return cautious(finding, query, seen, chosen, none=False)


def _looks(found: list[Candidate], kind: str) -> Finding:
    """What most of several things look like, weighed with how sure each is."""
    weights: Counter[str] = Counter()
    for each in found:
        for told, value, p in each.seen.attributes:
            if told == kind:
                weights[value] += each.p * p  # type: ignore[assignment]
    if not weights:
        return refused(f"nothing tells their {kind}")
    value, weight = weights.most_common(1)[0]
    return Finding(value=value, confidence=weight / len(found))


def _side(each: Candidate, which: str, seen: Seen) -> Finding:
    """The long or short side of a thing's box, in metres where they can be told."""
    long, short = sides_px(each.seen.region)
    pixels = long if which == "length" else short
    area = seen.area_m2(each.seen.region.bounds)
    if area is None:
        return Finding(value=pixels, unit="px", confidence=each.p).noted(
            "the image's place on Earth is not known, so the length is in pixels"
        )
    metres = pixels * math.sqrt(area / each.seen.region.bounds.area_px)
    return Finding(value=metres, unit="m", confidence=each.p)
