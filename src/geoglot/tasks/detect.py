"""Detect: a box around every one of a kind."""

from __future__ import annotations

from geoglot.tasks.grammar import regions, regions_parser
from geoglot.tasks.task import Task, TaskName

_GIVES = ("box", "oriented-box", "polygon")
_GRAMMAR = regions(*_GIVES)

TASK = Task(
    name=TaskName.DETECT,
    title="Find every one of a kind",
    # thing: a plural noun ("ships").
    wordings=(
        "Detect all {thing}.",
        "Find every one of the {thing}.",
        "Where are the {thing}?",
        "Mark the {thing} with boxes.",
        "Locate all {thing} in this image.",
        "Draw a bounding box around each of the {thing}.",
        "Show me the {thing}.",
        "Give the boxes of all {thing}.",
        "List the positions of the {thing}.",
        "Point out all the {thing} you can find.",
        "Return the coordinates of the {thing}.",
        "Search the scene for {thing} and box them.",
        "Which places hold {thing}?",
        "Highlight all {thing}.",
        "Please detect {thing} throughout the tile.",
        "Box up all of the {thing}.",
        "I want the locations of all {thing}.",
        "Can you localise the {thing}?",
        "Identify {thing} and give where each of them lies.",
        "Run object detection for {thing}.",
        "Put a rectangle on all {thing}.",
        "At which coordinates do {thing} occur?",
        "Pick out every one of the {thing} here.",
        "Map the individual {thing}.",
        "All {thing}, with their boxes, please.",
        "Annotate this image with boxes for {thing}.",
        "Spot the {thing} and report where they are.",
        "Frame each one of the {thing}.",
        "Track down the {thing} in this picture.",
        "In which spots can {thing} be found?",
        "Provide bounding boxes for {thing}.",
    ),
    grammar=_GRAMMAR,
    parse=regions_parser(_GRAMMAR),
    protocol="detection/dota-voc07@1",
    fields=("thing",),
    gives=_GIVES,
)
