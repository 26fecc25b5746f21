"""What a question means: `Query`, the reader's output and the reasoning's input."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass

from geoglot.conversation import Json
from geoglot.regions import Box, Region
from geoglot.tasks import TaskName


class Aim(enum.StrEnum):
    """What has to be found out. The task says what the answer looks like; for vqa and mcq the two differ."""

    PRESENCE = "presence"
    COUNT = "count"
    COMPARE = "compare"
    MOST = "most"  # which of several things there is most of
    AREA = "area"
    SCENE = "scene"
    SETTLEMENT = "settlement"  # rural or urban
    LABELS = "labels"
    FACTS = "facts"  # everything, for a caption
    OBJECTS = "objects"
    ONE = "one"  # the single region that an expression means
    PIXELS = "pixels"
    RELATION = "relation"
    POSITION = "position"  # where in the image, in words
    DISTANCE = "distance"
    ATTRIBUTE = "attribute"
    CHANGE = "change"
    TRACKS = "tracks"
    WAY = "way"
    DATE = "date"
    RESOLUTION = "resolution"
    SENSOR = "sensor"
    LOCATION = "location"  # where on Earth
    BEYOND = "beyond"  # what no such image can tell; `Query.beyond` says what
    UNKNOWN = "unknown"  # the question was not understood


AIM_OF = {
    TaskName.CAPTION: Aim.FACTS,
    TaskName.CLASSIFY: Aim.SCENE,
    TaskName.MULTILABEL: Aim.LABELS,
    TaskName.PRESENCE: Aim.PRESENCE,
    TaskName.COUNT: Aim.COUNT,
    TaskName.COMPARE: Aim.COMPARE,
    TaskName.AREA: Aim.AREA,
    TaskName.VQA: Aim.UNKNOWN,
    TaskName.MCQ: Aim.UNKNOWN,
    TaskName.RELATION: Aim.RELATION,
    TaskName.DETECT: Aim.OBJECTS,
    TaskName.GROUND: Aim.ONE,
    TaskName.DESCRIBE_REGION: Aim.FACTS,
    TaskName.SEGMENT: Aim.PIXELS,
    TaskName.CHANGE_CAPTION: Aim.CHANGE,
    TaskName.CHANGE_MASK: Aim.CHANGE,
    TaskName.TRACK: Aim.TRACKS,
    TaskName.NAVIGATE: Aim.WAY,
}
"""What a task asks for when nothing else is said."""


@dataclass(frozen=True, slots=True)
class Noun:
    """A thing as it was asked for: "the largest red saloon".

    asked_as: the user's word ("saloon"). thing: the canonical name ("car"), None if the word is not known.
    exact: False where the word means less than the thing (a saloon is a kind of car). attributes: ("colour",
    "red") … . extreme: "largest", "leftmost" … . unread: words before it that no reader rule understands.
    region: where it is, for a marker <r0> instead of a word.
    """

    asked_as: str
    thing: str | None = None
    exact: bool = True
    attributes: tuple[tuple[str, str], ...] = ()
    extreme: str | None = None
    unread: tuple[str, ...] = ()
    region: Region | None = None

    def as_json(self) -> dict[str, Json]:
        """Give what is set, for `Answer.query`."""
        return _set(
            {
                "thing": self.thing,
                "asked_as": self.asked_as,
                "exact": None if self.exact else False,
                "attributes": dict(self.attributes) or None,
                "extreme": self.extreme,
                "unread": list(self.unread) or None,
                "region": _region(self.region),
            }
        )


@dataclass(frozen=True, slots=True)
class Relation:
    """Where a thing has to be: kind ("near", "left of", "inside", "between", "nearest" …) and to what."""

    kind: str
    anchors: tuple[Noun, ...]

    def as_json(self) -> dict[str, Json]:
        """Give kind and anchors, for `Answer.query`."""
        return {"kind": self.kind, "to": [anchor.as_json() for anchor in self.anchors]}


@dataclass(frozen=True, slots=True)
class Threshold:
    """A bound. comparison: "more", "at least", "less", "at most" or "exactly". unit: "" for a number of things."""

    comparison: str
    number: float
    unit: str = ""

    def as_json(self) -> dict[str, Json]:
        """Give comparison, number and unit, for `Answer.query`."""
        return {"comparison": self.comparison, "number": self.number, "unit": self.unit}


@dataclass(frozen=True, slots=True)
class Query:
    """A question, understood.

    task: what the answer has to look like. aim: what has to be found out. noun, other: what it is about.
    relation, place, region: where ("upper left", "north", "centre" … and a region in frame pixels).
    threshold, unit: a bound to test, the unit wanted ("m2", "ha", "km2", "%"). comparison: "more", "as many" or
    "equal". choices: texts to choose from. asks: the attribute asked for ("colour"). change: "any", "appeared",
    "disappeared", "became", "more" or "less". frame: 0 the first, -1 the last. dates: "2019", "2019-05",
    "2019-05-03" or "--05" for any May. negated: yes means that there is none. detail: "short" or "detailed".
    beyond: what is asked that no image can tell ("temperature", "people" …).
    """

    task: TaskName
    aim: Aim
    noun: Noun | None = None
    other: Noun | None = None
    relation: Relation | None = None
    place: str | None = None
    region: Region | None = None
    threshold: Threshold | None = None
    unit: str | None = None
    comparison: str = "more"
    choices: tuple[str, ...] = ()
    asks: str | None = None
    change: str | None = None
    frame: int | None = None
    dates: tuple[str, ...] = ()
    negated: bool = False
    detail: str = "short"
    beyond: str | None = None

    @property
    def thing(self) -> str | None:
        """The canonical name of what it is about, None if there is none or it is not known."""
        return self.noun.thing if self.noun else None

    @property
    def asked_as(self) -> str:
        """The user's own word for the thing, "" if there is none."""
        return self.noun.asked_as if self.noun else ""

    def as_json(self) -> dict[str, Json]:
        """Give what is set, for `Answer.query`; `task`, `thing` and `region` are always there."""
        bound, where = self.threshold, self.relation
        always: dict[str, Json] = {"task": self.task.value, "aim": self.aim.value, "thing": None}
        always["region"] = _region(self.region)
        details: dict[str, Json] = {
            "other": self.other.as_json() if self.other else None,
            "relation": where.as_json() if where else None,
            "place": self.place,
            "threshold": bound.as_json() if bound else None,
            "unit": self.unit,
            "comparison": None if self.comparison == "more" else self.comparison,
            "choices": list(self.choices) or None,
            "asks": self.asks,
            "change": self.change,
            "frame": self.frame,
            "dates": list(self.dates) or None,
            "negated": self.negated or None,
            "detail": None if self.detail == "short" else self.detail,
            "beyond": self.beyond,
        }
        return {**always, **(self.noun.as_json() if self.noun else {}), **_set(details)}


def _set(fields: Mapping[str, Json]) -> dict[str, Json]:
    return {name: value for name, value in fields.items() if value is not None}


def _region(region: Region | None) -> Json:
    """Type, frame and the pixels of the bounds: enough to see where was asked about."""
    if region is None:
        return None
    box: Box = region.bounds
    return {"type": region.type, "frame": region.frame, "pixels": [box.x0, box.y0, box.x1, box.y1]}
