"""Describe-region: what lies in a marked part of the image."""

from __future__ import annotations

from geoglot.tasks.grammar import TEXT, read_text
from geoglot.tasks.task import Task, TaskName

TASK = Task(
    name=TaskName.DESCRIBE_REGION,
    title="Say in words what a marked region shows",
    # region: a marker such as <r0>.
    wordings=(
        "What is in {region}?",
        "Describe {region}.",
        "Tell me about the area {region}.",
        "What does the marked part {region} show?",
        "Say what you see inside {region}.",
        "Caption the region {region}.",
        "Which object is at {region}?",
        "Name the thing in {region}.",
        "Give a short description of {region}.",
        "What can be found within {region}?",
        "Explain what lies at {region}.",
        "Identify the content of {region}.",
        "Look only at {region} and describe it.",
        "How would you describe the place {region}?",
        "I marked {region}; what is it?",
        "Provide a caption for {region}.",
        "Put into words what {region} holds.",
        "What do you recognise in {region}?",
        "Zoom to {region}. What is there?",
        "Summarise the contents of {region}.",
        "Write a sentence about {region}.",
        "What is the object outlined by {region}?",
        "Please comment on {region}.",
        "Characterise the patch {region}.",
        "If you cut out {region}, what would the cutting show?",
        "Label what is inside {region}.",
        "Refer to {region}: what is visible?",
        "What kind of thing occupies {region}?",
        "Report on the part of the image given by {region}.",
        "Concentrate on {region} and tell what it contains.",
        "Could you tell what this is? {region}",
    ),
    grammar=TEXT,
    parse=read_text,
    protocol="caption/coco-ptb@1",
    fields=("region",),
)
