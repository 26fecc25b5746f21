"""Which words mean which things: the table of `things.toml`, and `find`."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any


@dataclass(frozen=True, slots=True)
class Thing:
    """One thing nano can be asked about; the fields are explained in `things.toml`."""

    name: str
    kinds: tuple[str, ...]
    plural: str
    also: tuple[str, ...] = ()
    narrower: tuple[str, ...] = ()
    members: tuple[str, ...] = ()
    length_m: float | None = None
    mass: bool = False


@dataclass(frozen=True, slots=True)
class ThingMatch:
    """What a noun means. name: the thing's canonical name. word: the known word it is a form of ("lake").

    exact: True for the name and its synonyms, False for a word that means less than the thing.
    """

    name: str
    word: str
    exact: bool


IRREGULAR = {
    "aircraft": "aircraft", "helicopters": "helicopter", "people": "person", "men": "man", "women": "woman",
    "children": "child", "wharves": "wharf", "quays": "quay", "buses": "bus", "taxis": "taxi", "beaches": "beach",
    "marshes": "marsh", "grasses": "grass", "crossroads": "crossroads", "bus": "bus", "grass": "grass",
    "watercraft": "watercraft", "rotorcraft": "rotorcraft", "lidos": "lido", "photovoltaics": "photovoltaics",
    "churches": "church", "branches": "branch", "canoes": "canoe", "gas": "gas", "glass": "glass", "palaces": "palace",
}  # fmt: skip
"""Forms that the rules of `singular` would get wrong, and words that end in s but are no plurals."""


def find(noun: str) -> ThingMatch | None:
    """Give the thing that a noun means, in any case, number and spelling of blanks; None if it is not known.

    Exact names, synonyms, plurals and hyphens are understood: "Tennis-Courts" is "tennis court". Nothing is
    guessed from a similar spelling or from a part of the noun.
    """
    words = tidy(noun)
    for form in (words, _singular_phrase(words)):
        if form in _lexicon():
            return _lexicon()[form]
    return None


def thing(name: str) -> Thing:
    """Give the thing of that canonical name. Raises KeyError for another word."""
    return _things()[name]


def length_m(name: str) -> float | None:
    """Give the length of a small but usual thing of that canonical name, in metres; None where it is not known."""
    known = _things().get(name)
    return known.length_m if known else None


def all_things() -> tuple[Thing, ...]:
    """Give every thing, in the order of the table."""
    return tuple(_things().values())


@cache
def members(name: str) -> frozenset[str]:
    """Give the names of all things that are this thing, itself included: house is a member of building."""
    inside = {name}
    for member in _things()[name].members if name in _things() else ():
        inside |= members(member)
    return frozenset(inside)


def canonical(label: str) -> str:
    """Give the canonical name for a label of the eye or a data set; a label that is not known stays itself."""
    match = find(label)
    return match.name if match else tidy(label)


def plural(name: str, number: float = 2) -> str:
    """Give the name as it stands after a number: "two buses", "one bus"; mass nouns never change."""
    known = _things().get(name)
    if number == 1 or (known and known.mass):
        return name
    return known.plural if known else _plural_word(name)


def plural_of(noun: str) -> str:
    """Give a noun of the user's in the plural, if it is not already."""
    *first, last = noun.split() or [""]
    return " ".join([*first, last if singular(last) != last else _plural_word(last)])


def tidy(noun: str) -> str:
    """Give the noun in lower case, words parted by single blanks, hyphens and underscores read as blanks."""
    return " ".join(re.sub(r"[_\-\s]+", " ", noun.casefold()).split())


def singular(word: str) -> str:
    """Give the singular of one English word in lower case; a word that is no plural stays itself."""
    if word in IRREGULAR:
        return IRREGULAR[word]
    if word.endswith("ies") and len(word) > 4:
        return word[:-3] + "y"
    if word.endswith(("ches", "shes", "sses", "xes", "zes")):
        return word[:-2]
    if word.endswith("s") and not word.endswith(("ss", "us", "is")) and len(word) > 3:
        return word[:-1]
    return word


@cache
def longest_phrase() -> int:
    """Give the number of words in the longest known phrase."""
    return max(len(phrase.split()) for phrase in _lexicon())


@cache
def _things() -> dict[str, Thing]:
    text = resources.files("geoglot.models.nano").joinpath("things.toml").read_text("utf-8")
    return {row["name"]: _thing(row) for row in tomllib.loads(text)["thing"]}


def _thing(row: Mapping[str, Any]) -> Thing:
    return Thing(
        row["name"],
        kinds=tuple(row["kinds"]),
        plural=row.get("plural", _plural_word(row["name"])),
        also=tuple(row.get("also", ())),
        narrower=tuple(row.get("narrower", ())),
        members=tuple(row.get("members", ())),
        length_m=row.get("length_m"),
        mass=row.get("mass", False),
    )


@cache
def _lexicon() -> dict[str, ThingMatch]:
    """Every known phrase, singular and tidy; names win over synonyms, synonyms over narrower words."""
    out: dict[str, ThingMatch] = {}
    for known in _things().values():
        for phrase in known.narrower:
            out.setdefault(_singular_phrase(tidy(phrase)), ThingMatch(known.name, tidy(phrase), exact=False))
    for known in _things().values():
        for phrase in known.also:
            out[_singular_phrase(tidy(phrase))] = ThingMatch(known.name, tidy(phrase), exact=True)
    for known in _things().values():
        for phrase in (known.name, known.plural):
            out[_singular_phrase(tidy(phrase))] = ThingMatch(known.name, tidy(known.name), exact=True)
    return out


def _singular_phrase(phrase: str) -> str:
    *first, last = phrase.split() or [""]
    return " ".join([*first, singular(last)])


def _plural_word(name: str) -> str:
    if name.endswith(("s", "x", "ch", "sh")):
        return name + "es"
    if name.endswith("y") and name[-2:-1] not in "aeiou":
        return name[:-1] + "ies"
    return name + "s"
