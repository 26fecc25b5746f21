"""What cannot be told: reasons to refuse, and reasons to doubt, before any reasoning."""

from __future__ import annotations

from geoglot.models.nano import things
from geoglot.models.nano.oddness import APART, FLAT, STATIC
from geoglot.models.nano.query import Aim, Noun, Query
from geoglot.models.nano.reason.seen import OPTICAL, UNPROVEN, Seen, covers

LEAST_PX = 4.0
"""Pixels along its longer side that a thing needs to be found. The eye was taught cars of 5 to 8 pixels, no smaller."""

FLAGGED = 0.5
"""Probability of a quality flag from which nothing seen is believed without doubt."""

_BEYOND = {
    "temperature": "temperatures cannot be read from this image",
    "people": "an image does not tell who people are or what belongs to whom",
    "depth": "an image from above does not tell depths",
    "height": "one image from above does not tell heights",
    "speed": "speeds cannot be told from these frames",
    "reason": "an image does not tell reasons",
    "money": "an image does not tell what things are worth",
    "name": "an image does not tell names",
    "sound": "an image does not tell sounds or smells",
    "future": "an image does not tell the future",
}
_FLAGS = {
    "noise": "this does not look like an image of the ground",
    "nodata": "most of the image holds no data",
    "cloud": "clouds hide much of the ground",
    "blur": "the image is out of focus",
    FLAT: "the image shows no contrast",
    STATIC: "neighbouring pixels have nothing to do with each other, as in no image of the ground",
    APART: "the bands do not show the same place",
}
_ABOUT_GROUND = frozenset({Aim.SCENE, Aim.SETTLEMENT})
_TOLD_BY_COVER = _ABOUT_GROUND | {Aim.LABELS, Aim.MOST}
_ABOUT_THE_FILE = frozenset({Aim.DATE, Aim.RESOLUTION, Aim.SENSOR, Aim.LOCATION})


def refusal(query: Query, seen: Seen) -> str | None:
    """Give why a question cannot be answered at all, in words that follow "I cannot tell:"; None if it may be."""
    if query.aim is Aim.BEYOND:
        return _beyond(query, seen)
    if query.aim is Aim.UNKNOWN:
        return "I did not understand the question"
    several = len(seen.evidence.sizes) > 1
    if (query.change or query.aim is Aim.CHANGE) and not several:
        return "a change needs two images of the same place, and this is one"
    moves = any(kind == "motion" for noun in _nouns(query) for kind, _ in noun.attributes)
    if (moves or query.aim is Aim.TRACKS) and not several:
        return "movement needs several frames, and this is one image"
    if query.frame is not None and not -len(seen.evidence.sizes) <= query.frame < len(seen.evidence.sizes):
        return f"there is no image number {query.frame + 1}"
    if seen.evidence.modality not in OPTICAL and _about_colour(query):
        return f"a {_title(seen)} image shows no colours"
    if query.aim in _ABOUT_GROUND and not (seen.guesses("scenes") or seen.cover is not None):
        return f"kinds of scenes cannot be told from a {_title(seen)} image"
    for noun in _nouns(query):
        if reason := _unknown(noun) or _untaught(noun, seen, change=query.change is not None):
            return reason
    return None


def doubts(query: Query, seen: Seen) -> tuple[str, ...]:
    """Give why whatever is seen may be wrong: the state of the image."""
    if query.aim in _ABOUT_THE_FILE:
        return ()
    both = query.change is not None or query.aim is Aim.CHANGE  # what hides one date hides a change
    out = [
        _FLAGS[guess.name]
        for guess in (seen.evidence.quality if both else seen.guesses("quality"))
        if guess.name in _FLAGS
        and guess.probability >= FLAGGED
        and not (query.thing == "cloud" and guess.name == "cloud")
    ]
    index = min(seen.frame, len(seen.evidence.valid_fraction) - 1)
    if index >= 0 and seen.evidence.valid_fraction[index] <= 1 - FLAGGED and _FLAGS["nodata"] not in out:
        out.append(_FLAGS["nodata"])
    if seen.evidence.modality in UNPROVEN and _about_cover(query, seen):
        out.append(f"land cover in {_title(seen)} images was taught on simulated scenes only")
    return tuple(dict.fromkeys(out))


def too_small(name: str, seen: Seen) -> str | None:
    """Give why things of this kind cannot be found at the pixel size of the evidence, None if they can."""
    known = things.thing(name) if name in {thing.name for thing in things.all_things()} else None
    gsd_m = seen.evidence.gsd_m
    if known is None or known.length_m is None or gsd_m is None or gsd_m * LEAST_PX <= known.length_m:
        return None
    if seen.cover is not None and covers(seen.cover, name):
        return None
    own_m = seen.scene.frames[seen.frame].gsd_m if seen.scene and seen.frame < len(seen.scene.frames) else None
    told_m = max(gsd_m, own_m or 0.0)  # what was enlarged for the look is no finer
    return f"{things.plural(name)} are too small to be seen at {told_m:.3g} m a pixel"


def _beyond(query: Query, seen: Seen) -> str:
    if query.beyond == "temperature":
        if seen.evidence.modality in OPTICAL:
            return "an optical image does not measure temperature"
        if seen.evidence.modality == "sar":
            return "a radar image does not measure temperature"
    return _BEYOND.get(query.beyond or "", "no image tells this")


def _about_cover(query: Query, seen: Seen) -> bool:
    """Tell whether an answer hangs on the cover map."""
    if seen.cover is None:
        return False
    named = [noun.thing for noun in _nouns(query) if noun.thing is not None]
    return query.aim in _TOLD_BY_COVER or any(covers(seen.cover, name) for name in named)


def _about_colour(query: Query) -> bool:
    return query.asks == "colour" or any(kind == "colour" for noun in _nouns(query) for kind, _ in noun.attributes)


def _nouns(query: Query) -> tuple[Noun, ...]:
    return tuple(noun for noun in (query.noun, query.other) if noun is not None)


def _unknown(noun: Noun) -> str | None:
    if noun.thing is None and noun.region is None and noun.asked_as:
        return f"I do not know that thing: {noun.asked_as}"
    return None


def _untaught(noun: Noun, seen: Seen, *, change: bool) -> str | None:
    """Why a thing that words know is not one that the eye was taught; only if its class list is known."""
    if noun.thing is None:
        return None
    kinds = things.thing(noun.thing).kinds
    if "change" in kinds:
        return None if change else f"{things.plural(noun.thing)} can only be told by what changed between two dates"
    if "quality" in kinds:
        told = any(things.canonical(guess.name) == noun.thing for guess in seen.guesses("quality"))
        return None if told else f"{things.plural(noun.thing)} cannot be told from a {_title(seen)} image"
    if seen.known is not None and not things.members(noun.thing) & seen.known:
        return f"I have not learned to find {things.plural(noun.thing)} in {_title(seen)} images"
    if set(kinds) == {"cover"} and seen.cover is None and not things.members(noun.thing) & _named(seen):
        return f"land cover cannot be told from a {_title(seen)} image"
    return None


def _named(seen: Seen) -> frozenset[str]:
    """The names of all scene classes, tags and objects of the frame."""
    names = [guess.name for kind in ("scenes", "tags") for guess in seen.guesses(kind)]
    return frozenset(map(things.canonical, (*names, *(thing.label for thing in seen.objects))))


def _title(seen: Seen) -> str:
    return {"sar": "radar", "rgb": "colour"}.get(seen.evidence.modality, seen.evidence.modality)
