"""What changed between two frames: whether, how many, how much, where."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from geoglot.models.nano import things
from geoglot.models.nano.changes import MOVES
from geoglot.models.nano.evidence import SeenChange
from geoglot.models.nano.query import Aim, Query
from geoglot.models.nano.reason import areas
from geoglot.models.nano.reason.areas import PER_UNIT_M2, amount, readable, sum_m2
from geoglot.models.nano.reason.caution import cautious
from geoglot.models.nano.reason.counts import within
from geoglot.models.nano.reason.finding import Fact, Finding, refused
from geoglot.models.nano.reason.numbers import counted, difference
from geoglot.models.nano.reason.places import in_place, place_of, touches
from geoglot.models.nano.reason.seen import Seen
from geoglot.models.nano.reason.select import SURE, Chosen, choose
from geoglot.tasks import TaskName

TREND = 0.02
"""Share of the image by which a cover has to grow or shrink to be said to have done so."""

MOST_KINDS = 6
"""Kinds of change that a text mentions."""


def change(query: Query, seen: Seen) -> Finding:
    """Answer what a query asks about change: presence, number, area, regions or facts."""
    if query.change in {"more", "less"}:
        return trend(query, seen)
    found = matching(query, seen)
    if query.aim is Aim.PRESENCE:
        return _whether(query, found)
    if query.aim is Aim.COUNT:
        return _how_many(query, found)
    if query.aim is Aim.AREA:
        return _how_much(query, found, seen)
    sure = [each for each in found if each.score >= SURE]
    none = math.prod(1 - each.score for each in found)
    finding = Finding(
        regions=tuple(replace(each.region, label=_label(each)) for each in sure),
        evidence=tuple(each.id for each in sure),
        confidence=sum(each.score for each in sure) / len(sure) if sure else none,
        facts=_facts(sure, seen) if query.task is not TaskName.CHANGE_MASK else (),
    )
    return finding


def matching(query: Query, seen: Seen) -> list[SeenChange]:
    """Give the changes that a query means, surest first: of its thing, its kind, in its place and region."""
    wanted = things.members(query.thing) if query.thing else None
    kind = query.change or "any"
    found = [each for each in seen.evidence.changes if _is_of(each, kind, wanted)]
    if wanted is None and query.task is not TaskName.CHANGE_CAPTION:
        found = [each for each in found if things.canonical(each.what) not in MOVES]
    if query.region is not None:
        region = seen.in_raster(query.region)
        found = [each for each in found if touches(each.region, region)]
    if query.place is not None:
        x, y = (np.array([each.region.bounds.centre[axis] for each in found]) for axis in (0, 1))
        found = [each for each, inside in zip(found, in_place(query.place, x, y, seen), strict=True) if inside]
    return sorted(found, key=lambda each: -each.score)


def _is_of(each: SeenChange, kind: str, wanted: frozenset[str] | None) -> bool:
    """Whether a change is of a kind and about one of the things; ground that became forest is forest that appeared."""
    before, after = things.canonical(each.what), things.canonical(each.became) if each.became else None
    if wanted is None:
        return kind == "any" or each.kind == kind or (kind in {"appeared", "disappeared"} and each.kind == "became")
    came = each.kind == "appeared" and before in wanted
    went = each.kind == "disappeared" and before in wanted
    became, ceased = after in wanted and before not in wanted, after is not None and before in wanted
    if kind in {"appeared", "became"}:
        return came or became
    if kind == "disappeared":
        return went or (ceased and after not in wanted)
    return came or went or became or ceased


def _whether(query: Query, found: list[SeenChange]) -> Finding:
    number = counted([each.score for each in found])
    p = within(number, query.threshold) if query.threshold else number.at_least(1)
    if query.thing is None and not query.threshold:  # one happening told in several ways: each as likely as any at all
        p = max((each.score for each in found), default=0.0)
    sure = [each for each in found if each.score >= SURE]
    return Finding(
        value=(p >= SURE) is not query.negated,
        regions=tuple(each.region for each in sure),
        evidence=tuple(each.id for each in sure),
        confidence=max(p, 1 - p),
        counts=(number.mode,),
    ).doubted(*_narrower(query, bool(sure)))


def _how_many(query: Query, found: list[SeenChange]) -> Finding:
    number = counted([each.score for each in found])
    kept = found[: number.mode]
    return Finding(
        value=number.mode,
        regions=tuple(replace(each.region, label=_label(each)) for each in kept),
        evidence=tuple(each.id for each in kept),
        confidence=number.confidence,
        interval=number.interval(),
    ).doubted(*_narrower(query, bool(kept)))


def _how_much(query: Query, found: list[SeenChange], seen: Seen) -> Finding:
    sure = [each for each in found if each.score >= SURE]
    regions = tuple(each.region for each in sure)
    px = sum(region.area_px for region in regions)
    share = min(1.0, px / max(1.0, seen.extent.area_px))
    confidence = sum(each.score for each in sure) / len(sure) if sure else math.prod(1 - each.score for each in found)
    ids = tuple(each.id for each in sure)
    finding = Finding(value=share * 100, unit="%", regions=regions, evidence=ids, confidence=confidence)
    m2 = sum_m2(regions, seen)
    if query.unit == "%":
        return finding
    unit = query.unit or readable(m2)
    if m2 is None:
        return replace(finding, value=px, unit="px").noted(areas.NOT_PLACED)
    return replace(finding, value=m2 / PER_UNIT_M2[unit], unit=unit)


def trend(query: Query, seen: Seen) -> Finding:
    """Tell whether there is more (or less) of a thing in the last frame than in the first."""
    if query.thing is None:
        return refused("I did not understand what should have grown or shrunk")
    plain = replace(query, change=None)
    last = replace(seen, frame=len(seen.evidence.sizes) - 1)
    before, after = choose(plain, seen), choose(plain, last)
    if before.cells is not None and after.cells is not None and "object" not in things.thing(query.thing).kinds:
        first, second = amount(plain, seen, before), amount(plain, last, after)
        if first is None or second is None:
            return refused(f"I see no way to measure {things.plural(query.thing)} in both images")
        return _grown(query, second.share - first.share, math.hypot(first.spread, second.spread), seen, after)
    if "object" not in things.thing(query.thing).kinds:
        return refused(f"I see no way to measure {things.plural(query.thing)} in both images")
    gap = difference([*((each.p, 0.0) for each in after.candidates), *((0.0, each.p) for each in before.candidates)])
    p = gap.at_least(1) if query.change == "more" else 1 - gap.at_least(0)
    modes = tuple(counted([each.p for each in chosen.candidates]).mode for chosen in (before, after))
    ids = tuple(each.seen.id for chosen in (before, after) for each in chosen.sure)
    finding = Finding(value=_said(query, p), evidence=ids, confidence=max(p, 1 - p), counts=modes)
    return cautious(finding, query, seen, after, none=False)


def _grown(query: Query, by: float, spread: float, seen: Seen, after: Chosen) -> Finding:
    """by: change of the share of the image, with its standard deviation."""
    sign = 1 if query.change == "more" else -1
    p = 0.5 * (1 + math.erf((sign * by - TREND) / max(spread, 1e-9) / math.sqrt(2)))
    finding = Finding(value=_said(query, p), confidence=max(p, 1 - p))
    if query.aim is Aim.AREA:
        finding = replace(finding, value=abs(by) * 100, unit="%")
    return cautious(finding, query, seen, after, none=False)


def _said(query: Query, p: float) -> bool:
    return (p >= SURE) is not query.negated


def _narrower(query: Query, some: bool) -> tuple[str, ...]:
    noun = query.noun
    if noun is None or noun.exact or not some or noun.thing is None:
        return ()
    return (f"I know {things.plural(noun.thing)}, not {things.plural_of(noun.asked_as)} in particular",)


def _label(each: SeenChange) -> str:
    what = things.canonical(each.what)
    return f"{what} became {things.canonical(each.became)}" if each.became else f"{each.kind} {what}"


def _facts(sure: list[SeenChange], seen: Seen) -> tuple[Fact, ...]:
    """Equal changes together: how many objects, or which share of the image, and where."""
    groups: dict[tuple[str, str, str | None], list[SeenChange]] = {}
    for each in sure:
        became = things.canonical(each.became) if each.became else None
        groups.setdefault((each.kind, things.canonical(each.what), became), []).append(each)
    facts = []
    for (kind, what, became), several in groups.items():
        p = sum(each.score for each in several) / len(several)
        px = sum(each.region.area_px for each in several)
        number = px / max(1.0, seen.extent.area_px) if kind in {"became", "changed"} else float(len(several))
        places = {place_of(*each.region.bounds.centre, seen) for each in several}
        place = places.pop() if len(places) == 1 else None
        facts.append(Fact("change", what, p, number, place, kind, became))
    return tuple(facts[:MOST_KINDS])
