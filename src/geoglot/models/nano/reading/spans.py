"""From what the network hears to a `Draft`: labels and tagged words are resolved by the rules, which are exact.

The network says which words are the thing, the place, the bound; what they mean is read by the same code that
`RuleReader` uses.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from geoglot.conversation import Turn
from geoglot.models.nano import things
from geoglot.models.nano.query import Aim, Noun, Query, Relation, Threshold
from geoglot.models.nano.reading import labels, pairs, scope, times
from geoglot.models.nano.reading.bounds import read_bound
from geoglot.models.nano.reading.cues import Wanted
from geoglot.models.nano.reading.draft import NOUNLESS, Draft
from geoglot.models.nano.reading.ear import Heard
from geoglot.models.nano.reading.nouns import ATTRIBUTES, EXTREMES, PRONOUNS, STOPS, Phrase, phrase_at
from geoglot.models.nano.reading.relations import take_directed, take_loose
from geoglot.regions import Region
from geoglot.tasks import TaskName

_ASKS = {name: name for name in ("colour", "shape", "length", "width")} | {
    "labels cover": "cover",
    "labels objects": "objects",
}
_SIDES = re.compile(r"\b(left|right|above|below|beneath|underneath|top|bottom|higher|lower|north|south|east|west)")
_SIDE = {
    **{"left": "left of", "right": "right of", "above": "above", "top": "above", "higher": "above"},
    **dict.fromkeys(("below", "beneath", "underneath", "bottom", "lower"), "below"),
    **{side: f"{side} of" for side in ("north", "south", "east", "west")},
}
_MARKER = re.compile(r"<r(\d+)>")
_DIRECTION = re.compile(
    r"upper|lower|top|bottom|left|right|(?:north|south)(?:-?(?:east|west))?(?:ern)?|(?:east|west)(?:ern)?"
    r"|quadrant|quarter|corner|half"
)
_UNITS = frozenset({"m2", "ha", "km2", "%"})
_COMPASS = re.compile(r"\b(?:directions?|bearing|compass|north|south|east|west)\b")


@dataclass(frozen=True, slots=True)
class Span:
    """Words in a row that share a tag."""

    tag: str
    words: tuple[str, ...]

    @property
    def text(self) -> str:
        """The words as text."""
        return " ".join(self.words)


def draft_of(heard: Heard, words: Sequence[str], turn: Turn, *, likely: str | None = None) -> Draft:
    """Give the question that the labels and tags of plain words mean.

    turn: for its regions. likely: the thing that the rules take for the one asked about, where several are tagged.
    """
    tags = _with_names(words, _with_rest(words, heard.tags))
    spans = tuple(_spans(words, tags))
    task, aim, wanted = _wanted(heard, " ".join(words))
    first, second = _nouns(spans, aim, turn.regions, likely)
    phrase = None if aim in NOUNLESS else _with_said(first, spans)
    bound = _threshold(spans)
    dates, _ = times.take_dates(" ".join(words))
    frame = heard.whole["frame"]
    query = Query(
        task,
        aim,
        noun=phrase.noun if phrase else None,
        other=(second.noun or Noun("")) if second and aim in pairs.AIMS - {Aim.MOST} else None,
        relation=_relation(spans, turn.regions),
        place=_place(spans),
        region=_region(words, tags, turn.regions),
        threshold=bound if aim in {Aim.PRESENCE, Aim.UNKNOWN} else None,
        unit=heard.whole["unit"] or None,
        comparison=heard.whole["comparison"] if aim is Aim.COMPARE else "more",
        choices=_choices(first, second) if aim is Aim.MOST else (),
        asks=wanted.asks if wanted else None,
        beyond=wanted.beyond if wanted else None,
        change=heard.whole["change"] or None,
        frame=int(frame) if frame else None,
        dates=dates,
        detail=heard.whole["detail"],
    )
    return Draft(
        query,
        wanted,
        phrase,
        " ".join(words),
        negated=heard.whole["negated"] == "negated",
        again=heard.whole["intent"] == "again",
    )


def _wanted(heard: Heard, text: str) -> tuple[TaskName, Aim, Wanted | None]:
    """Task and aim of the intent; what points at things that changed is a change mask."""
    intent = heard.whole["intent"]
    if intent == "region" and not _MARKER.search(text):
        intent = "caption"
    if intent in {"point", "segment"} and heard.whole["change"]:
        intent = "change-mask"
    task, aim = labels.INTENTS[intent]
    if intent in {"none", "again"}:
        return task, aim, None
    asks = _ASKS.get(intent)
    if aim is Aim.RELATION and _COMPASS.search(text):
        asks = "compass"
    return task, aim, Wanted(task, aim, asks=asks, beyond=intent if aim is Aim.BEYOND else None)


def _with_rest(words: Sequence[str], tags: Sequence[str]) -> list[str]:
    """Tags where a plural right behind a noun that is none belongs to it: "car washes" are no cars."""
    out = list(tags)
    for at in range(1, len(words)):
        before, word = words[at - 1], words[at]
        follows = out[at - 1] in {labels.NOUN, labels.OTHER, labels.ANCHOR} and out[at] == labels.OUTSIDE
        if follows and _is_plural(word) and not _is_plural(before) and before not in PRONOUNS | STOPS:
            out[at] = out[at - 1]
    return out


def _with_names(words: Sequence[str], tags: Sequence[str]) -> list[str]:
    """Tags where a name that holds an "and" is one: a track and field stadium is no track beside a field."""
    out = list(tags)
    for at in (at for at, word in enumerate(words) if word == "and"):
        name = _name_around(words, at)
        said = [out[near] for near in name if out[near] in {labels.NOUN, labels.OTHER, labels.ANCHOR}]
        for near in name if said else ():
            out[near] = said[0]
    return out


def _name_around(words: Sequence[str], at: int) -> range:
    """Where the longest known name stands that has `at` in its middle; empty if there is none."""
    most = things.longest_phrase()
    starts = range(max(0, at + 2 - most), at)
    names = [
        range(start, end)
        for start in starts
        for end in range(at + 2, min(len(words), start + most) + 1)
        if things.find(" ".join(words[start:end]))
    ]
    return max(names, key=len, default=range(0))


def _is_plural(word: str) -> bool:
    return word.isalpha() and word not in STOPS and things.singular(word) != word


def _spans(words: Sequence[str], tags: Sequence[str]) -> Iterator[Span]:
    """Spans in order; a unit right after a bound belongs to it, and a mere direction is no thing but a place."""
    tags = list(tags)
    for at in range(len(words)):
        if at and tags[at - 1].startswith("B:") and words[at] in _UNITS:
            tags[at] = tags[at - 1]
        if tags[at] == labels.ANCHOR and _DIRECTION.fullmatch(words[at]):
            tags[at] = labels.PLACE
    start = 0
    for at in range(1, len(words) + 1):
        if at == len(words) or tags[at] != tags[start]:
            yield Span(tags[start], tuple(words[start:at]))
            start = at


def _nouns(
    spans: Sequence[Span], aim: Aim, regions: Sequence[Region], likely: str | None
) -> tuple[Phrase | None, Phrase | None]:
    """The thing asked about and the second one; of two spans of the first the other takes the second's place."""
    first = [span for span in spans if span.tag == labels.NOUN]
    second = [span for span in spans if span.tag == labels.OTHER]
    if aim in pairs.AIMS and not second and len(first) > 1:
        first, second = first[:1], first[1:]
    found = [phrase for span in first if (phrase := _phrase(span.text, regions))]
    named = [phrase for phrase in found if phrase.noun]
    meant = [phrase for phrase in named if phrase.noun and phrase.noun.thing and phrase.noun.thing == likely]
    main = next(iter((*meant, *named, *found)), None)
    others = [phrase for span in second if (phrase := _phrase(span.text, regions))]
    known = [phrase for phrase in others if phrase.noun and (phrase.noun.thing or phrase.noun.region)]
    return main, next(iter((*known, *others)), None)


