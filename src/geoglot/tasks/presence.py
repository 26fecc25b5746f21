"""Presence: whether something is there."""

from __future__ import annotations

from geoglot.tasks.grammar import YES_OR_NO, read_yes_or_no
from geoglot.tasks.task import Task, TaskName

TASK = Task(
    name=TaskName.PRESENCE,
    title="Tell whether a thing is there",
    # thing: a plural or a mass noun ("ships", "water"); no wording lets a verb agree with it.
    wordings=(
        "Do you see any {thing}?",
        "Does the image show {thing}?",
        "Can you make out any {thing} here?",
        "Does this scene contain {thing}?",
        "Any {thing} in sight?",
        "Tell me whether you can find {thing}.",
        "Yes or no: does the picture include {thing}?",
        "Is the presence of {thing} confirmed by this image?",
        "Would you say this area has {thing}?",
        "Have a look for {thing}. Found any?",
        "Did the sensor catch any {thing}?",
        "Is it true that this tile shows {thing}?",
        "Am I right that one can see {thing} here?",
        "I am looking for {thing}; does this place have any?",
        "Check for {thing} and answer yes or no.",
        "Could this image be used as an example of {thing}?",
        "Is it possible to spot {thing} in this view?",
        "Does anything in the scene look like {thing}?",
        "Does one find {thing} within the frame?",
        "Might there be {thing} in this picture?",
        "Any sign of {thing}?",
        "Is this image free of {thing}, or can you see some?",
        "{thing}: present or not?",
        "Does the landscape feature {thing}?",
        "Has this area got {thing}?",
        "Verify the existence of {thing} in the photograph.",
        "Please confirm if {thing} can be seen.",
        "Do {thing} occur in this image?",
        "Judging by the image, does this site have {thing}?",
        "Can {thing} be found anywhere in this scene?",
        "Would a search for {thing} succeed here?",
    ),
    grammar=YES_OR_NO,
    parse=read_yes_or_no,
    protocol="vqa/exact@1",
    fields=("thing",),
    value="bool",
)
