"""Change-caption: what is different between two dates, in words."""

from __future__ import annotations

from geoglot.tasks.grammar import TEXT, read_text
from geoglot.tasks.task import Task, TaskName

TASK = Task(
    name=TaskName.CHANGE_CAPTION,
    title="Say in words what changed",
    wordings=(
        "What has changed?",
        "Describe the differences between the two images.",
        "What is new in the second image?",
        "Summarise the changes from the first date to the second.",
        "How did this place develop?",
        "Tell me what happened between these dates.",
        "Compare the two images and report the changes.",
        "Which changes do you notice?",
        "What appeared and what disappeared?",
        "Write a sentence about the change.",
        "Has anything changed here, and if so, what?",
        "Explain how the later image differs from the earlier one.",
        "What is the difference between before and after?",
        "Give a change caption.",
        "In what way has the scene been altered?",
        "Spot the differences.",
        "Report on the development of the area.",
        "Since the first picture was taken, what has become different?",
        "Note the transformations that took place.",
        "Which parts of the landscape are no longer the same?",
        "Put the change into words.",
        "What did the ground undergo over this time?",
        "Contrast the earlier view with the later one.",
        "Provide a description of all changes.",
        "What would somebody returning to this place find changed?",
        "List what was built, removed or converted.",
        "Between the two acquisitions, what went on?",
        "How do these two views differ?",
        "Are there differences? Describe them.",
        "Outline the evolution of this site.",
        "Characterise the change, please.",
    ),
    grammar=TEXT,
    parse=read_text,
    protocol="change/caption@1",
    frames=2,
)
