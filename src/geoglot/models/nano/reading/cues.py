"""What is wanted: the task and the aim that the words of a question point to; the words are in `cues.toml`."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from importlib import resources

from geoglot.models.nano.query import Aim
from geoglot.models.nano.reading.scope import IMAGE
from geoglot.tasks import TaskName


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a question is after. asks: the attribute, "compass" for a relation in
    compass directions, "cover" or "objects" for a list of only these. beyond: what no image tells."""

    task: TaskName
    aim: Aim
    asks: str | None = None
    beyond: str | None = None


@dataclass(frozen=True, slots=True)
class Happening:
    """A change that a verb tells. change: "appeared" or "disappeared". thing: what did. instead: also where another
    thing is named, for that is where it happened.
    """

    change: str
    thing: str
    instead: bool


def _pattern(words: Iterable[str]) -> re.Pattern[str]:
    """One regular expression for several, each as whole words."""
    joined = "|".join(words).replace("IMAGE", IMAGE)
    return re.compile(rf"(?<!\w)(?:{joined})(?!\w)")


_TABLE = tomllib.loads(resources.files(__package__).joinpath("cues.toml").read_text("utf-8"))
_BEYOND, _CHANGES, _WANTED = (
    {name: _pattern(words) for name, words in _TABLE[group].items()} for group in ("beyond", "changes", "wanted")
)
_HAPPENINGS = tuple(
    (_pattern(row["words"]), Happening(row["change"], row["thing"], row["instead"]))
    for row in _TABLE["happenings"].values()
)
_HAPPENED = re.compile(r"\b(?:was|were|did|has|have|had|been|got)\b")
NEGATED, DETAILED, AGAIN, REQUEST = (
    _pattern(_TABLE["asks"][name]) for name in ("negated", "detailed", "again", "request")
)
"""Patterns for "none of it", "at length", "do it again", and for a request that only sounds like yes or no."""

SURE_SLOTS, LIKELY_SLOTS = (_pattern(_TABLE["slots"][name]) for name in ("sure", "likely"))
"""Patterns for the words after which the thing stands that a question is about."""

_YES_NO = re.compile(
    rf"^(?:(?:and|so|or|but|then|now|also|please|ok|well|,) )*(?:{'|'.join(_TABLE['asks']['yes_no'])})\b"
)
_TRAILING_YES_NO = re.compile(
    r"\b(?:yes or no|true|right|found any) \?$|: present or not \?$|[;,] (?:does|do|is|are|can|has|have|did) (?!it\b)"
)
_ATTRIBUTE = re.compile(
    r"\b(?:what|which|name the|tell me the)(?: is| are)?(?: the)? (colou?r|shape)\b|\bhow (long|wide)\b"
    r"|\bwhat (?:is|are) the (length|width) of\b"
)
_COMPASS = re.compile(r"\b(?:directions?|bearing|compass|north|south|east|west)\b")
_TWO_THINGS = (
    ("relation", TaskName.RELATION, Aim.RELATION),
    ("way", TaskName.NAVIGATE, Aim.WAY),
    ("tracks", TaskName.TRACK, Aim.TRACKS),
)
_FREE = (
    ("settlement", Aim.SETTLEMENT),
    ("date", Aim.DATE),
    ("resolution", Aim.RESOLUTION),
    ("sensor", Aim.SENSOR),
    ("location", Aim.LOCATION),
)
_CONTENT = (
    ("labels", TaskName.MULTILABEL, Aim.LABELS),
    ("scene", TaskName.CLASSIFY, Aim.SCENE),
    ("facts", TaskName.CAPTION, Aim.FACTS),
    ("pixels", TaskName.SEGMENT, Aim.PIXELS),
)


