"""RM-5 and RM-6: does hiding part of a patch keep small things better than hiding all of it, and does either pay?

A small trunk is pre-trained on unlabelled optical crops with partial masks or with whole patches, equal steps and
data. RM-5: a linear probe on its frozen features finds the centres of objects up to 16 px, and of larger ones.
RM-6: land cover learned from 1 % and 10 % of the labels, beginning from it or from scratch.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from geoglot.nets.masked import MaskedConfig, MaskedImages, MaskPolicy
from geoglot.nets.stems import StemConfig
from geoglot.nets.trunk import TrunkConfig
from tests.bench.trials.crops import UNKNOWN, Crops, cut
from tests.bench.trials.intervals import Interval, by_scene, difference

SIDE_PX, PATCH_PX, CLASSES = 64, 8, 11
POLICIES = {"partial": MaskPolicy(16, 0.6, 0.6), "whole": MaskPolicy(16, 0.6, 1.0)}
RESAMPLES = 300  # average precision is sorted anew for each


@dataclass(frozen=True, slots=True)
class Size:
    """Steps of pre-training and crops a step; steps of tuning; crops to draw from and to judge by."""

    steps: int = 150
    crops: int = 32
    tuning: int = 60
    train: int = 2160
    held_out: int = 480
    seeds: int = 3


def run(shards: Path, size: Size) -> dict[str, object]:
    """Pre-train, probe, tune; give precision and accuracy with intervals."""
    folder = shards / "simulated-optical"
    train, held = (
        cut(folder, split, count=count, side_px=SIDE_PX, patch_px=PATCH_PX, seed=12)
        for split, count in (("train", size.train), ("val", size.held_out))
    )
    losses: dict[str, list[float]] = {}
    found: dict[str, dict[str, list[NDArray[np.float64]]]] = {"small": {}, "large": {}}
    tuned: dict[str, dict[str, list[NDArray[np.float64]]]] = {"1 %": {}, "10 %": {}}
    for seed in range(size.seeds):
        for kind in ("scratch", *POLICIES):
            model, loss = _pretrained(kind, train, seed, size)
            losses.setdefault(kind, []).append(loss)
            for what in found:
                found[what].setdefault(kind, []).append(_probe(model, train, held, what))
            for share, every in (("1 %", 100), ("10 %", 10)):
                tuned[share].setdefault(kind, []).append(_tune(model, train, held, every, seed, size))
    return _table(losses, found, tuned, held)


def _pretrained(kind: str, train: Crops, seed: int, size: Size) -> tuple[MaskedImages, float]:
    torch.manual_seed(seed)
    trunk = TrunkConfig(48, 2, 4, 96, patch=PATCH_PX)
    model = MaskedImages(MaskedConfig("trial", (StemConfig("rgb", "pi"),), trunk))
    adam = torch.optim.AdamW(model.parameters(), 2e-3, weight_decay=0.05)
    rng, recent = np.random.default_rng(seed), []
    for step in range(size.steps if kind in POLICIES else 0):
        for group in adam.param_groups:
            group["lr"] = 2e-3 * min(1.0, (step + 1) / 20, (size.steps - step) / (0.5 * size.steps))
        pixels = train.pixels[rng.integers(0, size.train, size.crops)][:, :3]
        mask = torch.stack([POLICIES[kind].draw((SIDE_PX, SIDE_PX), rng) for _ in pixels])
        loss, _ = model(pixels, mask, "rgb")
        adam.zero_grad()
        loss.backward()
        adam.step()
        recent.append(float(loss.detach()))
    return model.eval(), float(np.mean(recent[-20:])) if recent else float("nan")


def _features(model: MaskedImages, pixels: Tensor) -> Tensor:
    stem, trunk = model.stems, model.trunk
    last: Tensor = trunk(stem(pixels[:, :3], "rgb")).last  # (n, h, w, d)
    return last


def _probe(model: MaskedImages, train: Crops, held: Crops, what: str) -> NDArray[np.float64]:
    """Give the probe's logits of held-out patches (n * h * w,)."""
    with torch.no_grad():
        seen, judged = _features(model, train.pixels).flatten(0, 2), _features(model, held.pixels).flatten(0, 2)
    mean, deviation = seen.mean(0), seen.std(0) + 1e-6
    seen, judged = (seen - mean) / deviation, (judged - mean) / deviation
    goal = (train.small if what == "small" else train.large).flatten()
    weight, bias = torch.zeros(seen.shape[1], requires_grad=True), torch.zeros((), requires_grad=True)
    newton = torch.optim.LBFGS([weight, bias], max_iter=40, line_search_fn="strong_wolfe")

    def closure() -> Tensor:
        newton.zero_grad()
        loss = functional.binary_cross_entropy_with_logits(seen @ weight + bias, goal) + 1e-4 * weight.square().sum()
        loss.backward()
        return loss

    newton.step(closure)
    return (judged @ weight.detach()).double().numpy()


