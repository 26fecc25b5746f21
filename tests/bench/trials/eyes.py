"""The eye of a small member is opened first, as published members begin from a trunk that sees: classes of patches."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from geoglot.nets.family import Member
from geoglot.train.muon import optimisers
from geoglot.train.text.frames import for_stem
from geoglot.train.text.views import View, bands_of
from tests.bench.trials import plain

MUON_RATE, ADAM_RATE = 0.014, 7e-4
"""Source: nano-plan, section 7, not tuned."""

FRAMES = 24  # of one sensor, in a step
DRAWN = 1000  # pictures of each sensor
SEED = 3

Kinds = NDArray[np.int64]


def opened(member: Member, sensors: Sequence[str], *, steps: int, seed: int) -> None:
    """Teach stems and trunk what most of each patch is, in place, one sensor a step. What a sensor hides is ground."""
    shown = {sensor: plain.eyes(sensor, count=DRAWN, seed=SEED) for sensor in sensors}
    rng = np.random.default_rng(seed)

    def loss(head: nn.Linear, step: int) -> Tensor:
        sensor = sensors[step % len(sensors)]
        pictures, kinds = shown[sensor]
        chosen = rng.integers(0, DRAWN, FRAMES)
        return _loss(member, head, View(sensor, bands_of(sensor), pictures[chosen]), kinds[chosen])

    open_by(member, loss, kinds=plain.ROAD + 2, steps=steps)


def open_by(member: Member, loss: Callable[[nn.Linear, int], Tensor], *, kinds: int, steps: int) -> None:
    """Teach stems and trunk by what a layer behind them says of patches, in place. loss: of that layer, at a step."""
    head = nn.Linear(member.config.trunk.width, kinds)
    movers = optimisers(nn.ModuleList([member.stems, member.trunk, head]), muon_lr=MUON_RATE, adam_lr=ADAM_RATE)
    peaks = [[float(group["lr"]) for group in mover.param_groups] for mover in movers]
    for step in range(steps):
        loss(head, step).backward()  # type: ignore[no-untyped-call]
        for mover, rates in zip(movers, peaks, strict=True):
            for group, peak in zip(mover.param_groups, rates, strict=True):
                group["lr"] = peak * min(1.0, (step + 1) / 10, (steps - step) / (0.5 * steps))
            mover.step()
            mover.zero_grad()


def _loss(member: Member, head: nn.Linear, view: View, kinds: Kinds) -> Tensor:
    """Cross-entropy over patches; a sensor without a stem of its own is seen as its pseudo-RGB images, averaged."""
    frames = [for_stem(picture.astype(np.float32), view, member.config.stems) for picture in view.pictures]
    stem, images, bands_um = frames[0]
    pixels = torch.from_numpy(np.concatenate([one for _, one, _ in frames]))  # (F I, C, s, s)
    gsd_m = torch.full((len(pixels),), plain.GSD_M)
    last = member.trunk(member.stems(pixels, stem.name, bands_um), gsd_m).last  # (F I, h, w, d)
    seen = last.unflatten(0, (len(frames), len(images))).mean(dim=1)
    goal = torch.from_numpy(hidden(kinds, view.sensor))
    return functional.cross_entropy(head(seen).flatten(0, 2), goal.flatten())


def hidden(kinds: Kinds, sensor: str) -> Kinds:
    """Give classes with those that a sensor does not show as ground."""
    ground = plain.ROAD + 1
    unseen = [plain.CLASSES.index(label) for label in plain.HIDDEN[sensor]]
    return np.where(np.isin(kinds, unseen), ground, kinds)
