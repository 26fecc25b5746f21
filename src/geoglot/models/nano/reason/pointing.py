"""Where things are: all of a kind, the one that is meant, the pixels of a cover."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from geoglot.models.nano import things
from geoglot.models.nano.changes import patches
from geoglot.models.nano.query import Query
from geoglot.models.nano.reason.caution import cautious
from geoglot.models.nano.reason.finding import Finding, refused
from geoglot.models.nano.reason.seen import Seen, mask_of
from geoglot.models.nano.reason.select import SURE, Candidate, Chosen, certainty, choose, extreme, regions_of, shown
from geoglot.models.nano.reason.whole import absence, as_whole, flagged, unplaced
from geoglot.regions import Mask, Polygon, Region

LEAST_TO_POINT = 0.2
"""Probability from which something is pointed at, unsurely, where nothing surer is there."""

LEAST_TO_LIST = 0.3
"""Probability from which something is listed among all of a kind. F1 is highest at half the best F1 that can be had
(Lipton et al., ECML 2014, arXiv 1402.1892), and the eye's best are near 0.6 (docs/nano.md)."""

LEAST_CELLS = 4
"""Cells that a patch needs to be a thing of its own."""

ONLY_BOXES = "outlined by the boxes around them: nano gives exact outlines for land cover only"


def detect(query: Query, seen: Seen) -> Finding:
    """Give every one of a kind; the confidence is the mean probability of the regions, or that there is none."""
    if query.thing is None:
        return refused("I did not understand what to look for")
    chosen = choose(query, seen)
    listed = tuple(each for each in chosen.candidates if each.p >= LEAST_TO_LIST)
    if not listed and chosen.cells is not None and chosen.cells.any():
        return _outlines(query, seen, chosen)
    if not listed and (whole := as_whole(query, seen) or unplaced(query, seen)):
        return whole
    regions = regions_of(listed, query.thing)
    none = absence(query, seen, math.prod(1 - each.p for each in chosen.candidates))
    finding = Finding(
        regions=regions,
        evidence=tuple(each.seen.id for each in listed),
        confidence=sum(each.p for each in listed) / len(listed) if listed else none,
        counts=(len(regions),),
    )
    return cautious(finding, query, seen, chosen, none=not regions)


def _outlines(query: Query, seen: Seen, chosen: Chosen) -> Finding:
    """The patches of a cover as polygons."""
    masks = [region for region in shown(chosen, seen, query.thing or "") if isinstance(region, Mask)]
    regions = tuple(
        replace(piece, label=mask.label, score=mask.score, frame=mask.frame)
        for mask in masks
        for piece in mask.polygons()
    )
    sure = certainty(chosen.cells, seen) if chosen.cells is not None else None
    finding = Finding(regions=regions, confidence=sure or 0.0, counts=(len(regions),))
    return cautious(finding, query, seen, chosen, none=not regions)


def ground(query: Query, seen: Seen) -> Finding:
    """Give the one region that an expression means: by what stands out, else the likeliest.

    Where several fit equally, the confidence is shared among them.
    """
    if query.thing is None:
        return refused("I did not understand what to look for")
    chosen = choose(query, seen)
    which = query.noun.extreme if query.noun else None
    found = list(chosen.sure) or [each for each in chosen.candidates if each.p >= LEAST_TO_POINT]
    if not found:
        return _patch(query, seen, chosen, which)
    one = extreme(found, which, seen) if which else found[0]
    rivals = sum(each.p for each in found)
    confidence = one.p if which or len(found) == 1 else one.p * one.p / rivals
    finding = Finding(
        regions=(replace(one.seen.region, label=query.thing, score=min(1.0, one.p)),),
        evidence=(one.seen.id,),
        confidence=confidence,
        counts=(len(found),),
    )
    if not which and len(found) > 1:
        finding = finding.doubted(f"{len(found)} {things.plural(query.thing)} fit; this is the surest")
    if one.p < SURE:
        finding = finding.doubted(f"this may be no {query.thing}")
    return cautious(finding, query, seen, chosen, none=False)


def _patch(query: Query, seen: Seen, chosen: Chosen, which: str | None) -> Finding:
    """The largest patch of a cover (or the one that stands out otherwise), as a box around it."""
    cover = seen.cover
    parts = patches(chosen.cells.astype(np.int32)) if chosen.cells is not None else []
    pieces: list[tuple[Region, float]] = []
    for part in parts:
        if cover is None or len(part) < LEAST_CELLS:
            continue
        cells = np.zeros(cover.labels.shape, np.bool_)
        cells[part[:, 0], part[:, 1]] = True
        mask = mask_of(cover, cells, seen, label=query.thing or "", score=certainty(cells, seen))
        if mask is not None:
            pieces.append((mask, mask.area_px))
    if not pieces and (whole := as_whole(query, seen) or unplaced(query, seen)):
        return whole
    if not pieces:
        none = math.prod(1 - each.p for each in chosen.candidates)
        return cautious(Finding(confidence=absence(query, seen, none)), query, seen, chosen, none=True)
    sign = -1 if which == "smallest" else 1
    best = max(pieces, key=lambda piece: sign * piece[1])[0]
    total = sum(size for _, size in pieces)
    share = 1.0 if which else max(size for _, size in pieces) / total
    finding = Finding(regions=(best.bounds,), confidence=(best.score or 0.0) * share, counts=(len(pieces),))
    return cautious(finding, query, seen, chosen, none=False)


def segment(query: Query, seen: Seen) -> Finding:
    """Give the pixels of a cover as a mask; of objects, the outlines of their boxes."""
    if query.thing is None:
        return refused("I did not understand what to outline")
    chosen = choose(query, seen)
    if chosen.cells is not None and seen.cover is not None:
        sure = certainty(chosen.cells, seen)
        mask = mask_of(seen.cover, chosen.cells, seen, label=query.thing, score=sure)
        regions: tuple[Region, ...] = () if mask is None else (mask,)
        finding = Finding(regions=regions, confidence=_nothing(chosen, seen) if sure is None else sure)
        return cautious(finding, query, seen, chosen, none=mask is None)
    if there := flagged(query, seen):
        return there
    boxes = tuple(_outline(each, query.thing) for each in chosen.sure)
    p = sum(each.p for each in chosen.sure) / max(1, len(chosen.sure))
    none = absence(query, seen, math.prod(1 - each.p for each in chosen.candidates))
    finding = Finding(
        regions=boxes, evidence=tuple(each.seen.id for each in chosen.sure), confidence=p if boxes else none
    )
    return cautious(finding.noted(*([ONLY_BOXES] if boxes else [])), query, seen, chosen, none=not boxes)


def _nothing(chosen: Chosen, seen: Seen) -> float:
    """How sure the cells are that they are something else."""
    return (
        certainty(~chosen.cells & (seen.cover.labels < 255), seen) or 0.0
        if chosen.cells is not None and seen.cover
        else 0.0
    )


def _outline(each: Candidate, label: str) -> Polygon:
    ring = tuple((float(x), float(y)) for x, y in each.seen.region.outline)
    return Polygon((ring,), label=label, score=min(1.0, each.p), frame=each.seen.region.frame)
