"""Whether something is there: 1 − Π(1 − pᵢ) over the objects, and what cover, tags and scene class say."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from geoglot.models.nano.query import Noun, Query
from geoglot.models.nano.reason import areas, counts
from geoglot.models.nano.reason.caution import cautious
from geoglot.models.nano.reason.finding import Finding, refused
from geoglot.models.nano.reason.seen import Cells, Seen, belief
from geoglot.models.nano.reason.select import SURE, Candidate, Chosen, choose, extreme, scope, shown
from geoglot.models.nano.reason.whole import (
    WHOLE,
    absence,
    is_narrowed,
    is_whole,
    of_whole,
    tags_tell_ground,
)
from geoglot.regions import Region

LEAST_SHARE = 0.005
"""Share of the image that a cover has to take up to be there at all: less is the border between two others."""

BARELY = 1e-3
"""Probability that is the least which cover or a tag may say alone: none of them is surer than that."""

TIE = 1e-9
"""Two probabilities that differ by less are one, got in two ways."""


def presence(query: Query, seen: Seen) -> Finding:
    """Tell whether the thing is there (or, for a bound, whether there is that much of it)."""
    if query.thing is None:
        return refused("I did not understand what to look for")
    if query.threshold is not None:
        return areas.bounded(query, seen) if query.threshold.unit else counts.bounded(query, seen)
    chosen = choose(query, seen)
    if query.noun is not None and query.noun.extreme is not None and (one := _outstanding(query, query.noun, seen)):
        return _whether(query, one, chosen)
    p, ids = probability(query, seen, chosen)
    there = p >= SURE
    finding = Finding(
        value=there is not query.negated,
        regions=shown(chosen, seen, query.thing) or _faint(chosen, query.thing) if there else (),
        evidence=ids if there else (),
        confidence=max(p, 1 - p),
        counts=(len(chosen.sure),) if there and chosen.sure else (),
    )
    if there and is_narrowed(query) and is_whole(query.thing, seen):
        finding = finding.doubted(WHOLE)
    return cautious(finding, query, seen, chosen, none=not there)


def _outstanding(query: Query, noun: Noun, seen: Seen) -> Candidate | None:
    """The one that stands out among all of its kind: "is the largest ship red" is not about the largest red ship."""
    bare = replace(query, noun=replace(noun, attributes=(), extreme=None), relation=None, place=None)
    found = choose(bare, seen)
    pool = found.sure or found.candidates
    return extreme(pool, noun.extreme or "", seen) if pool else None


def _whether(query: Query, one: Candidate, chosen: Chosen) -> Finding:
    """Tell whether what stands out is as the question says: one of those that are."""
    p = next((each.p for each in chosen.candidates if each.seen.id == one.seen.id), 0.0)
    finding = Finding(
        value=(p >= SURE) is not query.negated,
        regions=(replace(one.seen.region, label=query.thing, score=one.p),),
        evidence=(one.seen.id,),
        confidence=max(p, 1 - p),
        counts=(1,),
    )
    missing = (f"I see no {chosen.missing}",) if chosen.missing else ()
    return finding.doubted(*chosen.doubts, *missing)


def _faint(chosen: Chosen, label: str) -> tuple[Region, ...]:
    """The likeliest object, where only all together make it likely that there is one."""
    return tuple(replace(each.seen.region, label=label, score=each.p) for each in chosen.candidates[:1])


def probability(query: Query, seen: Seen, chosen: Chosen) -> tuple[float, tuple[str, ...]]:
    """Give the probability that there is at least one, and the ids of what says so.

    Objects are independent of each other, found or missed; cover, tags and scene class see the same ground, so the
    surest counts; in photographs of kinds that tags were taught on, cover and tag count the same.
    """
    none = math.prod(1 - each.p for each in chosen.candidates)
    ids = tuple(each.seen.id for each in chosen.sure or chosen.candidates[:1])
    if query.thing is None or chosen.missing:
        return 1 - none, ids
    part = is_narrowed(query) and not is_whole(query.thing, seen)
    whole, said_by = (0.0, ()) if part else of_whole(query.thing, seen)
    if chosen.cells is None:
        p = 1 - absence(query, seen, none)
    else:
        ground = of_cover(query, seen, chosen.cells)
        if not part and tags_tell_ground(query.thing, seen):
            ground = whole = even(ground, whole)
        p = max(1 - none, ground)
    return (whole, said_by) if whole > 1 - none and whole >= p - TIE else (p, ids)


def even(p: float, q: float) -> float:
    """Give the probability halfway between two, as logits."""
    odds = [math.log(one / (1 - one)) for one in (min(max(each, BARELY), 1 - BARELY) for each in (p, q))]
    return 1 / (1 + math.exp(-sum(odds) / 2))


def of_cover(query: Query, seen: Seen, cells: Cells) -> float:
    """Give the mean probability of the likeliest cells that together make up `LEAST_SHARE`."""
    cover = seen.cover
    if cover is None:
        return 0.0
    values = belief(cover, cells, query.thing or "")[scope(query, seen)]
    if not values.size:
        return 0.0
    least = max(1, math.ceil(LEAST_SHARE * values.size))
    return float(np.partition(values, values.size - least)[-least:].mean())
