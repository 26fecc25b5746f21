"""Train plain networks for some steps, new ones or from another network's weights."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import nn
from torch.optim import AdamW

from geoglot.nets.losses import Batch, losses, total
from geoglot.train.batches import Part, batch
from geoglot.train.muon import Muon, optimisers
from geoglot.train.recipes.transfer.network import Plain

CLIP = 5.0
WARMUP = 30  # steps
LANDING = 0.6  # share of all steps over which the rate falls to 3 %


MUON_LR, ADAM_LR = 0.02, 0.002


@dataclass(frozen=True, slots=True)
class Course:
    """How long. views: a step; size_px: of a view; seed: of the weights to begin with and of the views."""

    steps: int
    views: int
    size_px: int
    seed: int


def fit(parts: Sequence[Part], course: Course, starts: Sequence[Plain | None]) -> list[Plain]:
    """Train one network from the weights of each start, none for new ones, all on the same views.

    They come in evaluation form; the starts stay as they are. All learn at the same rate: half of it for networks
    that were trained before kept them from learning what real images look like (docs/transfer.md). The same
    arguments give the same networks on one machine with one thread.
    """
    pupils = [_pupil(start, course.seed) for start in starts]
    rng = np.random.default_rng(course.seed)
    for step in range(course.steps):
        lesson = batch(parts, rng, views=course.views, size_px=course.size_px)
        for pupil in pupils:
            torch.manual_seed(course.seed * course.steps + step)  # what is dropped out is the same for all
            _step(pupil, lesson, rate_of(step, course.steps))
    return [pupil.net.eval() for pupil in pupils]


@dataclass(frozen=True, slots=True, eq=False)
class _Pupil:
    net: Plain
    muon: Muon
    adam: AdamW


def _pupil(start: Plain | None, seed: int) -> _Pupil:
    torch.manual_seed(seed)
    net = Plain()
    if start is not None:
        net.load_state_dict(start.state_dict())
    net.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    muon, adam = optimisers(net, muon_lr=MUON_LR, adam_lr=ADAM_LR)
    net.train()
    return _Pupil(net, muon, adam)


def _step(pupil: _Pupil, lesson: Batch, rate: float) -> None:
    sight = pupil.net(lesson.image.contiguous(memory_format=torch.channels_last))
    pupil.net.zero_grad(set_to_none=True)
    total(losses(sight, lesson)).backward()  # type: ignore[no-untyped-call]
    norm = float(nn.utils.clip_grad_norm_(pupil.net.parameters(), CLIP))
    if np.isfinite(norm):
        for optimiser, full in ((pupil.muon, MUON_LR), (pupil.adam, ADAM_LR)):
            for group in optimiser.param_groups:
                group["lr"] = full * rate
            optimiser.step()


def rate_of(step: int, steps: int) -> float:
    """Give the learning rate of a step as a share of the full one: up, level, and down to 3 %."""
    left = (steps - step) / max(1.0, LANDING * steps)
    return max(0.03, min(1.0, (step + 1) / WARMUP, left))
