"""What kind of place the whole image shows, and which classes occur in it."""

from __future__ import annotations

import math

from geoglot.models.nano import things
from geoglot.models.nano.query import Query
from geoglot.models.nano.reason.finding import Finding, refused
from geoglot.models.nano.reason.numbers import counted
from geoglot.models.nano.reason.seen import Seen
from geoglot.models.nano.reason.select import SURE

LEAST_SHARE = 0.01
"""Share of the image from which a cover is named among its classes."""

TOWN = frozenset({
    "urban", "residential", "dense residential", "medium residential", "mobile home park", "industrial", "commercial",
    "building", "parking lot", "intersection", "overpass", "freeway", "harbor", "airport", "storage tank", "court",
    "tennis court", "road",
})  # fmt: skip
"""Scenes that lie in towns; all others are country."""

TOWN_SHARE = 0.25
"""Share of built-up cover above which an image is urban; where no scene class tells."""

WHOLE = "scene classes are told for the whole image, not for a part of it"


def classify(query: Query, seen: Seen) -> Finding:
    """Name the likeliest class of scene."""
    guesses = sorted(seen.guesses("scenes"), key=lambda guess: -guess.probability)
    if not guesses:
        return refused("I have no classes for such an image")
    best = guesses[0]
    finding = Finding(value=things.tidy(best.name), evidence=(best.id,), confidence=best.probability)
    return finding.doubted(WHOLE) if query.region or query.place else finding


def settlement(query: Query, seen: Seen) -> Finding:
    """Tell rural from urban: from the scene classes, else from the share of built-up ground."""
    scenes = seen.guesses("scenes")
    total = sum(guess.probability for guess in scenes)
    if total > 0:
        town = sum(guess.probability for guess in scenes if things.canonical(guess.name) in TOWN) / total
        p, ids = town, tuple(guess.id for guess in scenes[:1])
    elif seen.cover is not None:
        shares = seen.cover.shares()
        built = sum(share for name, share in shares.items() if things.canonical(name) in things.members("urban"))
        p, ids = 1 / (1 + math.exp(-20 * (built - TOWN_SHARE))), ()  # 0.1 of share to either side is 88 % sure
    else:
        return refused("nothing here tells town from country")
    return Finding(value="urban" if p >= SURE else "rural", evidence=ids, confidence=max(p, 1 - p))


def labels(query: Query, seen: Seen) -> Finding:
    """List the classes that occur: the tags that hold, else covers and objects.

    query.asks: "cover" or "objects" where only one of the two is wanted. The confidence is the expected share of
    classes that are told rightly, present or absent.
    """
    tags = seen.guesses("tags")
    if tags and query.asks is None and not (query.region or query.place):
        held = [guess for guess in tags if guess.probability >= SURE]
        right = [max(guess.probability, 1 - guess.probability) for guess in tags]
        return Finding(
            value=tuple(things.tidy(guess.name) for guess in held),
            evidence=tuple(guess.id for guess in held),
            confidence=sum(right) / len(right),
        )
    found: dict[str, float] = {}
    if query.asks != "objects" and seen.cover is not None:
        found |= _covers(seen)
    if query.asks != "cover":
        found |= _objects(seen)
    if not found and seen.cover is None and not any(seen.objects):
        return Finding(value=(), confidence=0.0).doubted("I see nothing that I could name")
    return Finding(value=tuple(found), confidence=sum(found.values()) / max(1, len(found)))


def _covers(seen: Seen) -> dict[str, float]:
    """Covers with at least `LEAST_SHARE`, largest first, and how sure their cells are."""
    cover = seen.cover
    if cover is None:
        return {}
    shares = sorted(cover.shares().items(), key=lambda item: -item[1])
    named = [name for name, share in shares if share >= LEAST_SHARE]
    return {
        things.canonical(name): float(cover.probability[cover.labels == cover.classes.index(name)].astype(float).mean())
        for name in named
    }


def _objects(seen: Seen) -> dict[str, float]:
    """Kinds of object that are there more likely than not, most of them first."""
    kinds: dict[str, list[float]] = {}
    for thing in seen.objects:
        kinds.setdefault(things.canonical(thing.label), []).append(thing.score)
    there = {name: counted(scores).at_least(1) for name, scores in kinds.items()}
    order = sorted(there, key=lambda name: -sum(kinds[name]))
    return {name: there[name] for name in order if there[name] >= SURE}
