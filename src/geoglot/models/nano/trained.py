"""`TrainedReader`: a network says which words are what, rules say what they mean; rules alone where it is not sure."""

from __future__ import annotations

import re
from dataclasses import replace
from functools import cache

from geoglot.conversation import Conversation, Turn
from geoglot.models.nano import things
from geoglot.models.nano.query import Aim, Noun, Query, Relation
from geoglot.models.nano.reader import Reader, RuleReader, ruled
from geoglot.models.nano.reading.agree import completed
from geoglot.models.nano.reading.chinese import english
from geoglot.models.nano.reading.choices import take_choices
from geoglot.models.nano.reading.draft import Draft, finished
from geoglot.models.nano.reading.ear import MANIFEST, Ear
from geoglot.models.nano.reading.spans import draft_of
from geoglot.models.nano.reading.spelling import mended
from geoglot.models.nano.reading.text import plain
from geoglot.models.nano.weights import SHIPPED
from geoglot.tasks import TaskName

SURE_FROM = 0.5
"""Probability of the intent from which the network is believed rather than the rules; chosen on steering.toml."""

REFUSED_FROM = 0.9
"""Probability from which words that rules do understand are no question about an image all the same."""

NEAR_FROM = 0.8
"""Probability from which a noun that is not known stands for the nearest thing. Of nouns left out of training it then
names a thing for two in five known ones, right in nine of ten cases, and for one in fifty of the unknown."""

_OWNED = re.compile(r"(?<=\w)'s\b")  # "the lake's area": a word of its own, as it was in training
_IN_IT = re.compile(r"\b(?:in|inside|on|within) (?:it|there)\b")
_WHICH = re.compile(r"\b(?:which|what)\b")


@cache
def open_reader() -> Reader:
    """Give the shipped reader, the rules alone if its weights are not installed. Raises ModelError if they changed."""
    return TrainedReader(Ear(SHIPPED)) if (SHIPPED / MANIFEST).is_file() else RuleReader()


class TrainedReader:
    """The reader with a network. ear: the network. alone: without what the rules would add, to measure it."""

    def __init__(self, ear: Ear, *, alone: bool = False) -> None:
        self._ear = ear
        self._alone = alone

    def read(self, conversation: Conversation, *, task: TaskName | None = None) -> Query:
        """Read the last turn: see `Reader.read`."""
        asked = [turn for turn in conversation.turns if turn.role == "user"] or [conversation.question]
        before: list[Query] = []
        for turn in asked[:-1]:
            before.append(self._query(turn, before, None))
        return self._query(asked[-1], before, task)

    def _query(self, turn: Turn, before: list[Query], task: TaskName | None) -> Query:
        last = before[-1] if before else None
        draft = self._draft(turn, first=last is None)
        if draft is None and task is None:
            return Query(TaskName.VQA, Aim.UNKNOWN)
        draft = draft or ruled(turn)
        query = _with_pronouns(finished(draft, last, task), last, draft.text)
        query = _between_earlier(query, before, draft.text)
        return replace(query, noun=self._known(query.noun), other=self._known(query.other))

    def _draft(self, turn: Turn, *, first: bool) -> Draft | None:
        """Take one question apart, without the ones before it; None for what cannot be asked of an image."""
        choices, rest = take_choices(turn.text)
        text = _OWNED.sub(r" \g<0>", plain(english(rest)))
        words = mended(text, self._ear.is_word).split()
        heard = self._ear.hear(words)
        draft = None if heard.whole["intent"] == "other" else draft_of(heard, words, turn)
        if not self._alone:
            rules = ruled(replace(turn, text=" ".join(words)))
            if heard.sure < SURE_FROM or (draft is None and heard.sure < REFUSED_FROM and rules.wanted):
                draft = rules
            elif draft is not None:
                draft = completed(draft_of(heard, words, turn, likely=rules.query.thing), rules, first=first)
        return replace(draft, query=replace(draft.query, choices=choices)) if draft and choices else draft

    def _known(self, noun: Noun | None) -> Noun | None:
        """Give a noun that is not known as the nearest thing, marked as not exact; unchanged if none is near.

        A known word behind words that no rule reads is looked at with them: an asphalt plant is no plant.
        """
        if noun is None or noun.region is not None or not noun.asked_as or (noun.thing and not noun.unread):
            return noun
        words = " ".join((*noun.unread, noun.asked_as))
        name, chance = self._ear.nearest(" ".join(things.singular(word) for word in words.split()))
        if name == noun.thing or (chance < NEAR_FROM and noun.thing is None):
            return noun
        return replace(noun, asked_as=words, thing=name if chance >= NEAR_FROM else None, exact=False, unread=())


def _with_pronouns(query: Query, before: Query | None, text: str) -> Query:
    """Fill in the thing before for "in it", "from it": a noun without a name; without one what it stood in goes."""
    relation, meant = query.relation, before.noun if before else None
    if query.other is not None and not query.other.asked_as:
        query = replace(query, other=meant)
    if relation is None and meant is not None and _holds(meant, query) and _IN_IT.search(text):
        relation = Relation("inside", (Noun(""),))
    if relation is None or all(anchor.asked_as for anchor in relation.anchors):
        return query
    if meant is None:
        return replace(query, relation=None)
    anchors = tuple(anchor if anchor.asked_as else replace(meant, extreme=None) for anchor in relation.anchors)
    return replace(query, relation=replace(relation, anchors=anchors))


def _holds(place: Noun, query: Query) -> bool:
    """Whether "in it" means a thing rather than the image: a place, and not the thing that is asked about."""
    return place.thing is not None and place.thing != query.thing and things.thing(place.thing).kinds[0] != "object"


def _between_earlier(query: Query, before: list[Query], text: str) -> Query:
    """Give "which are there more of?" the two things that were asked about before."""
    if query.aim is not Aim.MOST or query.choices or not _WHICH.search(text) or re.search("cover|ground|land", text):
        return query
    named = tuple(dict.fromkeys(one.noun.asked_as for one in before if one.noun is not None and one.noun.thing))
    return replace(query, choices=named[-2:]) if len(named) >= 2 else query
