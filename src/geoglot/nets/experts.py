"""Gated feed-forward networks of the writer: one for every token, or many of which each token asks a few."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from geoglot.errors import InputError


@dataclass(frozen=True, slots=True)
class ExpertsConfig:
    """A mixture of experts. routed: how many there are to choose from; active: how many each token asks; shared:
    how many everybody asks; mlp: hidden width of each. The first `dense_layers` of the writer have one plain
    network instead. renormalised: whether the weights of the asked ones are scaled to sum to 1.

    Source: DeepSeekMoE, arXiv 2401.06066.
    """

    routed: int
    active: int
    shared: int
    mlp: int
    dense_layers: int = 1
    renormalised: bool = False

    def __post_init__(self) -> None:
        if not 0 < self.active <= self.routed:
            raise InputError("a token cannot ask that many experts", value=self.active, expected=f"1 to {self.routed}")


class Gated(nn.Module):
    """down(silu(gate x) * up x). Source: Shazeer, arXiv 2002.05202 (SwiGLU)."""

    def __init__(self, width: int, mlp: int) -> None:
        super().__init__()
        self.gate = nn.Linear(width, mlp, bias=False)
        self.up = nn.Linear(width, mlp, bias=False)
        self.down = nn.Linear(mlp, width, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        """Give (..., D) for (..., D)."""
        given: Tensor = self.down(functional.silu(self.gate(x)) * self.up(x))
        return given


class Experts(nn.Module):
    """Send each token to its best experts, and to the shared ones.

    After `forward`, `balance` holds the load-balancing loss of that pass: 1 when all experts are asked equally
    often, more when a few do all the work.
    """

    def __init__(self, width: int, config: ExpertsConfig) -> None:
        super().__init__()
        self.config = config
        self.router = nn.Linear(width, config.routed, bias=False)
        self.experts = nn.ModuleList(Gated(width, config.mlp) for _ in range(config.routed))
        self.shared = Gated(width, config.shared * config.mlp) if config.shared else None
        self.balance = torch.zeros(())

    def forward(self, x: Tensor) -> Tensor:
        """Give (B, N, D) for (B, N, D)."""
        flat = x.reshape(-1, x.shape[-1])  # (T, D), T = B N
        odds = torch.softmax(self.router(flat).float(), dim=-1)  # (T, E)
        weights, chosen = odds.topk(self.config.active, dim=-1)  # (T, active)
        if self.config.renormalised:
            weights = weights / weights.sum(dim=-1, keepdim=True)
        self.balance = self._imbalance(odds, chosen)
        summed = self._planned(flat) if flat.is_meta else self._asked(flat, weights.to(x.dtype), chosen)
        if self.shared is not None:
            summed = summed + self.shared(flat)
        return summed.reshape(x.shape)  # (B, N, D)

    def _asked(self, flat: Tensor, weights: Tensor, chosen: Tensor) -> Tensor:
        summed = torch.zeros_like(flat)
        for index, expert in enumerate(self.experts):
            rows, place = (chosen == index).nonzero(as_tuple=True)  # (n,) tokens that ask this expert
            if len(rows):
                summed = summed.index_add(0, rows, expert(flat[rows]) * weights[rows, place, None])
        return summed  # (T, D)

    def _planned(self, flat: Tensor) -> Tensor:
        """Count the work on the meta device, where nobody knows who asks whom: all experts equally."""
        count = flat.shape[0] * self.config.active // self.config.routed
        for expert in self.experts:
            expert(flat[:count])
        return torch.zeros_like(flat)

    def _imbalance(self, odds: Tensor, chosen: Tensor) -> Tensor:
        """E Σ_e f_e P_e, f_e the share of asks and P_e the mean weight. Source: arXiv 2401.06066, equation 12."""
        asked = functional.one_hot(chosen, self.config.routed).float().mean(dim=(0, 1))  # (E,)
        return self.config.routed * (asked * odds.mean(dim=0)).sum()
