"""Navigate: a way over the ground from one place to another."""

from __future__ import annotations

from geoglot.tasks.grammar import LABEL, NOTHING, region, regions_parser
from geoglot.tasks.task import Task, TaskName

_GIVES = ("path",)
_GRAMMAR = rf"(?:(?:{LABEL}:? ?)?{region(*_GIVES)}|{NOTHING})\.?"

TASK = Task(
    name=TaskName.NAVIGATE,
    title="Find a way between two places",
    # thing: where to start, other: where to go; definite noun phrases or markers such as <r0>.
    wordings=(
        "How do I get from {thing} to {other}?",
        "Find a way from {thing} to {other}.",
        "Plan a route from {thing} to {other}.",
        "Give the path that leads from {thing} to {other}.",
        "Lead me from {thing} to {other}.",
        "Which route connects {thing} with {other}?",
        "Starting at {thing}, how would one reach {other}?",
        "Navigate from {thing} to {other}.",
        "Draw a walkable path between {thing} and {other}.",
        "What is the shortest way from {thing} to {other} on dry ground?",
        "I am at {thing} and want to go to {other}; which way?",
        "Guide me to {other}; I start from {thing}.",
        "Show the way to {other}, beginning at {thing}.",
        "Compute a route to {other} from {thing}.",
        "Trace a path from {thing} that ends at {other}.",
        "Take me to {other} from {thing}.",
        "Connect {thing} and {other} by a path around obstacles.",
        "Is there a way from {thing} to {other}? Draw it.",
        "Suggest how to travel from {thing} to {other}.",
        "Map out a journey between {thing} and {other}.",
        "Provide directions from {thing} to {other} as a path.",
        "By which way can one come from {thing} to {other}?",
        "Work out the route between {thing} and {other}.",
        "Walk from {thing} to {other}: which path do you take?",
        "Please navigate to {other}, departing from {thing}.",
        "Fly a drone from {thing} to {other}: what course?",
        "Mark a passage from {thing} through to {other}.",
        "Return the way points from {thing} to {other}.",
        "Getting from {thing} to {other}, which path avoids water and buildings?",
        "Head for {other} from {thing}. Which way do you go?",
        "Move from {thing} towards {other} until you arrive; give the path.",
    ),
    grammar=_GRAMMAR,
    parse=regions_parser(_GRAMMAR),
    protocol="navigation/citynav@1",
    fields=("thing", "other"),
    gives=_GIVES,
)
