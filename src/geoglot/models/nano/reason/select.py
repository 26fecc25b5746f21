"""Which objects and cells a noun means: kind, attributes, place, region and relation, with probabilities."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from geoglot.models.nano import things
from geoglot.models.nano.evidence import SeenObject
from geoglot.models.nano.query import Noun, Query, Relation
from geoglot.models.nano.reason.places import COMPASS, NO_NORTH, Landmark, holds, in_place, stands, touches
from geoglot.models.nano.reason.seen import Cells, Seen, cell_centres, cells_of, covers, mask_of
from geoglot.regions import Box, OrientedBox, Region

SURE = 0.5
"""Probability from which an object is pointed at."""

ELSE = 0.2
"""Share of the other colours that one colour gets when the eye named another: as if five more were in question."""

TYPICAL = (0.75, 1.33)
"""Lengths relative to the usual one below which a thing is small and above which it is large."""

UNPARTED = {"house": "building", "mobile home": "building"}
"""Things that images to learn from call by a wider name as well. Of nine questions about houses in simulated scenes
where the eye found buildings but no house, there were houses in seven."""

SHADES = {"dark": ("black", "brown"), "bright": ("white", "yellow")}


@dataclass(frozen=True, slots=True)
class Candidate:
    """An object that may be meant, and the probability that it is there and meant."""

    seen: SeenObject
    p: float


@dataclass(frozen=True, slots=True, eq=False)
class Chosen:
    """What a query picks out of a frame.

    candidates: likeliest first. cells: of the cover map, None if it has no class for the noun. doubts: why the
    choice may not be what was asked. missing: what had to be there and is not ("bridge").
    """

    candidates: tuple[Candidate, ...]
    cells: Cells | None
    doubts: tuple[str, ...] = ()
    missing: str | None = None

    @property
    def sure(self) -> tuple[Candidate, ...]:
        """The candidates that are more likely meant than not."""
        return tuple(candidate for candidate in self.candidates if candidate.p >= SURE)


def choose(query: Query, seen: Seen, noun: Noun | None = None) -> Chosen:
    """Pick what a noun means (the query's own if None) inside the place, region and relation of the query."""
    noun = noun or query.noun
    if noun is None or noun.thing is None:
        return Chosen((), None)
    found, unparted = _named(noun.thing, seen)
    cover = seen.cover
    cells = cells_of(cover, noun.thing) if cover is not None and covers(cover, noun.thing) else None
    found, doubts = _with_attributes(found, noun, seen)
    doubts = (*doubts, *unparted, *_narrower(noun))
    if query.place in COMPASS and seen.north() is None:
        doubts = (*doubts, NO_NORTH)
    found = [each for each in found if _is_placed(each.seen.region, query, seen)]
    cells = _placed_cells(cells, query, seen)
    missing = None
    if query.relation is not None:
        found, cells, more, missing = _related(found, cells, query.relation, seen)
        doubts = (*doubts, *more)
    return Chosen(tuple(sorted(found, key=lambda each: -each.p)), cells, doubts, missing)


def _named(name: str, seen: Seen) -> tuple[list[Candidate], tuple[str, ...]]:
    """The objects that may be the named thing; where none is, what has only its wider name, with the doubt about it."""
    found = [Candidate(thing, p) for thing in seen.objects if (p := probability_of(thing, name)) > 0]
    wider = UNPARTED.get(name)
    if wider is None or sum(each.p for each in found) >= SURE:
        return found, ()
    called = [Candidate(thing, thing.score) for thing in seen.objects if things.canonical(thing.label) == wider]
    if not any(each.p >= SURE for each in called):
        return found, ()
    return called, (f"I cannot tell here which {things.plural(wider)} are {things.plural(name)}",)


def probability_of(thing: SeenObject, name: str) -> float:
    """Give the probability that an object is the named thing or one of its members."""
    wanted = things.members(name)
    p = thing.score if things.canonical(thing.label) in wanted else 0.0
    return min(1.0, p + sum(other for label, other in thing.others if things.canonical(label) in wanted))


def _narrower(noun: Noun) -> tuple[str, ...]:
    """Why a noun was not taken at its word."""
    out = []
    if not noun.exact and noun.thing:
        out.append(f"I know {things.plural(noun.thing)}, not {things.plural_of(noun.asked_as)} in particular")
    if noun.unread:
        out.append(f"I do not understand “{' '.join(noun.unread)}”, and left it out")
    return tuple(out)


def _with_attributes(found: list[Candidate], noun: Noun, seen: Seen) -> tuple[list[Candidate], tuple[str, ...]]:
    """Weigh every candidate with the probability that it has the attributes asked for."""
    doubts: list[str] = []
    for kind, value in noun.attributes:
        weighed = [(each, _has(each.seen, kind, value, found, seen)) for each in found]
        if any(p is None for _, p in weighed):
            doubts.append(_UNTOLD[kind].format(value))
        found = [replace(each, p=each.p * (0.5 if p is None else p)) for each, p in weighed]
    return found, tuple(doubts)


_UNTOLD = {
    "colour": "I cannot tell which of them are {}",
    "size": "I cannot tell which of them are {}",
    "shape": "I cannot tell which of them are {}",
    "motion": "what is {} cannot be told from one image",
}


def _has(thing: SeenObject, kind: str, value: str, others: Sequence[Candidate], seen: Seen) -> float | None:
    """The probability that an object has an attribute, None where nothing tells."""
    told = [(name, p) for attribute, name, p in thing.attributes if attribute == kind]
    if told:
        wanted = (value, *SHADES.get(value, ()))
        return max(p if name in wanted else (1 - p) * ELSE for name, p in told)
    if kind == "size":
        return float(_is_large(thing, others, seen) is (value == "large"))
    if kind == "shape" and value in {"long", "square"}:
        long, short = sides_px(thing.region)
        return float(long >= 3 * short) if value == "long" else float(long <= 1.25 * short)
    if kind == "motion" and thing.track is not None:
        return float(_moves(thing, seen) is (value == "moving"))
    return None


def _is_large(thing: SeenObject, others: Sequence[Candidate], seen: Seen) -> bool | None:
    """Large or small for its kind, None between: against the usual length, else against the others seen."""
    length = sides_px(thing.region)[0]
    known = things.thing(things.canonical(thing.label)) if things.find(thing.label) else None
    gsd_m = seen.scene.frames[seen.frame].gsd_m if seen.scene and seen.frame < len(seen.scene.frames) else None
    if known and known.length_m and gsd_m:
        usual = known.length_m / gsd_m
    else:
        usual = float(np.median([sides_px(each.seen.region)[0] for each in others]))
    return False if length < TYPICAL[0] * usual else True if length > TYPICAL[1] * usual else None


def _moves(thing: SeenObject, seen: Seen) -> bool:
    """Whether the track of an object leads farther than half its length."""
    same = [other.region.bounds.centre for other in seen.evidence.objects if other.track == thing.track]
    spread = np.ptp(np.array(same), axis=0)
    return float(np.hypot(*spread)) > sides_px(thing.region)[0] / 2


def sides_px(region: Region) -> tuple[float, float]:
    """Give the long and the short side of an object's box."""
    w, h = (region.w, region.h) if isinstance(region, OrientedBox) else (region.bounds.width, region.bounds.height)
    return max(w, h), min(w, h)


def shown(chosen: Chosen, seen: Seen, label: str) -> tuple[Region, ...]:
    """Give the regions of what was picked, with label and score: the sure objects, else the mask of the cells."""
    if chosen.sure or chosen.cells is None or seen.cover is None:
        return regions_of(chosen.sure, label)
    mask = mask_of(seen.cover, chosen.cells, seen, label=label, score=certainty(chosen.cells, seen))
    return () if mask is None else (mask,)


def regions_of(candidates: Sequence[Candidate], label: str) -> tuple[Region, ...]:
    """Give the regions of objects, with label and score."""
    return tuple(replace(each.seen.region, label=label, score=min(1.0, each.p)) for each in candidates)


def certainty(cells: Cells, seen: Seen) -> float | None:
    """Give the mean probability of some cells of the cover map, None if there are none."""
    if seen.cover is None or not cells.any():
        return None
    return float(seen.cover.probability[cells].astype(np.float64).mean())


def _is_placed(region: Region, query: Query, seen: Seen) -> bool:
    x, y = region.bounds.centre
    if query.region is not None and not touches(region, seen.in_raster(query.region)):
        return False
    return query.place is None or bool(in_place(query.place, np.array(x), np.array(y), seen))


def _placed_cells(cells: Cells | None, query: Query, seen: Seen) -> Cells | None:
    """The cells whose centres lie in the place and region of the query."""
    cover = seen.cover
    if cells is None or cover is None:
        return None
    return cells & scope(query, seen)


def scope(query: Query, seen: Seen) -> Cells:
    """Give the cells of the cover map that the query's place and region leave; only those with data."""
    cover = seen.cover
    if cover is None:
        return np.zeros((0, 0), np.bool_)
    x, y = cell_centres(cover)
    inside = (cover.labels < len(cover.classes)) & holds(seen.extent, x, y)
    if query.place is not None:
        inside &= in_place(query.place, x, y, seen)
    if query.region is not None:
        inside &= holds(seen.in_raster(query.region), x, y)
    return np.asarray(inside)


def _related(
    found: list[Candidate], cells: Cells | None, relation: Relation, seen: Seen
) -> tuple[list[Candidate], Cells | None, tuple[str, ...], str | None]:
    """Keep what stands in the relation; doubts, and the anchor that is not there."""
    places = [anchors_of(anchor, seen) for anchor in relation.anchors]
    for anchor, regions in zip(relation.anchors, places, strict=True):
        if anchor.thing is None and anchor.region is None:
            return found, cells, (f"I do not know what “{anchor.asked_as}” is, and left it out",), None
        if not regions:
            return [], None if cells is None else np.zeros_like(cells), (), anchor.asked_as
    doubts = tuple(doubt for anchor in relation.anchors for doubt in _narrower(anchor))
    marks = [[Landmark.of(region) for region in regions] for regions in places]
    if relation.kind == "nearest":
        kept = sorted(found, key=lambda each: min(mark.gap_px(each.seen.region) for mark in marks[0]))
        kept = [each for each in kept if each.p >= SURE][:1] or kept[:1]
    else:
        kept = [each for each in found if _stands(relation.kind, each.seen.region, marks, seen)]
    return kept, _related_cells(cells, relation.kind, marks, seen), doubts, None


def _stands(kind: str, region: Region, marks: Sequence[Sequence[Landmark]], seen: Seen) -> bool:
    """Whether a region stands in the relation to any of the landmarks; no thing is its own landmark."""
    firsts = [mark for mark in marks[0] if mark.region is not region]
    if kind == "between":
        seconds = [mark for mark in marks[-1] if mark.region is not region]
        return any(stands(kind, region, (a, b), seen) for a in firsts for b in seconds if a.region is not b.region)
    if kind == "far from":
        return all(stands(kind, region, (mark,), seen) for mark in firsts)
    return any(stands(kind, region, (mark,), seen) for mark in firsts)


def _related_cells(cells: Cells | None, kind: str, marks: Sequence[Sequence[Landmark]], seen: Seen) -> Cells | None:
    """The cells inside a landmark; other relations are not told cell by cell."""
    cover = seen.cover
    if cells is None or cover is None or kind != "inside":
        return cells
    x, y = cell_centres(cover)
    return np.asarray(cells & np.any([mark.holds(x, y) for mark in marks[0]], axis=0))


def anchors_of(noun: Noun, seen: Seen) -> tuple[Region, ...]:
    """Give the regions that a noun may mean as a landmark: a marked one, sure objects, a patch of cover.

    A kind of place that the whole scene is (a harbour) is the whole image.
    """
    if noun.region is not None:
        return (seen.in_raster(noun.region),)
    if noun.thing is None:
        return ()
    found = [Candidate(thing, p) for thing in seen.objects if (p := probability_of(thing, noun.thing)) >= SURE]
    if found:
        found, _ = _with_attributes(found, noun, seen)
        found = [each for each in found if each.p >= SURE / 2] or found
        if noun.extreme is not None:
            found = [extreme(found, noun.extreme, seen)]
        return tuple(each.seen.region for each in found)
    cover = seen.cover
    if cover is not None and covers(cover, noun.thing):
        mask = mask_of(cover, cells_of(cover, noun.thing), seen, label=noun.thing)
        if mask is not None:
            return (mask,)
    return (_whole(seen),) if is_scene(noun.thing, seen) else ()


def is_scene(name: str, seen: Seen) -> bool:
    """Tell whether the scene as a whole may be of this kind: a probability of a third, or a tag that holds."""
    wanted = things.members(name)
    scene = sum(guess.probability for guess in seen.guesses("scenes") if things.canonical(guess.name) in wanted)
    tags = max((g.probability for g in seen.guesses("tags") if things.canonical(g.name) in wanted), default=0.0)
    return scene >= 1 / 3 or tags >= SURE


def _whole(seen: Seen) -> Box:
    return replace(seen.extent, frame=seen.frame)


def extreme(found: Sequence[Candidate], which: str, seen: Seen) -> Candidate:
    """Give the one that stands out: "largest", "leftmost", "northernmost" … ; of equals the likeliest."""

    def measure(each: Candidate) -> float:
        region = each.seen.region
        x, y = region.bounds.centre
        if which in {"largest", "smallest"}:
            return region.area_px * (1 if which == "largest" else -1)
        if which == "longest":
            return sides_px(region)[0]
        if which.endswith("ernmost"):
            north = seen.north() or (0.0, -1.0)
            east, up = -x * north[1] + y * north[0], x * north[0] + y * north[1]
            return {"northernmost": up, "southernmost": -up, "easternmost": east, "westernmost": -east}[which]
        return {"leftmost": -x, "rightmost": x, "topmost": -y, "bottommost": y}.get(which, each.p)

    return max(found, key=lambda each: (measure(each), each.p))
