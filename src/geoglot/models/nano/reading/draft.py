"""From one question taken apart to a whole query: what the question before adds, what the task leaves out."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from geoglot.models.nano import things
from geoglot.models.nano.query import AIM_OF, Aim, Noun, Query
from geoglot.models.nano.reading import cues
from geoglot.models.nano.reading.cues import Wanted
from geoglot.models.nano.reading.nouns import Phrase
from geoglot.tasks import TaskName

NOUNLESS = frozenset(
    {Aim.FACTS, Aim.SCENE, Aim.SETTLEMENT, Aim.LABELS, Aim.MOST, Aim.DATE, Aim.RESOLUTION, Aim.SENSOR, Aim.LOCATION}
    | {Aim.BEYOND}
)
"""The aims that are about no thing in particular."""

_ASKED_BOTH_WAYS = re.compile(
    r"\bor (?:can|could|do|does|did|is|are|may|might) (?:you|one|we|it|there|the|this)\b(?! (?:no|not)\b)"
)
"""The second half of "is it free of cars, or can you see some?": yes then means that there are some."""


_OF_CHANGE = frozenset({Aim.PRESENCE, Aim.COUNT, Aim.AREA, Aim.CHANGE, Aim.UNKNOWN})
_VAGUE = frozenset({Aim.CHANGE, Aim.FACTS, Aim.UNKNOWN})
_ASKED_WHETHER = re.compile(r"(?:^|[:;,.] ?)(?:was|were|did|has|have|had)\b")


@dataclass(frozen=True, slots=True)
class Draft:
    """One question taken apart on its own. wanted: None if no word tells what is asked. phrase: its noun.

    text: the plain question, without choices. negated: yes would mean that there is none. again: nothing new is asked.
    """

    query: Query
    wanted: Wanted | None
    phrase: Phrase | None
    text: str
    negated: bool = False
    again: bool = False


def finished(draft: Draft, before: Query | None, task: TaskName | None) -> Query:
    """Give the query: filled in from the question before, settled, brought to the task that the caller told."""
    if before is not None and draft.again:
        return before
    draft = _happened(draft)
    query = _merged(draft, before) if before else draft.query
    if query.aim is Aim.UNKNOWN and query.thing is not None:
        query = replace(query, task=TaskName.PRESENCE, aim=Aim.PRESENCE)
    query = _settled(query, draft, before)
    return _told(query, task) if task else query


def _happened(draft: Draft) -> Draft:
    """Put in what a verb says to have come or gone: "was anything built?" asks for buildings that appeared."""
    happening = cues.happening(draft.text)
    query, phrase = draft.query, draft.phrase
    if query.aim in _VAGUE and _ASKED_WHETHER.search(draft.text):
        query = replace(query, task=TaskName.PRESENCE, aim=Aim.PRESENCE)
    if happening is None or query.aim not in _OF_CHANGE:
        return draft
    query = replace(query, change=happening.change)
    if happening.instead or (query.thing is None and query.aim is not Aim.CHANGE):
        noun = Noun(happening.thing, happening.thing)
        query, phrase = replace(query, noun=noun), Phrase(noun, 0, 0)
    return replace(draft, query=query, phrase=phrase)


def _merged(draft: Draft, before: Query) -> Query:
    """Fill in from the query before: its task for "and trucks?", its noun for "how many of them are red?"."""
    query = draft.query
    inherits = draft.phrase is None or draft.phrase.noun is None
    noun = _same_noun(draft.phrase, before.noun) if inherits else query.noun
    scoped = replace(
        query,
        noun=noun,
        place=query.place or before.place,
        relation=query.relation or before.relation,
        region=query.region or before.region,
        frame=_frame_after(query.frame, before.frame),
    )
    if draft.wanted is None:
        return replace(
            scoped,
            task=before.task,
            aim=before.aim,
            other=before.other,
            threshold=query.threshold or before.threshold,
            unit=query.unit or before.unit,
            comparison=before.comparison,
            choices=before.choices,
            asks=before.asks,
            change=query.change or before.change,
            dates=query.dates or before.dates,
            negated=before.negated,
            detail=before.detail,
        )
    if query.aim is Aim.OBJECTS and (before.change or before.aim is Aim.CHANGE) and inherits:
        return replace(before, task=TaskName.CHANGE_MASK, aim=Aim.CHANGE, noun=noun, threshold=None, unit=None)
    anything_changed = query.change == "any" and query.aim is Aim.PRESENCE
    needs_noun = query.aim not in NOUNLESS | {Aim.CHANGE} and not anything_changed
    return scoped if needs_noun and inherits else query


def _same_noun(phrase: Phrase | None, noun: Noun | None) -> Noun | None:
    """Give the earlier noun with the attributes that the pronoun brought: "the red ones"."""
    if noun is None or phrase is None:
        return noun
    kinds = {kind for kind, _ in phrase.attributes}
    kept = tuple(attribute for attribute in noun.attributes if attribute[0] not in kinds)
    return replace(noun, attributes=(*kept, *phrase.attributes), extreme=phrase.extreme or noun.extreme)


def _frame_after(frame: int | None, before: int | None) -> int | None:
    """Give the frame that is meant now: "the other image" is the first one if the second was meant before."""
    if frame is None:
        return before
    return 0 if frame == before == 1 else frame


def _settled(query: Query, draft: Draft, before: Query | None) -> Query:
    """Choose between tasks that share their words, and drop what does not belong to the task."""
    if query.aim is Aim.OBJECTS and query.noun is not None:
        query = _pointing(query, draft, again=before is not None and before.aim is not Aim.ONE)
    if query.aim is Aim.PRESENCE and draft.wanted:
        query = replace(query, negated=draft.negated and not _ASKED_BOTH_WAYS.search(draft.text))
    if query.aim is Aim.SETTLEMENT and not query.choices:
        query = replace(query, choices=("rural", "urban"))
    query = _about_time(query)
    if query.aim is Aim.CHANGE and query.noun is not None and not _names_a_thing(query.noun, draft):
        query = replace(query, noun=None)  # "what did the ground undergo?" asks for whatever changed
    query = replace(
        query,
        unit=query.unit if query.aim is Aim.AREA else None,
        detail=query.detail if query.aim is Aim.FACTS else "short",
    )
    if query.choices and query.aim not in {Aim.SETTLEMENT, Aim.MOST}:
        return _multiple_choice(query)
    return query


def _names_a_thing(noun: Noun, draft: Draft) -> bool:
    """Whether the noun of a question about change is one: known, or an unknown word where only a noun can stand."""
    if noun.thing is not None or noun.region is not None:
        return True
    owned = r"(?:to|of|with) (?:the|this|that|my|our)"
    before = rf"{owned}|the|any|new" if draft.phrase is not None and draft.phrase.plural else owned
    return re.search(rf"\b(?:{before}) {re.escape(noun.asked_as)}\b", draft.text) is not None


def _about_time(query: Query) -> Query:
    """Keep the kind of change only where it bounds an answer; what is about change is about all frames."""
    if query.aim is Aim.CHANGE:
        return replace(query, change=query.change or "any", frame=None)
    if query.aim not in {Aim.PRESENCE, Aim.COUNT, Aim.AREA}:
        return replace(query, change=None)
    return replace(query, frame=None) if query.change else query


def _pointing(query: Query, draft: Draft, *, again: bool) -> Query:
    """Choose between all of a kind, one of it, and its pixels. again: the noun is from before, and meant several."""
    noun = query.noun
    if noun is None:
        return query
    one = noun.extreme is not None or (query.relation is not None and query.relation.kind == "nearest")
    kinds = things.thing(noun.thing).kinds if noun.thing else ("object",)
    if not one and not {"object", "scene"} & set(kinds):
        return replace(query, task=TaskName.SEGMENT, aim=Aim.PIXELS)
    many = again if draft.phrase is None else draft.phrase.plural
    if one or not (many or re.search(r"\b(?:all|every|each|any)\b", draft.text)):
        return replace(query, task=TaskName.GROUND, aim=Aim.ONE)
    return query


def _multiple_choice(query: Query) -> Query:
    vague = query.aim in {Aim.UNKNOWN, Aim.FACTS} or (query.aim is Aim.PRESENCE and query.noun is None)
    return replace(query, task=TaskName.MCQ, aim=Aim.LABELS if vague else query.aim)


def _told(query: Query, task: TaskName) -> Query:
    """Bring a query to the task that the caller named; vqa and mcq keep the aim that the words tell."""
    if task in {TaskName.VQA, TaskName.MCQ, query.task}:
        return replace(query, task=task)
    return replace(query, task=task, aim=AIM_OF[task])
