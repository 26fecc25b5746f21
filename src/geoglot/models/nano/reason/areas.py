"""How much ground something covers: from the cover map, else from the boxes of objects."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from geoglot.models.nano import things
from geoglot.models.nano.changes import patches
from geoglot.models.nano.query import Noun, Query
from geoglot.models.nano.reason.caution import cautious
from geoglot.models.nano.reason.finding import Fact, Finding, refused
from geoglot.models.nano.reason.seen import Cells, Seen, cells_of, mask_of, share_of
from geoglot.models.nano.reason.select import Chosen, certainty, choose, extreme, scope, shown
from geoglot.regions import Region

PER_UNIT_M2 = {"m2": 1.0, "ha": 1e4, "km2": 1e6}
"""Square metres in each unit of area."""

CLOSE = 0.1
"""An area is right if it is off by no more than a tenth."""

LEAST_SPREAD = 0.05
"""Share of an area that is uncertain even where every cell is sure: half a cell along its border."""

NONE_BELOW = 0.05
"""Expected share of the ground from which "none of it" is no longer believed at all."""

LEAST_CELLS = 4
"""Cells that a patch of cover needs to be one of its own."""

NOT_PLACED = "the image's place on Earth is not known, so the area is in pixels"
NOMINAL = "the image's place on Earth is not known; the area rests on the sensor's nominal pixel size"
EXPECTED = "the area is what all cells together make likely; the mask shows only those where it is likeliest"
FROM_BOXES = "measured from the boxes around them, which are larger than what they hold"


@dataclass(frozen=True, slots=True)
class Amount:
    """How much there is. share: of the ground asked about, 0..1. px: square pixels. m2: None without a place.

    spread: standard deviation of the share. regions: what was measured.
    """

    share: float
    px: float
    m2: float | None
    spread: float
    regions: tuple[Region, ...]
    evidence: tuple[str, ...]
    notes: tuple[str, ...] = ()


def area(query: Query, seen: Seen) -> Finding:
    """Measure the area of a thing, in the unit asked for.

    By default in m², hectares or km² as suits its size; in pixels without a place on Earth.
    """
    if query.thing is None:
        return refused("I did not understand what to measure")
    chosen = _outstanding(query, seen, choose(query, seen))
    found = amount(query, seen, chosen)
    if found is None:
        return refused(f"I see no way to measure {things.plural(query.thing)} in this image")
    value, unit, notes = _in_unit(found, query.unit, seen)
    finding = Finding(
        value=value,
        unit=unit,
        regions=found.regions,
        evidence=found.evidence,
        confidence=_close(found),
        also=_also(found, unit),
        warnings=tuple(dict.fromkeys((*found.notes, *notes))),
    )
    return cautious(finding, query, seen, chosen, none=found.px == 0)


def _outstanding(query: Query, seen: Seen, chosen: Chosen) -> Chosen:
    """Leave what the noun means by "the largest …": one object, or one patch of cover."""
    which = query.noun.extreme if query.noun else None
    if which is None:
        return chosen
    if chosen.sure:
        return replace(chosen, candidates=(extreme(chosen.sure, which, seen),), cells=None)
    if chosen.cells is None or which not in {"largest", "smallest"}:
        return chosen
    parts = [part for part in patches(chosen.cells.astype(np.int32)) if len(part) >= LEAST_CELLS]
    cells = np.zeros_like(chosen.cells)
    if parts:
        part = (max if which == "largest" else min)(parts, key=len)
        cells[part[:, 0], part[:, 1]] = True
    return replace(chosen, cells=cells)


def amount(query: Query, seen: Seen, chosen: Chosen, noun: Noun | None = None) -> Amount | None:
    """Give how much there is of what was picked, None if neither cover nor objects tell."""
    name = (noun or query.noun or Noun("")).thing
    if name is None:
        return None
    if chosen.cells is not None and seen.cover is not None:
        return _of_cells(query, seen, chosen.cells, name)
    if "object" in things.thing(name).kinds:
        return _of_boxes(query, seen, chosen, name)
    return None


def _of_cells(query: Query, seen: Seen, cells: Cells, name: str) -> Amount | None:
    cover = seen.cover
    if cover is None:
        return None
    here = scope(query, seen)
    total = max(1, int(here.sum()))
    expected = share_of(cover, cells, name, ground=here, table=seen.shares)
    share = float(cells[here].sum()) / total
    spread = abs(share - expected) + LEAST_SPREAD * share
    ground, mask = (mask_of(cover, which & here, seen, label=name) for which in (here, cells))
    regions = () if mask is None else (mask,)
    if cover.beliefs is None or not np.array_equal(cells & here, cells_of(cover, name) & here):
        return Amount(share, mask.area_px if mask else 0.0, sum_m2(regions, seen), spread, regions, ())
    if ground is None or expected == 0 or (mask is None and expected < NONE_BELOW):
        return Amount(0.0, 0.0, sum_m2((), seen), spread, (), ())
    m2 = sum_m2((ground,), seen)
    notes = (EXPECTED,) if abs(expected - share) > CLOSE * share else ()
    whole_m2 = None if m2 is None else m2 * expected
    return Amount(expected, ground.area_px * expected, whole_m2, spread, regions, (), notes)


def _of_boxes(query: Query, seen: Seen, chosen: Chosen, name: str) -> Amount:
    regions = shown(Chosen(chosen.sure, None), seen, name)
    px = sum(region.area_px for region in regions)
    expected = sum(each.p * each.seen.region.area_px for each in chosen.candidates)
    whole = _asked_px(query, seen)
    spread = abs(px - expected) / whole + 2 * LEAST_SPREAD * px / whole
    ids = tuple(each.seen.id for each in chosen.sure)
    return Amount(min(1.0, px / whole), px, sum_m2(regions, seen), spread, regions, ids, (FROM_BOXES,))


def _asked_px(query: Query, seen: Seen) -> float:
    """The area of the part of the image that was asked about."""
    if query.region is not None:
        return max(1.0, query.region.area_px)
    if query.place is not None and seen.cover is not None:
        return max(1.0, float(scope(query, seen).mean()) * seen.cover.box.area_px)
    return max(1.0, seen.extent.area_px)


def sum_m2(regions: tuple[Region, ...], seen: Seen) -> float | None:
    """Give the area of regions on the ellipsoid, None where the place is not known."""
    if seen.placed is None:
        return None
    return sum(seen.area_m2(region) or 0.0 for region in regions)


def _in_unit(found: Amount, unit: str | None, seen: Seen) -> tuple[float, str, tuple[str, ...]]:
    if unit == "%":
        return found.share * 100, "%", ()
    unit = unit or readable(found.m2)
    if found.m2 is not None:
        return found.m2 / PER_UNIT_M2[unit], unit, ()
    nominal_m = seen.scene.frames[seen.frame].gsd_m if seen.scene and seen.frame < len(seen.scene.frames) else None
    if nominal_m is not None:
        return found.px * nominal_m**2 / PER_UNIT_M2[unit], unit, (NOMINAL,)
    return found.px, "px", (NOT_PLACED,)


def readable(m2: float | None) -> str:
    """Give the unit in which an area has the fewest digits before its point: m², hectares or km²."""
    return "m2" if m2 is None or m2 < PER_UNIT_M2["ha"] else "ha" if m2 < PER_UNIT_M2["km2"] else "km2"


def _also(found: Amount, unit: str) -> tuple[float, str] | None:
    """The share of the image beside an area, an area beside a share."""
    if unit != "%":
        return found.share * 100, "%"
    other = readable(found.m2)
    return None if found.m2 is None else (found.m2 / PER_UNIT_M2[other], other)


def _close(found: Amount) -> float:
    """The probability that the area is right to a tenth, its error taken for normal; with none, that there is none."""
    if found.share == 0:
        return max(0.0, 1 - found.spread / NONE_BELOW)
    return math.erf(CLOSE * found.share / max(found.spread, 1e-9) / math.sqrt(2))


def bounded(query: Query, seen: Seen) -> Finding:
    """Tell whether an area lies within the bound asked for."""
    bound = query.threshold
    if query.thing is None or bound is None:
        return refused("I did not understand what to measure")
    chosen = choose(query, seen)
    found = amount(query, seen, chosen)
    if found is None:
        return refused(f"I see no way to measure {things.plural(query.thing)} in this image")
    value, unit, notes = _in_unit(found, bound.unit, seen)
    if unit != bound.unit:
        return refused("the image's place on Earth is not known, so there are no areas in square metres")
    spread = value * found.spread / found.share if found.share else 100 * found.spread
    above = 0.5 * (1 + math.erf((value - bound.number) / max(spread, 1e-9) / math.sqrt(2)))
    wants_more = bound.comparison in {"more", "at least"}
    p = above if wants_more else 1 - above
    if bound.comparison == "exactly":
        p = math.erf(CLOSE * bound.number / max(spread, 1e-9) / math.sqrt(2)) * float(
            abs(value - bound.number) <= CLOSE * bound.number
        )
    finding = Finding(
        value=p >= 0.5,
        regions=found.regions,
        evidence=found.evidence,
        confidence=max(p, 1 - p),
        also=(value, unit),
        warnings=notes,
    )
    return cautious(finding, query, seen, chosen, none=found.px == 0)


def compare_areas(query: Query, seen: Seen) -> Finding:
    """Tell whether one thing covers more ground than another."""
    found = []
    for noun in (query.noun, query.other):
        one = amount(query, seen, choose(query, seen, noun), noun)
        if one is None:
            return refused("I see no way to measure both in this image")
        found.append(one)
    first, second = found
    spread = math.hypot(first.spread, second.spread)
    ahead = 0.5 * (1 + math.erf((first.share - second.share) / max(spread, 1e-9) / math.sqrt(2)))
    same = abs(first.share - second.share) <= CLOSE * max(first.share, second.share)
    p = {"more": ahead, "as many": ahead, "equal": 0.75 if same else 1 - max(ahead, 1 - ahead)}[query.comparison]
    return Finding(
        value=p >= 0.5,
        regions=(*first.regions, *second.regions),
        evidence=(*first.evidence, *second.evidence),
        confidence=max(p, 1 - p),
        facts=tuple(
            Fact("cover", noun.thing or noun.asked_as, 1.0, one.share)
            for noun, one in zip((query.noun, query.other), found, strict=True)
            if noun is not None
        ),
        warnings=tuple(dict.fromkeys((*first.notes, *second.notes))),
    )


def largest(query: Query, seen: Seen, found: list[tuple[Noun, Chosen]]) -> Finding:
    """Tell which of several named things covers most ground."""
    amounts = [(noun.asked_as, amount(query, seen, chosen, noun)) for noun, chosen in found]
    known = sorted(((word, one) for word, one in amounts if one is not None), key=lambda item: -item[1].share)
    if len(known) < len(found) or len(known) < 2:
        return refused("I see no way to measure all of them in this image")
    (word, first), (_, second) = known[:2]
    spread = math.hypot(first.spread, second.spread)
    p = 0.5 * (1 + math.erf((first.share - second.share) / max(spread, 1e-9) / math.sqrt(2)))
    return Finding(value=word, regions=first.regions, evidence=first.evidence, confidence=p)


def dominant(query: Query, seen: Seen) -> Finding:
    """Name the cover that takes up most of the ground asked about."""
    cover = seen.cover
    if cover is None:
        return refused("land cover cannot be told from this image")
    labels = cover.labels[scope(query, seen) & cover.ground]
    if not labels.size:
        return refused("none of this ground was seen")
    best = int(np.bincount(labels, minlength=len(cover.classes)).argmax())
    cells = scope(query, seen) & (cover.labels == best)
    return Finding(value=things.canonical(cover.classes[best]), confidence=certainty(cells, seen) or 0.0)
