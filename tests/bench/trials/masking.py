"""RM-5 to RM-7: does hiding part of a patch keep small things better than hiding all of it, and does either pay?

A trunk is pre-trained on unlabelled crops with partial masks or with whole patches, equal steps and data. RM-5: a
linear probe on its frozen features finds the centres of objects up to 16 px, and of larger ones. RM-6: land cover
learned from 1 % and 10 % of the labels, beginning from it or from scratch. RM-7: the same on radar and thermal crops.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from geoglot.nets.masked import MaskedConfig, MaskedFrames, MaskedImages, MaskPolicy
from geoglot.nets.stems import StemConfig
from geoglot.nets.trunk import TrunkConfig
from tests.bench.trials.crops import UNKNOWN, Crops, cut
from tests.bench.trials.intervals import by_scene, difference, verdict
from tests.bench.trials.ledgers import WEIGHTS, Size, Sums, Trial, Unit, weights
from tests.bench.trials.precision import average_precision, precision_difference

SIDE_PX, PATCH_PX, CLASSES = 64, 8, 11
POLICIES = {"partial": MaskPolicy(16, 0.6, 0.6), "whole": MaskPolicy(16, 0.6, 1.0)}
SHARES = {"1 %": 100, "10 %": 10}  # of the labels: every so many crops
WHATS = ("small", "large")
LAYER_DECAY = 0.65
"""Rate of each layer over that of the one above it, in tuning what was pre-trained. Source: RingMo's released code."""


@dataclass(frozen=True, slots=True)
class MaskingSize(Size):
    """steps: of pre-training; crops: a step of it. tuning: steps of tuning. width, layers: of the trunk. train,
    held_out: crops to draw from and to judge by.
    """

    crops: int
    tuning: int
    width: int
    layers: int
    rate: float = 5e-4
    train: int = 8640
    held_out: int = 1920


SIZES = {
    "full": MaskingSize("full", 8000, crops=32, tuning=400, width=192, layers=6),
    "small": MaskingSize("small", 1200, crops=24, tuning=150, width=96, layers=3, rate=1e-3, train=4320),
}


@dataclass(frozen=True, slots=True, eq=False)
class PartialMasks(Trial[MaskingSize]):
    """The trial. shards: where those of the simulator are. sensor: of the crops, all that RM-7 changes."""

    shards: Path
    sensor: str

    def further(self) -> Mapping[str, object]:
        return {"sensor": self.sensor}

    def variants(self) -> Sequence[str]:
        return ("scratch", *POLICIES)

    def learn(self, unit: Unit, *, steps: int | None = None) -> Sums:
        size = self.shortened(steps)
        train, held = self._crops(size)
        model, loss = _pretrained(unit.variant, train, unit.seed, size)
        found = {what: _probe(model, train, held, what) for what in WHATS} | {"loss": np.array([loss])}
        for share, every in SHARES.items():
            found[share] = _tune(model, train, held, every, unit, size)
        return found | {WEIGHTS: weights(model)}

    def table(self, found: Mapping[str, Sums]) -> dict[str, str]:
        _, held = self._crops(self.size)
        table = {f"loss of hidden pixels, {kind}": f"{found[kind]['loss'].mean():.4f}" for kind in POLICIES}
        check = "RM-5" if self.sensor == "optical" else "RM-7"
        for what in WHATS:
            truth = (held.small if what == "small" else held.large).flatten(1).numpy()
            table[f"share of patches with a {what} object"] = f"{100 * truth.mean():.2f} %"
            for kind, measures in found.items():
                each = [average_precision(truth.ravel(), one) for one in measures[what]]
                table[f"average precision, {what}, {kind}"] = f"{np.mean(each):.2f}"
            for one, other in (("partial", "whole"), ("partial", "scratch")):
                apart = precision_difference(truth, found[one][what], found[other][what], held.scene)
                told = str(apart)
                if other == "whole" and self.sensor == "optical":
                    least, clear = (1.0, True) if what == "small" else (-0.5, False)
                    told = verdict(apart, size=self.size.name, least=least, clear=clear)
                table[f"{check}: {one} - {other}, {what}"] = told
        for share in SHARES:
            for kind in POLICIES:
                gain = difference(found[kind][share], found["scratch"][share])
                marked = kind == "partial" and share == "1 %"
                told = verdict(gain, size=self.size.name, least=3.0, clear=False) if marked else str(gain)
                table[f"RM-6: {kind} - scratch, {share} of labels"] = told
        return table

    def _crops(self, size: MaskingSize) -> tuple[Crops, Crops]:
        bands = {"optical": [0, 1, 2], "sar": [0, 1, 0], "thermal": [0, 0, 0]}[self.sensor]
        made = []
        for split, count in (("train", size.train), ("val", size.held_out)):
            folder = self.shards / f"simulated-{self.sensor}"
            crops = cut(folder, split, count=count, side_px=SIDE_PX, patch_px=PATCH_PX, seed=12)
            made.append(replace(crops, pixels=crops.pixels[:, bands]))
        return made[0], made[1]


