"""Area: how much ground something covers."""

from __future__ import annotations

from geoglot.tasks.grammar import whole
from geoglot.tasks.numbers import DECIMAL, read_decimal
from geoglot.tasks.task import Parsed, Task, TaskName

UNITS = {
    "m2": ("m2", "m²", "m^2", "sq m", "sqm", "square metre", "square meter", "square metres", "square meters"),
    "ha": ("ha", "hectare", "hectares"),
    "km2": (
        "km2",
        "km²",
        "km^2",
        "sq km",
        "square kilometre",
        "square kilometer",
        "square kilometres",
        "square kilometers",
    ),
    "%": ("%", "percent", "per cent"),
    "px": ("px", "pixel", "pixels"),
}
"""The units an area may be given in, and how they are written."""

_UNIT_OF = {word: unit for unit, words in UNITS.items() for word in words}
_UNIT = "(?:" + "|".join(sorted((w.replace("^", r"\^") for w in _UNIT_OF), key=len, reverse=True)) + ")"
_AMOUNT = rf"{DECIMAL}\s*{_UNIT}"
_GRAMMAR = (
    rf"(?:(?:there (?:is|are)|it covers|it is|the area is|the answer is) )?"
    rf"(?:about |around |roughly |approximately )?({DECIMAL})\s*({_UNIT})"
    rf"(?: of the [a-z ]+)?(?: \((?:about )?{_AMOUNT}(?: of the image)?\))?(?: [a-z][a-z ,'\-]*)?\.?"
)


def _parse(reply: str, size: tuple[int, int]) -> Parsed:
    """Give the first number and its unit: "About 37 % of the image (12.4 ha) is water." is 37.0 in "%"."""
    match = whole(_GRAMMAR, reply)
    return Parsed(read_decimal(match[1]), unit=_UNIT_OF[" ".join(match[2].casefold().split())])


TASK = Task(
    name=TaskName.AREA,
    title="Measure an area in m², hectares, km² or percent",
    # thing: a plural or mass noun ("water", "buildings").
    wordings=(
        "How much of the image is covered by {thing}?",
        "What area do {thing} take up?",
        "What percentage of the scene is {thing}?",
        "How many hectares of {thing} are there?",
        "Give the share of {thing} in percent.",
        "Measure the surface of {thing} in square metres.",
        "What fraction of this tile belongs to {thing}?",
        "How large is the area of {thing}?",
        "Estimate the extent of {thing}.",
        "Of the whole picture, how much is {thing}?",
        "Calculate the area under {thing}.",
        "How big is the part with {thing}?",
        "State the coverage of {thing} as a percentage.",
        "How many square kilometres of {thing} can you see?",
        "What proportion of the ground is {thing}?",
        "Work out how much ground {thing} cover.",
        "Tell me the total area occupied by {thing}.",
        "The {thing} extend over how many square metres?",
        "How extensive is the cover of {thing}?",
        "{thing}: what share of the image?",
        "By area, how much {thing} is in this view?",
        "Quantify the {thing} in hectares.",
        "Which part of the image, in percent, shows {thing}?",
        "What is the size of the area with {thing}?",
        "Report the acreage of {thing} in ha.",
        "How much room do {thing} occupy?",
        "Determine the percentage cover of {thing}.",
        "I would like to know the surface that {thing} cover, in m2.",
        "How much {thing} is there, measured in km2?",
        "Add up the area of all {thing}.",
        "Express the extent of {thing} relative to the image.",
    ),
    grammar=_GRAMMAR,
    parse=_parse,
    protocol="vqa/area@1",
    fields=("thing",),
    value="float",
)
