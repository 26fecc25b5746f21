"""Track: the way each moving thing takes through the frames."""

from __future__ import annotations

from geoglot.tasks.grammar import regions, regions_parser
from geoglot.tasks.task import Task, TaskName

_GIVES = ("path",)
_GRAMMAR = regions(*_GIVES)

TASK = Task(
    name=TaskName.TRACK,
    title="Follow things through the frames",
    # thing: a plural noun ("cars").
    wordings=(
        "Track the {thing}.",
        "Follow all {thing} through the video.",
        "Which way do the {thing} take?",
        "Give the trajectories of the {thing}.",
        "How do the {thing} move?",
        "Draw the paths of all {thing}.",
        "Trace the movement of the {thing} over time.",
        "Where are the {thing} going?",
        "Record the tracks of the {thing} frame by frame.",
        "Show the route of each of the {thing}.",
        "Keep an eye on the {thing} and report their paths.",
        "Return one path for each of the {thing}.",
        "Plot the motion of the {thing}.",
        "What course do the {thing} follow?",
        "Please track all moving {thing}.",
        "Connect the positions of the {thing} across the frames.",
        "Do multi-object tracking for {thing}.",
        "Along which lines do the {thing} travel?",
        "Find out where the {thing} move to.",
        "Map the movements of the {thing}.",
        "List the tracks of {thing} in this sequence.",
        "From frame to frame, where do the {thing} go?",
        "Monitor the {thing} over the clip.",
        "Give me the way that the {thing} took.",
        "Describe the motion of {thing} as paths.",
        "Link up the {thing} through time.",
        "I want to see the trails of the {thing}.",
        "Watch the {thing} and mark how they move.",
        "Determine the trajectories for {thing}.",
        "In which directions are the {thing} moving? Draw it.",
        "Track down every movement of the {thing} in the sequence.",
    ),
    grammar=_GRAMMAR,
    parse=regions_parser(_GRAMMAR),
    protocol="tracking/path@1",
    fields=("thing",),
    gives=_GIVES,
    frames=2,
)
