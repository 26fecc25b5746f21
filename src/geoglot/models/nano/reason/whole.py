"""What is told for the whole image only: scene classes, tags and quality flags."""

from __future__ import annotations

from dataclasses import replace

from geoglot.models.nano import things
from geoglot.models.nano.decode import any_cloud
from geoglot.models.nano.evidence import CLOUD, Guess
from geoglot.models.nano.misses import UNMEASURED, Miss, none_missed
from geoglot.models.nano.query import Query
from geoglot.models.nano.reason.finding import Finding, refused
from geoglot.models.nano.reason.seen import Seen, covers

SURE = 0.5
WHOLE = "told for the whole image, not for a part of it"
UNTAGGED = {"tree": 0.36}
"""How often there is some of a thing in images without its tag. UC Merced, training part: of 228 images that are not
tagged with trees people see some in 81. Others were not measured."""

ALSO_TAGGED = {"boat": "ship"}
"""Tags that name other things as well: what UC Merced tags as ships are boats, most of them."""

FULL_OF = {"mobile home": ("mobile home park", (225.0, 340.0, 550.0))}
"""Things that fill a kind of place and are too alike there to be found one by one: the place, and how much of its
ground each takes up (m2: 5th, 50th and 95th percentile). UC Merced, training part: 43 counts."""

PARTS = frozenset({"overpass", "intersection", "crossing", "parking lot", "baseball diamond"})
"""Kinds of place that also lie within others, which then give the image its name."""

RECOGNISED = 0.8
"""Probability of a scene class from which a photograph is one of those that tags were taught on. Land cover was taught
on simulated scenes and satellite images: of UC Merced's runways all look to it as if there were water."""

UNPLACED = "the image as a whole looks as if there were {}, but I find none by itself"


def of_whole(name: str, seen: Seen) -> tuple[float, tuple[str, ...]]:
    """Give what scene classes (which exclude each other), tags and quality flags say of a thing, and their ids."""
    wanted = _tags_of(name)
    scenes = [guess for guess in seen.guesses("scenes") if things.canonical(guess.name) in wanted]
    p, ids = sum(guess.probability for guess in scenes), tuple(guess.id for guess in scenes)
    for guess in (*seen.guesses("tags"), *seen.guesses("quality")):
        told = some_of(guess)
        if things.canonical(guess.name) in wanted and told > p:
            p, ids = told, (guess.id,)
    return min(1.0, p), ids


def some_of(guess: Guess) -> float:
    """Give the probability that there is any of what a tag or flag names.

    Tags name only what matters in an image; the flag of clouds tells a share of it, not how likely there are some.
    """
    if guess.name == CLOUD:
        return any_cloud(guess.probability)
    rest = UNTAGGED.get(things.canonical(guess.name), 0.0)
    return guess.probability + (1 - guess.probability) * rest


def is_narrowed(query: Query) -> bool:
    """Tell whether a query asks about less than everything of its kind in the whole image."""
    return bool(query.place or query.region or query.relation or (query.noun and query.noun.attributes))


def what_is_missed(query: Query, seen: Seen) -> Miss:
    """Give what the eye does not find of what a query asks about."""
    miss = seen.missed(query.thing) if query.thing else UNMEASURED
    return miss.of_a_part if is_narrowed(query) else miss


def absence(query: Query, seen: Seen, none: float) -> float:
    """Give the probability that there is none: what the objects that were found leave (`none`), and that none was
    missed, if nothing else says otherwise.

    A tag tells of things whether they were found or not; with one, what was missed needs no guess.
    """
    if query.thing is None:
        return none
    narrowed = is_narrowed(query)
    if "object" in things.thing(query.thing).kinds and (narrowed or not is_tagged(query.thing, seen)):
        none *= none_missed(what_is_missed(query, seen))
    elif query.thing in PARTS:
        none *= none_missed(UNMEASURED)
    return none if narrowed and not is_whole(query.thing, seen) else min(none, 1 - of_whole(query.thing, seen)[0])


