"""Where network and rules agree on what is asked, the rules fill in what the network passed over."""

from __future__ import annotations

from dataclasses import replace

from geoglot.models.nano.query import Noun, Query, Relation
from geoglot.models.nano.reading import cues
from geoglot.models.nano.reading.draft import NOUNLESS, Draft
from geoglot.models.nano.reading.nouns import Phrase
from geoglot.models.nano.reading.pairs import AIMS


def completed(heard: Draft, ruled: Draft, *, first: bool) -> Draft:
    """Give the network's draft with a thing, a place, a relation or a frame that only the rules found.

    A thing is taken where both see the same aim; the rest where they see the same thing too. first: no question came
    before, so that there has to be a thing, known or not.
    """
    query, other = heard.query, ruled.query
    if cues.DETAILED.search(heard.text):
        query = replace(query, detail="detailed")
    if query.frame is None and query.change is None:
        query = replace(query, frame=other.frame)
    same = heard.wanted is not None and query.aim is other.aim and query.aim not in AIMS
    phrase = heard.phrase
    if same and phrase is None and query.aim not in NOUNLESS and (first or _is_thing(ruled.phrase)):
        phrase, query = ruled.phrase, replace(query, noun=other.noun)
    if same and query.thing == other.thing:
        query = _filled(query, other)
    return replace(heard, query=query, phrase=phrase)


def _is_thing(phrase: Phrase | None) -> bool:
    """Whether the rules' phrase names a thing: one that is known, or several; other words may be no nouns at all."""
    return phrase is not None and phrase.noun is not None and (_is_known(phrase.noun) or phrase.plural)


def _filled(query: Query, other: Query) -> Query:
    """The query with the place, the relation, the bound and the unit that only the other one has."""
    relation, place = query.relation, query.place
    if relation is None and place is None:
        relation, place = _known(other.relation), other.place
    bound = query.threshold
    if other.threshold is not None and (bound is None or (bound.unit == "" and bound.number == other.threshold.number)):
        bound = other.threshold
    return replace(query, relation=relation, place=place, threshold=bound, unit=query.unit or other.unit)


def _known(relation: Relation | None) -> Relation | None:
    """A relation to things that are known or marked: what rules take for an unknown one is often no thing at all."""
    return relation if relation and all(_is_known(anchor) for anchor in relation.anchors) else None


def _is_known(noun: Noun) -> bool:
    return noun.thing is not None or noun.region is not None
