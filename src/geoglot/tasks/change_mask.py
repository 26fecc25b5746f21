"""Change-mask: where something is different between two dates."""

from __future__ import annotations

from geoglot.tasks.grammar import regions, regions_parser
from geoglot.tasks.task import Task, TaskName

_GIVES = ("mask", "polygon", "box", "oriented-box")
_GRAMMAR = regions(*_GIVES)

TASK = Task(
    name=TaskName.CHANGE_MASK,
    title="Outline what changed",
    wordings=(
        "Show where something changed.",
        "Segment the changes.",
        "Give a mask of the changed area.",
        "Which pixels differ between the two dates?",
        "Outline all changes.",
        "Mark the places that are no longer the same.",
        "Map the change between these images.",
        "Where did the scene change?",
        "Highlight what is new or gone.",
        "Delineate the areas of change.",
        "Produce a change map.",
        "Locate the differences.",
        "Draw boundaries around whatever changed.",
        "In which parts did something happen?",
        "Point out the changed regions.",
        "Return a binary change mask.",
        "Detect changes and give their extent.",
        "Please box the changes.",
        "Find the spots where the images disagree.",
        "I need the outline of everything that changed.",
        "At which locations do before and after differ?",
        "Overlay the changes on the later image.",
        "Extract the change areas as polygons.",
        "Separate changed from unchanged ground.",
        "Indicate with a mask what became different.",
        "What regions have been altered? Outline them.",
        "Trace the changes between the acquisitions.",
        "Run change detection.",
        "Colour every changed pixel.",
        "Give me the change as a map layer.",
        "Pinpoint where this place has been transformed.",
    ),
    grammar=_GRAMMAR,
    parse=regions_parser(_GRAMMAR),
    protocol="change/binary@1",
    gives=_GIVES,
    frames=2,
)