def _pretrained(kind: str, train: Crops, seed: int, size: MaskingSize) -> tuple[MaskedImages, float]:
    torch.manual_seed(seed)
    trunk = TrunkConfig(size.width, size.layers, 4, 4 * size.width, patch=PATCH_PX)
    model = MaskedImages(MaskedConfig("trial", (StemConfig("rgb", "pi"),), trunk))
    adam = torch.optim.AdamW(model.parameters(), size.rate, weight_decay=0.05)
    rng, recent = np.random.default_rng(seed), []
    for step in range(size.steps if kind in POLICIES else 0):
        _warm(adam, step, size.steps)
        pixels = train.pixels[rng.integers(0, size.train, size.crops)]
        mask = torch.stack([POLICIES[kind].draw((SIDE_PX, SIDE_PX), rng) for _ in pixels])
        loss, _ = model(MaskedFrames("rgb", pixels, mask))
        adam.zero_grad()
        loss.backward()
        adam.step()
        recent.append(float(loss.detach()))
    _settle(model, train, rng)
    return model.eval(), float(np.mean(recent[-20:])) if recent else 0.0


@torch.no_grad()
def _settle(model: MaskedImages, train: Crops, rng: np.random.Generator) -> None:
    """Let the batch norms of the stem see whole pictures before features are probed.

    In pre-training they saw pictures with 36 or 60 % of their pixels at 0, by policy, and from scratch none at all.
    """
    norms = [module for module in model.modules() if isinstance(module, nn.BatchNorm2d)]
    for norm in norms:
        norm.reset_running_stats()
        norm.momentum = None  # the mean over all that is seen
    model.train()
    for _ in range(20):
        _features(model, train.pixels[rng.integers(0, len(train.pixels), 64)])
    for norm in norms:
        norm.momentum = 0.1


def _features(model: MaskedImages, pixels: Tensor) -> Tensor:
    last: Tensor = model.trunk(model.stems(pixels, "rgb")).last  # (n, h, w, d)
    return last


@torch.no_grad()
def _seen(model: MaskedImages, pixels: Tensor) -> Tensor:
    """Features (n h w, d) of many crops, some at a time."""
    return torch.cat([_features(model, part).flatten(0, 2) for part in pixels.split(256)])


def _probe(model: MaskedImages, train: Crops, held: Crops, what: str) -> NDArray[np.float64]:
    """Give the probe's logits of held-out patches (n * h * w,)."""
    seen, judged = _seen(model, train.pixels), _seen(model, held.pixels)
    mean, deviation = seen.mean(0), seen.std(0) + 1e-6
    seen, judged = (seen - mean) / deviation, (judged - mean) / deviation
    goal = (train.small if what == "small" else train.large).flatten()
    weight, bias = torch.zeros(seen.shape[1], requires_grad=True), torch.zeros((), requires_grad=True)
    newton = torch.optim.LBFGS([weight, bias], max_iter=60, line_search_fn="strong_wolfe")

    def closure() -> Tensor:
        newton.zero_grad()
        loss = functional.binary_cross_entropy_with_logits(seen @ weight + bias, goal) + 1e-4 * weight.square().sum()
        loss.backward()
        return loss

    newton.step(closure)
    return (judged @ weight.detach()).double().numpy().round(4)


def _tune(
    model: MaskedImages, train: Crops, held: Crops, every: int, unit: Unit, size: MaskingSize
) -> NDArray[np.float64]:
    """Give by scene how many held-out patches are named rightly after tuning all weights on every so many crops.

    Lower layers of what was pre-trained move less, as in the published tuning; those from scratch all move alike.
    """
    torch.manual_seed(unit.seed)
    copy = MaskedImages(model.config)
    copy.load_state_dict(model.state_dict())
    head = nn.Linear(size.width, CLASSES)
    decay = LAYER_DECAY if unit.variant in POLICIES else 1.0
    groups = [{"params": head.parameters(), "peak": 1e-3}, *_layers(copy, decay, 1e-3)]
    adam = torch.optim.AdamW(groups, 1e-3, weight_decay=0.05)
    pixels, goals = train.pixels[::every], train.cover[::every]
    rng = np.random.default_rng(unit.seed)
    for step in range(size.tuning):
        _warm(adam, step, size.tuning)
        chosen = rng.integers(0, len(pixels), 16)
        logits = head(_features(copy, pixels[chosen]))
        loss = functional.cross_entropy(logits.flatten(0, 2), goals[chosen].flatten(), ignore_index=UNKNOWN)
        adam.zero_grad()
        loss.backward()
        adam.step()
    copy.eval()
    with torch.no_grad():
        guess = head(_seen(copy, held.pixels)).argmax(-1).view_as(held.cover)
    known = held.cover != UNKNOWN
    right = ((guess == held.cover) & known).sum((1, 2)).double().numpy()
    return by_scene(right, known.sum((1, 2)).double().numpy(), held.scene)


def _layers(model: MaskedImages, decay: float, rate: float) -> Iterator[dict[str, object]]:
    """Weights from the last norm down to the stem, each with its peak rate."""
    stack = [model.trunk.norm, *reversed(list(model.trunk.layers)), model.stems]  # type: ignore[arg-type, union-attr]
    for depth, part in enumerate(stack):
        yield {"params": list(part.parameters()), "peak": rate * decay**depth}


def _warm(adam: torch.optim.Optimizer, step: int, steps: int) -> None:
    """Rise over a twentieth of the steps, fall over the second half."""
    share = min(1.0, (step + 1) / max(1.0, 0.05 * steps), (steps - step) / (0.5 * steps))
    for group in adam.param_groups:
        group["lr"] = group.setdefault("peak", group["lr"]) * share
