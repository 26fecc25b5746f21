"""`ChangeHead`: where two looks at the same ground differ in what they show, not in light or season."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

FEATURES = 64
"""Channels of the eye's dense features, stride 4."""

LEAST = 1e-3


class ChangeHead(nn.Module):
    """A small network on the eye's features of two dates; the eye itself stays as it is.

    It is given the difference of the features, also as a multiple of its own geometric mean over the picture: where
    light or sensor changed, everything differs a little, and what changed differs by more than the rest (the idea of
    deep change vector analysis, Saha et al., IEEE TGRS 57(6) 2019).
    """

    def __init__(self, width: int = 32) -> None:
        super().__init__()
        self.first = nn.Conv2d(4 * FEATURES + 1, width, 1)
        self.near = nn.Conv2d(width, width, 3, 1, 1)
        self.far = nn.Conv2d(width, width, 3, 1, 2, 2)
        self.out = nn.Conv2d(width, 1, 1)

    def forward(self, before: Tensor, after: Tensor) -> Tensor:
        """Give logits (B, 1, h, w) of a change in each cell, for dense features (B, 64, h, w) of both dates."""
        apart = (before - after).abs()  # (B, 64, h, w)
        far = apart.pow(2).sum(dim=1, keepdim=True).add(LEAST).log() / 2  # (B, 1, h, w)
        relative = far - far.mean(dim=(2, 3), keepdim=True)
        usual = apart.mean(dim=(2, 3), keepdim=True) + LEAST  # (B, 64, 1, 1)
        seen = torch.cat([apart, apart / usual, before, after, relative], dim=1)  # (B, 257, h, w)
        x = functional.relu(self.first(seen))  # (B, width, h, w)
        x = x + functional.relu(self.near(x))
        x = x + functional.relu(self.far(x))
        logits: Tensor = self.out(x)
        return logits
