"""How many there are, and comparisons of numbers."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from geoglot.models.nano import things
from geoglot.models.nano.changes import patches
from geoglot.models.nano.misses import missed
from geoglot.models.nano.query import Noun, Query, Threshold
from geoglot.models.nano.reason.caution import cautious
from geoglot.models.nano.reason.finding import Finding, refused
from geoglot.models.nano.reason.numbers import Count, apart, counted, difference, with_missed
from geoglot.models.nano.reason.seen import Seen
from geoglot.models.nano.reason.select import Chosen, choose, regions_of, shown
from geoglot.models.nano.reason.whole import absence, as_whole, crowd, unplaced, what_is_missed

LEAST_CELLS = 4
"""Cells that a patch of cover needs to be counted; fewer are noise at a border."""


def count(query: Query, seen: Seen) -> Finding:
    """Count: the likeliest number of those found, its probability, and an interval that holds nine times out of ten.

    What was missed cannot be shown, so it is not counted; it takes from the probability and widens the interval.
    """
    if query.thing is None:
        return refused("I did not understand what to count")
    chosen = choose(query, seen)
    if chosen.cells is not None and "object" not in things.thing(query.thing).kinds:
        return _patches(query, seen, chosen)
    if not chosen.candidates and (whole := as_whole(query, seen)):
        return whole if whole.refused else replace(whole, value=1)
    number = counted([each.p for each in chosen.candidates])
    there = with_missed(number, what_is_missed(query, seen))
    full = crowd(query, seen)
    if full is not None and full.interval is not None and number.mode < full.interval[0]:
        return full
    if number.mode == 0 and (some := unplaced(query, seen)):
        return _at_least_one(some, there)
    kept = chosen.candidates[: number.mode]
    finding = Finding(
        value=number.mode,
        regions=regions_of(kept, query.thing),
        evidence=tuple(each.seen.id for each in kept),
        confidence=there.exactly(number.mode) if kept else absence(query, seen, number.exactly(0)),
        interval=(number.interval()[0], there.interval()[1]),
    )
    return cautious(finding, query, seen, chosen, none=number.mode == 0)


def _at_least_one(some: Finding, there: Count) -> Finding:
    """Count what is known to be there but was not found: the likeliest number above none, by what is usually missed."""
    p = there.at_least(1)
    if p == 0:
        return replace(some, value=1, interval=(1, 1))
    rest = Count(there.p[1:] / p, least=1)
    return replace(some, value=rest.mode, confidence=some.confidence * rest.confidence, interval=rest.interval())


def bounded(query: Query, seen: Seen) -> Finding:
    """Tell whether a number lies within the bound asked for."""
    if query.thing is None or query.threshold is None:
        return refused("I did not understand what to count")
    chosen = choose(query, seen)
    number = counted([each.p for each in chosen.candidates])
    there = with_missed(number, what_is_missed(query, seen))
    p = within(there, query.threshold)
    kept = chosen.candidates[: number.mode]
    finding = Finding(
        value=p >= 0.5,
        regions=regions_of(kept, query.thing),
        evidence=tuple(each.seen.id for each in kept),
        confidence=max(p, 1 - p),
        counts=(number.mode,),
        interval=(number.interval()[0], there.interval()[1]),
    )
    return cautious(finding, query, seen, chosen, none=number.mode == 0)


def within(number: Count, bound: Threshold) -> float:
    """Give the probability that a number meets a bound."""
    if bound.comparison == "exactly":
        return number.exactly(bound.number)
    if bound.comparison in {"more", "at least"}:
        return number.at_least(bound.number) - (number.exactly(bound.number) if bound.comparison == "more" else 0.0)
    below = 1 - number.at_least(bound.number)
    return below + (number.exactly(bound.number) if bound.comparison == "at most" else 0.0)


def compare_numbers(query: Query, seen: Seen) -> Finding:
    """Tell whether there are more of one thing than of another, from the exact distribution of the difference."""
    first, second = (choose(query, seen, noun) for noun in (query.noun, query.other))
    gap = _gap((query.noun, first), (query.other, second), seen)
    p = {"more": gap.at_least(1), "as many": gap.at_least(0), "equal": gap.exactly(0)}[query.comparison]
    numbers = tuple(counted([each.p for each in chosen.candidates]).mode for chosen in (first, second))
    both = [(chosen, noun) for chosen, noun in ((first, query.noun), (second, query.other)) if noun is not None]
    return Finding(
        value=p >= 0.5,
        regions=tuple(
            region for chosen, noun in both for region in shown(Chosen(chosen.sure, None), seen, noun.thing or "")
        ),
        evidence=tuple(each.seen.id for chosen in (first, second) for each in chosen.sure),
        confidence=max(p, 1 - p),
        counts=numbers,
    ).doubted(*first.doubts, *second.doubts)


def _gap(first: tuple[Noun | None, Chosen], second: tuple[Noun | None, Chosen], seen: Seen) -> Count:
    """The difference of two numbers, found or missed."""
    lost = [
        missed(seen.missed((noun.thing if noun else None) or ""), sum(each.p for each in chosen.candidates))
        for noun, chosen in (first, second)
    ]
    return apart(difference(_shares(first[1], second[1])), *lost)


def _shares(first: Chosen, second: Chosen) -> list[tuple[float, float]]:
    """The probabilities that each object is one of the first and one of the second; who is both is neither."""
    ids = dict.fromkeys(each.seen.id for each in (*first.candidates, *second.candidates))
    p, q = ({each.seen.id: each.p for each in chosen.candidates} for chosen in (first, second))
    out = []
    for name in ids:
        more, less = p.get(name, 0.0), q.get(name, 0.0)
        if more + less > 1:  # the two kinds share a member: only what one has beyond the other tells them apart
            more, less = max(0.0, more - less), max(0.0, less - more)
        out.append((more, less))
    return out


def most(found: list[tuple[Noun, Chosen]], seen: Seen) -> Finding:
    """Tell of which of several named kinds of object there is most."""
    ranked = sorted(found, key=lambda item: -sum(each.p for each in item[1].candidates))
    (noun, best), (_, next_best) = ranked[:2]
    gap = _gap(ranked[0], ranked[1], seen)
    even, p = gap.exactly(0), gap.at_least(1)
    return Finding(
        value="as many of each" if even > p else noun.asked_as,
        evidence=tuple(each.seen.id for _, chosen in ranked for each in chosen.sure),
        confidence=max(p, even),
        counts=tuple(counted([each.p for each in chosen.candidates]).mode for _, chosen in found),
    ).doubted(*best.doubts, *next_best.doubts)


def _patches(query: Query, seen: Seen, chosen: Chosen) -> Finding:
    """Count separate patches of a cover: what lies together is one."""
    if chosen.cells is None or seen.cover is None or query.thing is None:
        return refused("I did not understand what to count")
    parts = [part for part in patches(chosen.cells.astype(np.int32)) if len(part) >= LEAST_CELLS]
    sure = [float(seen.cover.probability[part[:, 0], part[:, 1]].mean()) for part in parts]
    number = counted(sure)
    finding = Finding(
        value=len(parts),
        regions=shown(chosen, seen, query.thing) if parts else (),
        confidence=number.exactly(len(parts)),
        interval=number.interval(),
    ).doubted("patches that touch were counted as one")
    return cautious(finding, query, seen, chosen, none=not parts)
