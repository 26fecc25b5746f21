"""What a baseline learns from: questions with their truths, grouped by wording."""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from geoglot.conversation import Answer, Conversation, Sample
from geoglot.errors import InputError
from geoglot.evaluate.baselines.features import features
from geoglot.evaluate.forms import size_of, truth_form
from geoglot.evaluate.modes import scene_digest
from geoglot.regions import Region
from geoglot.scenes import Scene
from geoglot.tasks import Parsed, TaskName


@dataclass(frozen=True, slots=True, eq=False)
class Example:
    """A question with its truth. size: (width, height) of its image; digest: of the image's content, "" where nobody
    needs it; features: (D,), None likewise.
    """

    id: str
    question: str
    task: TaskName
    truth: Parsed
    references: tuple[str, ...]
    size: tuple[int, int]
    digest: str = ""
    features: NDArray[np.float64] | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Examples:
    """All examples of a benchmark. sha256: of their ids, questions and truths."""

    by_question: dict[str, tuple[Example, ...]]
    by_task: dict[TaskName, tuple[Example, ...]]
    sha256: str

    def like(self, conversation: Conversation, task: TaskName | None) -> tuple[Example, ...]:
        """Give the examples of the same question, else of the same task. Raises InputError if there are none."""
        found = self.by_question.get(conversation.question.text, ())
        found = found or (self.by_task.get(task, ()) if task is not None else ())
        if not found:
            raise InputError("the baseline was fitted on no such question", value=conversation.question.text)
        return found


def collect(samples: Iterable[Sample], *, seen: bool = False, told: bool = False) -> Examples:
    """Gather examples one by one, so that no more than one image is held.

    seen: with features of their images; told: with digests, so that an image can be kept from its own truth.
    """
    by_question: dict[str, list[Example]] = defaultdict(list)
    by_task: dict[TaskName, list[Example]] = defaultdict(list)
    total = hashlib.sha256()
    last: tuple[Scene | None, NDArray[np.float64] | None] = (None, None)
    for sample in samples:
        scene = sample.conversation.scene
        if seen and scene is not None and scene is not last[0]:
            last = (scene, features(scene))
        question = sample.conversation.question.text
        digest = scene_digest(scene) if told and scene is not None else ""
        size = size_of(sample)
        example = Example(sample.id, question, sample.task, sample.truth, sample.references, size, digest, last[1])
        by_question[question].append(example)
        by_task[sample.task].append(example)
        total.update(json.dumps([sample.id, question, truth_form(sample)]).encode())
    return Examples(
        {question: tuple(found) for question, found in by_question.items()},
        {task: tuple(found) for task, found in by_task.items()},
        total.hexdigest(),
    )


def scene_of(conversation: Conversation) -> Scene:
    """Give the scene. Raises InputError if there is none."""
    if conversation.scene is None:
        raise InputError("a question without an image", expected="a scene to look at")
    return conversation.scene


def fitted(regions: Sequence[Region], size: tuple[int, int], conversation: Conversation) -> tuple[Region, ...]:
    """Give regions of an image of `size` in the pixels of the conversation's image, if it has one."""
    if conversation.scene is None or conversation.scene.size == size:
        return tuple(regions)
    width, height = conversation.scene.size
    return tuple(region.scaled(width / size[0], height / size[1]) for region in regions)


def reply(name: str, sha256: str, truth: Parsed, *, task: TaskName, text: str, confidence: float) -> Answer:
    """Give a baseline's answer: the truth of some examples, said again."""
    return Answer(
        text=text,
        task=task,
        model=name,
        model_sha256=sha256,
        value=truth.value,
        unit=truth.unit,
        regions=truth.regions,
        confidence=confidence,
        unsure=confidence < 0.5,
    )
