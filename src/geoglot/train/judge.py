"""Teach the judge of a pair: whether anything lasting happened, told by parts of the pair as coarse as the change."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from geoglot.models.nano import slots
from geoglot.models.nano.events import KINDS
from geoglot.nets.judge import SIDE, STRIDE, Judge, Parts, in_parts, parts_of
from geoglot.train.change import GAIN, OFFSET, Compared, swapped, told, undone

LOG = logging.getLogger(__name__)
STEPS = 4000
BATCH = 16
RATE = 2e-3
CUTS = 3  # of each pair beside the whole of it: without the event, or with nothing else
LEAST_CUT = 0.35  # of a side
ANYTHING = 4.0  # how many kinds "anything lasting" weighs
DENSE = 0.5  # weight of what happened in each part beside whether it happened


@dataclass(frozen=True, slots=True, eq=False)
class Glimpse:
    """A pair or a cut of one, in parts. share: (kinds, SIDE, SIDE) of each part in which each kind happened; known:
    (SIDE, SIDE) share of it of which that is known; happened: (kinds,) 1 or 0, first of anything lasting, NaN where
    nobody knows.
    """

    parts: Parts
    share: Tensor
    known: Tensor
    happened: Tensor


@torch.no_grad()
def glimpses(seen: Compared, rng: np.random.Generator, *, cuts: int = CUTS) -> list[Glimpse]:
    """Give the whole of a pair, and cuts of it."""
    height, width = seen.known.shape
    found = [glimpse(seen, (slice(0, height), slice(0, width)))]
    for _ in range(cuts):
        sides = [max(SIDE // 2, round(side * rng.uniform(LEAST_CUT, 1.0))) for side in (height, width)]
        corner = [int(rng.integers(whole - side + 1)) for whole, side in zip((height, width), sides, strict=True)]
        rows, columns = (slice(at, at + side) for at, side in zip(corner, sides, strict=True))
        found.append(glimpse(seen, (rows, columns)))
    return found


def glimpse(seen: Compared, place: tuple[slice, slice]) -> Glimpse:
    """Give the part of a pair that lies in those rows and columns of cells."""
    rows, columns = place
    fine = slice(STRIDE * rows.start, STRIDE * rows.stop), slice(STRIDE * columns.start, STRIDE * columns.stop)
    dense = [planes[None, :, rows, columns].float() for planes in (seen.before, seen.after)]
    pictures = [seen.in_slots(planes[:, *fine].float())[None] for planes in (seen.old, seen.new)]
    share, known = seen.share[:, rows, columns].float(), seen.known[rows, columns].float()
    return Glimpse(
        in_parts(*dense, *pictures),
        parts_of((share * known)[None])[0],
        parts_of(known[None, None])[0, 0],
        told((share * known).mean(dim=(1, 2)), float(known.mean())),
    )


def fit(sets: Sequence[Sequence[Glimpse]], *, steps: int = STEPS, seed: int = 0) -> Judge:
    """Train a judge; every set gives as many glimpses."""
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    judge = untaught()
    odds = _odds(sets)
    mover = torch.optim.AdamW(judge.parameters(), lr=RATE, weight_decay=5e-2)
    for step in range(steps):
        for group in mover.param_groups:
            group["lr"] = RATE * min((step + 1) / 50, 0.5 * (1 + np.cos(np.pi * step / steps)) + 1e-3)
        drawn = []
        for view in range(BATCH):
            part = sets[(step * BATCH + view) % len(sets)]
            drawn.append(changed(part[int(rng.integers(len(part)))], rng))
        mover.zero_grad(set_to_none=True)
        loss = _loss(judge, drawn, odds)
        loss.backward()  # type: ignore[no-untyped-call]
        mover.step()
        if step % 200 == 0:
            LOG.info("judge, step %d: %.3f", step, loss.item())
    return judge.eval()


def untaught() -> Judge:
    """Give a judge for nano's slots and kinds of change that has learned nothing yet."""
    return Judge(slots=len(slots.SLOTS), kinds=len(KINDS))


def _odds(sets: Sequence[Sequence[Glimpse]]) -> Tensor:
    """(kinds,) how often each kind did not happen for once that it did: whoever asks for floods has reason to."""
    happened = torch.stack([one.happened for part in sets for one in part])
    yes, no = (happened == 1).sum(dim=0), (happened == 0).sum(dim=0)
    return (no / yes.clamp(min=1)).clamp(0.2, 20.0)


def _loss(judge: Judge, drawn: Sequence[Glimpse], odds: Tensor) -> Tensor:
    """Cross entropies of what happened in each part, and of whether it happened."""
    cells, anywhere = judge(torch.cat([one.parts.overview() for one in drawn]))
    share = torch.stack([one.share for one in drawn])
    known = torch.stack([one.known for one in drawn])
    entropy = -(share * torch.log_softmax(cells, dim=1)).sum() / known.sum().clamp(min=1)
    happened = torch.stack([one.happened for one in drawn])
    asked = (~happened.isnan()).float()
    asked[:, 0] *= ANYTHING
    wrong = functional.binary_cross_entropy_with_logits(
        anywhere, happened.nan_to_num(), pos_weight=odds, weight=asked, reduction="sum"
    )
    found: Tensor = wrong / asked.sum().clamp(min=1)
    return found + DENSE * entropy


def changed(one: Glimpse, rng: np.random.Generator) -> Glimpse:
    """Give a glimpse turned, mirrored, under other light; its dates swapped where what happened can be undone."""
    turns, mirror = int(rng.integers(4)), bool(rng.random() < 0.5)

    def moved(planes: Tensor) -> Tensor:
        part = torch.rot90(planes, turns, (-2, -1))
        return part.flip(-1) if mirror else part

    parts = one.parts.moved(moved).relit([_light(rng, len(slots.SLOTS)) for _ in range(2)])
    share, happened = moved(one.share), one.happened
    if rng.random() < 0.5 and undone(one.share):
        parts, share = parts.reversed(), share[swapped()]
        happened = torch.cat([happened[:1], happened[swapped()][1:]])
    return Glimpse(parts, share, moved(one.known), happened)


def _light(rng: np.random.Generator, count: int) -> tuple[Tensor, Tensor]:
    gain, offset = (rng.normal(middle, spread, (count, 1, 1)) for middle, spread in ((1.0, GAIN), (0.0, OFFSET)))
    return torch.from_numpy(gain).float(), torch.from_numpy(offset).float()


@torch.no_grad()
def judged(judge: Judge, one: Glimpse) -> NDArray[np.float32]:
    """Give (kinds,) the logits of whether each kind happened."""
    anywhere = judge(one.parts.overview())[1]
    return np.asarray(anywhere[0].numpy(), np.float32)
