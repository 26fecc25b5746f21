"""Multiple choice: every choice is given a probability, the likeliest letter is the answer."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

from geoglot.models.nano import things
from geoglot.models.nano.query import Aim, Noun, Query, Threshold
from geoglot.models.nano.reading.scope import take_threshold
from geoglot.models.nano.reading.text import plain
from geoglot.models.nano.reason.counts import within
from geoglot.models.nano.reason.finding import Finding, refused
from geoglot.models.nano.reason.numbers import counted, with_missed
from geoglot.models.nano.reason.presence import probability
from geoglot.models.nano.reason.seen import Seen
from geoglot.models.nano.reason.select import choose
from geoglot.models.nano.reason.whole import what_is_missed
from geoglot.tasks.numbers import INTEGER, read_integer

LETTERS = "ABCDEFGHIJKLMNOP"
_RANGE = re.compile(r"(?:between )?(\d+) ?(?:-|to|and) ?(\d+)")
_NONE = re.compile(r"(?:none|nothing|no [a-z ]+|neither|absent)")

Answered = Callable[[Query, Seen], Finding]
"""How a question without choices is answered."""


def choose_letter(query: Query, seen: Seen, answered: Answered) -> Finding:
    """Score every choice and give the likeliest letter; the confidence is its share of all probability.

    answered: for aims whose answer is compared with the choices as it is. Refused where no choice can be scored.
    """
    if len(query.choices) < 2:
        return refused("there are no choices to choose from")
    bare = replace(query, choices=())
    if query.aim is Aim.COUNT and query.thing is not None:
        scores: list[float] | None = _numbers(query.choices, bare, seen)
        told = None
    elif query.aim in {Aim.SCENE, Aim.LABELS}:
        scores, told = _named(query, seen), None
    else:
        told = answered(bare, seen)
        if told.refused:
            return told
        scores = _against(query.choices, told)
    if scores is None or sum(scores) <= 0:
        return refused("none of the choices is something that I can tell")
    best = max(range(len(scores)), key=scores.__getitem__)
    finding = replace(told or Finding(), value=LETTERS[best], unit=None, confidence=scores[best] / sum(scores))
    return finding if scores[best] > sorted(scores)[-2] else finding.doubted("two choices are equally likely")


def _numbers(choices: tuple[str, ...], query: Query, seen: Seen) -> list[float] | None:
    """The probability of each choice that is a number, a range or a bound."""
    number = with_missed(counted([each.p for each in choose(query, seen).candidates]), what_is_missed(query, seen))
    bounds = [_bound(text) for text in choices]
    return None if not any(bounds) else [0.0 if bound is None else bound(number) for bound in bounds]


def _bound(text: str) -> Callable[..., float] | None:
    said = plain(text)
    if match := _RANGE.fullmatch(said):
        low, high = int(match[1]), int(match[2])
        return lambda number: number.between(low, high)
    threshold, _ = take_threshold(said)
    if threshold is None and (match := re.match(rf"({INTEGER})\b", said)):
        threshold = Threshold("exactly", read_integer(match[1]))
    if threshold is None and _NONE.fullmatch(said):
        threshold = Threshold("exactly", 0)
    if threshold is None:
        return None
    bound = threshold
    return lambda number: within(number, bound)


def _named(query: Query, seen: Seen) -> list[float] | None:
    """How likely each named class is: as the scene, else as something that is there."""
    nouns = []
    for text in query.choices:
        match = things.find(re.sub(r"^(?:an? |the )", "", plain(text)))
        nouns.append(None if match is None else Noun(text, match.name, match.exact))
    if not any(nouns):
        return None
    scenes = {things.canonical(guess.name): guess.probability for guess in seen.guesses("scenes")}
    if query.aim is Aim.SCENE and scenes:
        return [
            0.0
            if noun is None or noun.thing is None
            else sum(scenes.get(name, 0.0) for name in things.members(noun.thing))
            for noun in nouns
        ]
    asked = [None if noun is None else replace(query, choices=(), noun=noun) for noun in nouns]
    return [0.0 if one is None else probability(one, seen, choose(one, seen))[0] for one in asked]


def _against(choices: tuple[str, ...], told: Finding) -> list[float] | None:
    """How well each choice agrees with an answer; what agrees gets its confidence, the rest shares the remainder."""
    fits = [_agrees(plain(text).rstrip(" .").replace("center", "centre"), told) for text in choices]
    best = max(fits)
    if best <= 0:
        return None
    right = [fit == best for fit in fits]
    rest = (1 - told.confidence) / max(1, len(choices) - sum(right))
    return [told.confidence / sum(right) if is_right else rest for is_right in right]


def _agrees(choice: str, told: Finding) -> float:
    """1 for the same truth or words, the ratio of two amounts, 0 for what has nothing in common."""
    value = told.value
    if isinstance(value, bool):
        return float(choice.startswith("yes" if value else "no"))
    if isinstance(value, int | float):
        match = re.search(r"\d+(?:\.\d+)?", choice.replace(",", ""))
        if match is None:
            return 0.0
        low, high = sorted((float(match[0]), float(value)))
        return 1.0 if high == 0 else low / high if low > 0 else 0.0
    if isinstance(value, str):
        mine, other = things.find(choice), things.find(value)
        same = mine is not None and other is not None and mine.name == other.name
        value = value.replace("center", "centre")
        return float(same or value in choice or choice in value)
    return 0.0
