"""Places as what the eye told: a head (`point.onnx`) says of every fact how likely a question means it.

Inputs of the graph: states (F, D) of the facts, asked (D,) of the question's last token. Output: chances (F,).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from geoglot.errors import ModelError
from geoglot.models.autoregressive.facts import LIKELY, Pointed, covered
from geoglot.models.autoregressive.told import Told
from geoglot.models.graph import opened
from geoglot.models.nano.evidence import CoverMap, Evidence, SeenChange, SeenObject
from geoglot.models.nano.reason.seen import Seen, mask_of
from geoglot.regions import Polygon, Region
from geoglot.tasks import TaskName

if TYPE_CHECKING:
    import onnxruntime

THING, CHANGE, COVER = "thing", "change", "cover"
MEANT: Mapping[TaskName, tuple[str, ...]] = {
    TaskName.GROUND: (THING,),
    TaskName.DETECT: (THING,),
    TaskName.SEGMENT: (THING, COVER),
    TaskName.CHANGE_MASK: (CHANGE,),
}
"""The tasks that are answered by pointing, and at what."""

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Aim:
    """One fact that may be pointed at. kind: THING, CHANGE or COVER; index: among those of its kind that became facts;
    chance: that the question means it.
    """

    kind: str
    index: int
    chance: float


class Head:
    """Opens the graph at the first question."""

    def __init__(self, graph: Path) -> None:
        self._graph = graph

    def chances(self, states: Floats, facts: int) -> Floats:
        """Give (facts,) for the states (N, D) of a prompt that begins with so many facts and ends with its question.

        Raises ModelError if the graph gives something else.
        """
        (found,) = self._session.run(["chances"], {"states": states[:facts], "asked": states[-1]})
        if found.shape != (facts,) or not np.isfinite(found).all():
            raise ModelError(
                "the pointing head gave something else than it should", value=found.shape, expected=f"({facts},)"
            )
        return np.asarray(found, np.float32)

    @cached_property
    def _session(self) -> onnxruntime.InferenceSession:
        return opened(self._graph, what="the pointing head")


def aims(chances: Floats, told: Told, pointed: Pointed, task: TaskName) -> list[Aim]:
    """Give what a task may point at, in the order of the facts: behind the frame things, changes, land covers."""
    counts = ((THING, len(pointed.things)), (CHANGE, len(pointed.changes)), (COVER, len(covered(told))))
    order = [(kind, index) for kind, count in counts for index in range(count)]
    each = zip(order, chances[1:], strict=False)
    return [Aim(kind, index, float(chance)) for (kind, index), chance in each if kind in MEANT[task]]


def chosen(found: Sequence[Aim], task: TaskName) -> tuple[list[Aim], float]:
    """Give what is pointed at, the surest first, and how sure that is: the mean chance, or that of none at all.

    Where one is asked for, the surest is, once it is likelier than not that any of them is meant.
    """
    none = math.prod(1 - aim.chance for aim in found)
    order = sorted(found, key=lambda aim: -aim.chance)
    if task is TaskName.GROUND:
        meant = order[:1] if none <= 1 - LIKELY else []
    else:
        meant = [aim for aim in order if aim.chance >= LIKELY]
    if not meant:
        return [], none
    return meant, sum(aim.chance for aim in meant) / len(meant)


def words(found: Sequence[Aim], told: Told, pointed: Pointed) -> tuple[str, ...]:
    """Give the words of what is pointed at: pointers of things and changes, the names of land covers."""
    named = {THING: list(pointed.things), CHANGE: list(pointed.changes), COVER: [name for _, name, _ in covered(told)]}
    return tuple(named[aim.kind][aim.index] for aim in found)


def region(aim: Aim, evidence: Evidence, told: Told, pointed: Pointed, *, outlined: bool) -> Region | None:
    """Give the place of what is pointed at, scored by its chance; None for a cover of which no pixel is left.

    outlined: things as polygons, which is what a task of pixels takes.
    """
    score = min(1.0, aim.chance)
    if aim.kind == CHANGE:
        change = change_of(aim, evidence, told, pointed)
        return replace(change.region, label=change.what, score=score)
    if aim.kind == COVER:
        frame, name, _ = covered(told)[aim.index]
        return _cells(next(one for one in evidence.cover if one.frame == frame), name, evidence, score)
    thing = thing_of(aim, evidence, told, pointed)
    if not outlined:
        return replace(thing.region, label=thing.label, score=score)
    ring = tuple((float(x), float(y)) for x, y in thing.region.outline)
    return Polygon((ring,), label=thing.label, score=score, frame=thing.region.frame)


def thing_of(aim: Aim, evidence: Evidence, told: Told, pointed: Pointed) -> SeenObject:
    """Give the object that an aim at a thing means."""
    return evidence.objects[told.objects.index(list(pointed.things.values())[aim.index])]


def change_of(aim: Aim, evidence: Evidence, told: Told, pointed: Pointed) -> SeenChange:
    """Give the change that an aim at one means."""
    return evidence.changes[told.changes.index(list(pointed.changes.values())[aim.index])]


def _cells(cover: CoverMap, name: str, evidence: Evidence, score: float) -> Region | None:
    cells = cover.labels == cover.classes.index(name)
    return mask_of(cover, cells, Seen(evidence, None, cover.frame), label=name, score=score)
