"""U-3 and EO-14 without a writer: what bands beyond red, green and blue bring, by the stem that takes them.

Land cover of each patch from six bands of simulated Sentinel-2 crops: red, green and blue alone; triplets of bands
as pseudo-RGB frames, their features averaged (Earth-OneVision's way); one convolution of six bands; the spectral
stem. Then the trained ones are shown frames whose other bands are zero, exchanged, or simply not there.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
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
from tests.bench.trials.ledgers import Sums, Unit

BANDS_UM = torch.tensor([[0.49, 0.066], [0.56, 0.036], [0.665, 0.031], [0.833, 0.106], [1.61, 0.091], [2.2, 0.175]])
"""Blue, green, red, near and both short-wave infrared, in the order of the shard. Source: Sentinel-2A."""

RED_GREEN_BLUE = [2, 1, 0]
SIDE_PX, PATCH_PX, CLASSES = 48, 8, 11
KINDS = ("rgb", "triplets", "stacked", "spectral")


@dataclass(frozen=True, slots=True)
class Size:
    """Steps, crops a step, crops to draw from and to judge by; width and layers of the trunk. fewer: share of the
    steps in which the spectral stem misses some bands.
    """

    steps: int = 4000
    crops: int = 24
    train: int = 8100
    held_out: int = 1000
    width: int = 192
    layers: int = 6
    rate: float = 5e-4
    fewer: float = 0.5


class Cover(nn.Module):
    """A trunk that names the land cover of each patch of (n, 6, s, s)."""

    def __init__(self, kind: str, size: Size) -> None:
        super().__init__()
        self.kind = kind
        configs = {"stacked": StemConfig("stacked", bands=6), "spectral": StemConfig("spectral", "spectral")}
        self.stems = Stems((StemConfig("rgb"), *((configs[kind],) if kind in configs else ())), size.width, PATCH_PX)
        self.stems.copy_first()
        self.trunk = Trunk(TrunkConfig(size.width, size.layers, 4, 4 * size.width, patch=PATCH_PX))
        self.head = nn.Linear(size.width, CLASSES)

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


@dataclass(frozen=True, slots=True, eq=False)
class MoreBands:
    """The trial. shards: where those of the simulator are."""

    shards: Path
    size: Size = field(default_factory=Size)
    name: str = "bands"

    @property
    def job(self) -> Mapping[str, object]:
        """What the numbers depend on."""
        return {"size": asdict(self.size)}

    @property
    def steps(self) -> int:
        return self.size.steps

    def variants(self) -> Sequence[str]:
        return KINDS

    def learn(self, unit: Unit, *, steps: int | None = None) -> Sums:
        size = self.size if steps is None else replace(self.size, steps=steps)
        folder = self.shards / "simulated-multispectral"
        train, held = (
            cut(folder, split, count=count, side_px=SIDE_PX, patch_px=PATCH_PX, seed=13)
            for split, count in (("train", size.train), ("val", size.held_out))
        )
        model = _trained(unit.variant, train, unit.seed, size)
        shown = _shown(unit.variant, held.pixels)
        return {name: _judge(model, pixels, bands, held) for name, pixels, bands in shown}

    def table(self, found: Mapping[str, Mapping[str, NDArray[np.float64]]]) -> dict[str, str]:
        stacked = {name: sums for measures in found.values() for name, sums in measures.items()}
        table = {f"accuracy, {name}": str(mean(sums)) for name, sums in stacked.items()}
        for kind in KINDS[1:]:
            table[f"U-3: {kind} - rgb"] = str(difference(stacked[kind], stacked["rgb"]))
            for name in stacked:
                if name.startswith(f"{kind}, "):
                    table[f"EO-14: {name} - all six"] = str(difference(stacked[name], stacked[kind]))
        table["U-3: spectral - triplets"] = str(difference(stacked["spectral"], stacked["triplets"]))
        table["U-3: spectral - stacked"] = str(difference(stacked["spectral"], stacked["stacked"]))
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
    model = Cover(kind, size)
    adam = torch.optim.AdamW(model.parameters(), size.rate, weight_decay=0.05)
    rng = np.random.default_rng(seed)
    for step in range(size.steps):
        for group in adam.param_groups:
            group["lr"] = size.rate * min(1.0, (step + 1) / 20, (size.steps - step) / (0.5 * size.steps))
        chosen = rng.integers(0, size.train, size.crops)
        fewer = kind == "spectral" and rng.random() < size.fewer
        bands = sorted(rng.permutation(6)[: int(rng.integers(1, 7))].tolist()) if fewer else list(range(6))
        logits = model(train.pixels[chosen], bands)
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
