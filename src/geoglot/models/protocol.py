"""The contract that every model keeps: nano, a transformers folder, a server, an open_clip folder."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence

from geoglot.conversation import Answer, Conversation
from geoglot.errors import InputError
from geoglot.regions import Box, Region
from geoglot.scenes import Scene
from geoglot.tasks import TaskName


class Model(ABC):
    """Who answers. Subclasses write `answer`; batching, asking and following up come with it.

    name: as in `Answer.model`. sha256: of the weights, "" where they are not ours to hash. trained_on: names of the
    data sets (`geoglot.data.readers.Card.name`) whose training parts the weights have seen, None where nobody says.
    The same conversation and seed give the same answer, alone or in a batch.
    """

    name: str
    sha256: str = ""
    trained_on: frozenset[str] | None = None

    @abstractmethod
    def answer(self, conversation: Conversation, *, task: TaskName | None = None, seed: int = 0) -> Answer:
        """Answer the last turn. task: what kind of question it is; told from the words if None.

        Raises ModelError if the model cannot keep the contract; InputError for questions it cannot take at all.
        An answer that the model is not sure of is an Answer with `unsure`, never an error.
        """

    def answers(self, batch: Sequence[Conversation], *, task: TaskName | None = None, seed: int = 0) -> list[Answer]:
        """Answer many conversations; equal to answering each alone."""
        return [self.answer(conversation, task=task, seed=seed) for conversation in batch]

    def ask(
        self,
        scene: Scene,
        question: str,
        *,
        region: Region | None = None,
        task: TaskName | str | None = None,
        seed: int = 0,
    ) -> Answer:
        """Ask one question about a scene. region: restrict it to this place (pixels of the first frame)."""
        if task is not None:
            task = task_named(task)
        if region is None:
            conversation = Conversation.about(scene, question)
        else:
            _inside(region, scene)
            text = question if "<r0>" in question else f"{question.rstrip()} <r0>"
            conversation = Conversation.about(scene, text, regions=(region,))
        return self.answer(conversation, task=task, seed=seed)


def task_named(word: TaskName | str) -> TaskName:
    """Give the task of that name. Raises UnknownName."""
    from geoglot.tasks import get

    return get(word).name


def _inside(region: Region, scene: Scene) -> None:
    width, height = scene.size
    box = region.bounds
    if not isinstance(box, Box) or box.x0 >= width or box.y0 >= height or box.x1 <= 0 or box.y1 <= 0:
        raise InputError("the region lies outside the image", value=(box.x0, box.y0, box.x1, box.y1),
                         expected=f"x in 0..{width}, y in 0..{height} pixels")  # fmt: skip
