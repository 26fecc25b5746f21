"""RA-3, RA-4, RA-5 and the part of U-3 that needs no writer: do separate first layers keep sensors from disturbing?

Land cover of each patch, learned from simulated optical, SAR and thermal crops at equal samples a sensor and equal
steps: each sensor alone; all through one stem; all through stems of their own; and that with shuffled tags.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from geoglot.nets.stems import StemConfig, Stems
from geoglot.nets.trunk import Trunk, TrunkConfig
from tests.bench.trials.crops import UNKNOWN, Crops, cut
from tests.bench.trials.intervals import Interval, by_scene, difference, mean, verdict
from tests.bench.trials.ledgers import WEIGHTS, Size, Sums, Trial, Unit, weights

SENSORS = {"optical": "rgb", "sar": "sar", "thermal": "thermal"}
SIDE_PX, PATCH_PX, CLASSES = 48, 8, 11
KINDS = ("alone", "shared", "separate", "shuffled")
PAIRS = ("optical-SAR", "optical-thermal", "SAR-thermal")


@dataclass(frozen=True, slots=True)
class StemsSize(Size):
    """crops: of each sensor a step; train, held_out: to draw from, to judge by. width, layers: of the trunk."""

    crops: int
    width: int
    layers: int
    rate: float
    train: int = 8640
    held_out: int = 960


SIZES = {
    "full": StemsSize("full", 4000, crops=24, width=192, layers=6, rate=5e-4),
    "small": StemsSize("small", 600, crops=16, width=96, layers=3, rate=1e-3),
}


class Cover(nn.Module):
    """A trunk that names the land cover of each patch."""

    def __init__(self, size: StemsSize, *, separate: bool) -> None:
        super().__init__()
        names = SENSORS.values() if separate else ("rgb",)
        self.separate = separate
        self.stems = Stems(tuple(StemConfig(name) for name in names), size.width, PATCH_PX)
        self.stems.copy_first()
        self.trunk = Trunk(TrunkConfig(size.width, size.layers, 4, 4 * size.width, patch=PATCH_PX))
        self.head = nn.Linear(size.width, CLASSES)

    def forward(self, pixels: list[Tensor], names: list[str]) -> Tensor:
        """Give logits (sum of n, h, w, classes) of groups (n, 3, s, s), each through the stem of that name."""
        stems = names if self.separate else ["rgb"] * len(names)
        patches = torch.cat([self.stems(group, name) for group, name in zip(pixels, stems, strict=True)])
        logits: Tensor = self.head(self.trunk(patches).last)
        return logits


@dataclass(frozen=True, slots=True, eq=False)
class SeparateStems(Trial[StemsSize]):
    """The trial. shards: where those of the simulator are."""

    shards: Path

    def variants(self) -> Sequence[str]:
        return KINDS

    def learn(self, unit: Unit, *, steps: int | None = None) -> Sums:
        size = self.shortened(steps)
        data = {sensor: _data(self.shards, sensor, size) for sensor in SENSORS}
        found: dict[str, NDArray[np.float64]] = {}
        for group in [[sensor] for sensor in SENSORS] if unit.variant == "alone" else [list(SENSORS)]:
            model, cosines = _train(data, group, unit.variant, unit.seed, size)
            for sensor in group:
                found[sensor] = _judge(model, data[sensor][1], SENSORS[sensor])
            if unit.variant == "separate":
                found["sar by the optical stem"] = _judge(model, data["sar"][1], "rgb")
            if cosines:
                found["cosines"] = np.array([cosines])
            found[WEIGHTS] = weights(model)
        return found

    def table(self, found: Mapping[str, Sums]) -> dict[str, str]:
        return _table(found, self.size.name)


def _data(shards: Path, sensor: str, size: StemsSize) -> tuple[Crops, Crops]:
    made = []
    for split, count in (("train", size.train), ("val", size.held_out)):
        crops = cut(shards / f"simulated-{sensor}", split, count=count, side_px=SIDE_PX, patch_px=PATCH_PX, seed=11)
        bands = {"optical": [0, 1, 2], "sar": [0, 1, 0], "thermal": [0, 0, 0]}[sensor]
        made.append(Crops(crops.pixels[:, bands], crops.cover, crops.small, crops.large, crops.scene))
    return made[0], made[1]


def _train(
    data: dict[str, tuple[Crops, Crops]], sensors: list[str], kind: str, seed: int, size: StemsSize
) -> tuple[Cover, list[float]]:
    torch.manual_seed(seed)
    model = Cover(size, separate=kind in ("separate", "shuffled"))
    adam = torch.optim.AdamW(model.parameters(), size.rate, weight_decay=0.05)
    rng = np.random.default_rng(seed)
    names, angles = [SENSORS[sensor] for sensor in sensors], []
    for step in range(size.steps):
        for group in adam.param_groups:
            group["lr"] = size.rate * min(1.0, (step + 1) / 20, (size.steps - step) / (0.5 * size.steps))
        chosen = [rng.integers(0, size.train, size.crops) for _ in sensors]
        pixels = [data[s][0].pixels[i] for s, i in zip(sensors, chosen, strict=True)]
        goals = [data[s][0].cover[i] for s, i in zip(sensors, chosen, strict=True)]
        tags = list(rng.permutation(names)) if kind == "shuffled" else names
        if len(sensors) > 1 and kind != "shuffled" and step >= size.steps // 2 and step % max(1, size.steps // 20) == 0:
            angles.append(_angles(model, pixels, names, goals))
        loss = _loss(model(pixels, tags), torch.cat(goals))
        adam.zero_grad()
        loss.backward()
        adam.step()
    return model.eval(), list(np.mean(angles, 0)) if angles else []


def _loss(logits: Tensor, goal: Tensor) -> Tensor:
    return functional.cross_entropy(logits.flatten(0, 2), goal.flatten(), ignore_index=UNKNOWN)


def _angles(model: Cover, pixels: list[Tensor], names: list[str], goals: list[Tensor]) -> list[float]:
    """Give the cosine between the sensors' slopes of the first layer that they share, pair by pair."""
    shared = model.trunk.layers[0].qkv.weight if model.separate else model.stems.stems["rgb"].project.weight
    slopes = []
    for group, name, goal in zip(pixels, names, goals, strict=True):
        slopes.append(torch.autograd.grad(_loss(model([group], [name]), goal), shared)[0].flatten())
    pairs = [(0, 1), (0, 2), (1, 2)]
    return [float(functional.cosine_similarity(slopes[a], slopes[b], dim=0)) for a, b in pairs]


