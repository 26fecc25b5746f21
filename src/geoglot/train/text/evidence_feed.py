"""Lessons of an `EvidenceWriter`: scenes, each with some of the questions about it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from geoglot.models.autoregressive.facts import NUMBERS, PLACES, POINTERS, FactIds
from geoglot.train.text.asking import Asked
from geoglot.train.text.evidence_writer import EvidenceLesson
from geoglot.train.text.facts import Block, Writing, pointed_in
from geoglot.train.text.imagined import imagined
from geoglot.train.text.plan import Rows, source_of
from geoglot.train.text.recipe import TokenRecipe
from geoglot.train.text.seen import Seen

IMAGINED = "imagined"
"""Name of the source whose scenes are drawn anew each time."""

QUESTIONS = 12  # of a scene in one row
TAGGED = 0.75  # of the questions begin with the tag of their task: a writer shall also do without
BLIND = 0.08
"""Of the rows are without any facts: who sees nothing shall say what is usual, which is the bound of words alone."""

Row = tuple[FactIds, Sequence[Block]]


class EvidenceFeed:
    """Gives rows of scenes by source; each row is one scene with some of its questions, drawn anew every epoch."""

    def __init__(self, recipe: TokenRecipe, sources: Mapping[str, Sequence[Seen]], writing: Writing) -> None:
        self._recipe, self._sources, self._writing = recipe, sources, writing
        self._order = {
            name: Rows(np.ones(len(scenes), np.int64), length=1, seed=recipe.seed, name=name)
            for name, scenes in sources.items()
        }

    def lesson(self, stage: int, first: int, last: int) -> EvidenceLesson:
        """See `Feed`."""
        return lesson([self._row(stage, number) for number in range(first, last)], pad=self._writing.vocabulary.pad)

    def _row(self, stage: int, number: int) -> Row:
        mixture, seed = self._recipe.stages[stage].mixture, self._recipe.seed
        source, place = source_of(number, [portion.weight for portion in mixture], seed)
        name = mixture[source].source
        rng = np.random.default_rng((seed, 3, stage, number))
        if name == IMAGINED:
            seen = imagined(str(number), rng)
        else:
            seen = self._sources[name][int(self._order[name].row(place)[0])]
        blind = bool(rng.random() < BLIND)
        pointed = None if blind else pointed_in(seen.told, int(rng.integers(len(POINTERS))))
        blocks = [
            self._writing.block(seen, asked, pointed, tagged=bool(rng.random() < TAGGED))
            for asked in chosen(seen.asked, rng)
        ]
        return nothing() if pointed is None else self._writing.facts(seen.told, pointed), blocks


def nothing() -> FactIds:
    """Give the facts of who has seen nothing: none."""
    return FactIds(
        np.zeros(0, np.int64),
        np.zeros((0, 1), np.int64),
        np.zeros((0, PLACES), np.int64),
        np.zeros((0, NUMBERS), np.float32),
    )


def chosen(asked: Sequence[Asked], rng: np.random.Generator) -> list[Asked]:
    """Draw the questions of a row, going round the kinds."""
    by_kind: dict[str, list[Asked]] = {}
    for index in rng.permutation(len(asked)):
        by_kind.setdefault(asked[index].kind, []).append(asked[index])
    rounds = max((len(part) for part in by_kind.values()), default=0)
    return [part[turn] for turn in range(rounds) for part in by_kind.values() if turn < len(part)][:QUESTIONS]


def lesson(rows: Sequence[Row], *, pad: int) -> EvidenceLesson:
    """Give scenes with their questions as tensors. pad: id of the filling."""
    laid = [_laid(blocks) for _, blocks in rows]
    facts = [scene for scene, _ in rows]
    longest = max(len(row.ids) for row in laid)
    most = max(1, *(len(scene.kind) for scene in facts))
    widest = max(scene.words.shape[1] for scene in facts)
    asked = [(row, place, block) for row, (_, blocks) in enumerate(rows) for place, block in _places(blocks)]
    selected = torch.full((len(asked), most), -1.0)
    for number, (_, _, block) in enumerate(asked):
        if block.selected is not None:  # fact 0 is the frame, and the objects follow it
            selected[number, 1 : 1 + len(block.selected)] = torch.tensor(block.selected).float()
    return EvidenceLesson(
        kind=_filled([scene.kind for scene in facts], (most,), -1),
        words=_filled([scene.words for scene in facts], (most, widest), -1),
        places=_filled([scene.places for scene in facts], (most, PLACES), -1),
        numbers=_filled([scene.numbers for scene in facts], (most, NUMBERS), 0),
        ids=_filled([row.ids for row in laid], (longest,), pad),
        block=_filled([row.number for row in laid], (longest,), -1),
        steps=_filled([row.steps for row in laid], (longest,), 0),
        targets=_filled([row.targets for row in laid], (longest,), -100),
        weights=_filled([row.weights for row in laid], (longest,), 0),
        asked=torch.tensor([(row, place) for row, place, _ in asked]).reshape(-1, 2),
        selected=selected,
    )


@dataclass(frozen=True, slots=True, eq=False)
class _Laid:
    """The N tokens of a row. number: of the question; steps: place in it; the rest as in `EvidenceLesson`."""

    ids: NDArray[np.int64]
    number: NDArray[np.int64]
    steps: NDArray[np.int64]
    targets: NDArray[np.int64]
    weights: NDArray[np.float32]


def _laid(blocks: Sequence[Block]) -> _Laid:
    """Put questions one after the other."""
    ids: list[int] = []
    number: list[int] = []
    steps: list[int] = []
    targets: list[int] = []
    weights: list[float] = []
    for index, block in enumerate(blocks):
        ids += block.ids
        number += [index] * len(block.ids)
        steps += range(len(block.ids))
        targets += [*[-100] * block.asked, *block.reply, -100]
        # A caption must not drown out yes and no.
        weights += [*[0.0] * block.asked, *[max(1, len(block.reply)) ** -0.5] * len(block.reply), 0.0]
    return _Laid(
        np.array(ids, np.int64),
        np.array(number, np.int64),
        np.array(steps, np.int64),
        np.array(targets, np.int64),
        np.array(weights, np.float32),
    )


def _places(blocks: Sequence[Block]) -> list[tuple[int, Block]]:
    """Where in a row the token stands from which each question selects."""
    found, start = [], 0
    for block in blocks:
        found.append((start + block.asked, block))
        start += len(block.ids)
    return found


def _filled(arrays: Sequence[NDArray[Any]], shape: tuple[int, ...], fill: float) -> Tensor:
    """Stack arrays of different sizes in one of (len, *shape)."""
    whole = np.full((len(arrays), *shape), fill, arrays[0].dtype)
    for row, array in enumerate(arrays):
        whole[row][tuple(slice(length) for length in array.shape)] = array
    return torch.from_numpy(whole)
