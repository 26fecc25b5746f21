"""Baselines that never look: the commonest answer, the commonest answer to the very question, a random one."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Sequence
from typing import TypeVar

import numpy as np

from geoglot.conversation import Answer, Conversation
from geoglot.errors import InputError
from geoglot.evaluate.baselines.example import Example, Examples, fitted, reply
from geoglot.evaluate.forms import MASKS, PLACES, TEXTS, union
from geoglot.evaluate.modes import scene_digest
from geoglot.models.protocol import Model
from geoglot.regions import Box
from geoglot.tasks import Parsed, TaskName

K = TypeVar("K")


class Majority(Model):
    """The commonest answer to any question of the task, whatever was asked and whatever is shown."""

    def __init__(self, name: str, examples: Examples) -> None:
        self.name, self.sha256 = name, examples.sha256
        self._examples = examples

    def answer(self, conversation: Conversation, *, task: TaskName | None = None, seed: int = 0) -> Answer:
        """Give the commonest answer. Raises InputError for a task that no example had."""
        if task is None or task not in self._examples.by_task:
            raise InputError("the baseline was fitted on no such task", value=task)
        return commonest(self._examples.by_task[task], conversation, name=self.name, sha256=self.sha256)


class Lookup(Model):
    """The commonest answer to the same question in the same words: what can be had from the text alone."""

    def __init__(self, name: str, examples: Examples) -> None:
        self.name, self.sha256 = name, examples.sha256
        self._examples = examples

    def answer(self, conversation: Conversation, *, task: TaskName | None = None, seed: int = 0) -> Answer:
        """Give the commonest answer to the question, else to the task. Raises InputError as `Examples.like`."""
        return commonest(self._examples.like(conversation, task), conversation, name=self.name, sha256=self.sha256)


class Random(Model):
    """The answer of a random example of the same question: its value, its sentence, its regions.

    Never that of the very image that is shown, where examples know theirs.
    """

    def __init__(self, name: str, examples: Examples) -> None:
        self.name, self.sha256 = name, examples.sha256
        self._examples = examples

    def answer(self, conversation: Conversation, *, task: TaskName | None = None, seed: int = 0) -> Answer:
        """Draw one; the draw depends on seed, question and image only. Raises InputError as `Examples.like`, and
        if the image itself is the only example."""
        shown = "" if conversation.scene is None else scene_digest(conversation.scene)
        like = self._examples.like(conversation, task)
        found = [example for example in like if not example.digest or example.digest != shown]
        if not found:
            raise InputError("the only example is the image itself", value=conversation.question.text)
        drawn = hashlib.sha256(f"{seed}/{conversation.question.text}/{shown}".encode()).digest()
        rng = np.random.default_rng(int.from_bytes(drawn[:8], "big"))
        return said_again(
            found[int(rng.integers(len(found)))],
            conversation,
            name=self.name,
            sha256=self.sha256,
            confidence=1 / len(found),
        )


def said_again(example: Example, conversation: Conversation, *, name: str, sha256: str, confidence: float) -> Answer:
    """Give the truth of one example as the answer, its regions fitted to the image."""
    regions = fitted(example.truth.regions, example.size, conversation)
    truth = Parsed(example.truth.value, regions, example.truth.unit)
    text = example.references[0] if example.references else words(truth)
    return reply(name, sha256, truth, task=example.task, text=text, confidence=confidence)


def commonest(examples: Sequence[Example], conversation: Conversation, *, name: str, sha256: str) -> Answer:
    """Give what most examples agree on, its confidence the share that does.

    Captions: the commonest sentence. Labels: those of more than half. Areas: the median. Boxes: none. Masks: the
    whole image if most pixels of the examples are in them, else nothing.
    """
    task = examples[0].task
    if task in TEXTS:
        sentence, count = _first(Counter(text for example in examples for text in example.references))
        return reply(name, sha256, Parsed(), task=task, text=sentence, confidence=count / len(examples))
    truth, confidence = _agreed(examples, task, conversation)
    return reply(name, sha256, truth, task=task, text=words(truth), confidence=min(1.0, confidence))


def _agreed(examples: Sequence[Example], task: TaskName, conversation: Conversation) -> tuple[Parsed, float]:
    if task in PLACES:
        return Parsed(), sum(not example.truth.regions for example in examples) / len(examples)
    if task in MASKS:
        share = float(np.mean([union(example.truth.regions, example.size).mean() for example in examples]))
        width, height = conversation.scene.size if conversation.scene else examples[0].size
        whole = (Box(0, 0, width, height),)
        return Parsed(regions=whole if share > 0.5 else ()), max(share, 1 - share)
    if task is TaskName.MULTILABEL:
        held = Counter(label for example in examples for label in _labels(example))
        labels = tuple(sorted(label for label, count in held.items() if 2 * count > len(examples)))
        return Parsed(labels), sum(_labels(example) == labels for example in examples) / len(examples)
    if task is TaskName.AREA:
        median = float(np.median([float(str(example.truth.value)) for example in examples]))
        return Parsed(median, unit=examples[0].truth.unit), 0.0
    value, count = _first(Counter(example.truth.value for example in examples))
    return Parsed(value, unit=examples[0].truth.unit), count / len(examples)


def words(truth: Parsed) -> str:
    """Give a truth as a reply would say it."""
    if truth.value is None:
        return f"{len(truth.regions)} regions" if truth.regions else "none"
    if isinstance(truth.value, bool):
        return "yes" if truth.value else "no"
    if isinstance(truth.value, tuple):
        return ", ".join(truth.value) or "none"
    return f"{truth.value} {truth.unit}" if truth.unit else str(truth.value)


def _labels(example: Example) -> tuple[str, ...]:
    return example.truth.value if isinstance(example.truth.value, tuple) else ()


def _first(counts: Counter[K]) -> tuple[K, int]:
    """The commonest with its count; of equally common ones the first in writing, whatever order they came in."""
    return min(counts.items(), key=lambda item: (-item[1], str(item[0])))
