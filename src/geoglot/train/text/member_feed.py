"""Lessons of a family member: pictures of simulated scenes among the words of the questions about them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from geoglot.nets.batch import IGNORED, Batch, FrameGroup, frame_group
from geoglot.train.text.frames import kept_bands
from geoglot.train.text.member_layout import HEADS, TILES, Laid, Layout, Shown, Taught
from geoglot.train.text.plan import Rows, source_of
from geoglot.train.text.pupil import MemberLesson
from geoglot.train.text.recipe import Stage, TokenRecipe
from geoglot.train.text.truths import gathered
from geoglot.train.text.views import Talk


class MemberFeed:
    """Gives rows of scenes by source, packed to the recipe's length. Every lesson has one group for every stem.

    A stem that no scene of a lesson is for sees a blank picture in a row of its own, in which nothing is learned:
    all processes of a run go through the same layers.
    """

    def __init__(self, recipe: TokenRecipe, talks: Mapping[str, Talk], layout: Layout) -> None:
        self._recipe, self._talks, self._layout = recipe, talks, layout
        self._rows: dict[tuple[str, Taught], Rows] = {}

    def lesson(self, stage: int, first: int, last: int) -> MemberLesson:
        """See `Feed`."""
        rows = [self._row(stage, number) for number in range(first, last)]
        there = {shown.stem for row in rows for laid in row for shown in laid.shown}
        stems = [stem.name for stem in self._layout.config.stems]
        rows += [[self._layout.blank(stem)] for stem in stems if stem not in there]
        lesson = packed(rows, stems, pad=self._layout.words.pad, tiled=self._layout.tiled)
        frames = tuple(self._fewer(group, stage, first) for group in lesson.batch.frames)
        return replace(lesson, batch=replace(lesson.batch, frames=frames))

    def _row(self, stage: int, number: int) -> list[Laid]:
        now, seed = self._recipe.stages[stage], self._recipe.seed
        source, place = source_of(number, [portion.weight for portion in now.mixture], seed)
        name, taught = now.mixture[source].source, taught_in(now)
        talk = self._talks[name]
        if (name, taught) not in self._rows:
            lengths = self._layout.lengths(talk, taught)
            self._rows[name, taught] = Rows(lengths, length=self._recipe.length, seed=seed, name=name)
        return [self._layout.laid(talk, int(index), taught) for index in self._rows[name, taught].row(place)]

    def _fewer(self, group: FrameGroup, stage: int, first: int) -> FrameGroup:
        """The frames of a spectral stem with the bands that this step shows."""
        if group.bands_um is None:
            return group
        kept = kept_bands(len(group.bands_um), self._recipe, stage, first)
        return replace(group, pixels=group.pixels[:, kept], bands_um=group.bands_um[kept])


def taught_in(stage: Stage) -> Taught:
    """Give what a stage teaches, which the names of its losses say."""
    names = {name for name, _ in stage.losses}
    return Taught("text" in names, frozenset(names & set(HEADS)))


def packed(rows: Sequence[Sequence[Laid]], stems: Sequence[str], *, pad: int, tiled: bool) -> MemberLesson:
    """Put the scenes of each row one after the other, and the frames of each stem into one group."""
    scene = [np.concatenate([np.full(len(one.ids), number) for number, one in enumerate(row)]) for row in rows]
    laid = [one for row in rows for one in row]
    first = np.cumsum([0, *(sum(shown.images for shown in one.shown) for one in laid)])
    truths = gathered([(number, truth) for number, one in enumerate(laid) for truth in one.truths])
    batch = Batch(
        ids=_filled([[one.ids for one in row] for row in rows], pad),
        frames=groups([shown for one in laid for shown in one.shown], stems, tiled=tiled),
        targets=_filled([[one.targets for one in row] for row in rows], IGNORED),
        weights=_filled([[one.weights for one in row] for row in rows], 0.0),
        boxes=truths.boxes or None,
        masks=truths.masks,
        mask_frames=tuple(int(first[number]) for number in truths.scenes) or None,
        paths=truths.paths,
    )
    return MemberLesson(
        batch=batch,
        scene=_filled([[one] for one in scene], -1),
        block=_filled([[one.block for one in row] for row in rows], 0),
        steps=_filled([[one.steps for one in row] for row in rows], 0),
    )


def groups(shown: Sequence[Shown], stems: Sequence[str], *, tiled: bool) -> tuple[FrameGroup, ...]:
    """Give one group for each of these stems that something is shown to; images are counted in the order given."""
    first = np.cumsum([0, *(one.images for one in shown)])
    found = []
    for stem in stems:
        mine = [number for number, one in enumerate(shown) if one.stem == stem]
        if mine:
            group = frame_group(
                stem,
                torch.from_numpy(np.concatenate([shown[number].pixels for number in mine])),
                places=tuple(int(p) for number in mine for p in range(first[number], first[number + 1])),
                told=tuple(shown[number].told for number in mine for _ in shown[number].pixels),
                bands_um=shown[mine[0]].bands_um,
                tiles=TILES if tiled else None,
            )
            found.append(group)
    return tuple(found)


def _filled(rows: Sequence[Sequence[NDArray[np.generic]]], fill: float) -> Tensor:
    """Join the parts of each row and stack the rows, filled up to the longest."""
    joined = [np.concatenate(row) for row in rows]
    whole = np.full((len(rows), max(map(len, joined))), fill, joined[0].dtype)
    for number, row in enumerate(joined):
        whole[number, : len(row)] = row
    return torch.from_numpy(whole)
