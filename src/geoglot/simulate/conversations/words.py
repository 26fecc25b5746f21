"""Names of things in sentences: plurals, synonyms, short lists."""

from __future__ import annotations

from functools import cache

import numpy as np

from geoglot.simulate.tables import thing_classes

# Nouns whose plural is not made by adding s.
_PLURAL = {"bus": "buses", "city bus": "city buses", "coach": "coaches", "aircraft": "aircraft", "block": "blocks"}
COVER_NOUNS = {
    "water": ("water",),
    "forest": ("forest", "woodland", "trees"),
    "shrub": ("shrubs", "scrub", "bushes"),
    "grass": ("grass", "grassland", "meadows"),
    "crop": ("crops", "farmland", "arable fields"),
    "bare": ("bare ground", "bare soil"),
    "rock": ("rock", "bare rock"),
    "snow": ("snow",),
    "wetland": ("wetland", "marsh"),
    "urban": ("built-up land", "urban land"),
    "road": ("roads", "paved roads"),
}
NUMBERS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")


@cache
def nouns(label: str) -> tuple[str, ...]:
    """The singular names of an object class, its own first."""
    found = next(thing for thing in thing_classes() if thing.name == label)
    return found.name, *found.synonyms


def plural(noun: str) -> str:
    """The plural of a noun of the object table: "storage tank" gives "storage tanks"."""
    if noun in _PLURAL:
        return _PLURAL[noun]
    head = noun.rpartition(" ")[2]
    if head in _PLURAL:
        return noun[: -len(head)] + _PLURAL[head]
    if noun.endswith("y") and noun[-2] not in "aeiou":
        return noun[:-1] + "ies"
    if noun.endswith(("s", "x", "ch", "sh")):
        return noun if noun.endswith("panels") else noun + "es"
    return noun + "s"


def name(label: str, rng: np.random.Generator) -> str:
    """A name of an object class: its own half of the time, else a synonym."""
    names = nouns(label)
    return names[0] if len(names) == 1 or rng.random() < 0.5 else names[int(rng.integers(1, len(names)))]


def cover_name(label: str, rng: np.random.Generator) -> str:
    """A name of a land cover, a plural or a mass noun."""
    names = COVER_NOUNS[label]
    return names[int(rng.integers(len(names)))]


def some(count: int, noun: str) -> str:
    """A count with its noun: "two ships", "one ship", "37 cars"."""
    number = NUMBERS[count] if count < len(NUMBERS) else str(count)
    return f"{number} {noun if count == 1 else plural(noun)}"


def listed(parts: list[str]) -> str:
    """Parts joined by commas and a last "and"."""
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"
