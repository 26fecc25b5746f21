"""`Eye`: stems per modality, one convolutional trunk, a top-down neck, dense and global heads."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from geoglot.nets import classes

GEOMETRY = 8
"""log width, log height of the upright box, offset x, y of its centre in the cell, log long and short side of
the turned box, sin and cos of twice its angle; sides in cells."""

STRIDE = 4
"""Pixels a cell of the dense heads."""


@dataclass(frozen=True, slots=True)
class Sight:
    """What the eye gives: raw numbers, before any calibration.

    heat: (B, objects, h, w) logits of a centre of that class in the cell. geometry: (B, 8, h, w). cover:
    (B, covers, h, w) logits. scene, tags, quality: (B, n) logits. dense: (B, 64, h, w), what the dense heads read.
    h, w: the input's divided by STRIDE.
    """

    heat: Tensor
    geometry: Tensor
    cover: Tensor
    scene: Tensor
    tags: Tensor
    quality: Tensor
    dense: Tensor


class Eye(nn.Module):
    """See an image of any mixture of modalities.

    width: channels at stride 4, doubled at 8 and 16. Dense 3 x 3 convolutions: on two cores they learn faster
    a second than depthwise ones or attention (docs/nano.md).
    """

    def __init__(self, width: int = 48, slots: int = 9, modalities: int = 4) -> None:
        super().__init__()
        self.width = width
        self.stem = nn.Conv2d(slots, 24, 3, 2, 1, bias=False)  # column groups are the stems of the modalities
        self.modality = nn.Parameter(torch.zeros(modalities, 24))
        self.stem_norm = nn.BatchNorm2d(24)
        self.stage4 = nn.Sequential(_conv(24, width, stride=2), Residual(width))
        self.stage8 = nn.Sequential(_conv(width, 2 * width, stride=2), Residual(2 * width), Residual(2 * width))
        self.stage16 = nn.Sequential(_conv(2 * width, 4 * width, stride=2), Residual(4 * width), Residual(4 * width))
        self.stage32 = nn.Sequential(_conv(4 * width, 6 * width, stride=2), Residual(6 * width))
        self.neck16 = TopDown(6 * width, 4 * width, 128)
        self.neck8 = TopDown(128, 2 * width, 96)
        self.neck4 = TopDown(96, width, 64)
        self.heat = nn.Sequential(_conv(64, 64), nn.Conv2d(64, len(classes.OBJECTS), 1))
        self.shape = nn.Sequential(_conv(64, 64), nn.Conv2d(64, GEOMETRY + len(classes.COVER), 1))
        pooled = 2 * 6 * width + 4 * width + 2 * width + width
        self.drop = nn.Dropout(0.2)
        self.globals = nn.Linear(pooled, len(classes.SCENES) + len(classes.TAGS) + len(classes.QUALITY))
        nn.init.constant_(self.heat[-1].bias, -4.0)  # type: ignore[arg-type] # centres are rare: start near p = 0.02

    def forward(self, image: Tensor, present: Tensor) -> Sight:
        """See (B, 9, H, W) slots, H and W multiples of 32; present: (B, 4) modalities that are there."""
        told = (present @ self.modality)[:, :, None, None]  # (B, 24, 1, 1)
        x = functional.relu(self.stem_norm(self.stem(image) + told))  # (B, 24, H/2, W/2)
        s4 = self.stage4(x)  # (B, w, H/4, W/4)
        s8 = self.stage8(s4)  # (B, 2w, H/8, W/8)
        s16 = self.stage16(s8)  # (B, 4w, H/16, W/16)
        s32 = self.stage32(s16)  # (B, 6w, H/32, W/32)
        dense = self.neck4(self.neck8(self.neck16(s32, s16), s8), s4)  # (B, 64, H/4, W/4)
        geometry, cover = self.shape(dense).split([GEOMETRY, len(classes.COVER)], dim=1)
        means = [feature.mean(dim=(2, 3)) for feature in (s32, s16, s8, s4)]
        pooled = torch.cat([s32.amax(dim=(2, 3)), *means], dim=1)  # (B, pooled)
        scene, tags, quality = self.globals(self.drop(pooled)).split(
            [len(classes.SCENES), len(classes.TAGS), len(classes.QUALITY)], dim=1
        )
        return Sight(self.heat(dense), geometry, cover, scene, tags, quality, dense)


class Residual(nn.Module):
    """x + two 3 x 3 convolutions."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.first = _conv(width, width)
        self.second = nn.Sequential(nn.Conv2d(width, width, 3, 1, 1, bias=False), nn.BatchNorm2d(width))

    def forward(self, x: Tensor) -> Tensor:
        """Give (B, C, h, w) for (B, C, h, w)."""
        return functional.relu(x + self.second(self.first(x)))


class TopDown(nn.Module):
    """Add coarse features, enlarged twice, to fine ones."""

    def __init__(self, coarse: int, fine: int, out: int) -> None:
        super().__init__()
        self.coarse = nn.Conv2d(coarse, out, 1)
        self.fine = nn.Conv2d(fine, out, 1)
        self.mix = _conv(out, out)

    def forward(self, coarse: Tensor, fine: Tensor) -> Tensor:
        """Give (B, out, h, w) for (B, coarse, h/2, w/2) and (B, fine, h, w)."""
        grown = functional.interpolate(self.coarse(coarse), scale_factor=2.0, mode="nearest")  # (B, out, h, w)
        mixed: Tensor = self.mix(grown + self.fine(fine))
        return mixed


def _conv(inside: int, outside: int, *, stride: int = 1) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(inside, outside, 3, stride, 1, bias=False), nn.BatchNorm2d(outside), nn.ReLU(inplace=True)
    )
