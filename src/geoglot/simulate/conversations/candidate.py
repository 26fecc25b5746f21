"""One question that could be asked, with its answer and what the words alone might give away."""

from __future__ import annotations

from dataclasses import dataclass

from geoglot.regions import Region
from geoglot.tasks import Parsed, TaskName


@dataclass(frozen=True, slots=True, eq=False)
class Candidate:
    """A question about a scene before it is worded.

    key: all of the question that could hint at the answer (the noun, the size of a marked box). outcome: the answer,
    in as few kinds as balancing needs. fields: what the task's wordings want. reply: the answer in words, with
    markers <r0> … for the regions of `truth`. shown: regions the question itself points at.
    """

    task: TaskName
    kind: str
    key: str
    outcome: str
    fields: dict[str, str]
    truth: Parsed
    reply: str
    shown: tuple[Region, ...] = ()
