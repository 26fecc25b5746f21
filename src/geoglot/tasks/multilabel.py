"""Multilabel: every class that occurs in the image."""

from __future__ import annotations

import re

from geoglot.tasks.grammar import LEAD_IN, NAME, tidy_name, whole
from geoglot.tasks.task import Parsed, Task, TaskName

_SEPARATOR = r"(?:\s*[,;]\s*(?:and\s+)?|\s+and\s+|\s*\n\s*)"
_GRAMMAR = rf"{LEAD_IN}({NAME}(?:{_SEPARATOR}{NAME})*)\.?"


def _parse(reply: str, size: tuple[int, int]) -> Parsed:
    """Give the labels in the order they are named, each once: "Water, trees and water" is ("water", "trees").

    "None" is the empty list.
    """
    listed = whole(_GRAMMAR, reply)[1]
    labels = tuple(dict.fromkeys(tidy_name(part) for part in re.split(_SEPARATOR, listed, flags=re.IGNORECASE)))
    return Parsed(() if labels == ("none",) else labels)


TASK = Task(
    name=TaskName.MULTILABEL,
    title="List every class that occurs",
    wordings=(
        "Which classes occur in this image?",
        "List everything that is present.",
        "What land covers can be found here?",
        "Name all the labels that apply.",
        "Give every category visible, separated by commas.",
        "Which types of surface make up this scene?",
        "Tag this image.",
        "What are the things in this picture?",
        "Enumerate the objects and land covers.",
        "Assign all fitting labels to the tile.",
        "Make a list of what the scene contains.",
        "Which kinds of objects and ground appear?",
        "What land-cover classes are there?",
        "Label this patch with all classes that occur in it.",
        "Note down each class you recognise.",
        "Identify all of the categories in the view.",
        "What different features can you tell apart?",
        "Please provide the multi-label annotation.",
        "All classes present, please.",
        "Of what does this landscape consist?",
        "Tell me every kind of thing you see, as a list.",
        "Write down the tags for this scene.",
        "Which labels would an annotator tick?",
        "State the land-use and land-cover classes of this area.",
        "What is the set of classes in this image?",
        "Mention all surface types seen here.",
        "Several labels may apply; which ones do?",
        "Break the scene down into its classes.",
        "Inventory the contents of this image.",
        "Keywords for this picture?",
        "Produce a comma-separated list of what is there.",
    ),
    grammar=_GRAMMAR,
    parse=_parse,
    protocol="multilabel/sets@1",
    value="list",
)
