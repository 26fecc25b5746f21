"""`MaskHead`: the outline of what a `<mask>` token means, finer than any text of runs."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from geoglot.errors import InputError
from geoglot.nets.states import States


@dataclass(frozen=True, slots=True)
class MaskHeadConfig:
    """token: id of the decode token. width: channels of the features that the state is compared with."""

    token: int
    width: int = 128
    weight: float = 1.0


class MaskHead(nn.Module):
    """State times pixel features: one number a cell of a quarter of the frame's resolution."""

    def __init__(self, config: MaskHeadConfig, width: int) -> None:
        super().__init__()
        self.config = config
        self.word = nn.Sequential(
            nn.LayerNorm(width), nn.Linear(width, width), nn.GELU(), nn.Linear(width, config.width)
        )
        self.bias = nn.Parameter(torch.tensor(-2.0))  # most of a frame is not the thing asked for

    def forward(self, states: States) -> Tensor:
        """Give logits (K, H/4, W/4). Raises InputError if the states come without pixel features."""
        if states.pixels is None:
            raise InputError("a mask is drawn on the features of a frame", value=None, expected="States.pixels")
        drawn = torch.einsum("kp,kphw->khw", self.word(states.state), states.pixels)  # (K, H/4, W/4)
        logits: Tensor = drawn * self.config.width**-0.5 + self.bias
        return logits

    def loss(self, logits: Tensor, targets: Tensor) -> Tensor:
        """Give cross-entropy plus Dice for targets (K, H/4, W/4): the share of each cell that is covered, 0 to 1."""
        entropy = functional.binary_cross_entropy_with_logits(logits, targets)
        odds = logits.sigmoid()
        shared = 2 * (odds * targets).sum(dim=(1, 2)) + 1
        dice = 1 - shared / (odds.sum(dim=(1, 2)) + targets.sum(dim=(1, 2)) + 1)  # (K,)
        return entropy + dice.mean()
