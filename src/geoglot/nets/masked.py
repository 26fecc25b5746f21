"""Masked-image modelling with masks that hide only part of the pixels of a patch (PIMask), so that small things stay.

Source: RingMo, TGRS 2022; numbers and order of steps from its released `mask_policy.py`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from geoglot.errors import InputError
from geoglot.nets.stems import StemConfig, Stems, spectrum
from geoglot.nets.swin import Swin, SwinConfig
from geoglot.nets.trunk import Trunk, TrunkConfig

SPECTRAL_LAYERS = 16
"""Layers from which the bands of a spectral stem are painted: as many as that stem has kernels."""


@dataclass(frozen=True, slots=True)
class MaskPolicy:
    """patch: side of the squares that are chosen, in pixels. ratio: share of them; inside: share of the pixels
    hidden in each. inside = 1 hides whole patches, as SimMIM does.
    """

    patch: int = 32
    ratio: float = 0.6
    inside: float = 0.6

    def draw(self, size: tuple[int, int], rng: np.random.Generator) -> Tensor:
        """Draw a mask (H, W), True where hidden, for a size of (H, W) that is a multiple of the patch.

        Patches are drawn without replacement, then pixels of each without replacement; both counts are rounded up.
        """
        rows, columns = size[0] // self.patch, size[1] // self.patch
        if (rows * self.patch, columns * self.patch) != size:
            raise InputError(
                "the mask's patches do not fill the image", value=size, expected=f"a multiple of {self.patch}"
            )
        chosen = rng.permutation(rows * columns)[: self.patches(size)]  # (n,)
        keys = rng.random((len(chosen), self.patch**2), dtype=np.float32)  # (n, p²)
        hidden = keys.argpartition(self.pixels() - 1, axis=1)[:, : self.pixels()]  # (n, pixels) those of least key
        cells = np.zeros((rows * columns, self.patch**2), dtype=bool)
        cells[chosen[:, None], hidden] = True
        grid = cells.reshape(rows, columns, self.patch, self.patch).swapaxes(1, 2)  # (rows, p, columns, p)
        return torch.from_numpy(grid.reshape(size))  # (H, W)

    def patches(self, size: tuple[int, int]) -> int:
        """Give how many patches of an image of (H, W) are chosen."""
        return math.ceil(self.ratio * (size[0] // self.patch) * (size[1] // self.patch))

    def pixels(self) -> int:
        """Give how many pixels of a chosen patch are hidden."""
        return math.ceil(self.inside * self.patch**2)


@dataclass(frozen=True, slots=True)
class MaskedConfig:
    """A model that fills in what is hidden. stems: as in a family member; each has its bands painted again."""

    name: str
    stems: tuple[StemConfig, ...]
    trunk: TrunkConfig | SwinConfig


@dataclass(frozen=True, slots=True, eq=False)
class MaskedFrames:
    """F frames of one stem and size with what is hidden of them.

    pixels: (F, C, H, W) float32, normalised for that stem. mask: (F, H, W) bool. gsd_m: (F,) metres a pixel, 0 where
    unknown. bands_um: (C, 2) centres and widths, for spectral stems.
    """

    stem: str
    pixels: Tensor
    mask: Tensor
    gsd_m: Tensor | None = None
    bands_um: Tensor | None = None


class Painting(nn.Module):
    """From the last features to pixels, one convolution for each stem. stride: pixels a side of a patch there.

    Bands of a spectral stem are mixed from a few painted layers, each band by its wavelength.
    """

    def __init__(self, stems: tuple[StemConfig, ...], width: int, stride: int) -> None:
        super().__init__()
        self.stride = stride
        self.layers = nn.ModuleDict(
            {one.name: nn.Conv2d(width, stride**2 * _painted(one), 1) for one in stems}  # 1 x 1: each patch by itself
        )
        self.mixes = nn.ModuleDict(
            {
                one.name: nn.Sequential(nn.Linear(10, 64), nn.GELU(), nn.Linear(64, SPECTRAL_LAYERS))
                for one in stems
                if one.kind == "spectral"
            }
        )

    def forward(self, last: Tensor, stem: str, bands_um: Tensor | None = None) -> Tensor:
        """Give pixels (F, C, H, W) for features (F, h, w, d) of frames of that stem."""
        layers = functional.pixel_shuffle(self.layers[stem](last.permute(0, 3, 1, 2)), self.stride)  # (F, K, H, W)
        if stem not in self.mixes:
            return layers
        assert bands_um is not None
        mixed: Tensor = torch.einsum("ck,fkhw->fchw", self.mixes[stem](spectrum(bands_um)), layers)
        return mixed


class MaskedImages(nn.Module):
    """Paint the hidden pixels of an image from the visible ones."""

    def __init__(self, config: MaskedConfig) -> None:
        super().__init__()
        self.config = config
        trunk = config.trunk
        self.stems = Stems(config.stems, trunk.width, trunk.patch)
        self.trunk: Swin | Trunk = Swin(trunk) if isinstance(trunk, SwinConfig) else Trunk(trunk)
        self.paint = painting(config)

    def forward(self, frames: MaskedFrames) -> tuple[Tensor, Tensor]:
        """Give the loss and the painted image (F, C, H, W)."""
        painted = repainted(frames, self.stems, self.trunk, self.paint)
        return hidden_l1(painted, frames.pixels, frames.mask), painted


def painting(config: MaskedConfig) -> Painting:
    """Give the layers that paint for a trunk and its stems."""
    trunk = config.trunk
    if isinstance(trunk, SwinConfig):
        return Painting(config.stems, trunk.widths[-1], trunk.stride)
    return Painting(config.stems, trunk.width, trunk.patch)


def repainted(frames: MaskedFrames, stems: Stems, trunk: Swin | Trunk, paint: Painting) -> Tensor:
    """Give the painted image (F, C, H, W).

    Hidden pixels become 0, the mean of the normalisation, before anything is computed; there is no mask token.
    """
    seen = frames.pixels.masked_fill(frames.mask[:, None], 0.0)
    last = trunk(stems(seen, frames.stem, frames.bands_um), frames.gsd_m).last  # (F, h, w, d)
    painted: Tensor = paint(last, frames.stem, frames.bands_um)
    return painted


def hidden_l1(painted: Tensor, pixels: Tensor, mask: Tensor) -> Tensor:
    """Give the mean distance of painted from true pixels (F, C, H, W) where the mask (F, H, W) hides them."""
    return hidden_sum(painted, pixels, mask) / (mask.sum() + 1e-5)


def hidden_sum(painted: Tensor, pixels: Tensor, mask: Tensor) -> Tensor:
    """Give the distances of hidden pixels, each the mean over its bands, summed."""
    apart = (painted - pixels).abs() * mask[:, None]
    return apart.sum() / pixels.shape[1]


def _painted(stem: StemConfig) -> int:
    return SPECTRAL_LAYERS if stem.kind == "spectral" else stem.bands
