"""`LowRankLinear`: a frozen linear layer with a trained update of low rank beside it."""

from __future__ import annotations

import math
from fnmatch import fnmatchcase

import torch
from torch import Tensor, nn

from geoglot.errors import InputError
from geoglot.train.text.recipe import LowRank


class LowRankLinear(nn.Module):
    """base(x) + scale / rank * up(down(x)). `up` begins at 0: nothing changes until it is trained.

    Source: Hu et al., LoRA, arXiv 2106.09685.
    """

    def __init__(self, base: nn.Linear, *, rank: int, scale: float) -> None:
        super().__init__()
        self.base = base
        weight = base.weight
        self.low_down = nn.Parameter(torch.empty(rank, base.in_features, dtype=weight.dtype, device=weight.device))
        self.low_up = nn.Parameter(torch.zeros(base.out_features, rank, dtype=weight.dtype, device=weight.device))
        self.share = scale / rank
        nn.init.kaiming_uniform_(self.low_down, a=math.sqrt(5))

    def forward(self, x: Tensor) -> Tensor:
        """Give (..., out) for (..., in)."""
        update = nn.functional.linear(nn.functional.linear(x, self.low_down), self.low_up)
        given: Tensor = self.base(x) + self.share * update
        return given

    @torch.no_grad()
    def folded(self) -> nn.Linear:
        """Give the linear layer that does the same by itself; the base's weight is changed."""
        self.base.weight.add_(self.low_up @ self.low_down, alpha=self.share)
        return self.base


def adapt(model: nn.Module, chosen: LowRank) -> list[str]:
    """Give every linear layer whose name fits one of the patterns an update of low rank; tell which.

    Trained parameters are then named `<layer>.low_down` and `<layer>.low_up`. Raises InputError if none fits.
    """
    found = [
        name
        for name, layer in model.named_modules()
        if isinstance(layer, nn.Linear) and any(fnmatchcase(name, pattern) for pattern in chosen.names)
    ]
    if not found:
        raise InputError("no linear layer has such a name", value=", ".join(chosen.names))
    for name in found:
        layer = model.get_submodule(name)
        assert isinstance(layer, nn.Linear)
        model.set_submodule(name, LowRankLinear(layer, rank=chosen.rank, scale=chosen.scale))
    return found


def fold(model: nn.Module) -> None:
    """Replace every adapted layer by the plain one that does the same."""
    for name, layer in list(model.named_modules()):
        if isinstance(layer, LowRankLinear):
            model.set_submodule(name, layer.folded())
