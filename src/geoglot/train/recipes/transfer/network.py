"""`Plain`: a small residual network with the eye's heads, cheap enough to be trained a hundred times on one core."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from geoglot.models.nano import slots
from geoglot.nets import classes
from geoglot.nets.eye import GEOMETRY, Residual, Sight, TopDown

WIDTH = 24
MULTIPLE_PX = 16  # sides of an image that it can see


class Plain(nn.Module):
    """See images of one modality. 0.3 M parameters; a tenth of the eye's work for a view."""

    def __init__(self, width: int = WIDTH) -> None:
        super().__init__()
        self.stem = _conv(len(slots.SLOTS), width // 2)
        self.stage4 = nn.Sequential(_conv(width // 2, width), Residual(width))
        self.stage8 = nn.Sequential(_conv(width, 2 * width), Residual(2 * width))
        self.stage16 = nn.Sequential(_conv(2 * width, 4 * width), Residual(4 * width))
        self.neck8 = TopDown(4 * width, 2 * width, 48)
        self.neck4 = TopDown(48, width, 32)
        self.heat = nn.Sequential(nn.Identity(), nn.Conv2d(32, len(classes.OBJECTS), 1))
        self.shape = nn.Sequential(nn.Identity(), nn.Conv2d(32, GEOMETRY + len(classes.COVER), 1))
        self.drop = nn.Dropout(0.2)
        self.globals = nn.Linear(
            2 * 4 * width + 2 * width + width, len(classes.SCENES) + len(classes.TAGS) + len(classes.QUALITY)
        )
        nn.init.constant_(self.heat[1].bias, -4.0)  # type: ignore[arg-type] # centres are rare: start near p = 0.02

    def forward(self, image: Tensor) -> Sight:
        """See (B, 9, H, W) slots, H and W multiples of 16."""
        s4 = self.stage4(self.stem(image))  # (B, w, H/4, W/4)
        s8 = self.stage8(s4)  # (B, 2w, H/8, W/8)
        s16 = self.stage16(s8)  # (B, 4w, H/16, W/16)
        dense = self.neck4(self.neck8(s16, s8), s4)  # (B, 32, H/4, W/4)
        geometry, cover = self.shape(dense).split([GEOMETRY, len(classes.COVER)], dim=1)
        means = [feature.mean(dim=(2, 3)) for feature in (s16, s8, s4)]
        pooled = torch.cat([s16.amax(dim=(2, 3)), *means], dim=1)
        scene, tags, quality = self.globals(self.drop(pooled)).split(
            [len(classes.SCENES), len(classes.TAGS), len(classes.QUALITY)], dim=1
        )
        return Sight(self.heat(dense), geometry, cover, scene, tags, quality, dense)


def peaks(sight: Sight) -> Tensor:
    """Give (B, K, h, w): the probability of a centre, 0 where a neighbour cell is likelier."""
    best = functional.max_pool2d(sight.heat, 3, stride=1, padding=1)
    return torch.sigmoid(sight.heat) * (sight.heat >= best).to(sight.heat.dtype)


def _conv(inside: int, outside: int) -> nn.Sequential:
    """Half the size."""
    return nn.Sequential(
        nn.Conv2d(inside, outside, 3, 2, 1, bias=False), nn.BatchNorm2d(outside), nn.ReLU(inplace=True)
    )
