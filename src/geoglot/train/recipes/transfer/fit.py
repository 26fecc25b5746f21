"""Train plain networks for some steps, new ones or from another network's weights."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, TypeVar

import numpy as np
import torch
from torch import Tensor, nn
from torch.optim import AdamW

from geoglot.nets.losses import Batch, losses, total
from geoglot.train.batches import Part, batch
from geoglot.train.muon import Muon, optimisers
from geoglot.train.recipes.transfer.network import Plain

CLIP = 5.0
WARMUP = 30  # steps
LANDING = 0.6  # share of all steps over which the rate falls to 3 %


MUON_LR, ADAM_LR = 0.02, 0.002

N = TypeVar("N", bound=nn.Module)
L = TypeVar("L")


@dataclass(frozen=True, slots=True)
class Course:
    """How long. views: a step; size_px: of a view; seed: of the weights to begin with and of the views."""

    steps: int
    views: int
    size_px: int
    seed: int


@dataclass(frozen=True, slots=True)
class Study(Generic[N, L]):
    """What is to be learned. new: gives a network with new weights; lesson: draws the views of a step; loss: of a
    network on them.
    """

    new: Callable[[], N]
    lesson: Callable[[np.random.Generator], L]
    loss: Callable[[N, L], Tensor]


def fit(parts: Sequence[Part], course: Course, starts: Sequence[Plain | None]) -> list[Plain]:
    """Train plain networks on images; see `follow`."""

    def lesson(rng: np.random.Generator) -> Batch:
        return batch(parts, rng, views=course.views, size_px=course.size_px)

    return follow(Study(Plain, lesson, _loss), course, starts)


def follow(study: Study[N, L], course: Course, starts: Sequence[N | None]) -> list[N]:
    """Train one network from the weights of each start, none for new ones, all on the same views.

    They come in evaluation form; the starts stay as they are. All learn at the same rate: half of it for networks
    that were trained before kept them from learning what real images look like (docs/transfer.md). The same
    arguments give the same networks on one machine with one thread.
    """
    pupils = [_pupil(study.new, start, course.seed) for start in starts]
    rng = np.random.default_rng(course.seed)
    for step in range(course.steps):
        lesson = study.lesson(rng)
        for pupil in pupils:
            torch.manual_seed(course.seed * course.steps + step)  # what is dropped out is the same for all
            _step(pupil, study.loss(pupil.net, lesson), rate_of(step, course.steps))
    return [pupil.net.eval() for pupil in pupils]


@dataclass(frozen=True, slots=True, eq=False)
class _Pupil(Generic[N]):
    net: N
    muon: Muon
    adam: AdamW


def _pupil(new: Callable[[], N], start: N | None, seed: int) -> _Pupil[N]:
    torch.manual_seed(seed)
    net = new()
    if start is not None:
        net.load_state_dict(start.state_dict())
    net.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    muon, adam = optimisers(net, muon_lr=MUON_LR, adam_lr=ADAM_LR)
    net.train()
    return _Pupil(net, muon, adam)


def _loss(net: Plain, lesson: Batch) -> Tensor:
    return total(losses(net(lesson.image.contiguous(memory_format=torch.channels_last)), lesson))


def _step(pupil: _Pupil[N], loss: Tensor, rate: float) -> None:
    pupil.net.zero_grad(set_to_none=True)
    loss.backward()  # type: ignore[no-untyped-call]
    norm = float(nn.utils.clip_grad_norm_(pupil.net.parameters(), CLIP))
    if np.isfinite(norm):
        for optimiser, full in ((pupil.muon, MUON_LR), (pupil.adam, ADAM_LR)):
            for group in optimiser.param_groups:
                group["lr"] = full * rate
            optimiser.step()


def taught(new: Callable[[], N], path: Path, teach: Callable[[], N]) -> N:
    """Give the network that is kept at a path, trained and kept there if there is none."""
    if path.exists():
        net = new()
        net.load_state_dict(torch.load(path, weights_only=True))
        return net.eval()
    net = teach()
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_suffix(".draft")
    torch.save(net.state_dict(), draft)
    os.replace(draft, path)
    return net


def rate_of(step: int, steps: int) -> float:
    """Give the learning rate of a step as a share of the full one: up, level, and down to 3 %."""
    left = (steps - step) / max(1.0, LANDING * steps)
    return max(0.03, min(1.0, (step + 1) / WARMUP, left))
