"""Pairs of Landsat pictures some years apart, real and simulated: the views that change is learned from and told in.

Nobody knows the calibration of the real pictures, so every band of every date is brought to mean 0 and variance 1 over
its picture; what light and air do to a whole picture is gone with that, in simulated pairs alike.
"""

from __future__ import annotations

import hashlib
import logging
import math
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from geoglot.data.readers import reader
from geoglot.data.readers.landsat_change import CHANGE
from geoglot.simulate.landsat import years_apart
from geoglot.train.pairs import marked

LOG = logging.getLogger(__name__)

UNCHANGED, CHANGED, UNKNOWN = 0, 1, 255
BLOCK_PX = {"train": 100, "test": 60}  # sides of the blocks of a real picture: what is drawn, and what is resampled
SEED, COUNT, SIZE_PX, A_WORLD = 9000, 120, 96, 10
_CONTRAST, _GAIN, _OFFSET, _NOISE = 0.35, 0.1, 0.15, 0.15  # of a view, and of each band of each date of it


@dataclass(frozen=True, slots=True, eq=False)
class Dated:
    """One pair. values: float32 (2, 6, H, W), without unit; marks: uint8 (H, W), UNCHANGED, CHANGED or UNKNOWN."""

    values: NDArray[np.float32]
    marks: NDArray[np.uint8]


@dataclass(frozen=True, slots=True, eq=False)
class Views:
    """What a step learns from. before, after: (B, 6, h, w); marks: (B, h, w) as of Dated."""

    before: Tensor
    after: Tensor
    marks: Tensor


def real(data: Path, split: str) -> list[Dated]:
    """Give the blocks with marks of the pictures of one split: Taizhou to train, Nanjing to test."""
    source = reader("landsat_change")
    images = [image for image in source.read(data / source.card.folder) if image.split == split]
    assert all(image.cover_classes in ((), CHANGE) for image in images)
    found = []
    for before, after in zip(images[::2], images[1::2], strict=True):
        assert after.cover is not None
        found += blocks(Dated(levelled(before.pixels, after.pixels), after.cover), BLOCK_PX[split])
    return found


def blocks(one: Dated, side_px: int) -> list[Dated]:
    """Cut a pair to squares, those at the far edges smaller; squares without a mark are left out."""
    rows, columns = one.marks.shape
    cuts = (np.s_[top : top + side_px, left : left + side_px]
            for top in range(0, rows, side_px) for left in range(0, columns, side_px))  # fmt: skip
    cut = (Dated(one.values[:, :, *place], one.marks[place]) for place in cuts)
    return [block for block in cut if (block.marks != UNKNOWN).any()]


def levelled(before: NDArray[np.generic], after: NDArray[np.generic]) -> NDArray[np.float32]:
    """Give (2, C, H, W): each band of each date with mean 0 and variance 1."""
    both = np.stack([before, after]).astype(np.float32)
    mean, spread = both.mean(axis=(2, 3), keepdims=True), both.std(axis=(2, 3), keepdims=True)
    found: NDArray[np.float32] = (both - mean) / np.maximum(spread, np.float32(1e-6))
    return found


def part_of(pairs: Sequence[Dated], fraction: float, seed: int) -> list[Dated]:
    """Give a share of the blocks, at least one; larger shares hold the smaller ones."""
    ranked = sorted(range(len(pairs)), key=lambda place: hashlib.sha256(f"{seed}/{place}".encode()).digest())
    return [pairs[place] for place in sorted(ranked[: max(1, round(fraction * len(pairs)))])]


def simulated(folder: Path) -> list[Dated]:
    """Give the simulated pairs, rendering those of a new folder once: some minutes of one core."""
    done = folder / "marks.npy"
    if not done.exists():
        LOG.info("rendering %d pairs some years apart", COUNT)
        made = [_rendered(index) for index in range(COUNT)]
        folder.mkdir(parents=True, exist_ok=True)
        np.save(folder / "values.npy", np.stack([one.values for one in made]).astype(np.float16))
        np.save(folder / "draft.npy", np.stack([one.marks for one in made]))
        os.replace(folder / "draft.npy", done)  # written last: no marks, no pairs
    values = np.load(folder / "values.npy").astype(np.float32)
    return [Dated(*one) for one in zip(values, np.load(done), strict=True)]


def _rendered(index: int) -> Dated:
    pair = years_apart(SEED + index // A_WORLD, index, size_px=SIZE_PX)
    return Dated(levelled(pair.before.image, pair.after.image), marked(pair))


def views(pairs: Sequence[Dated], rng: np.random.Generator, *, count: int, size_px: int) -> Views:
    """Draw views around marked pixels, as often changed as unchanged where a pair has both.

    Each is turned, mirrored, its dates swapped half of the time, its contrast another, and every band of either
    date given another gain, offset and grain.
    """
    drawn = [_view(pairs[int(rng.integers(len(pairs)))], rng, size_px) for _ in range(count)]
    values, marks = (np.stack(kind) for kind in zip(*drawn, strict=True))
    before, after = (torch.from_numpy(np.ascontiguousarray(values[:, date])) for date in (0, 1))
    return Views(before, after, torch.from_numpy(marks))


def _view(pair: Dated, rng: np.random.Generator, size_px: int) -> tuple[NDArray[np.float32], NDArray[np.uint8]]:
    wanted = pair.marks == (CHANGED if rng.random() < 0.5 else UNCHANGED)
    rows, columns = np.nonzero(wanted if wanted.any() else pair.marks != UNKNOWN)
    place = int(rng.integers(len(rows)))
    top, left = (
        int(np.clip(centre - rng.integers(size_px), 0, side - size_px))
        for centre, side in ((rows[place], pair.marks.shape[0]), (columns[place], pair.marks.shape[1]))
    )
    cut = np.s_[top : top + size_px, left : left + size_px]
    values, marks = pair.values[:, :, *cut], pair.marks[cut]
    if rng.random() < 0.5:
        values, marks = values[..., ::-1], marks[:, ::-1]
    turns = int(rng.integers(4))
    values, marks = np.rot90(values, turns, (2, 3)), np.rot90(marks, turns)
    if rng.random() < 0.5:
        values = values[::-1]
    shape = (2, values.shape[1], 1, 1)
    gain = math.exp(rng.normal(0.0, _CONTRAST)) * rng.normal(1.0, _GAIN, shape)
    offset = rng.normal(0.0, _OFFSET, shape)
    grain = rng.uniform(0.0, _NOISE) * rng.standard_normal(values.shape)
    return (values * gain + offset + grain).astype(np.float32), np.ascontiguousarray(marks)