def is_whole(name: str, seen: Seen) -> bool:
    """Tell whether a thing is told for the image as a whole only: then none in it is none in its parts, no more."""
    return "object" not in things.thing(name).kinds and (seen.cover is None or not covers(seen.cover, name))


def is_tagged(name: str, seen: Seen) -> bool:
    """Tell whether there is a tag for a thing, whatever it says."""
    return any(things.canonical(guess.name) in _tags_of(name) for guess in seen.guesses("tags"))


def tags_tell_ground(name: str, seen: Seen) -> bool:
    """Tell whether the tags say as much of a kind of ground as land cover does: in photographs of known kinds."""
    if seen.evidence.modality != "rgb" or "object" in things.thing(name).kinds or not is_tagged(name, seen):
        return False
    return any(guess.probability >= RECOGNISED for guess in seen.guesses("scenes"))


def _tags_of(name: str) -> frozenset[str]:
    """What a tag or scene class may be called that tells of a thing."""
    return frozenset(things.members(name)) | ({ALSO_TAGGED[name]} if name in ALSO_TAGGED else set())


def as_whole(query: Query, seen: Seen) -> Finding | None:
    """Give the whole image as the one that is meant, where scene class or tags say so; else None. Always unsure.

    Only for kinds of place: an image that looks like one with airplanes is no airplane, see `unplaced`, and one that
    has clouds is no cloud, see `flagged`.
    """
    if found := flagged(query, seen):
        return found
    if query.thing is None or is_narrowed(query) or "object" in things.thing(query.thing).kinds:
        return None
    p, ids = of_whole(query.thing, seen)
    if p < SURE:
        return None
    region = replace(seen.extent, label=query.thing, score=p, frame=seen.frame)
    return Finding(regions=(region,), evidence=ids, confidence=p, counts=(1,)).doubted(WHOLE)


def crowd(query: Query, seen: Seen) -> Finding | None:
    """Give what fills the whole image where it is of the kind of place that it fills (a park, of mobile homes).

    value: how many such ground holds, None where the size of pixels is not known. Always unsure.
    """
    if query.thing not in FULL_OF or is_narrowed(query):
        return None
    place, ground_m2 = FULL_OF[query.thing]
    p, ids = of_whole(place, seen)
    if p < SURE:
        return None
    region = replace(seen.extent, label=query.thing, score=p, frame=seen.frame)
    finding = Finding(regions=(region,), evidence=ids, confidence=p).doubted(WHOLE)
    area_m2 = seen.ground_m2(seen.extent)
    if area_m2 is None:
        return finding
    most, usual, least = (round(area_m2 / each) for each in ground_m2)
    told = f"I find none by itself: a {query.thing} usually takes up {ground_m2[1]:.0f} m² of such ground"
    return replace(finding, value=usual, interval=(least, most), confidence=p / max(1, most - least)).noted(told)


def flagged(query: Query, seen: Seen) -> Finding | None:
    """Give the refusal to place or to number what a flag says is there; None where it says that there is none."""
    if query.thing is None or "quality" not in things.thing(query.thing).kinds:
        return None
    if seen.cover is not None and covers(seen.cover, query.thing):
        return None
    p, ids = of_whole(query.thing, seen)
    reason = f"I see that there are {things.plural(query.thing)}, but neither where nor how many"
    return refused(reason, evidence=ids) if p >= SURE else None


def unplaced(query: Query, seen: Seen) -> Finding | None:
    """Give what is known of objects that none was found of, though tags or scene class say that there are some.

    Always unsure, without a region and without a number: only that there is some, with its probability.
    """
    if query.thing is None or is_narrowed(query) or "object" not in things.thing(query.thing).kinds:
        return None
    p, ids = of_whole(query.thing, seen)
    if p < SURE:
        return None
    return Finding(evidence=ids, confidence=p).doubted(UNPLACED.format(things.plural(query.thing)))