@torch.no_grad()
def _judge(model: Cover, crops: Crops, name: str) -> NDArray[np.float64]:
    guess = model([crops.pixels], [name]).argmax(-1)
    known = crops.cover != UNKNOWN
    right = ((guess == crops.cover) & known).sum((1, 2)).double().numpy()
    return by_scene(right, known.sum((1, 2)).double().numpy(), crops.scene)


def _table(found: Mapping[str, Sums], size: str) -> dict[str, str]:
    table = {f"accuracy, {kind}, {sensor}": str(mean(found[kind][sensor])) for kind in found for sensor in SENSORS}
    for kind in ("separate", "shuffled"):
        for sensor in SENSORS:
            gain = difference(found[kind][sensor], found["shared"][sensor])
            loses = kind == "separate" and sensor == "optical"  # it may, by half a point
            told = verdict(gain, size=size, least=-0.5, clear=False) if loses else str(gain)
            table[f"RA-3: {kind} - shared, {sensor}"] = told
        removed = _removed(found, kind)
        told = verdict(removed, size=size, least=0.0) if kind == "separate" else str(removed)
        table[f"RA-3: interference removed by {kind}, SAR + thermal"] = told
    wrong = difference(found["separate"]["sar by the optical stem"], found["separate"]["sar"])
    told = verdict(wrong, size=size, least=-5.0, falls=True)
    table["RA-4: SAR through the optical stem - through its own"] = told
    for kind, place in (("shared", "stem"), ("separate", "first block")):
        cosines = found[kind]["cosines"][:, 0]  # (seeds, pairs)
        spread = cosines.std(0, ddof=1) if len(cosines) > 1 else np.zeros(len(PAIRS))
        for pair, value, one in zip(PAIRS, cosines.mean(0), spread, strict=True):
            table[f"RA-5: cosine at the {place}, {pair}"] = f"{value:+.3f} ± {one:.3f}"
    return table


def _removed(stacked: Mapping[str, Sums], kind: str) -> Interval:
    """Σ (kind - shared) over SAR and thermal: what was lost against training alone, and is not any more."""
    one, other = (
        difference(stacked[kind]["sar"], stacked["shared"]["sar"]),
        difference(stacked[kind]["thermal"], stacked["shared"]["thermal"]),
    )  # different scenes: the two are independent, their half widths add in squares
    half = [
        float(np.hypot(a, b))
        for a, b in ((one.value - one.low, other.value - other.low), (one.high - one.value, other.high - other.value))
    ]
    value = one.value + other.value
    return Interval(value, value - half[0], value + half[1])