def _phrase(text: str, regions: Sequence[Region]) -> Phrase | None:
    """The noun phrase of a span; a span that no rule reads is a noun of its own."""
    phrase = phrase_at(text, 0, regions)
    if phrase is not None:
        return phrase
    words = [word for word in text.split() if word[0].isalpha() and word not in PRONOUNS | STOPS]
    return Phrase(Noun(" ".join(words)), 0, 0) if words else None


def _with_said(phrase: Phrase | None, spans: Sequence[Span]) -> Phrase | None:
    """The thing with the attributes and the extreme that are said after it."""
    words = [word for span in spans if span.tag in {labels.ATTRIBUTE, labels.EXTREME} for word in span.words]
    said = tuple(ATTRIBUTES[word] for word in words if word in ATTRIBUTES)
    extreme = next((EXTREMES[word] for word in words if word in EXTREMES), None)
    if not said and extreme is None:
        return phrase
    if phrase is None:
        return Phrase(None, 0, 0, attributes=said, extreme=extreme)
    if phrase.noun is None:
        return replace(phrase, attributes=(*phrase.attributes, *said), extreme=extreme or phrase.extreme)
    kept = tuple(pair for pair in said if pair not in phrase.noun.attributes)
    noun = replace(phrase.noun, attributes=(*phrase.noun.attributes, *kept), extreme=extreme or phrase.noun.extreme)
    return replace(phrase, noun=noun)


