"""`Lesson`: what one pass of a token model takes; and the loading of lessons, the same with and without workers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Protocol, Self

import torch
from torch.utils.data import DataLoader, Dataset

from geoglot.train.text.recipe import TokenRecipe

Place = tuple[int, int, int]
"""Stage, first row, row after the last."""


class Lesson(Protocol):
    """Some rows as tensors. A model is called with a lesson and gives the sum of each loss over it, by name.

    counts: what each of these sums is to be divided by, once summed over all lessons of the step. Every lesson holds
    at least one picture, if need be a blank one that no token shows, where the model has a trunk: all processes must
    run the same layers.
    """

    @property
    def counts(self) -> Mapping[str, float]: ...

    @property
    def tokens(self) -> int: ...

    def to(self, device: torch.device) -> Self: ...


class Feed(Protocol):
    """Gives the rows `first` to `last` - 1 of a stage: a pure function, called in worker processes."""

    def lesson(self, stage: int, first: int, last: int) -> Lesson: ...


def places(recipe: TokenRecipe, *, start: int, stop: int, rank: int, count: int) -> Iterator[Place]:
    """Give the places of one process's lessons for steps `start` to `stop` - 1, `recipe.parts` of them a step.

    All processes and parts together read the same rows of a step, however many they are.
    """
    each = recipe.rows // (count * recipe.parts)
    for step in range(start, stop):
        stage, inside = recipe.stage_at(step)
        for part in range(recipe.parts):
            first = inside * recipe.rows + (part * count + rank) * each
            yield stage, first, first + each


def lessons(feed: Feed, wanted: list[Place], *, workers: int) -> Iterator[Lesson]:
    """Load the lessons of these places in their order, in this process or in `workers` others ahead of it."""
    loader: DataLoader[Lesson] = DataLoader(_Lessons(feed, wanted), batch_size=None, num_workers=workers)
    return iter(loader)


class _Lessons(Dataset[Lesson]):
    def __init__(self, feed: Feed, wanted: list[Place]) -> None:
        self._feed = feed
        self._wanted = wanted

    def __len__(self) -> int:
        return len(self._wanted)

    def __getitem__(self, index: int) -> Lesson:
        return self._feed.lesson(*self._wanted[index])
