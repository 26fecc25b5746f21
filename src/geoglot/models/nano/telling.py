"""Sentences from facts: numbers with their nouns, lists, amounts, captions, changes."""

from __future__ import annotations

from collections.abc import Sequence

from geoglot.models.nano import things
from geoglot.models.nano.oddness import APART, FLAT, STATIC
from geoglot.models.nano.reason.finding import Fact
from geoglot.tasks.numbers import in_words

NOTHING = "Nothing here is sure enough to be named."

_GROUND = {
    "urban": "built-up land",
    "crop": "cropland",
    "bare": "bare ground",
    "shrub": "shrubs",
    "tree": "trees",
    "agricultural": "farmland",
    "building": "buildings",
}
"""How a cover is called in a sentence, where its name alone would not do."""

_SPELLED = {"m2": "m²", "km2": "km²", "px": "pixels"}
_FLAGS = {
    "cloud": "Clouds hide part of the ground.",
    "blur": "The image is out of focus.",
    "noise": "It does not look like an image of the ground.",
    "nodata": "Much of it holds no data.",
    FLAT: "It shows no contrast.",
    STATIC: "It is static, not an image of the ground.",
    APART: "Its bands do not show the same place.",
}
_SHORT = 3
"""Kinds of object that a short caption mentions."""


def sentence(text: str) -> str:
    """Give text with a capital and a full stop."""
    text = text.strip()
    return (text[:1].upper() + text[1:]).rstrip(".") + "."


def listed(parts: Sequence[str]) -> str:
    """Give parts as a list: "a, b and c"."""
    *first, last = parts or [""]
    return f"{', '.join(first)} and {last}" if first else last


def with_article(noun: str) -> str:
    """Give a noun with its indefinite article, told by its first letter ("an airport", but "a used car")."""
    return f"{'an' if noun[:1] in 'aeio' or noun.startswith('urb') else 'a'} {noun}"


def numbered(number: int, noun: str) -> str:
    """Give a number before a noun that already agrees with it: "no ships", "two ships"."""
    return f"{'no' if number == 0 else in_words(number)} {noun}"


def amount(value: float, unit: str | None) -> str:
    """Give an amount with three significant digits, whole from 100 on: "37.2 %", "12,400 m²"."""
    digits = f"{value:,.0f}" if value >= 100 else f"{float(f'{value:.3g}'):g}"
    return f"{digits} {_SPELLED.get(unit or '', unit or '')}".strip()


def caption(facts: Sequence[Fact], *, detailed: bool, part: bool = False) -> str:
    """Give a text about an image in one sentence, or in several with numbers and places. part: of a region."""
    kinds = {kind: [fact for fact in facts if fact.kind == kind] for kind in ("scene", "objects", "cover", "quality")}
    flags = [_FLAGS[fact.name] for fact in kinds["quality"] if fact.name in _FLAGS]
    if not any(kinds[kind] for kind in ("scene", "objects", "cover")):
        return " ".join([*flags, NOTHING])
    told = _long(kinds["scene"], kinds["objects"], kinds["cover"]) if detailed else None
    told = told or _short(kinds["scene"], kinds["objects"][: None if part else _SHORT], kinds["cover"][:2])
    return " ".join([told, *flags])


def changes_told(facts: Sequence[Fact]) -> str:
    """Give what changed in one sentence."""
    told = [_change(fact) for fact in facts if fact.kind == "change"]
    return sentence(listed(told)) if told else "No change."


def _short(scene: Sequence[Fact], objects: Sequence[Fact], cover: Sequence[Fact]) -> str:
    seen = listed([_group(fact, placed=False) for fact in objects])
    ground = listed([_ground(fact) for fact in cover])
    if scene:
        opening = _scene(scene[0].name) + (f" with {seen}" if seen else "")
        return sentence(f"{opening}, the ground mostly {ground}" if ground else opening)
    if seen:
        return sentence(f"{seen} on {ground}" if ground else seen)
    return sentence(f"ground that is mostly {ground}")


def _long(scene: Sequence[Fact], objects: Sequence[Fact], cover: Sequence[Fact]) -> str:
    sentences = []
    if scene:
        sentences.append(sentence(f"this is {_scene(scene[0].name)}"))
    if objects:
        verb = "is" if objects[0].number == 1 else "are"
        sentences.append(sentence(f"there {verb} {listed([_group(fact, placed=True) for fact in objects])}"))
    if cover:
        shares = [f"about {amount(100 * (fact.number or 0), '%')} {_ground(fact)}{_placed(fact)}" for fact in cover]
        sentences.append(sentence(f"the ground is {listed(shares)}"))
    return " ".join(sentences)


def _scene(name: str) -> str:
    """A kind of place with its article; what is named after its objects is a scene with them."""
    known = {thing.name: thing for thing in things.all_things()}.get(name)
    if known is not None and "object" in known.kinds:
        return f"a scene with {known.plural}"
    return with_article(f"{name} area" if known is not None and known.mass else name)


def _group(fact: Fact, *, placed: bool) -> str:
    number = int(fact.number or 0)
    name = things.plural(fact.name, number)
    noun = f"{fact.detail} {name}" if fact.detail else name
    return numbered(number, noun) + (_placed(fact) if placed else "")


def _ground(fact: Fact) -> str:
    return _GROUND.get(fact.name, fact.name)


def _placed(fact: Fact) -> str:
    if fact.place is None:
        return ""
    preposition = {"left": "on", "right": "on", "top": "at", "bottom": "at"}.get(fact.place, "in")
    return f" {preposition} the {fact.place}"


def _change(fact: Fact) -> str:
    if fact.became is not None:
        share, after = amount(100 * (fact.number or 0), "%"), _GROUND.get(fact.became, fact.became)
        return f"about {share} of the image{_placed(fact)} turned from {_ground(fact)} into {after}"
    if fact.detail == "changed":
        share = amount(100 * (fact.number or 0), "%")
        return f"about {share} of the image ({_ground(fact)}{_placed(fact)}) looks different"
    number = int(fact.number or 0)
    return f"{numbered(number, things.plural(fact.name, number))} {fact.detail}{_placed(fact)}"
