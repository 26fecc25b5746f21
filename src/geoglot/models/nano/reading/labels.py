"""What the reader's network tells of a question: the meaning of every number that comes out of it."""

from __future__ import annotations

from geoglot.models.nano.query import Aim
from geoglot.tasks import TaskName

INTENTS: dict[str, tuple[TaskName, Aim]] = {
    "count": (TaskName.COUNT, Aim.COUNT),
    "presence": (TaskName.PRESENCE, Aim.PRESENCE),
    "compare": (TaskName.COMPARE, Aim.COMPARE),
    "area": (TaskName.AREA, Aim.AREA),
    "most": (TaskName.VQA, Aim.MOST),
    "settlement": (TaskName.VQA, Aim.SETTLEMENT),
    "position": (TaskName.VQA, Aim.POSITION),
    "distance": (TaskName.VQA, Aim.DISTANCE),
    **dict.fromkeys(("colour", "shape", "length", "width"), (TaskName.VQA, Aim.ATTRIBUTE)),
    "date": (TaskName.VQA, Aim.DATE),
    "resolution": (TaskName.VQA, Aim.RESOLUTION),
    "sensor": (TaskName.VQA, Aim.SENSOR),
    "location": (TaskName.VQA, Aim.LOCATION),
    **dict.fromkeys(
        ("temperature", "people", "depth", "height", "speed", "reason", "money", "name", "sound", "future"),
        (TaskName.VQA, Aim.BEYOND),
    ),
    "caption": (TaskName.CAPTION, Aim.FACTS),
    "classify": (TaskName.CLASSIFY, Aim.SCENE),
    **dict.fromkeys(("labels", "labels cover", "labels objects"), (TaskName.MULTILABEL, Aim.LABELS)),
    "region": (TaskName.DESCRIBE_REGION, Aim.FACTS),
    "relation": (TaskName.RELATION, Aim.RELATION),
    "point": (TaskName.DETECT, Aim.OBJECTS),
    "segment": (TaskName.SEGMENT, Aim.PIXELS),
    "change": (TaskName.CHANGE_CAPTION, Aim.CHANGE),
    "change-mask": (TaskName.CHANGE_MASK, Aim.CHANGE),
    "track": (TaskName.TRACK, Aim.TRACKS),
    "navigate": (TaskName.NAVIGATE, Aim.WAY),
    "none": (TaskName.VQA, Aim.UNKNOWN),
    "again": (TaskName.VQA, Aim.UNKNOWN),
    "other": (TaskName.VQA, Aim.UNKNOWN),
}
"""What a question is after, with its task and aim. none: the words only go on from the question before ("and trucks?").
again: the answer is doubted. other: nothing that can be asked of an image."""

CHOICES: dict[str, tuple[str, ...]] = {
    "intent": tuple(INTENTS),
    "change": ("", "any", "appeared", "disappeared", "became", "more", "less"),
    "comparison": ("more", "as many", "equal"),
    "negated": ("", "negated"),
    "unit": ("", "m2", "ha", "km2", "%"),
    "detail": ("short", "detailed"),
    "frame": ("", "0", "1", "2", "-1"),
}
"""What is told of a question as a whole, in the order of the graph's output `whole`: logits of one after another."""

BOUNDS = ("more", "at least", "less", "at most", "exactly")
NEAR, INSIDE, BETWEEN, NEAREST, FAR, SIDE = RELATIONS = ("near", "inside", "between", "nearest", "far from", "side")

OUTSIDE, NOUN, OTHER, ANCHOR, PLACE, ATTRIBUTE, EXTREME = "O", "N", "M", "A", "P", "C", "E"
TAGS = (
    *(OUTSIDE, NOUN, OTHER, ANCHOR, PLACE, ATTRIBUTE, EXTREME),
    *(f"R:{relation}" for relation in RELATIONS),
    *(f"B:{bound}" for bound in BOUNDS),
)
"""What is told of each word, in the order of the output `tags`: the thing asked about with what is said before it, the
second thing, a thing that one of them stands in relation to, a part of the image, an attribute said after the thing,
what makes one stand out; words of a relation, of a bound. side: left, right, above, below or a compass direction."""

REGION_PIECE = "[unused1]"
"""The piece that stands for a marker <r0>, <r1> …"""
