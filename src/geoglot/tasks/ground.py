"""Ground: the one place that an expression means."""

from __future__ import annotations

from geoglot.tasks.grammar import LABEL, NOTHING, region, regions_parser
from geoglot.tasks.task import Task, TaskName

_GIVES = ("box", "oriented-box", "point")
_GRAMMAR = rf"(?:(?:{LABEL}:? ?)?{region(*_GIVES)}|{NOTHING})\.?"

TASK = Task(
    name=TaskName.GROUND,
    title="Find the one thing that an expression means",
    # thing: a definite noun phrase ("the red car on the left").
    wordings=(
        "Where is {thing}?",
        "Locate {thing}.",
        "Point to {thing}.",
        "Give the box of {thing}.",
        "Find {thing} in the image.",
        "Draw a rectangle around {thing}.",
        "Which region shows {thing}?",
        "Show me where {thing} lies.",
        "What are the coordinates of {thing}?",
        "Can you box {thing}?",
        "Please mark {thing}.",
        "At what place do you see {thing}?",
        "Return the location of {thing}.",
        "I am looking for {thing}; where should I look?",
        "Highlight {thing}.",
        "Ground this expression: {thing}.",
        "Put your finger on {thing}.",
        "Indicate the position of {thing} with a bounding box.",
        "Could you localise {thing}?",
        "In which part of the picture would I find {thing}?",
        "Provide the bounding box for {thing}.",
        "Single out {thing}.",
        "Give me the spot of {thing}.",
        "Where does {thing} appear?",
        "Pin down {thing}.",
        "Help me find {thing}.",
        "The expression “{thing}” refers to which region?",
        "Frame {thing}.",
        "Identify {thing} by its box.",
        "Zoom in on {thing}: which box would you cut out?",
        "Select {thing}.",
    ),
    grammar=_GRAMMAR,
    parse=regions_parser(_GRAMMAR),
    protocol="grounding/strict-gt@1",
    fields=("thing",),
    gives=_GIVES,
)
