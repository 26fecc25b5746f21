"""What fills the slots of a frame: noun phrases, places, relations, bounds, times, each with its tags."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from random import Random

from geoglot.models.nano import things
from geoglot.models.nano.reading.labels import (
    ANCHOR,
    ATTRIBUTE,
    BETWEEN,
    EXTREME,
    INSIDE,
    NEAR,
    NOUN,
    OTHER,
    OUTSIDE,
    PLACE,
    SIDE,
)
from geoglot.models.nano.reading.nouns import ATTRIBUTES, EXTREMES
from geoglot.tasks.numbers import in_words
from geoglot.train.reader.fillers import any_of, kinds, phrases
from geoglot.train.reader.paraphrase import Draft
from geoglot.train.reader.vocabulary import table

Slot = Callable[[Draft], None]

UNKNOWN = 0.2  # share of nouns that are no known thing
_YEARS = (1984, 2026)
_OFTEN = {NEAR: 4, INSIDE: 4, SIDE: 3}  # relations that are spoken of more than once as often as others


@cache
def _nouns() -> dict[str, tuple[str, ...]]:
    """Known and unknown nouns by kind: objects, covers, places; every synonym is a noun of its own."""
    out: dict[str, list[str]] = {"object": [], "cover": [], "scene": [], "unknown": []}
    for thing in things.all_things():
        kind = "cover" if "cover" in thing.kinds else "object" if "object" in thing.kinds else "scene"
        if "quality" in thing.kinds:
            continue
        names = {thing.name, *thing.also, *thing.narrower, *table()["near"].get(thing.name, ())}
        out[kind] += sorted(names - {"other vehicle"})
        if kind == "cover" and "scene" not in thing.kinds:
            out[kind] += [thing.name] * 3
    for kind, words in table()["unknown"].items():
        if kind != "abstract":  # nobody asks for these in an image
            out["unknown"] += words
    return {kind: tuple(words) for kind, words in out.items()}


@cache
def _named() -> tuple[str, ...]:
    return tuple(thing.name for thing in things.all_things() if thing.kinds[0] == "object")


def _noun(rng: Random, *of: str) -> str:
    if rng.random() < UNKNOWN:
        return rng.choice(_nouns()["unknown"])
    if "object" in of and rng.random() < 0.5:  # the names themselves come up more often than any synonym
        return rng.choice(_named())
    return rng.choice(_nouns()[rng.choice(of)])


def _attribute(rng: Random) -> str:
    return rng.choice(tuple(ATTRIBUTES))


def _before(rng: Random, *, definite: bool) -> str:
    """Adjectives that a noun may have, and what makes it stand out."""
    if definite and rng.random() < 0.3:
        return f"{rng.choice(tuple(EXTREMES))} "
    words = [_attribute(rng)] if rng.random() < 0.25 else []
    words += [any_of("adjectives", rng)] if rng.random() < 0.06 else []
    words += [_attribute(rng)] if rng.random() < 0.05 else []
    return "".join(f"{word} " for word in words)


def plural(tag: str) -> Slot:
    """Plural things: "red lorries"."""

    def say(draft: Draft) -> None:
        noun = things.plural_of(_noun(draft.rng, "object", "object", "scene"))
        draft.say(_before(draft.rng, definite=False) + noun, tag)

    return say


def single(tag: str, *, article: str) -> Slot:
    """One thing. article: "a", "the" or none."""

    def say(draft: Draft) -> None:
        noun = _noun(draft.rng, "object", "object", "scene", "cover")
        phrase = _before(draft.rng, definite=article == "the") + noun
        if article == "a":
            draft.say("an" if phrase[0] in "aeiou" else "a")
        elif article:
            draft.say(draft.rng.choice((article, article, article, "that", "this", "")))
        draft.say(phrase, tag)

    return say


def definite(tag: str) -> Slot:
    """One thing that is known which, or a marked region in its place."""
    thing, region = single(tag, article="the"), one_of("<r0>|<r1>", tag)
    return lambda draft: (thing if draft.rng.random() < 0.8 else region)(draft)


def mass(tag: str) -> Slot:
    """A cover or another mass: "water", "farm fields"."""

    def say(draft: Draft) -> None:
        rng = draft.rng
        noun = _noun(rng, "cover", "cover", "cover", "scene") if rng.random() < 0.85 else _noun(rng, "object")
        many = rng.random() < 0.36 and noun not in things.IRREGULAR
        draft.say(things.plural_of(noun) if many else noun, tag)

    return say


def either(*slots: Slot) -> Slot:
    """One of several slots."""
    return lambda draft: draft.rng.choice(slots)(draft)


def sometimes(slot: Slot, chance: float) -> Slot:
    """A slot that stays empty more or less often."""
    return lambda draft: slot(draft) if draft.rng.random() < chance else None


def one_of(text: str, tag: str = OUTSIDE) -> Slot:
    """One of several wordings, parted by |."""
    words = text.split("|")
    return lambda draft: draft.say(draft.rng.choice(words), tag)


def filler(name: str, tag: str = OUTSIDE) -> Slot:
    """One of the wordings of fillers.toml."""
    return lambda draft: draft.say(any_of(name, draft.rng), tag)


def in_image(draft: Draft) -> None:
    """ "in this image", "here", or nothing."""
    rng = draft.rng
    if rng.random() < 0.5:
        named = f"{rng.choice(('in', 'in', 'on', 'within'))} {rng.choice(('this', 'the'))} {any_of('images', rng)}"
        draft.say(named if rng.random() < 0.3 else any_of("anywhere", rng))


def place(draft: Draft, *, bare: bool = False) -> None:
    """A part of the image: only its direction words are tagged. bare: as a noun, "the northern half"."""
    rng = draft.rng
    for word in rng.choice(phrases("places")["bare" if bare else "phrases"]).split():
        if word.startswith("{"):
            name, end = word[1:].split("}")
            draft.say(rng.choice(phrases("place")[name]) + end, PLACE)
        else:
            draft.say(any_of("images", rng) if word == "IMG" else word)


def relation(draft: Draft, *, pronoun: bool = False) -> None:
    """Where in relation to a thing: "near the bridge". pronoun: "near it"."""
    rng = draft.rng
    kind = rng.choices(kinds("relations"), weights=[_OFTEN.get(name, 1) for name in kinds("relations")])[0]
    if pronoun and kind == BETWEEN:
        kind = NEAR
    if rng.random() < 0.15:
        draft.say(any_of("standing", rng))
    draft.say(rng.choice(phrases("relations")[kind]), f"R:{kind}")
    if pronoun:
        draft.say(rng.choice(("it", "them", "that", "it", "this")), ANCHOR)
        return
    _anchor(draft)
    if kind == BETWEEN:
        draft.say("and")
        _anchor(draft)


def _anchor(draft: Draft) -> None:
    drawn = draft.rng.random()
    if drawn < 0.05:
        one_of("<r0>|<r1>", ANCHOR)(draft)
    elif drawn < 0.85:
        single(ANCHOR, article="the" if drawn < 0.75 else "a")(draft)
    else:
        either(plural(ANCHOR), mass(ANCHOR))(draft)


def marked(draft: Draft) -> None:
    """A marked region, with or without a word for it."""
    draft.say(any_of("marked", draft.rng))
    draft.say("<r0>")


def where(draft: Draft, *, nothing: float = 0.48) -> None:
    """A part of the image, a relation, a marked region, the image itself, or nothing. nothing: how often."""
    rng = draft.rng
    drawn = (rng.random() - nothing) / (1 - nothing)
    if drawn < 0:
        return
    if drawn < 0.25 and nothing:
        in_image(draft)
    elif drawn < 0.55:
        place(draft)
    elif drawn < 0.88:
        relation(draft)
    elif drawn < 0.96:
        draft.say(rng.choice(("in", "inside", "within", "in", "at")))
        marked(draft)
    else:
        relation(draft)
        place(draft)


def dates(draft: Draft) -> None:
    """When: years, months, or words for the time between the images."""
    rng = draft.rng
    for word in any_of("times", rng).split():
        said = {"Y": str(rng.randint(*_YEARS)), "M": any_of("months", rng), "D": str(rng.randint(1, 28))}
        draft.say(said.get(word, word))


def frame(draft: Draft) -> None:
    """Which image of several."""
    index = draft.rng.choice(kinds("frames"))
    draft.whole["frame"] = index
    draft.say(draft.rng.choice(phrases("frames")[index]).replace("IMG", any_of("images", draft.rng)))


def _number(rng: Random) -> str:
    number = rng.choice((rng.randint(1, 12), rng.randint(2, 40), rng.randint(10, 500)))
    return any_of("amounts", rng) if rng.random() < 0.2 else rng.choice((str(number), in_words(number)))


def bound(draft: Draft) -> None:
    """A bound on a number: "more than ten"."""
    kind = draft.rng.choice(kinds("bounds"))
    draft.say(f"{draft.rng.choice(phrases('bounds')[kind])} {_number(draft.rng)}", f"B:{kind}")


def bound_after(draft: Draft) -> None:
    """A bound whose words stand behind the number, with the things: "ten or more ships"."""
    kind = draft.rng.choice(kinds("bounds_after"))
    draft.say(f"{_number(draft.rng)} {draft.rng.choice(phrases('bounds_after')[kind])}", f"B:{kind}")
    plural(NOUN)(draft)


def bound_share(draft: Draft) -> None:
    """A bound on a share or an area: "more than half", "at least 3 ha"."""
    rng = draft.rng
    kind = rng.choice(kinds("bounds"))
    whole = str(rng.randint(1, 95))
    number = rng.choice((whole, whole, in_words(rng.randint(1, 12)), f"{rng.randint(1, 9)}.{rng.randint(1, 9)}"))
    unit_name = rng.choice(("%", "%", "%", "ha", "km2", "m2"))
    amount = any_of("shares", rng) if rng.random() < 0.35 else f"{number} {unit_name}"
    draft.say(f"{rng.choice(phrases('bounds')[kind])} {amount}", f"B:{kind}")


def unit(draft: Draft) -> None:
    """A unit of area."""
    draft.whole["unit"] = draft.rng.choice(("m2", "ha", "km2"))
    draft.say(draft.whole["unit"])


def percent(draft: Draft) -> None:
    """Per cent as a unit."""
    draft.whole["unit"] = "%"
    filler("percent")(draft)


def ones(draft: Draft) -> None:
    """A pronoun with an attribute or an extreme: "red ones"."""
    said = _attribute(draft.rng) if draft.rng.random() < 2 / 3 else draft.rng.choice(tuple(EXTREMES))
    draft.say(f"{said} {draft.rng.choice(('ones', 'ones', 'ones', 'one'))}", NOUN)


SLOTS: dict[str, Slot] = {
    "n": plural(NOUN),
    "on": plural(OTHER),
    "s": single(NOUN, article=""),
    "a": single(NOUN, article="a"),
    "the": definite(NOUN),
    "othe": definite(OTHER),
    "c": mass(NOUN),
    "oc": mass(OTHER),
    "x": either(plural(NOUN), mass(NOUN)),
    "ox": either(plural(OTHER), mass(OTHER)),
    "them": one_of("them|these|those|they|them|ones|those ones", NOUN),
    "it": one_of("it|that|this|it|that one", NOUN),
    "its": one_of("its|its|it is|their", NOUN),
    "oit": one_of("it|that|this|there", OTHER),
    "ones": ones,
    "bare": lambda draft: draft.say(_attribute(draft.rng), NOUN),
    "attr": lambda draft: draft.say(_attribute(draft.rng), ATTRIBUTE),
    "ext": lambda draft: draft.say(f"the {draft.rng.choice(tuple(EXTREMES))}", EXTREME),
    "adj": filler("adjective", NOUN),
    "cloudy": filler("cloudy", NOUN),
    "clouds": filler("clouds", NOUN),
    "w": where,
    "wx": lambda draft: where(draft, nothing=0.0),
    "rel": relation,
    "rel0": sometimes(relation, 0.25),
    "relit": lambda draft: relation(draft, pronoun=True),
    "p": sometimes(place, 0.5),
    "p0": sometimes(place, 0.2),
    "p2": lambda draft: place(draft, bare=True),
    "i": in_image,
    "img": filler("images"),
    "t": sometimes(dates, 0.5),
    "f": frame,
    "y": lambda draft: draft.say(str(draft.rng.randint(*_YEARS))),
    "r1": marked,
    "b": bound,
    "bpost": bound_after,
    "bs": bound_share,
    "u": unit,
    "pct": percent,
}
"""How each slot of frames.toml is filled."""
