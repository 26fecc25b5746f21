"""Where a thing has to be in relation to others: "near the river", "between the road and the bridge"."""

from __future__ import annotations

import re
from collections.abc import Sequence

from geoglot.models.nano.query import Noun, Relation
from geoglot.models.nano.reading.nouns import Phrase, phrase_at
from geoglot.models.nano.reading.scope import IMAGE
from geoglot.models.nano.reading.text import cut
from geoglot.regions import Region

_COMPASS = r"(?P<compass>north|south|east|west)"
_NO_IMAGE = rf"(?!(?:the |this )?{IMAGE}\b)"
_DIRECTED = (
    (rf"(?:to |on |at )?(?:the )?(?P<side>left|right)(?:[- ]hand)?(?: side)? of {_NO_IMAGE}", "{side} of"),
    (rf"(?:to |in )?(?:the )?{_COMPASS} of {_NO_IMAGE}", "{compass} of"),
    (rf"at the top of {_NO_IMAGE}", "above"),
    (rf"at the bottom of {_NO_IMAGE}", "below"),
    (r"between ", "between"),
    (r"(?:next )?(?:nearest|closest)(?: to)? (?=the |a |an |<r)", "nearest"),
    (r"fa(?:r|rther|rthest) (?:away )?from ", "far from"),
)
_LOOSE = (
    (r"(?:near(?: to)?|close (?:to|by)|next to|not far from|in the vicinity of) ", "near"),
    (r"(?:beside|alongside|along|adjacent to|bordering|by|around|lining|in front of) ", "near"),
    (r"(?:above|higher up than) ", "above"),
    (r"(?:below|beneath|underneath|lower down than) ", "below"),
    (r"(?:in the middle of|inside(?: of)?|within|in|on top of|(?<!eye )on|onto|upon|over|across|at|under) ", "inside"),
)
_NOT_PLACES = re.compile(
    rf"(?:{IMAGE}|place|total|sight|question|here|detail|word|general|all|one|front|which|what|particular|fact|term|number"
    r"|sentence|ground|land|landscape|satellite|site|location|region|full|short|brief|sequence|video|clip|series"
    r"|image alone|surrounding|anywhere|everywhere|list|group|second|order|shape|colour|color|size|use|end|way|time|day"
    r"|night)s?\b"
)


def take_directed(text: str, regions: Sequence[Region] = ()) -> tuple[Relation | None, str]:
    """Give the first relation that only things have ("left of", "between"), and the text without it."""
    return _take(_DIRECTED, text, regions)


def take_loose(text: str, regions: Sequence[Region] = ()) -> tuple[Relation | None, str]:
    """Give the first relation that parts of the image have too ("near", "in"); to be tried once places are out."""
    return _take(_LOOSE, text, regions)


def _take(patterns: Sequence[tuple[str, str]], text: str, regions: Sequence[Region]) -> tuple[Relation | None, str]:
    for pattern, kind in patterns:
        for match in re.finditer(rf"\b{pattern}", text):
            first = _anchor(text, match.end(), regions)
            if first is None:
                continue
            said = {name: word for name, word in match.groupdict().items() if word}
            if kind != "between":
                return Relation(kind.format(**said), (_noun(first),)), cut(text, match.start(), first.end)
            joined = re.compile(r" and ").match(text, first.end)
            second = _anchor(text, joined.end(), regions) if joined else None
            if second:
                return Relation(kind, (_noun(first), _noun(second))), cut(text, match.start(), second.end)
    return None, text


def _anchor(text: str, start: int, regions: Sequence[Region]) -> Phrase | None:
    """The noun phrase after a preposition, unless it is the image itself or no thing at all."""
    phrase = phrase_at(text, start, regions)
    if phrase is None or phrase.noun is None:
        return None
    if phrase.noun.thing is None and phrase.noun.region is None and _NOT_PLACES.match(phrase.noun.asked_as):
        return None
    return phrase


def _noun(phrase: Phrase) -> Noun:
    assert phrase.noun is not None
    return phrase.noun
