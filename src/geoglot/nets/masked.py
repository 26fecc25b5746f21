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
from geoglot.nets.stems import StemConfig, Stems
from geoglot.nets.swin import Swin, SwinConfig
from geoglot.nets.trunk import Trunk, TrunkConfig


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
    """A model that fills in what is hidden. stems: as in a family member. bands: channels to paint, at most those
    of a stem: all stems of the model paint the same number.
    """

    name: str
    stems: tuple[StemConfig, ...]
    trunk: TrunkConfig | SwinConfig
    bands: int = 3


class MaskedImages(nn.Module):
    """Paint the hidden pixels of an image from the visible ones."""

    def __init__(self, config: MaskedConfig) -> None:
        super().__init__()
        self.config = config
        trunk = config.trunk
        self.stems = Stems(config.stems, trunk.width, trunk.patch)
        self.trunk: Swin | Trunk = Swin(trunk) if isinstance(trunk, SwinConfig) else Trunk(trunk)
        last = trunk.widths[-1] if isinstance(trunk, SwinConfig) else trunk.width
        self.stride = trunk.stride if isinstance(trunk, SwinConfig) else trunk.patch
        self.paint = nn.Conv2d(last, self.stride**2 * config.bands, 1)

    def forward(self, pixels: Tensor, mask: Tensor, stem: str, gsd_m: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Give the loss and the painted image (F, C, H, W).

        pixels: (F, C, H, W), already normalised; mask: (F, H, W) bool. Hidden pixels become 0, the mean of the
        normalisation, before anything is computed; there is no mask token.
        """
        seen = pixels.masked_fill(mask[:, None], 0.0)
        last = self.trunk(self.stems(seen, stem), gsd_m).last  # (F, h, w, d)
        painted = functional.pixel_shuffle(self.paint(last.permute(0, 3, 1, 2)), self.stride)  # (F, C, H, W)
        return hidden_l1(painted, pixels, mask), painted


def hidden_l1(painted: Tensor, pixels: Tensor, mask: Tensor) -> Tensor:
    """Give the mean distance of painted from true pixels (F, C, H, W) where the mask (F, H, W) hides them."""
    apart = (painted - pixels).abs() * mask[:, None]
    return apart.sum() / (mask.sum() + 1e-5) / pixels.shape[1]