def _tune(model: MaskedImages, train: Crops, held: Crops, every: int, seed: int, size: Size) -> NDArray[np.float64]:
    """Give by scene how many held-out patches are named rightly after tuning all weights on every so many crops."""
    torch.manual_seed(seed)
    copy = MaskedImages(model.config)
    copy.load_state_dict(model.state_dict())
    head = nn.Linear(48, CLASSES)
    adam = torch.optim.AdamW([*copy.stems.parameters(), *copy.trunk.parameters(), *head.parameters()], 1e-3)
    pixels, goals = train.pixels[::every], train.cover[::every]
    rng = np.random.default_rng(seed)
    for _ in range(size.tuning):
        chosen = rng.integers(0, len(pixels), 16)
        logits = head(_features(copy, pixels[chosen]))
        loss = functional.cross_entropy(logits.flatten(0, 2), goals[chosen].flatten(), ignore_index=UNKNOWN)
        adam.zero_grad()
        loss.backward()
        adam.step()
    copy.eval()
    with torch.no_grad():
        guess = head(_features(copy, held.pixels)).argmax(-1)
    known = held.cover != UNKNOWN
    right = ((guess == held.cover) & known).sum((1, 2)).double().numpy()
    return by_scene(right, known.sum((1, 2)).double().numpy(), held.scene)


def _table(
    losses: dict[str, list[float]],
    found: dict[str, dict[str, list[NDArray[np.float64]]]],
    tuned: dict[str, dict[str, list[NDArray[np.float64]]]],
    held: Crops,
) -> dict[str, object]:
    table: dict[str, object] = {f"loss of hidden pixels, {kind}": np.mean(losses[kind]).round(4) for kind in POLICIES}
    for what, kinds in found.items():
        truth = (held.small if what == "small" else held.large).flatten(1).numpy()
        table[f"share of patches with a {what} object"] = f"{100 * truth.mean():.2f} %"
        for kind, runs in kinds.items():
            table[f"RM-5: average precision, {what}, {kind}"] = f"{np.mean([_ap(truth.ravel(), r) for r in runs]):.2f}"
        table[f"RM-5: partial - whole, {what}"] = str(
            _ap_difference(truth, kinds["partial"], kinds["whole"], held.scene)
        )
        table[f"partial - scratch, {what}"] = str(_ap_difference(truth, kinds["partial"], kinds["scratch"], held.scene))
    for share, kinds in tuned.items():
        for kind in POLICIES:
            gain = difference(np.stack(kinds[kind]), np.stack(kinds["scratch"]))
            table[f"RM-6: {kind} - scratch, {share} of labels"] = str(gain)
    return {key: float(value) if isinstance(value, np.floating) else value for key, value in table.items()}


def _ap(truth: NDArray[np.float32], logits: NDArray[np.float64]) -> float:
    """Give the average precision in percent."""
    ranked = truth[np.argsort(-logits, kind="stable")]
    precision = ranked.cumsum() / np.arange(1, len(ranked) + 1)
    return float(100 * (precision * ranked).sum() / max(1.0, ranked.sum()))


def _ap_difference(
    truth: NDArray[np.float32],
    one: list[NDArray[np.float64]],
    other: list[NDArray[np.float64]],
    scene: NDArray[np.int64],
) -> Interval:
    """Give the mean difference over seeds; scenes are drawn again."""
    rng = np.random.default_rng(0)
    rows = [np.flatnonzero(scene == name) for name in np.unique(scene)]

    def apart(chosen: NDArray[np.int64]) -> float:
        goal = truth[chosen].ravel()
        pairs = [
            (a.reshape(truth.shape)[chosen].ravel(), b.reshape(truth.shape)[chosen].ravel())
            for a, b in zip(one, other, strict=True)
        ]
        return float(np.mean([_ap(goal, a) - _ap(goal, b) for a, b in pairs]))

    again = [apart(np.concatenate([rows[i] for i in rng.integers(0, len(rows), len(rows))])) for _ in range(RESAMPLES)]
    low, high = np.quantile(again, (0.025, 0.975))
    return Interval(apart(np.arange(len(truth))), float(low), float(high))
