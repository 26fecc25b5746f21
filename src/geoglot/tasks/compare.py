"""Compare: whether there is more of one thing than of another."""

from __future__ import annotations

from geoglot.tasks.grammar import YES_OR_NO, read_yes_or_no
from geoglot.tasks.task import Task, TaskName

TASK = Task(
    name=TaskName.COMPARE,
    title="Compare two numbers or areas",
    # thing, other: plural or mass nouns. Yes means more of `thing`.
    wordings=(
        "Are there more {thing} than {other}?",
        "Do the {thing} outnumber the {other}?",
        "Is the number of {thing} greater than the number of {other}?",
        "Does this image show more {thing} than {other}?",
        "Can you see more {thing} than {other}?",
        "Would you count more {thing} than {other}?",
        "Compare {thing} with {other}: do the former win?",
        "Yes or no: more {thing} than {other}?",
        "Is it true that {thing} are more numerous than {other}?",
        "Does the count of {thing} exceed that of {other}?",
        "Are {thing} in the majority against {other}?",
        "Set against the {other}, are the {thing} greater in number?",
        "Are there fewer {other} than {thing}?",
        "Is there a larger quantity of {thing} than of {other}?",
        "Do you find more {thing} here than {other}?",
        "Tell me if there are more {thing} than {other}.",
        "Does the scene hold more {thing} than it holds {other}?",
        "More {thing} than {other}?",
        "Are {other} outnumbered by {thing}?",
        "When you count both, do you get more {thing} than {other}?",
        "Is the amount of {thing} above the amount of {other}?",
        "Check whether {thing} exceed {other} in number.",
        "Does this place have more {thing} than {other}?",
        "I think there are more {thing} than {other}; am I right?",
        "Is the total of {thing} higher than the total of {other}?",
        "Between {thing} and {other}, are the first more frequent?",
        "Are {thing} more common than {other} in this view?",
        "Does the picture include more {thing} compared with {other}?",
        "Is there less of {other} than of {thing}?",
        "Do {thing} occur more often than {other}?",
        "Would it be right to say that {thing} are more plentiful than {other}?",
    ),
    grammar=YES_OR_NO,
    parse=read_yes_or_no,
    protocol="vqa/exact@1",
    fields=("thing", "other"),
    value="bool",
)
