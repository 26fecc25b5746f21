"""Count: how many there are."""

from __future__ import annotations

import re

from geoglot.tasks.grammar import whole
from geoglot.tasks.numbers import INTEGER, WORDS, read_integer
from geoglot.tasks.task import AnswerUnparsed, Parsed, Task, TaskName

_ABOUT = r"(?:about |around |roughly |approximately )?"
_GRAMMAR = (
    rf"(?:there (?:is|are) |i (?:see|count|can see) |(?:the )?(?:answer|count|number) is |count: )?"
    rf"(?:{_ABOUT}({INTEGER})(?: [a-z][a-z '\-]*)?|none|no [a-z][a-z '\-]*)\.?"
)
_SECOND_NUMBER = re.compile(rf"\b(?:{'|'.join(WORDS)}|dozens?|hundreds?|thousands?|or more)\b")


def _parse(reply: str, size: tuple[int, int]) -> Parsed:
    """Give the number: "Two ships." is 2, "No ships." is 0. A second number or "dozen" makes it unreadable."""
    match = whole(_GRAMMAR, reply)
    if match[1] is None:
        return Parsed(0)
    rest = reply.strip()[match.end(1) :].casefold()
    if _SECOND_NUMBER.search(rest):
        raise AnswerUnparsed("the reply holds more than one number", value=reply, expected="one whole number")
    return Parsed(read_integer(match[1]))


TASK = Task(
    name=TaskName.COUNT,
    title="Count things",
    # thing: a plural noun ("ships").
    wordings=(
        "How many {thing} are there?",
        "Count the {thing}.",
        "What is the number of {thing} in this image?",
        "Tell me how many {thing} you can see.",
        "Give the total of {thing} in the scene.",
        "Tally up every one of the {thing}.",
        "How numerous are the {thing} here?",
        "I need a head count of the {thing}.",
        "State the quantity of {thing}.",
        "What count of {thing} do you get?",
        "Of {thing}, how many does the picture hold?",
        "Work out how many {thing} this tile contains.",
        "Please count all {thing} that are visible.",
        "Could you number the {thing} in view?",
        "{thing}: how many?",
        "How many {thing} does the image show?",
        "If you add up all {thing}, what do you arrive at?",
        "The scene has how many {thing}?",
        "Determine the count of {thing}.",
        "With how many {thing} are we dealing here?",
        "What number of {thing} did the sensor record?",
        "Find out how many {thing} occur in this area.",
        "How large is the group of {thing}?",
        "Enumerate the {thing} and report the sum.",
        "Would you count the {thing} for me?",
        "How many individual {thing} can be told apart?",
        "Report the number of {thing} as a single figure.",
        "In total, how many {thing} appear?",
        "How many {thing} have been captured in this view?",
        "Exactly how many {thing} lie within the frame?",
        "Write the number of {thing} you observe.",
    ),
    grammar=_GRAMMAR,
    parse=_parse,
    protocol="vqa/exact@1",
    fields=("thing",),
    value="int",
)
