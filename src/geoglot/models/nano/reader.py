"""From words to a `Query`: the seam `Reader`, and the reader made of rules and synonyms."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Protocol

from geoglot.conversation import Conversation, Turn
from geoglot.models.nano.query import Aim, Query
from geoglot.models.nano.reading import cues, pairs, scope, times
from geoglot.models.nano.reading.choices import take_choices
from geoglot.models.nano.reading.draft import NOUNLESS, Draft, finished
from geoglot.models.nano.reading.nouns import ATTRIBUTES, EXTREMES, Phrase, is_hollow, phrase_at, phrases_in
from geoglot.models.nano.reading.relations import take_directed, take_loose
from geoglot.models.nano.reading.text import plain, take
from geoglot.regions import Region
from geoglot.tasks import TaskName


class Reader(Protocol):
    """What turns the last question of a conversation into a query."""

    def read(self, conversation: Conversation, *, task: TaskName | None = None) -> Query:
        """Read the last turn; earlier turns say what "them" and "and trucks?" mean. task: told by the caller.

        A noun that is not known comes back as a noun without a thing; a question that is not understood as
        `Aim.UNKNOWN`. Never raises for words.
        """
        ...


@dataclass(frozen=True, slots=True)
class RuleReader:
    """The reader made of rules (`reading/`) and of the synonyms in `things.toml`."""

    def read(self, conversation: Conversation, *, task: TaskName | None = None) -> Query:
        """Read the last turn: see `Reader.read`."""
        asked = [turn for turn in conversation.turns if turn.role == "user"] or [conversation.question]
        query: Query | None = None
        for turn in asked[:-1]:
            query = finished(ruled(turn), query, None)
        return finished(ruled(asked[-1]), query, task)


_MARKER = re.compile(
    r"(?:\b(?:only )?(?:in|inside|within|at|of|into|about|to|by|on|for) )?"
    r"(?:(?:the |this )?(?:marked )?(?:region|area|box|place|part|patch|spot) )?(?:given by |outlined by )?<r(\d+)>"
)
_HEADING = re.compile(
    r"\b(?:fac(?:e|es|ing)|head(?:s|ed|ing)|point(?:s|ed|ing)) (?:to |towards )?(?:the )?"
    r"(?:north|south|east|west|left|right|up|down)(?:[- ]?(?:east|west))?(?:wards?)?\b"
)
_PREDICATE = re.compile(
    r"(?:\b(?:is|are|was|were|in) )?\b(?P<attribute>" + "|".join(ATTRIBUTES) + r")\b(?= [?;.,]|$)"
    r"|\b(?:is|are) (?P<extreme>" + "|".join(EXTREMES) + r")\b"
)


def ruled(turn: Turn) -> Draft:
    """Take one question apart by rules, without the ones before it."""
    choices, rest = take_choices(turn.text)
    whole = plain(rest)
    region, text = _scope_region(whole, turn.regions)
    change = cues.change_kind(whole)
    threshold, _ = scope.take_threshold(whole)
    wanted = cues.wanted(whole, change=change, bounded=threshold is not None, in_region=region is not None)
    if wanted and wanted.aim in pairs.AIMS:  # a marker is then one of the two things
        region, text = None, whole
    _, text = scope.take_threshold(text)
    dates, text = times.take_dates(text)
    frame, text = times.take_frame(text)
    unit, text = scope.take_unit(text)
    query = Query(
        wanted.task if wanted else TaskName.VQA,
        wanted.aim if wanted else Aim.UNKNOWN,
        region=region,
        threshold=threshold,
        unit=unit,
        choices=choices,
        asks=wanted.asks if wanted else None,
        beyond=wanted.beyond if wanted else None,
        change=change,
        frame=frame,
        dates=dates,
        detail="detailed" if cues.DETAILED.search(whole) else "short",
    )
    negated, again = bool(cues.NEGATED.search(whole)), bool(cues.AGAIN.search(whole))
    if query.aim in pairs.AIMS and (found := pairs.read(query, text, turn.regions)):
        phrase = None if found.noun is None else Phrase(found.noun, 0, 0)
        return Draft(found, wanted, phrase, whole, negated, again)
    query, phrase = _with_noun(query, text, turn.regions)
    return Draft(query, wanted, phrase, whole, negated, again)


def _scope_region(text: str, regions: tuple[Region, ...]) -> tuple[Region | None, str]:
    """Give the one region that bounds the question; several markers are nouns, and stay in the text."""
    found = list(_MARKER.finditer(text))
    if len({match[1] for match in found}) != 1 or int(found[0][1]) >= len(regions):
        return None, text
    return regions[int(found[0][1])], " ".join(_MARKER.sub(" ", text).split())


def _with_noun(query: Query, text: str, regions: tuple[Region, ...]) -> tuple[Query, Phrase | None]:
    """Add what the question is about, and where that has to be."""
    heading, text = take(_HEADING, text)
    directed, left = take_directed(text, regions)
    place, placed = scope.take_place(left)
    loose, left = (None, placed) if directed else take_loose(placed, regions)
    relation = directed or loose
    phrase = _main_phrase(left, query.aim, regions)
    if phrase is None and loose:  # "around the red car" may be all there is: then it names the thing itself
        phrase, relation, left = _main_phrase(placed, query.aim, regions), None, placed
    if phrase is None and query.aim not in NOUNLESS:
        first = phrase_at(left, 0)  # "black ones?" is all pronoun
        phrase = first if first and not (first.noun and is_hollow(first.noun)) else None
    if query.aim in {Aim.COUNT, Aim.PRESENCE, Aim.OBJECTS, Aim.UNKNOWN}:
        phrase = _with_predicate(left, phrase)
    if query.aim is Aim.ATTRIBUTE:
        phrase = _whole_of(phrase, left, regions)
    if heading and phrase and phrase.noun:  # which way things face is not seen: left out, and said so
        phrase = replace(phrase, noun=replace(phrase.noun, unread=(*phrase.noun.unread, heading[0])))
    return replace(query, relation=relation, place=place, noun=phrase.noun if phrase else None), phrase


def _main_phrase(text: str, aim: Aim, regions: tuple[Region, ...]) -> Phrase | None:
    """Give the noun phrase that a question is about.

    First what stands where only the thing can stand ("how many …"), known or not; then a known thing after a verb
    of seeing, any known thing, a noun that is not known; a pronoun last.
    """
    if aim in NOUNLESS:
        return None
    sure, likely = (
        [phrase for match in slots.finditer(text) if (phrase := phrase_at(text, match.end(), regions))]
        for slots in (cues.SURE_SLOTS, cues.LIKELY_SLOTS)
    )
    named = phrases_in(text)
    ranked = (
        *(phrase for phrase in sure if phrase.noun and not is_hollow(phrase.noun)),
        *(phrase for phrase in likely if phrase.noun and (phrase.noun.thing or phrase.noun.region)),
        *(phrase for phrase in named if phrase.noun and phrase.noun.thing),
        *(phrase for phrase in likely if phrase.noun and not is_hollow(phrase.noun)),
        *named,
        *(phrase for phrase in (*sure, *likely) if phrase.noun is None),
    )
    return next(iter(ranked), None)


def _with_predicate(text: str, phrase: Phrase | None) -> Phrase | None:
    """Give the phrase with what its verb says of it: "how many of them are red", "the ship that is leftmost"."""
    match = _PREDICATE.search(text, phrase.end) if phrase else None
    if phrase is None or match is None:
        return phrase
    if match["extreme"]:
        return replace(phrase, noun=phrase.noun and replace(phrase.noun, extreme=EXTREMES[match["extreme"]]))
    said = ATTRIBUTES[match["attribute"]]
    if phrase.noun is None:
        return replace(phrase, attributes=(*phrase.attributes, said))
    if said in phrase.noun.attributes:
        return phrase
    return replace(phrase, noun=replace(phrase.noun, attributes=(*phrase.noun.attributes, said)))


def _whole_of(phrase: Phrase | None, text: str, regions: tuple[Region, ...]) -> Phrase | None:
    """Give the thing that a part belongs to: the house for "the roof of the largest house"."""
    if phrase is not None and text.startswith(" of ", phrase.end):
        whole = phrase_at(text, phrase.end + 4, regions)
        if whole and whole.noun and whole.noun.thing:
            return whole
    return phrase
