"""The answers of the images that look most alike in colour and texture."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from geoglot.conversation import Answer, Conversation
from geoglot.errors import InputError
from geoglot.evaluate.baselines.example import Example, Examples, scene_of
from geoglot.evaluate.baselines.features import features
from geoglot.evaluate.baselines.prior import commonest, said_again
from geoglot.evaluate.forms import MASKS, PLACES, TEXTS
from geoglot.models.protocol import Model
from geoglot.tasks import TaskName

NEIGHBOURS = 5


class Nearest(Model):
    """k nearest neighbours among the examples of the same question: five vote on a value, one lends its sentence
    or its regions. Features are scaled by their spread over the examples; distance is Euclidean."""

    def __init__(self, name: str, examples: Examples) -> None:
        self.name, self.sha256 = name, examples.sha256
        self._examples = examples

    def answer(self, conversation: Conversation, *, task: TaskName | None = None, seed: int = 0) -> Answer:
        """Answer as the neighbours do. Raises InputError as `features_like` and `Examples.like`."""
        found = self._examples.like(conversation, task)
        table = stacked(found)
        own = features_like(table, conversation)
        spread = table.std(axis=0)
        scaled = (table - own) / np.where(spread > 0, spread, 1.0)
        order = np.argsort((scaled**2).sum(axis=1), kind="stable")
        if found[0].task in TEXTS | PLACES | MASKS:
            return said_again(found[int(order[0])], conversation, name=self.name, sha256=self.sha256, confidence=0.5)
        nearest = [found[place] for place in order[:NEIGHBOURS].tolist()]
        return commonest(nearest, conversation, name=self.name, sha256=self.sha256)


def features_like(table: NDArray[np.float64], conversation: Conversation) -> NDArray[np.float64]:
    """Give the features (D,) of the conversation's image, to be held against those of examples (N, D).

    Raises InputError without an image, or where it has other bands than the examples.
    """
    own = features(scene_of(conversation))
    if len(own) != table.shape[1]:
        raise InputError("the image has other bands than those that the baseline was fitted on",
                         value=f"{len(own)} features", expected=f"{table.shape[1]}")  # fmt: skip
    return own


def stacked(examples: Sequence[Example]) -> NDArray[np.float64]:
    """Give the features of examples that have them, (N, D)."""
    rows = [example.features for example in examples if example.features is not None]
    return np.stack(rows)
