"""Features of a quarter of the image's resolution, mixed from all depths of the trunk: what masks are drawn on."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from geoglot.nets.trunk import Levels

STRIDE = 4
"""Pixels a side of a cell."""


class Pixels(nn.Module):
    """Bring every level to one width and size, add them, smooth. widths: of the taps and, last, of the last layer."""

    def __init__(self, widths: tuple[int, ...], out: int) -> None:
        super().__init__()
        self.narrow = nn.ModuleList(nn.Linear(width, out) for width in widths)
        self.mix = nn.Sequential(nn.Conv2d(out, out, 3, 1, 1), nn.GELU(), nn.Conv2d(out, out, 3, 1, 1))

    def forward(self, levels: Levels, size: tuple[int, int]) -> Tensor:
        """Give (F, P, H/4, W/4) for levels of frames of size (H, W)."""
        summed: Tensor | None = None
        for narrow, level in zip(self.narrow, (*levels.taps, levels.last), strict=True):
            x = narrow(level).permute(0, 3, 1, 2)  # (F, P, h, w)
            x = functional.interpolate(x, (size[0] // STRIDE, size[1] // STRIDE), mode="bilinear")  # (F, P, H/4, W/4)
            summed = x if summed is None else summed + x
        assert summed is not None
        mixed: Tensor = self.mix(summed)
        return mixed


class Dense(nn.Module):
    """A map of numbers over each frame, for pre-training the trunk: heat maps, cover classes, change."""

    def __init__(self, widths: tuple[int, ...], channels: int, *, out: int = 128) -> None:
        super().__init__()
        self.pixels = Pixels(widths, out)
        self.last = nn.Conv2d(out, channels, 1)

    def forward(self, levels: Levels, size: tuple[int, int]) -> Tensor:
        """Give (F, channels, H/4, W/4) for levels of frames of size (H, W)."""
        mapped: Tensor = self.last(self.pixels(levels, size))
        return mapped


def pair(before: Levels, after: Levels) -> Levels:
    """Join the levels of two dates and their difference, (F, h, w, 3 d) each, for a dense map of change."""

    def joined(one: Tensor, other: Tensor) -> Tensor:
        return torch.cat([one, other, (one - other).abs()], dim=-1)  # (F, h, w, 3 d)

    taps = tuple(joined(one, other) for one, other in zip(before.taps, after.taps, strict=True))
    return Levels(taps, joined(before.last, after.last))
