"""A picture of a talk as the stems of a member take it: which stem, which bands, in how many frames."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from geoglot.models.autoregressive.bands import STEMS, triplets
from geoglot.nets.stems import StemConfig
from geoglot.train.text.recipe import TokenRecipe
from geoglot.train.text.views import RED_GREEN_BLUE, View

RGB_UM = ((0.665, 0.031), (0.560, 0.036), (0.490, 0.066))
"""Bands of a blank picture for a spectral stem."""


def for_stem(
    picture: NDArray[np.float32], view: View, stems: Sequence[StemConfig]
) -> tuple[StemConfig, NDArray[np.float32], Tensor | None]:
    """Give the stem for a picture (C, H, W), the images (I, C', H, W) it is shown as, and the bands of a spectral stem.

    A sensor without a stem of its own is shown to the RGB stem, as images of three bands each.
    """
    named = {one.name: one for one in stems}
    stem = named.get(STEMS[view.sensor], named["rgb"])
    if stem.kind == "spectral":
        return stem, picture[None], torch.tensor(view.bands_um)
    if stem.bands == 3:
        first = RED_GREEN_BLUE.get(view.sensor)
        return stem, triplets(picture[:3] if view.sensor == "optical" else picture, first), None
    return stem, picture[None, : stem.bands], None


def nothing_for(stem: StemConfig, side_px: int) -> tuple[NDArray[np.float32], Tensor | None]:
    """Give one picture (1, C, side, side) of nothing, and the bands of a spectral stem."""
    pixels = np.zeros((1, stem.bands, side_px, side_px), np.float32)
    return pixels, torch.tensor(RGB_UM) if stem.kind == "spectral" else None


def kept_bands(count: int, recipe: TokenRecipe, stage: int, first: int) -> list[int]:
    """Give which of the bands of a spectral stem a step shows, in their order: all, or by chance fewer.

    A stem that has always seen the same bands is lost when some are missing. What is shown depends on the step alone,
    so that all processes show the same. first: of the lesson's rows.
    """
    rng = np.random.default_rng((recipe.seed, 6, stage, first // recipe.rows))
    if rng.random() >= recipe.fewer_bands:
        return list(range(count))
    return sorted(int(band) for band in rng.permutation(count)[: int(rng.integers(1, count + 1))])
