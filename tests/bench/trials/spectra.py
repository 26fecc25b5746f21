"""What a trial of bands is shown: six bands of the shards, or the twelve of a Sentinel-2 product, rendered and kept."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from geoglot.models.autoregressive.bands import scaled
from geoglot.simulate import scene
from geoglot.simulate.bands import SENTINEL2
from geoglot.train.text.seen import WORLD_SCENES
from tests.bench.trials.crops import Crops, cut, majority

TWELVE = tuple(place for place, band in enumerate(SENTINEL2) if band.name != "B10")
"""All but the band of cirrus clouds, which no surface product has."""

SCENE_PX = 96
SCENES = {"train": (300, 600_000), "val": (80, 960_000)}
"""How many scenes of a split are rendered, and the seed of their worlds."""

Cut = Callable[[Path, str, int], Crops]
"""Crops of (folder, split, how many)."""

SIDE_PX, PATCH_PX = 48, 8


@dataclass(frozen=True, slots=True, eq=False)
class Spectrum:
    """bands_um: (C, 2) centre and width of each band. colours: places of red, green and blue. cut: gives crops."""

    bands_um: Tensor
    colours: tuple[int, int, int]
    cut: Cut

    @property
    def others(self) -> list[int]:
        """Places of the bands beyond red, green and blue."""
        return [place for place in range(len(self.bands_um)) if place not in self.colours]

    @property
    def triplets(self) -> list[list[int]]:
        """The colours, then the others three by three, as Earth-OneVision's pseudo-RGB frames."""
        others = self.others
        return [list(self.colours), *(others[first : first + 3] for first in range(0, len(others), 3))]


def six() -> Spectrum:
    """Give blue, green, red, near and both short-wave infrared, as shards hold them. Source: Sentinel-2A."""
    told = [[0.49, 0.066], [0.56, 0.036], [0.665, 0.031], [0.833, 0.106], [1.61, 0.091], [2.2, 0.175]]

    def packed(folder: Path, split: str, count: int) -> Crops:
        shard = folder / "simulated-multispectral"
        return cut(shard, split, count=count, side_px=SIDE_PX, patch_px=PATCH_PX, seed=13)

    return Spectrum(torch.tensor(told), (2, 1, 0), packed)


def twelve() -> Spectrum:
    """Give the bands of a Sentinel-2 surface product on a grid of 10 m."""
    told = [[SENTINEL2[place].centre_um, SENTINEL2[place].width_um] for place in TWELVE]
    return Spectrum(torch.tensor(told), (3, 2, 1), _rendered)


def _rendered(folder: Path, split: str, count: int) -> Crops:
    """Crops at random of scenes that are rendered the first time and read from the folder afterwards."""
    path = folder / f"{split}.npz"
    if not path.is_file():
        folder.mkdir(parents=True, exist_ok=True)
        _render(path, split)
    kept = np.load(path)
    pictures, covers = kept["pictures"], kept["covers"]  # (N, 12, H, W), (N, H, W)
    rng = np.random.default_rng(13)
    indices = np.resize(np.arange(len(pictures)), count)
    places = rng.integers(0, SCENE_PX - SIDE_PX + 1, (count, 2))
    windows = [np.s_[y : y + SIDE_PX, x : x + SIDE_PX] for y, x in places]
    pixels = np.stack([pictures[(i, slice(None), *w)] for i, w in zip(indices, windows, strict=True)])
    cover = np.stack([covers[(i, *w)] for i, w in zip(indices, windows, strict=True)])
    goal = torch.from_numpy(majority(cover, PATCH_PX))
    none = torch.zeros(goal.shape)
    return Crops(torch.from_numpy(pixels.astype(np.float32)), goal, none, none, indices.astype(np.int64))


def _render(path: Path, split: str) -> None:
    count, seed = SCENES[split]
    pictures, covers = [], []
    for index in range(count):
        view = scene(seed + index // WORLD_SCENES, index, sensor="multispectral", size_px=SCENE_PX)
        pictures.append(scaled(view.image[list(TWELVE)], "multispectral").astype(np.float16))
        covers.append(view.cover)
    draft = path.with_suffix(".draft.npz")
    np.savez(draft, pictures=np.stack(pictures), covers=np.stack(covers))
    draft.replace(path)
