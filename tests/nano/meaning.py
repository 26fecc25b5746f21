"""What a query means, in the words of questions.toml and unseen.toml, and whether a reading is right."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from geoglot.conversation import Conversation, Turn
from geoglot.models.nano import things
from geoglot.models.nano.query import AIM_OF, Noun, Query
from geoglot.models.nano.reader import Reader
from geoglot.regions import Box
from geoglot.tasks import TaskName

REGIONS = (Box(10, 10, 60, 60), Box(70, 20, 90, 80))

Row = Mapping[str, Any]
"""One question of a table: `ask`, perhaps `before`, and the fields that its query has to have."""

_UNSCORED = frozenset({"as", "narrower", "unread"})  # how a noun was found says nothing about what is asked
_NOT_MEANT = frozenset({"ask", "before", "or", "noun", "near", "must"})


def rows(file: str, table: str) -> list[Row]:
    """The questions of a table of a file beside this one."""
    found: list[Row] = tomllib.loads((Path(__file__).parent / file).read_text("utf-8"))[table]
    return found


def conversation(*questions: str) -> Conversation:
    """Questions with answers between them; a marker <r0> or <r1> points to a region."""
    turns: list[Turn] = []
    for question in questions:
        said = tuple(region for index, region in enumerate(REGIONS) if f"<r{index}>" in question)
        turns += [Turn("user", question, said), Turn("assistant", "An answer.")]
    return Conversation(None, tuple(turns[:-1]))


def read(reader: Reader, *questions: str, task: TaskName | None = None) -> Query:
    """The query of the last question."""
    return reader.read(conversation(*questions), task=task)


def short(noun: Noun | None) -> str | None:
    """A thing's name, or the unknown word with a question mark before it."""
    return None if noun is None else noun.thing or f"?{noun.asked_as}"


def meaning(query: Query) -> dict[str, Any]:
    """The parts of a query that the tables speak of, without those that are empty."""
    found: dict[str, Any] = {"task": str(query.task), "thing": query.thing, "other": short(query.other)}
    if query.aim != AIM_OF[query.task]:
        found["aim"] = str(query.aim)
    if query.noun is not None:
        found |= {
            "as": query.asked_as if query.thing is None else None,
            "attributes": [list(pair) for pair in query.noun.attributes],
            "extreme": query.noun.extreme,
            "narrower": not query.noun.exact,
            "unread": list(query.noun.unread),
        }
    if query.relation:
        found["relation"] = [query.relation.kind, *map(short, query.relation.anchors)]
    if query.threshold:
        found["threshold"] = [query.threshold.comparison, query.threshold.number, query.threshold.unit]
    found |= {name: getattr(query, name) for name in ("place", "unit", "asks", "change", "beyond", "negated")}
    found |= {"choices": list(query.choices), "dates": list(query.dates), "region": query.region is not None}
    found |= {"comparison": query.comparison if query.comparison != "more" else None}
    found |= {"detail": query.detail if query.detail != "short" else None}
    kept = {name: value for name, value in found.items() if value not in (None, [], False)}
    return kept | ({"frame": query.frame} if query.frame is not None else {})


def wrong(query: Query, row: Row) -> dict[str, tuple[Any, Any]]:
    """The fields that are not as they should be, each as (found, expected), against the best accepted reading."""
    found = {name: value for name, value in meaning(query).items() if name not in _UNSCORED}
    return min((_difference(found, one) for one in _accepted(row)), key=len)


def is_honest(query: Query, row: Row) -> bool:
    """Whether a noun that was not taught is named as unknown, or stands for a near thing and says so."""
    if query.thing is None:
        return row["noun"] in " ".join(things.singular(word) for word in query.asked_as.split())
    return query.thing in row["near"]


def _accepted(row: Row) -> Iterator[dict[str, Any]]:
    first = {name: value for name, value in row.items() if name not in _NOT_MEANT}
    for change in ({}, *row.get("or", ())):
        yield {name: value for name, value in (first | change).items() if value != ""}


def _difference(found: Mapping[str, Any], expected: Mapping[str, Any]) -> dict[str, tuple[Any, Any]]:
    names: Sequence[str] = sorted({*found, *expected})
    return {name: (found.get(name), expected.get(name)) for name in names if not _same(found, expected, name)}


def _same(found: Mapping[str, Any], expected: Mapping[str, Any], name: str) -> bool:
    if name == "threshold" and name in found and name in expected:
        (how, number, unit), (how_too, number_too, unit_too) = found[name], expected[name]
        return (how, unit) == (how_too, unit_too) and abs(number - number_too) < 0.5
    if name == "choices":
        return sorted(map(_bare, found.get(name, ()))) == sorted(map(_bare, expected.get(name, ())))
    return bool(found.get(name) == expected.get(name))


def _bare(choice: str) -> str:
    match = things.find(choice)
    return match.name if match else choice.casefold()
