"""Segment: the exact pixels of a thing or a cover."""

from __future__ import annotations

from geoglot.tasks.grammar import regions, regions_parser
from geoglot.tasks.task import Task, TaskName

_GIVES = ("mask", "polygon")
_GRAMMAR = regions(*_GIVES)

TASK = Task(
    name=TaskName.SEGMENT,
    title="Outline the pixels of a thing or a cover",
    # thing: a plural or mass noun ("water", "buildings").
    wordings=(
        "Segment the {thing}.",
        "Outline all {thing}.",
        "Give a mask of the {thing}.",
        "Which pixels belong to {thing}?",
        "Delineate the {thing}.",
        "Draw the borders of the {thing}.",
        "Map out the {thing}.",
        "Separate the {thing} from the rest.",
        "Produce a segmentation mask for {thing}.",
        "Trace the outline of the {thing}.",
        "Cut out the {thing} pixel by pixel.",
        "Extract the {thing} as polygons.",
        "Colour in every pixel of {thing}.",
        "Please segment {thing} in this image.",
        "I need the exact extent of the {thing} as a mask.",
        "Where precisely do the {thing} begin and end? Give the outline.",
        "Vectorise the {thing}.",
        "Mask the {thing}.",
        "Digitise the boundaries of the {thing}.",
        "Create a map layer with the {thing}.",
        "Return the footprint of the {thing} as a mask.",
        "Select all pixels that show {thing}.",
        "Label each pixel of {thing}.",
        "Give me the contours of the {thing}.",
        "Provide the shape of the {thing}.",
        "Do a semantic segmentation of {thing}.",
        "Show the area of {thing} as an overlay.",
        "Fill the {thing} with a mask.",
        "What is the outline of the {thing}?",
        "Carve out the {thing} along the edges.",
        "Split the image into {thing} and background.",
    ),
    grammar=_GRAMMAR,
    parse=regions_parser(_GRAMMAR),
    protocol="segmentation/iou@1",
    fields=("thing",),
    gives=_GIVES,
)
