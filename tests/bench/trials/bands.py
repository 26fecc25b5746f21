"""U-3 and EO-14 without a writer: what bands beyond red, green and blue bring, by the stem that takes them.

Land cover of each patch from six bands of simulated Sentinel-2 crops: red, green and blue alone; triplets of bands
as pseudo-RGB frames, their features averaged (Earth-OneVision's way); one convolution of six bands; the spectral
stem. Then the trained ones are shown frames whose other bands are zero, exchanged, or simply not there.
"""

from __future__ import annotations

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
from tests.bench.trials.intervals import by_scene, difference, mean

BANDS_UM = torch.tensor([[0.49, 0.066], [0.56, 0.036], [0.665, 0.031], [0.833, 0.106], [1.61, 0.091], [2.2, 0.175]])
"""Blue, green, red, near and both short-wave infrared, in the order of the shard. Source: Sentinel-2A."""

RED_GREEN_BLUE = [2, 1, 0]
SIDE_PX, PATCH_PX, CLASSES = 48, 8, 11
KINDS = ("rgb", "triplets", "stacked", "spectral")


@dataclass(frozen=True, slots=True)
class Size:
    """Steps, crops a step, crops to draw from and to judge by."""

    steps: int = 200
    crops: int = 24
    train: int = 4050
    held_out: int = 500
    seeds: int = 3


class Cover(nn.Module):
    """A small trunk that names the land cover of each patch of (n, 6, s, s)."""

    def __init__(self, kind: str) -> None:
        super().__init__()
        self.kind = kind
        configs = {"stacked": StemConfig("stacked", bands=6), "spectral": StemConfig("spectral", "spectral")}
        self.stems = Stems((StemConfig("rgb"), *((configs[kind],) if kind in configs else ())), 48, PATCH_PX)
        self.stems.copy_first()
        self.trunk = Trunk(TrunkConfig(48, 2, 4, 96, patch=PATCH_PX))
        self.head = nn.Linear(48, CLASSES)

    def forward(self, pixels: Tensor, bands: list[int]) -> Tensor:
        """Give logits (n, h, w, classes); bands: rows of BANDS_UM that are there."""
        if self.kind == "spectral":
            features = self.trunk(self.stems(pixels[:, bands], "spectral", BANDS_UM[bands])).last
        elif self.kind == "stacked":
            features = self.trunk(self.stems(pixels, "stacked")).last
        else:
            groups = [RED_GREEN_BLUE, [3, 4, 5]] if self.kind == "triplets" else [RED_GREEN_BLUE]
            features = torch.stack([self.trunk(self.stems(pixels[:, group], "rgb")).last for group in groups]).mean(0)
        logits: Tensor = self.head(features)
        return logits


def run(shards: Path, size: Size) -> dict[str, object]:
    """Train every kind; give accuracies and differences with intervals."""
    folder = shards / "simulated-multispectral"
    train, held = (
        cut(folder, split, count=count, side_px=SIDE_PX, patch_px=PATCH_PX, seed=13)
        for split, count in (("train", size.train), ("val", size.held_out))
    )
    found: dict[str, list[NDArray[np.float64]]] = {}
    for seed in range(size.seeds):
        for kind in KINDS:
            model = _trained(kind, train, seed, size)
            for name, pixels, bands in _shown(kind, held.pixels):
                found.setdefault(name, []).append(_judge(model, pixels, bands, held))
    stacked = {name: np.stack(runs) for name, runs in found.items()}
    table: dict[str, object] = {f"accuracy, {name}": str(mean(sums)) for name, sums in stacked.items()}
    for kind in KINDS[1:]:
        table[f"{kind} - rgb"] = str(difference(stacked[kind], stacked["rgb"]))
        for name in stacked:
            if name.startswith(f"{kind}, "):
                table[f"{name} - all six"] = str(difference(stacked[name], stacked[kind]))
    table["spectral - triplets"] = str(difference(stacked["spectral"], stacked["triplets"]))
    table["spectral - stacked"] = str(difference(stacked["spectral"], stacked["stacked"]))
    return table


def _shown(kind: str, pixels: Tensor) -> list[tuple[str, Tensor, list[int]]]:
    """Give the frames as they are, and with the three other bands made useless."""
    every = list(range(6))
    cases = [(kind, pixels, every)]
    if kind != "rgb":
        zero = pixels.clone()
        zero[:, 3:] = 0
        cases += [
            (f"{kind}, others zero", zero, every),
            (f"{kind}, others exchanged", pixels[:, [0, 1, 2, 5, 3, 4]], every),
        ]
    if kind == "spectral":
        cases.append((f"{kind}, others absent", pixels, [0, 1, 2]))
    return cases


def _trained(kind: str, train: Crops, seed: int, size: Size) -> Cover:
    torch.manual_seed(seed)
    model = Cover(kind)
    adam = torch.optim.AdamW(model.parameters(), 2e-3, weight_decay=0.05)
    rng = np.random.default_rng(seed)
    for step in range(size.steps):
        for group in adam.param_groups:
            group["lr"] = 2e-3 * min(1.0, (step + 1) / 20, (size.steps - step) / (0.5 * size.steps))
        chosen = rng.integers(0, size.train, size.crops)
        logits = model(train.pixels[chosen], list(range(6)))
        loss = functional.cross_entropy(logits.flatten(0, 2), train.cover[chosen].flatten(), ignore_index=UNKNOWN)
        adam.zero_grad()
        loss.backward()
        adam.step()
    return model.eval()


@torch.no_grad()
def _judge(model: Cover, pixels: Tensor, bands: list[int], held: Crops) -> NDArray[np.float64]:
    guess = model(pixels, bands).argmax(-1)
    known = held.cover != UNKNOWN
    right = ((guess == held.cover) & known).sum((1, 2)).double().numpy()
    return by_scene(right, known.sum((1, 2)).double().numpy(), held.scene)
