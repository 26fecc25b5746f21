"""U-3 and EO-14 without a writer: what bands beyond red, green and blue bring, by the stem that takes them.

Land cover of each patch from six or twelve bands of simulated Sentinel-2 crops: red, green and blue alone; triplets of
bands as pseudo-RGB frames, their features averaged (Earth-OneVision's way); one convolution of all bands; the spectral
stem, taught with bands missing or always with all. Then the trained ones are shown frames whose other bands are zero,
exchanged, or simply not there.
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
from tests.bench.trials.crops import UNKNOWN, Crops
from tests.bench.trials.intervals import by_scene, difference, mean, verdict
from tests.bench.trials.ledgers import WEIGHTS, Size, Sums, Trial, Unit, weights
from tests.bench.trials.spectra import PATCH_PX, Spectrum

CLASSES = 11
ALWAYS = "unbroken spectral"
"""The spectral stem that sees all bands in every step of its training."""

KINDS = ("rgb", "triplets", "stacked", "spectral", ALWAYS)


@dataclass(frozen=True, slots=True)
class BandsSize(Size):
    """crops: a step; train, held_out: to draw from, to judge by. width, layers: of the trunk. fewer: share of the
    steps in which the spectral stem misses some bands.
    """

    crops: int
    width: int
    layers: int
    rate: float
    train: int = 8100
    held_out: int = 1000
    fewer: float = 0.5


SIZES = {
    "full": BandsSize("full", 4000, crops=24, width=192, layers=6, rate=5e-4),
    "small": BandsSize("small", 600, crops=16, width=96, layers=3, rate=1e-3),
}


class Cover(nn.Module):
    """A trunk that names the land cover of each patch of (n, C, s, s)."""

    def __init__(self, kind: str, spectrum: Spectrum, size: BandsSize) -> None:
        super().__init__()
        self.kind, self.spectrum = kind, spectrum
        count = len(spectrum.bands_um)
        configs = {"stacked": StemConfig("stacked", bands=count)}
        configs |= dict.fromkeys(("spectral", ALWAYS), StemConfig("spectral", "spectral"))
        self.stems = Stems((StemConfig("rgb"), *((configs[kind],) if kind in configs else ())), size.width, PATCH_PX)
        self.stems.copy_first()
        self.trunk = Trunk(TrunkConfig(size.width, size.layers, 4, 4 * size.width, patch=PATCH_PX))
        self.head = nn.Linear(size.width, CLASSES)

    def forward(self, pixels: Tensor, bands: list[int]) -> Tensor:
        """Give logits (n, h, w, classes); bands: those that are there."""
        if self.kind in ("spectral", ALWAYS):
            features = self.trunk(self.stems(pixels[:, bands], "spectral", self.spectrum.bands_um[bands])).last
        elif self.kind == "stacked":
            features = self.trunk(self.stems(pixels, "stacked")).last
        else:
            groups = self.spectrum.triplets if self.kind == "triplets" else [list(self.spectrum.colours)]
            features = torch.stack([self.trunk(self.stems(pixels[:, group], "rgb")).last for group in groups]).mean(0)
        logits: Tensor = self.head(features)
        return logits


@dataclass(frozen=True, slots=True, eq=False)
class MoreBands(Trial[BandsSize]):
    """The trial. folder: where its crops come from, see `Spectrum.cut`."""

    folder: Path
    spectrum: Spectrum

    def further(self) -> Mapping[str, object]:
        return {"bands": len(self.spectrum.bands_um)}

    def variants(self) -> Sequence[str]:
        return KINDS

    def learn(self, unit: Unit, *, steps: int | None = None) -> Sums:
        size = self.shortened(steps)
        train = self.spectrum.cut(self.folder, "train", size.train)
        held = self.spectrum.cut(self.folder, "val", size.held_out)
        torch.manual_seed(unit.seed)
        model = _trained(Cover(unit.variant, self.spectrum, size), train, unit.seed, size)
        shown = _shown(unit.variant, self.spectrum, held.pixels)
        return {name: _judge(model, pixels, bands, held) for name, pixels, bands in shown} | {WEIGHTS: weights(model)}

    def table(self, found: Mapping[str, Sums]) -> dict[str, str]:
        every = {name: sums for one in found.values() for name, sums in one.items() if name != WEIGHTS}
        table = {f"accuracy, {name}": str(mean(sums)) for name, sums in every.items()}
        for kind in KINDS[1:]:
            table[f"U-3: {kind} - rgb"] = str(difference(every[kind], every["rgb"]))
            for name in every:
                if name.startswith(f"{kind}, "):
                    falls = difference(every[name], every[kind])
                    table[f"EO-14: {name} - all"] = verdict(falls, size=self.size.name, least=-2.0, falls=True)
        table["U-3: spectral - triplets"] = str(difference(every["spectral"], every["triplets"]))
        table["U-3: spectral - stacked"] = str(difference(every["spectral"], every["stacked"]))
        table[f"U-3: spectral - {ALWAYS}"] = str(difference(every["spectral"], every[ALWAYS]))
        table[f"U-3: {ALWAYS} - triplets"] = str(difference(every[ALWAYS], every["triplets"]))
        return table


def _shown(kind: str, spectrum: Spectrum, pixels: Tensor) -> list[tuple[str, Tensor, list[int]]]:
    """Give the frames as they are, and with the other bands made useless."""
    every = list(range(len(spectrum.bands_um)))
    others = spectrum.others
    cases = [(kind, pixels, every)]
    if kind != "rgb":
        zero, exchanged = pixels.clone(), pixels.clone()
        zero[:, others] = 0
        exchanged[:, others] = pixels[:, [*others[-1:], *others[:-1]]]
        cases += [(f"{kind}, others zero", zero, every), (f"{kind}, others exchanged", exchanged, every)]
    if kind in ("spectral", ALWAYS):
        cases.append((f"{kind}, others absent", pixels, sorted(spectrum.colours)))
    return cases


def _trained(model: Cover, train: Crops, seed: int, size: BandsSize) -> Cover:
    adam = torch.optim.AdamW(model.parameters(), size.rate, weight_decay=0.05)
    rng = np.random.default_rng(seed)
    for step in range(size.steps):
        for group in adam.param_groups:
            group["lr"] = size.rate * min(1.0, (step + 1) / 20, (size.steps - step) / (0.5 * size.steps))
        chosen = rng.integers(0, size.train, size.crops)
        fewer = model.kind == "spectral" and rng.random() < size.fewer
        count = len(model.spectrum.bands_um)
        kept = int(rng.integers(1, count + 1)) if fewer else count
        bands = sorted(rng.permutation(count)[:kept].tolist())
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