def wanted(text: str, *, change: str | None, bounded: bool, in_region: bool) -> Wanted | None:
    """Give what plain text asks for, None if no word of it tells.

    change: the kind of change that is spoken of. bounded: there is a threshold. in_region: a region is marked.
    The order of the rules is the order of how much their words say: "how hot" before "how many" before "what".
    """
    if what := next((what for what, pattern in _BEYOND.items() if pattern.search(text)), None):
        return Wanted(TaskName.VQA, Aim.BEYOND, beyond=what)
    if match := _ATTRIBUTE.search(text):
        word = next(group for group in match.groups() if group)
        asks = {"color": "colour", "long": "length", "wide": "width"}.get(word, word)
        return Wanted(TaskName.VQA, Aim.ATTRIBUTE, asks=asks)
    if change is not None:
        return _about_change(text)
    for name, aim in _FREE:
        if _says(name, text):
            return Wanted(TaskName.VQA, aim)
    for name, task, aim in _TWO_THINGS:
        if _says(name, text):
            return Wanted(task, aim, asks="compass" if name == "relation" and _COMPASS.search(text) else None)
    return _about_amounts(text, bounded=bounded) or _about_content(text, in_region=in_region)


def change_kind(text: str) -> str | None:
    """Give the kind of change that plain text speaks of ("any", "appeared" …), None if it speaks of none."""
    kind = next((kind for kind, pattern in _CHANGES.items() if pattern.search(text)), None)
    return "any" if kind == "same" else kind


def happening(text: str) -> Happening | None:
    """Give what the verb of plain text says to have come or gone, None if it says nothing of the kind."""
    if not _HAPPENED.search(text):
        return None
    return next((told for pattern, told in _HAPPENINGS if pattern.search(text)), None)


def is_yes_no(text: str) -> bool:
    """Tell whether plain text asks for yes or no, and is no request in the form of a question."""
    return bool(_YES_NO.search(text) or _TRAILING_YES_NO.search(text)) and not REQUEST.search(text)


def _says(group: str, text: str) -> bool:
    return bool(_WANTED[group].search(text))


def _about_change(text: str) -> Wanted:
    yes_no = is_yes_no(text)
    if _says("count", text) and not yes_no:
        return Wanted(TaskName.COUNT, Aim.COUNT)
    if _says("area", text) and not yes_no:
        return Wanted(TaskName.AREA, Aim.AREA)
    describe = re.search(r"\bdescri|\bif so\b|\bspot the\b", text)
    if _says("changes_where", text) and not describe:
        return Wanted(TaskName.CHANGE_MASK, Aim.CHANGE)
    if yes_no and not describe:
        return Wanted(TaskName.PRESENCE, Aim.PRESENCE)
    return Wanted(TaskName.CHANGE_CAPTION, Aim.CHANGE)


def _about_amounts(text: str, *, bounded: bool) -> Wanted | None:
    yes_no = is_yes_no(text)
    if bounded and (yes_no or not _says("count", text)):
        return Wanted(TaskName.PRESENCE, Aim.PRESENCE)
    if _says("compare", text):
        return Wanted(TaskName.COMPARE, Aim.COMPARE)
    if _says("most", text):
        return Wanted(TaskName.VQA, Aim.MOST)
    if _says("distance", text):
        return Wanted(TaskName.VQA, Aim.DISTANCE)
    if _says("position", text):
        return Wanted(TaskName.VQA, Aim.POSITION)
    if _says("count", text) and not yes_no:
        return Wanted(TaskName.COUNT, Aim.COUNT)
    if _says("area", text) and not (yes_no or _says("pixels", text)):
        return Wanted(TaskName.AREA, Aim.AREA)
    return None


def _kind_of_label(text: str) -> str | None:
    """Tell whether a list of only covers or only objects is wanted."""
    cover, objects = re.search(r"\bcovers?\b|\bsurface", text), re.search(r"\bobjects?\b", text)
    return None if bool(cover) is bool(objects) else "cover" if cover else "objects"


def _about_content(text: str, *, in_region: bool) -> Wanted | None:
    if in_region and any(_says(name, text) for name in ("facts", "scene", "in_region")):
        return Wanted(TaskName.DESCRIBE_REGION, Aim.FACTS)
    for name, task, aim in _CONTENT:
        if _says(name, text):
            return Wanted(task, aim, asks=_kind_of_label(text) if name == "labels" else None)
    pointing = Wanted(TaskName.DETECT, Aim.OBJECTS) if _says("objects", text) else None
    if pointing and not is_yes_no(text):
        return pointing
    if is_yes_no(text) or NEGATED.search(text) or _says("presence", text):
        return Wanted(TaskName.PRESENCE, Aim.PRESENCE)
    return pointing