def _relation(spans: Sequence[Span], regions: Sequence[Region]) -> Relation | None:
    """The first relation whose anchor can be read. An anchor that is a pronoun has an empty name: see `finished`."""
    for at, span in enumerate(spans):
        if not span.tag.startswith("R:"):
            continue
        kind = span.tag[2:]
        if kind == labels.SIDE:
            side = _SIDES.search(span.text)
            if side is None:
                continue
            kind = _SIDE[side[1]]
        most = 2 if kind == labels.BETWEEN else 1
        texts = [one.text for one in spans[at + 1 :] if one.tag == labels.ANCHOR][:most]
        anchors = tuple(_anchor(text, regions) for text in texts)
        if len(anchors) == most:
            return Relation(kind, anchors)
    return _untold(spans, regions)


def _untold(spans: Sequence[Span], regions: Sequence[Region]) -> Relation | None:
    """A relation that the words before an anchor tell, where none of them is tagged as one."""
    for at, span in enumerate(spans):
        if span.tag == labels.ANCHOR:
            text = f"{' '.join(spans[at - 1].words[-3:]) if at else ''} {span.text}"
            directed, _ = take_directed(text, regions)
            return directed or take_loose(text, regions)[0]
    return None


def _anchor(text: str, regions: Sequence[Region]) -> Noun:
    phrase = _phrase(text, regions)
    return phrase.noun if phrase and phrase.noun else Noun("")


def _place(spans: Sequence[Span]) -> str | None:
    """The part of the image that the direction words name: "northern" is north, "top left" is upper left."""
    said = " ".join(span.text for span in spans if span.tag == labels.PLACE)
    if not said:
        return None
    for text in (f"in the {said} part", f"in the {said}", f"at the {said}s"):
        place, _ = scope.take_place(text)
        if place:
            return place
    return None


def _threshold(spans: Sequence[Span]) -> Threshold | None:
    for span in spans:
        if span.tag.startswith("B:") and (found := read_bound(span.tag[2:], span.words)):
            return found
    return None


def _region(words: Sequence[str], tags: Sequence[str], regions: Sequence[Region]) -> Region | None:
    """The one region that bounds the question: a marker that stands for no thing."""
    pointed = {
        int(match[1])
        for word, tag in zip(words, tags, strict=True)
        if tag in {labels.OUTSIDE, labels.PLACE} and (match := _MARKER.fullmatch(word))
    }
    return regions[pointed.pop()] if len(pointed) == 1 and max(pointed) < len(regions) else None


def _choices(first: Phrase | None, second: Phrase | None) -> tuple[str, ...]:
    nouns = [phrase.noun.asked_as for phrase in (first, second) if phrase and phrase.noun]
    return tuple(nouns) if len(nouns) == 2 else ()
