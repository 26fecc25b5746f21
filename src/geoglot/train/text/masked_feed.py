"""The feed of masked pictures: crops of the pictures of talks, turned over by chance, part of their pixels hidden."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from geoglot.errors import InputError
from geoglot.nets.masked import MaskedFrames, MaskPolicy
from geoglot.nets.stems import StemConfig
from geoglot.train.text.frames import for_stem, kept_bands, nothing_for
from geoglot.train.text.masked import MaskedLesson
from geoglot.train.text.plan import Rows, source_of
from geoglot.train.text.recipe import TokenRecipe
from geoglot.train.text.views import Talk

SCALE, RATIO = (0.67, 1.0), (3 / 4, 4 / 3)
"""Area of a crop as a share of the picture, and its width over its height. Source: released configuration of RingMo."""


@dataclass(frozen=True, slots=True)
class Shown:
    """stems: of the model that is taught. side_px, patch_px: of its pictures and patches. policy: what is hidden."""

    stems: tuple[StemConfig, ...]
    side_px: int
    patch_px: int
    policy: MaskPolicy = field(default_factory=MaskPolicy)

    def __post_init__(self) -> None:
        if self.side_px % self.policy.patch or self.side_px % self.patch_px:
            raise InputError("pictures of this size cannot be masked", value=self.side_px,
                             expected=f"a multiple of {self.policy.patch} and of {self.patch_px} pixels")  # fmt: skip


class MaskedFeed:
    """Gives pictures by source; a row is one picture. Every lesson has pictures of every stem: see `MaskedLesson`."""

    def __init__(self, recipe: TokenRecipe, talks: Mapping[str, Talk], shown: Shown) -> None:
        self._recipe, self._talks, self._shown = recipe, talks, shown
        self._rows = {
            name: Rows(np.ones(len(talk.scenes), np.int64), length=1, seed=recipe.seed, name=name)
            for name, talk in talks.items()
        }

    def lesson(self, stage: int, first: int, last: int) -> MaskedLesson:
        """See `Feed`."""
        shown = self._shown
        found: dict[str, list[_Crop]] = {stem.name: [] for stem in shown.stems}
        for number in range(first, last):
            crop = self._crop(stage, number)
            found[crop.stem].append(crop)
        side = shown.side_px
        tokens = sum(map(len, found.values())) * (side // shown.patch_px) ** 2
        return MaskedLesson(tuple(self._frames(stem, found[stem.name], stage, first) for stem in shown.stems), tokens)

    def _crop(self, stage: int, number: int) -> _Crop:
        """One picture, which stage and number alone decide."""
        recipe, side = self._recipe, self._shown.side_px
        mixture = recipe.stages[stage].mixture
        source, place = source_of(number, [portion.weight for portion in mixture], recipe.seed)
        name = mixture[source].source
        talk = self._talks[name]
        index = int(self._rows[name].row(place)[0])
        rng = np.random.default_rng((recipe.seed, 5, stage, number))
        view = talk.views[0]
        stem, images, bands_um = for_stem(view.pictures[index].astype(np.float32), view, self._shown.stems)
        image, share = cropped(images[int(rng.integers(len(images)))], side, rng)
        mask = self._shown.policy.draw((side, side), rng)
        return _Crop(stem.name, image, mask, talk.scenes[index].gsd_m * share, bands_um)

    def _frames(self, stem: StemConfig, crops: Sequence[_Crop], stage: int, first: int) -> MaskedFrames:
        """The pictures of one stem as tensors, or one of nothing."""
        side = self._shown.side_px
        if not crops:
            pixels, bands_um = nothing_for(stem, side)
            mask = torch.zeros(1, side, side, dtype=torch.bool)
            return MaskedFrames(stem.name, torch.from_numpy(pixels), mask, torch.zeros(1), bands_um)
        pixels, bands_um = np.stack([one.pixels for one in crops]), crops[0].bands_um
        if bands_um is not None:
            kept = kept_bands(len(bands_um), self._recipe, stage, first)
            pixels, bands_um = pixels[:, kept], bands_um[kept]
        masks = torch.stack([one.mask for one in crops])
        gsd_m = torch.tensor([one.gsd_m for one in crops], dtype=torch.float32)
        return MaskedFrames(stem.name, torch.from_numpy(pixels), masks, gsd_m, bands_um)


@dataclass(frozen=True, slots=True, eq=False)
class _Crop:
    """One picture. pixels: (C, side, side); mask: (side, side)."""

    stem: str
    pixels: NDArray[np.float32]
    mask: Tensor
    gsd_m: float
    bands_um: Tensor | None


def cropped(picture: NDArray[np.float32], side_px: int, rng: np.random.Generator) -> tuple[NDArray[np.float32], float]:
    """Cut a part of random size, shape and place out of a picture (C, H, W), bring it to a square, perhaps flip it.

    Gives (C, side, side) and how many pixels of the picture one of its own spans. Sizes, shapes, the bicubic filter and
    the even odds of turning left and right over: released configuration of RingMo.
    """
    height, width = picture.shape[1:]
    area = height * width * rng.uniform(*SCALE)
    ratio = math.exp(rng.uniform(math.log(RATIO[0]), math.log(RATIO[1])))
    w = min(width, max(1, round(math.sqrt(area * ratio))))
    h = min(height, max(1, round(math.sqrt(area / ratio))))
    top, left = int(rng.integers(height - h + 1)), int(rng.integers(width - w + 1))
    part = torch.from_numpy(np.ascontiguousarray(picture[:, top : top + h, left : left + w]))
    small = functional.interpolate(part[None], (side_px, side_px), mode="bicubic", antialias=True)[0]  # (C, side, side)
    turned = small.flip(2) if rng.random() < 0.5 else small
    return np.ascontiguousarray(turned.numpy()), math.sqrt(w * h) / side_px
