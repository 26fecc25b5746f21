"""Crops of simulated shards with what is true of each patch of them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from geoglot.train import shard

UNKNOWN = 255
SMALL_PX = 16.0


@dataclass(frozen=True, slots=True, eq=False)
class Crops:
    """n crops. pixels: (n, C, s, s) of mean 0, deviation 1. cover: (n, h, w) class that most pixels of a patch have,
    UNKNOWN if none is known. small, large: (n, h, w) 1 where the centre of an object of at most, of more than
    SMALL_PX lies. scene: (n,) the image that each was cut from.
    """

    pixels: Tensor
    cover: Tensor
    small: Tensor
    large: Tensor
    scene: NDArray[np.int64]


def cut(folder: Path, split: str, *, count: int, side_px: int, patch_px: int, seed: int) -> Crops:
    """Cut `count` crops at random from the images of a split, equally many of each."""
    packed = shard.read(folder)
    rng = np.random.default_rng(seed)
    indices = np.resize(np.array(packed.of(split)), count)
    places = rng.integers(0, packed.levels.shape[2] - side_px + 1, (count, 2))
    windows = [np.s_[y : y + side_px, x : x + side_px] for y, x in places]
    raw = np.stack([packed.levels[(i, slice(None), *w)] for i, w in zip(indices, windows, strict=True)])
    sample = packed.levels[packed.of("train")[:40], :, ::4, ::4].astype(np.float32)
    mean, deviation = sample.mean((0, 2, 3)), sample.std((0, 2, 3))
    pixels = (raw.astype(np.float32) - mean[:, None, None]) / deviation[:, None, None]
    assert packed.cover is not None
    covers = np.stack([packed.cover[(i, *w)] for i, w in zip(indices, windows, strict=True)])
    cells = side_px // patch_px
    small, large = (np.zeros((count, cells, cells), np.float32) for _ in range(2))
    for index, (image, (y, x)) in enumerate(zip(indices, places, strict=True)):
        for _, corners, _ in packed.truth[int(image)].objects or ():
            box = np.array(corners).reshape(4, 2)
            centre, extent = box.mean(0) - (x, y), float((box.max(0) - box.min(0)).max())
            if (centre >= 0).all() and (centre < side_px).all():
                column, row = (centre // patch_px).astype(int)
                (small if extent <= SMALL_PX else large)[index, row, column] = 1
    maps = (torch.from_numpy(majority(covers, patch_px)), torch.from_numpy(small), torch.from_numpy(large))
    return Crops(torch.from_numpy(pixels), *maps, indices.astype(np.int64))


def majority(covers: NDArray[np.uint8], patch_px: int) -> NDArray[np.int64]:
    """Give the class that most pixels of each patch of (n, s, s) have, UNKNOWN where none is known: (n, h, w)."""
    n, side, _ = covers.shape
    cells = side // patch_px
    cut_up = covers.reshape(n, cells, patch_px, cells, patch_px).swapaxes(2, 3).reshape(n, cells, cells, -1)
    known = np.stack([(cut_up == label).sum(-1) for label in range(11)], -1)
    return np.where(known.max(-1) > 0, known.argmax(-1), UNKNOWN)
