"""Classify: the one class of scene that fits the whole image."""

from __future__ import annotations

from geoglot.tasks.grammar import LEAD_IN, NAME, tidy_name, whole
from geoglot.tasks.task import Parsed, Task, TaskName

_GRAMMAR = rf"{LEAD_IN}({NAME})\.?"


def _parse(reply: str, size: tuple[int, int]) -> Parsed:
    """Give the class in lower case, words parted by single blanks: "Dense_Residential." is "dense residential"."""
    return Parsed(tidy_name(whole(_GRAMMAR, reply)[1]))


TASK = Task(
    name=TaskName.CLASSIFY,
    title="Name the kind of scene or land use",
    wordings=(
        "What kind of scene is this?",
        "Classify the image.",
        "Which land use does this picture show?",
        "Name the scene category.",
        "What type of area is it?",
        "To which class does this tile belong?",
        "Give the scene class in one or two words.",
        "What is the theme of this picture?",
        "Identify the land-use type.",
        "How would this place be categorised?",
        "What sort of place was photographed here?",
        "Assign a single label to the scene.",
        "Pick the class that describes the whole image best.",
        "Is there one word for this kind of landscape? Give it.",
        "Tell me the category of this aerial image.",
        "Scene type?",
        "What is this site used for?",
        "Under which heading would you file this image?",
        "Please label this scene.",
        "Determine the dominant land use.",
        "What kind of environment does the sensor look at?",
        "If you had to sort this picture, into which class would it go?",
        "State the scene category only.",
        "The image was taken over what kind of terrain?",
        "Recognise the scene.",
        "What class of remote sensing scene is shown?",
        "Which category suits this patch?",
        "Describe the land use with a single class name.",
        "Categorise the view from above.",
        "What would a map maker call this type of place?",
        "Choose the scene label.",
    ),
    grammar=_GRAMMAR,
    parse=_parse,
    protocol="classification/equal@1",
    value="str",
)
